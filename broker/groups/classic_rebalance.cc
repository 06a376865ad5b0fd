// What all requests of the classic protocol share: the phases of a rebalance
// and the deadlines.
#include <algorithm>

#include "broker/groups/classic_protocol.h"
#include "broker/groups/log_errors.h"
#include "common/assert.h"
#include "common/logging.h"

namespace barnabas::broker::groups {
namespace {

const Logger logger("broker.groups.ClassicProtocol");

}  // namespace

void ClassicProtocol::rebalance_or_complete_join(ClassicGroup& group, std::string_view reason, Instant now,
                                                 Effects& effects) {
  if (group.can_rebalance()) {
    prepare_rebalance(group, reason, now, effects);
  } else {
    maybe_complete_join(group, now, effects);
  }
}

void ClassicProtocol::prepare_rebalance(ClassicGroup& group, std::string_view reason, Instant now,
                                        Effects& effects) {
  if (group.in(GroupState::kCompletingRebalance)) {
    // Whoever waits for an assignment has to join again.
    reset_assignments(group, ErrorCode::kRebalanceInProgress, now, effects);
  }
  group.pending_sync.clear();
  deadlines_.cancel(group.sync_deadline);
  const bool initial = group.in(GroupState::kEmpty);
  if (initial) {
    // A new group gets time for further members (KIP-134).
    const std::int32_t delay_ms = settings_.initial_rebalance_delay_ms;
    deadlines_.set(group.join_deadline, now.mono_ms + delay_ms,
                   {.kind = DeadlineKind::kInitialDelay,
                    .group_id = group.id(),
                    .delay_ms = delay_ms,
                    .remaining_ms = std::max(group.rebalance_timeout_ms() - delay_ms, 0)});
  }
  group.transition_to(GroupState::kPreparingRebalance, now.wall_ms);
  logger.info("Preparing to rebalance group ", group.id(), " with old generation ", group.generation_id(),
              " (reason: ", reason, ").");
  if (initial) return;
  if (group.all_joined()) {
    complete_join(group, now, effects);
  } else {
    await_joins(group, now);
  }
}

void ClassicProtocol::await_joins(ClassicGroup& group, Instant now) {
  deadlines_.set(group.join_deadline, now.mono_ms + group.rebalance_timeout_ms(),
                 {.kind = DeadlineKind::kJoin, .group_id = group.id()});
}

void ClassicProtocol::maybe_complete_join(ClassicGroup& group, Instant now, Effects& effects) {
  if (!group.in(GroupState::kPreparingRebalance)) return;
  if (group.previous_state() == GroupState::kEmpty) return;  // the initial delay ends by its deadline alone
  if (!group.all_joined()) return;
  complete_join(group, now, effects);
}

void ClassicProtocol::complete_join(ClassicGroup& group, Instant now, Effects& effects) {
  deadlines_.cancel(group.join_deadline);
  std::vector<std::string> missing;
  for (const auto& [id, member] : group.members()) {
    if (!member.awaits_join() && !member.is_static()) missing.push_back(id);
  }
  for (const std::string& id : missing) {
    logger.info("Group ", group.id(), " removed member ", id, ", which has not rejoined in time.");
    remove_member(group, id, effects);
  }
  if (!group.elect_joined_leader() && group.size() > 0) {
    // Only static members are left and none has rejoined: wait for them or for
    // their sessions to end.
    logger.warn("Group ", group.id(), " could not complete the rebalance because no member rejoined.");
    await_joins(group, now);
    return;
  }
  group.start_generation(now.wall_ms);
  if (group.in(GroupState::kEmpty)) {
    logger.info("Group ", group.id(), " with generation ", group.generation_id(), " is now empty.");
    Write& write = effects.add_write();
    write.records.push_back(group.record(nullptr));
    write.replay = false;
    write.done = [id = group.id()](ErrorCode error, Instant, Effects&) {
      // Should the broker stop before the next rebalance, the former generation
      // comes back and times out.
      if (error != ErrorCode::kNone)
        logger.warn("The empty generation of group ", id, " could not be stored.");
    };
    return;
  }
  logger.info("Stabilized group ", group.id(), " generation ", group.generation_id(), " with ", group.size(),
              " members.");
  answer_joins(group, now, effects);
}

void ClassicProtocol::answer_joins(ClassicGroup& group, Instant now, Effects& effects) {
  for (auto& [id, member] : group.members()) {
    JoinReply reply;
    reply.generation_id = group.generation_id();
    reply.protocol_type = group.protocol_type();
    reply.protocol_name = group.protocol_name();
    reply.leader = group.leader_or_none();
    reply.member_id = id;
    if (group.is_leader(id)) reply.members = group.joined_members();
    answer_join(group, member, std::move(reply), effects);
    keep_alive(member, group, now);
    member.is_new = false;
    group.pending_sync.insert(id);
  }
  deadlines_.set(
      group.sync_deadline, now.mono_ms + group.rebalance_timeout_ms(),
      {.kind = DeadlineKind::kSync, .group_id = group.id(), .generation_id = group.generation_id()});
}

void ClassicProtocol::answer_join(ClassicGroup& group, ClassicMember& member, JoinReply reply,
                                  Effects& effects) {
  if (JoinAnswerer waiting = group.take_join(member)) effects.answer(std::move(waiting), std::move(reply));
}

void ClassicProtocol::remove_member(ClassicGroup& group, const std::string& member_id, Effects& effects) {
  if (const auto pending = group.pending_members.find(member_id); pending != group.pending_members.end()) {
    deadlines_.cancel(pending->second);
    group.pending_members.erase(pending);
  }
  auto removed = group.remove(member_id);
  if (!removed) return;
  deadlines_.cancel(removed->session);
  if (removed->waiting_join) {
    effects.answer(std::move(removed->waiting_join), JoinReply{.error = ErrorCode::kUnknownMemberId});
  }
  if (removed->waiting_sync) {
    effects.answer(std::move(removed->waiting_sync), SyncReply{.error = ErrorCode::kUnknownMemberId});
  }
}

void ClassicProtocol::set_session(ClassicMember& member, const ClassicGroup& group, std::int64_t timeout_ms,
                                  Instant now) {
  const std::int64_t at_ms = now.mono_ms + timeout_ms;
  if (deadlines_.move(member.session, at_ms)) return;
  deadlines_.set(member.session, at_ms,
                 {.kind = DeadlineKind::kSession, .group_id = group.id(), .member_id = member.id});
}

void ClassicProtocol::keep_alive(ClassicMember& member, const ClassicGroup& group, Instant now) {
  set_session(member, group, member.session_timeout_ms, now);
}

void ClassicProtocol::expire(const DeadlineEvent& event, Instant now, Effects& effects) {
  ClassicGroup* group = table_.find(event.group_id);
  if (group == nullptr) return;
  switch (event.kind) {
    case DeadlineKind::kSession:
      return expire_session(*group, event.member_id, now, effects);
    case DeadlineKind::kInitialDelay:
      return end_initial_delay(event, *group, now, effects);
    case DeadlineKind::kJoin:
      return complete_join(*group, now, effects);
    case DeadlineKind::kSync:
      return expire_sync(*group, event.generation_id, now, effects);
    case DeadlineKind::kExpireOffsets:
      ASSERT(false);
  }
}

void ClassicProtocol::end_initial_delay(const DeadlineEvent& event, ClassicGroup& group, Instant now,
                                        Effects& effects) {
  if (!group.new_member_added || event.remaining_ms == 0) {
    complete_join(group, now, effects);
    return;
  }
  group.new_member_added = false;
  const std::int32_t delay_ms = std::min(settings_.initial_rebalance_delay_ms, event.remaining_ms);
  deadlines_.set(group.join_deadline, now.mono_ms + delay_ms,
                 {.kind = DeadlineKind::kInitialDelay,
                  .group_id = group.id(),
                  .delay_ms = delay_ms,
                  .remaining_ms = std::max(event.remaining_ms - event.delay_ms, 0)});
}

void ClassicProtocol::expire_session(ClassicGroup& group, const std::string& member_id, Instant now,
                                     Effects& effects) {
  if (group.pending_members.contains(member_id)) {
    logger.info("Pending member ", member_id, " of group ", group.id(),
                " has not joined within its session.");
    remove_member(group, member_id, effects);
    if (group.in(GroupState::kPreparingRebalance) && group.all_joined()) complete_join(group, now, effects);
    return;
  }
  ClassicMember* member = group.find(member_id);
  if (member == nullptr || member->proves_life()) return;
  logger.info("Member ", member_id, " of group ", group.id(), " has failed, removing it.");
  remove_member(group, member_id, effects);
  if (group.in(GroupState::kStable) || group.in(GroupState::kCompletingRebalance)) {
    rebalance_or_complete_join(group, concat("removing member ", member_id, " on heartbeat expiration"), now,
                               effects);
  } else if (group.in(GroupState::kPreparingRebalance) && group.all_joined()) {
    complete_join(group, now, effects);
  }
}

void ClassicProtocol::expire_sync(ClassicGroup& group, std::int32_t generation_id, Instant now,
                                  Effects& effects) {
  if (generation_id != group.generation_id() || group.pending_sync.empty()) return;
  if (!group.in(GroupState::kCompletingRebalance) && !group.in(GroupState::kStable)) return;
  const std::vector<std::string> missing(group.pending_sync.begin(), group.pending_sync.end());
  for (const std::string& id : missing) remove_member(group, id, effects);
  prepare_rebalance(group,
                    concat("removing ", missing.size(), " members that have not sent SyncGroup in time"), now,
                    effects);
}

void ClassicProtocol::loaded(Instant now, Effects& effects) {
  for (auto& [id, group] : table_.groups()) {
    for (auto& [member_id, member] : group.members()) keep_alive(member, group, now);
    if (group.size() > static_cast<std::size_t>(settings_.max_group_size)) {
      prepare_rebalance(group, "the loaded group is larger than group.max.size", now, effects);
    }
  }
}

void ClassicProtocol::adopt(ClassicGroup& group, std::string_view reason, Instant now, Effects& effects) {
  for (auto& [member_id, member] : group.members()) keep_alive(member, group, now);
  prepare_rebalance(group, reason, now, effects);
}

void ClassicProtocol::answer_all(ClassicGroup& group, ErrorCode error, Effects& effects) {
  for (auto& [member_id, member] : group.members()) {
    answer_join(group, member, {.error = error, .member_id = member_id}, effects);
    if (member.waiting_sync) {
      effects.answer(std::exchange(member.waiting_sync, nullptr), SyncReply{.error = error});
    }
  }
}

void ClassicProtocol::interrupt(ClassicGroup& group, Effects& effects) {
  answer_all(group, ErrorCode::kRebalanceInProgress, effects);
}

void ClassicProtocol::unload(Effects& effects) {
  for (auto& [id, group] : table_.groups()) answer_all(group, ErrorCode::kNotCoordinator, effects);
}

void ClassicProtocol::erase(ClassicGroup& group, Effects& effects) {
  while (!group.pending_members.empty()) {
    const std::string id = group.pending_members.begin()->first;
    remove_member(group, id, effects);
  }
  while (group.size() > 0) {
    const std::string id = group.members().begin()->first;
    remove_member(group, id, effects);
  }
  deadlines_.cancel(group.join_deadline);
  deadlines_.cancel(group.sync_deadline);
  const std::string id = group.id();
  table_.erase(id);
}

}  // namespace barnabas::broker::groups
