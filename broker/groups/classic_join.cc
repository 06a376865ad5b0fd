// JoinGroup: who comes in, under which id, and whether the group has to rebalance for it.
#include "broker/groups/classic_protocol.h"
#include "broker/groups/java_text.h"
#include "broker/groups/log_errors.h"
#include "common/assert.h"
#include "common/logging.h"

namespace barnabas::broker::groups {
namespace {

const Logger logger("broker.groups.ClassicProtocol");

void refuse(JoinAnswerer answerer, ErrorCode error, std::string member_id, Effects& effects) {
  effects.answer(std::move(answerer), JoinReply{.error = error, .member_id = std::move(member_id)});
}

// What a member that changes nothing is told: the generation that is.
JoinReply current_generation(const ClassicGroup& group, const std::string& member_id) {
  JoinReply reply;
  reply.generation_id = group.generation_id();
  reply.protocol_type = group.protocol_type();
  reply.protocol_name = group.protocol_name();
  reply.leader = group.leader_or_none();
  reply.member_id = member_id;
  return reply;
}

}  // namespace

void ClassicProtocol::join(JoinCommand&& command, JoinAnswerer answerer, Instant now, Effects& effects) {
  if (table_.foreign.contains(command.group_id)) {
    return refuse(std::move(answerer), ErrorCode::kInconsistentGroupProtocol, "", effects);
  }
  ClassicGroup* group = table_.find(command.group_id);
  const bool is_new_group = group == nullptr;
  if (is_new_group) {
    if (!command.member_id.empty()) {
      return refuse(std::move(answerer), ErrorCode::kUnknownMemberId, command.member_id, effects);
    }
    group = &table_.create(command.group_id, now.wall_ms);
  }
  if (!accepts(*group, command.member_id)) {
    remove_member(*group, command.member_id, effects);
    refuse(std::move(answerer), ErrorCode::kGroupMaxSizeReached, "", effects);
  } else if (command.member_id.empty()) {
    join_new(std::move(command), std::move(answerer), *group, now, effects);
  } else {
    join_existing(std::move(command), std::move(answerer), *group, now, effects);
  }
  if (is_new_group && !effects.write) persist_new_group(*group, effects);
}

bool ClassicProtocol::accepts(const ClassicGroup& group, const std::string& member_id) const {
  const auto limit = static_cast<std::size_t>(settings_.max_group_size);
  const ClassicMember* member = group.find(member_id);
  switch (group.state()) {
    case GroupState::kEmpty:
      return true;
    case GroupState::kPreparingRebalance:
      // Those who wait are counted, not the members: a group above a lowered limit loses who comes last.
      return (member != nullptr && member->awaits_join()) || group.awaiting_join() < limit;
    case GroupState::kCompletingRebalance:
    case GroupState::kStable:
      return member != nullptr || group.size() < limit;
  }
  return false;
}

void ClassicProtocol::join_new(JoinCommand&& command, JoinAnswerer answerer, ClassicGroup& group, Instant now,
                               Effects& effects) {
  if (!group.supports(command.protocol_type, command.protocols)) {
    return refuse(std::move(answerer), ErrorCode::kInconsistentGroupProtocol, "", effects);
  }
  std::string id =
      concat(command.instance_id ? *command.instance_id : command.client_id, "-", random_uuid_text(random_));
  if (command.instance_id) {
    if (const std::string* holder = group.static_member(*command.instance_id)) {
      logger.info("Static member ", *command.instance_id, " joins group ", group.id(), " anew; ", id,
                  " replaces ", *holder, ".");
      std::string old_id = *holder;
      return replace_static_member(std::move(command), std::move(old_id), std::move(id), std::move(answerer),
                                   group, now, effects);
    }
  } else if (command.needs_known_member_id) {
    return ask_to_rejoin(command, std::move(id), std::move(answerer), group, now, effects);
  }
  logger.info("Member ", id, " joins group ", group.id(), " in state ", group_state_name(group.state()), ".");
  add_member(std::move(command), std::move(id), std::move(answerer), group, now, effects);
}

// The member gets its id first and joins with it, so that one that was lost leaves no phantom (KIP-394).
void ClassicProtocol::ask_to_rejoin(const JoinCommand& command, std::string member_id, JoinAnswerer answerer,
                                    ClassicGroup& group, Instant now, Effects& effects) {
  Deadline& deadline = group.pending_members[member_id];
  deadlines_.set(deadline, now.mono_ms + command.session_timeout_ms,
                 {.kind = DeadlineKind::kSession, .group_id = group.id(), .member_id = member_id});
  refuse(std::move(answerer), ErrorCode::kMemberIdRequired, std::move(member_id), effects);
}

void ClassicProtocol::join_existing(JoinCommand&& command, JoinAnswerer answerer, ClassicGroup& group,
                                    Instant now, Effects& effects) {
  const std::string id = command.member_id;
  if (!group.supports(command.protocol_type, command.protocols)) {
    return refuse(std::move(answerer), ErrorCode::kInconsistentGroupProtocol, id, effects);
  }
  if (group.pending_members.contains(id)) {
    // Only dynamic members are pending, so no static one can own this id.
    if (command.instance_id) return refuse(std::move(answerer), ErrorCode::kUnknownServerError, "", effects);
    return add_member(std::move(command), id, std::move(answerer), group, now, effects);
  }
  if (const ErrorCode error = group.validate(id, command.instance_id); error != ErrorCode::kNone) {
    return refuse(std::move(answerer), error, id, effects);
  }
  ClassicMember& member = *group.find(id);
  const bool unchanged = member.protocols == command.protocols;
  switch (group.state()) {
    case GroupState::kEmpty:
      return refuse(std::move(answerer), ErrorCode::kUnknownMemberId, id, effects);
    case GroupState::kPreparingRebalance:
      return update_member(std::move(command), member, std::move(answerer), group, now, effects);
    case GroupState::kCompletingRebalance: {
      if (!unchanged)
        return update_member(std::move(command), member, std::move(answerer), group, now, effects);
      // It may have missed the answer to its first join.
      JoinReply reply = current_generation(group, id);
      if (group.is_leader(id)) reply.members = group.joined_members();
      return effects.answer(std::move(answerer), std::move(reply));
    }
    case GroupState::kStable:
      // A leader that joins again wants a new assignment, for instance for new partitions.
      if (group.is_leader(id) || !unchanged) {
        return update_member(std::move(command), member, std::move(answerer), group, now, effects);
      }
      return effects.answer(std::move(answerer), current_generation(group, id));
  }
}

void ClassicProtocol::add_member(JoinCommand&& command, std::string member_id, JoinAnswerer answerer,
                                 ClassicGroup& group, Instant now, Effects& effects) {
  if (const auto pending = group.pending_members.find(member_id); pending != group.pending_members.end()) {
    deadlines_.cancel(pending->second);
    group.pending_members.erase(pending);
  }
  ClassicMember member;
  member.id = std::move(member_id);
  member.instance_id = std::move(command.instance_id);
  member.client_id = std::move(command.client_id);
  member.client_host = std::move(command.client_host);
  member.rebalance_timeout_ms = command.rebalance_timeout_ms;
  member.session_timeout_ms = command.session_timeout_ms;
  member.protocols = std::move(command.protocols);
  member.is_new = true;
  member.waiting_join = std::move(answerer);
  if (group.in(GroupState::kPreparingRebalance) && group.previous_state() == GroupState::kEmpty) {
    group.new_member_added = true;
  }
  ClassicMember& added = group.add(std::move(member), command.protocol_type);
  // It does not know its id, so it cannot heartbeat; the join of a client that is gone must not wait for
  // ever.
  set_session(added, group, kNewMemberJoinTimeoutMs, now);
  rebalance_or_complete_join(group, concat("adding member ", added.id, "; client reason: ", command.reason),
                             now, effects);
}

void ClassicProtocol::update_member(JoinCommand&& command, ClassicMember& member, JoinAnswerer answerer,
                                    ClassicGroup& group, Instant now, Effects& effects) {
  group.update(member, std::move(command.protocols), command.rebalance_timeout_ms,
               command.session_timeout_ms);
  if (JoinAnswerer earlier = group.park_join(member, std::move(answerer))) {
    // The same member on another connection: nobody reads this answer any more.
    refuse(std::move(earlier), ErrorCode::kRebalanceInProgress, member.id, effects);
  }
  rebalance_or_complete_join(
      group, concat("member ", member.id, " joins again; client reason: ", command.reason), now, effects);
}

void ClassicProtocol::replace_static_member(JoinCommand&& command, std::string old_id, std::string new_id,
                                            JoinAnswerer answerer, ClassicGroup& group, Instant now,
                                            Effects& effects) {
  ClassicMember before;
  ClassicMember& member = group.replace_static(old_id, new_id, before);
  deadlines_.cancel(before.session);
  // Two processes with one instance id: the older one is fenced at once.
  if (before.waiting_join) {
    refuse(std::move(before.waiting_join), ErrorCode::kFencedInstanceId, old_id, effects);
  }
  if (before.waiting_sync) {
    effects.answer(std::move(before.waiting_sync), SyncReply{.error = ErrorCode::kFencedInstanceId});
  }
  keep_alive(member, group, now);
  group.update(member, std::move(command.protocols), command.rebalance_timeout_ms,
               command.session_timeout_ms);
  group.park_join(member, std::move(answerer));
  switch (group.state()) {
    case GroupState::kStable:
      if (group.vote() == group.protocol_name()) {
        return persist_replacement(command.can_skip_assignment, std::move(old_id), std::move(new_id),
                                   std::move(before), group, effects);
      }
      return rebalance_or_complete_join(group, concat("static member ", new_id, " changes the protocol"), now,
                                        effects);
    case GroupState::kCompletingRebalance:
      // The leader may be assigning to the old id at this moment.
      return prepare_rebalance(group, concat("static member ", new_id, " joins again"), now, effects);
    case GroupState::kPreparingRebalance:
    case GroupState::kEmpty:
      return maybe_complete_join(group, now, effects);
  }
}

// A static member that comes back to a stable group keeps its assignment: only its new id is stored.
void ClassicProtocol::persist_replacement(bool can_skip_assignment, std::string old_id, std::string new_id,
                                          ClassicMember before, ClassicGroup& group, Effects& effects) {
  std::string leader = group.is_leader(new_id) ? old_id : group.leader_or_none();
  Write& write = effects.add_write();
  write.records.push_back(group.record(nullptr));
  write.replay = false;
  write.done = [this, can_skip_assignment, id = group.id(), incarnation = group.incarnation(),
                old_id = std::move(old_id), new_id = std::move(new_id), before = std::move(before),
                leader = std::move(leader)](ErrorCode error, Instant now, Effects& more) mutable {
    ClassicGroup* current = table_.find(id, incarnation);
    ClassicMember* member = current != nullptr ? current->find(new_id) : nullptr;
    if (member == nullptr) return;
    if (error != ErrorCode::kNone) {
      return revert_replacement(old_id, new_id, before, leader, coordinator_error(error), *current, now,
                                more);
    }
    JoinReply reply = current_generation(*current, new_id);
    if (can_skip_assignment) {
      if (current->is_leader(new_id)) {
        reply.members = current->joined_members();
        reply.skip_assignment = true;
      }
    } else {
      // An older leader that saw itself as leader would assign anew and change nothing for the others.
      reply.leader = leader;
    }
    answer_join(*current, *member, std::move(reply), more);
  };
}

void ClassicProtocol::revert_replacement(const std::string& old_id, const std::string& new_id,
                                         ClassicMember& before, const std::string& leader, ErrorCode error,
                                         ClassicGroup& group, Instant now, Effects& effects) {
  logger.warn("Static member ", new_id, " of group ", group.id(), " could not be stored; ", old_id,
              " is back.");
  ClassicMember& member = *group.find(new_id);
  JoinReply reply = current_generation(group, "");
  reply.error = error;
  reply.leader = leader;
  answer_join(group, member, std::move(reply), effects);
  group.update(member, before.protocols, before.rebalance_timeout_ms, before.session_timeout_ms);
  ClassicMember dropped;
  ClassicMember& restored = group.replace_static(new_id, old_id, dropped);
  deadlines_.cancel(dropped.session);
  keep_alive(restored, group, now);
}

// Every group is in the log from its first moment on, even while it only waits for members.
void ClassicProtocol::persist_new_group(ClassicGroup& group, Effects& effects) {
  Write& write = effects.add_write();
  GroupMetadataRecord record;
  record.key.group = group.id();
  auto& value = record.value.emplace();
  value.protocol = std::nullopt;
  value.leader = std::nullopt;
  value.current_state_timestamp = group.state_since_ms();
  write.records.emplace_back(std::move(record));
  write.replay = false;
  write.done = [this, id = group.id(), incarnation = group.incarnation()](ErrorCode error, Instant,
                                                                          Effects& more) {
    ClassicGroup* current = table_.find(id, incarnation);
    if (error == ErrorCode::kNone || current == nullptr) return;
    logger.warn("The new group ", id, " could not be stored.");
    for (auto& [member_id, member] : current->members()) {
      answer_join(*current, member, {.error = coordinator_error(error)}, more);
    }
    erase(*current, more);
  };
}

}  // namespace barnabas::broker::groups
