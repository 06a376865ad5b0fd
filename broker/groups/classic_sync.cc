// SyncGroup: the leader's assignment is stored first and handed out then.
#include "broker/groups/classic_protocol.h"
#include "broker/groups/log_errors.h"
#include "common/assert.h"
#include "common/logging.h"

namespace barnabas::broker::groups {
namespace {

const Logger logger("broker.groups.ClassicProtocol");

void refuse(SyncAnswerer answerer, ErrorCode error, Effects& effects) {
  effects.answer(std::move(answerer), SyncReply{.error = error});
}

bool differs(const std::optional<std::string>& said, const std::optional<std::string>& is) {
  return said && is && *said != *is;
}

}  // namespace

void ClassicProtocol::sync(SyncCommand&& command, SyncAnswerer answerer, Effects& effects) {
  ClassicGroup* group = table_.find(command.group_id);
  if (group == nullptr || group->in(GroupState::kEmpty)) {
    return refuse(std::move(answerer), ErrorCode::kUnknownMemberId, effects);
  }
  if (const ErrorCode error = check_sync(*group, command); error != ErrorCode::kNone) {
    return refuse(std::move(answerer), error, effects);
  }
  switch (group->state()) {
    case GroupState::kEmpty:
    case GroupState::kPreparingRebalance:
      return refuse(std::move(answerer), ErrorCode::kRebalanceInProgress, effects);
    case GroupState::kCompletingRebalance:
      return sync_in_completing(std::move(command), std::move(answerer), *group, effects);
    case GroupState::kStable: {
      has_synced(*group, command.member_id);
      SyncReply reply;
      reply.protocol_type = group->protocol_type();
      reply.protocol_name = group->protocol_name();
      reply.assignment = group->find(command.member_id)->assignment;
      return effects.answer(std::move(answerer), std::move(reply));
    }
  }
}

ErrorCode ClassicProtocol::check_sync(const ClassicGroup& group, const SyncCommand& command) const {
  const ErrorCode error = group.validate(command.member_id, command.instance_id);
  if (error != ErrorCode::kNone) return error;
  if (command.generation_id != group.generation_id()) return ErrorCode::kIllegalGeneration;
  if (differs(command.protocol_type, group.protocol_type()) ||
      differs(command.protocol_name, group.protocol_name())) {
    return ErrorCode::kInconsistentGroupProtocol;
  }
  return ErrorCode::kNone;
}

void ClassicProtocol::has_synced(ClassicGroup& group, const std::string& member_id) {
  group.pending_sync.erase(member_id);
  if (group.pending_sync.empty()) deadlines_.cancel(group.sync_deadline);
}

void ClassicProtocol::sync_in_completing(SyncCommand&& command, SyncAnswerer answerer, ClassicGroup& group,
                                         Effects& effects) {
  ClassicMember& member = *group.find(command.member_id);
  if (member.waiting_sync) refuse(std::move(member.waiting_sync), ErrorCode::kRebalanceInProgress, effects);
  member.waiting_sync = std::move(answerer);
  has_synced(group, command.member_id);
  if (!group.is_leader(command.member_id)) return;
  logger.info("Assignment received from leader ", command.member_id, " for group ", group.id(),
              " for generation ", group.generation_id(), ". The group has ", group.size(), " members, ",
              group.static_members(), " of which are static.");
  Write& write = effects.add_write();
  write.records.push_back(group.record(&command.assignments));
  write.replay = false;
  write.done = [this, id = group.id(), incarnation = group.incarnation(),
                generation_id = group.generation_id(), assignments = std::move(command.assignments)](
                   ErrorCode error, Instant now, Effects& more) mutable {
    assigned(id, incarnation, generation_id, assignments, error, now, more);
  };
}

void ClassicProtocol::assigned(const std::string& group_id, std::uint64_t incarnation,
                               std::int32_t generation_id, std::vector<MemberAssignment>& assignments,
                               ErrorCode error, Instant now, Effects& effects) {
  ClassicGroup* group = table_.find(group_id, incarnation);
  // Another member may have joined meanwhile; its rebalance has answered everyone.
  if (group == nullptr || !group->in(GroupState::kCompletingRebalance) ||
      group->generation_id() != generation_id) {
    return;
  }
  if (error != ErrorCode::kNone) {
    const ErrorCode told = coordinator_error(error);
    reset_assignments(*group, told, now, effects);
    return rebalance_or_complete_join(
        *group, concat("the assignment could not be stored (", protocol::error_name(told), ")"), now,
        effects);
  }
  for (auto& [id, member] : group->members()) member.assignment.clear();
  for (MemberAssignment& one : assignments) {
    if (ClassicMember* member = group->find(one.member_id)) member->assignment = std::move(one.assignment);
  }
  propagate_assignment(*group, ErrorCode::kNone, now, effects);
  group->transition_to(GroupState::kStable, now.wall_ms);
}

void ClassicProtocol::reset_assignments(ClassicGroup& group, ErrorCode error, Instant now, Effects& effects) {
  ASSERT(group.in(GroupState::kCompletingRebalance));
  for (auto& [id, member] : group.members()) member.assignment.clear();
  propagate_assignment(group, error, now, effects);
}

void ClassicProtocol::propagate_assignment(ClassicGroup& group, ErrorCode error, Instant now,
                                           Effects& effects) {
  for (auto& [id, member] : group.members()) {
    if (!member.waiting_sync) continue;
    SyncReply reply{.error = error};
    if (error == ErrorCode::kNone) {
      reply.protocol_type = group.protocol_type();
      reply.protocol_name = group.protocol_name();
      reply.assignment = member.assignment;
    }
    effects.answer(std::exchange(member.waiting_sync, nullptr), std::move(reply));
    // Its session may have ended while the parked request proved its life.
    keep_alive(member, group, now);
  }
}

}  // namespace barnabas::broker::groups
