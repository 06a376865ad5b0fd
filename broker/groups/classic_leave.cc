// LeaveGroup and Heartbeat.
#include "broker/groups/classic_protocol.h"
#include "broker/groups/log_errors.h"
#include "common/logging.h"

namespace barnabas::broker::groups {
namespace {

const Logger logger("broker.groups.ClassicProtocol");

}  // namespace

ErrorCode ClassicProtocol::heartbeat(const HeartbeatCommand& command, Instant now) {
  ClassicGroup* group = table_.find(command.group_id);
  if (group == nullptr) return ErrorCode::kUnknownMemberId;
  const ErrorCode error = group->validate(command.member_id, command.instance_id);
  if (error != ErrorCode::kNone) return error;
  if (command.generation_id != group->generation_id()) return ErrorCode::kIllegalGeneration;
  if (group->in(GroupState::kEmpty)) return ErrorCode::kUnknownMemberId;
  keep_alive(*group->find(command.member_id), *group, now);
  return group->in(GroupState::kPreparingRebalance) ? ErrorCode::kRebalanceInProgress : ErrorCode::kNone;
}

void ClassicProtocol::leave(const LeaveCommand& command, Answerer<LeaveReply> answerer, Instant now,
                            Effects& effects) {
  LeaveReply reply;
  ClassicGroup* group = table_.find(command.group_id);
  std::size_t left = 0;
  for (const LeavingMember& leaving : command.members) {
    const ErrorCode error =
        group != nullptr ? remove_leaving(leaving, *group, effects) : ErrorCode::kUnknownMemberId;
    if (error == ErrorCode::kNone) ++left;
    reply.members.push_back({leaving.member_id, leaving.instance_id, error});
  }
  if (left > 0) {
    switch (group->state()) {
      case GroupState::kEmpty:
        break;
      case GroupState::kPreparingRebalance:
        maybe_complete_join(*group, now, effects);
        break;
      case GroupState::kCompletingRebalance:
      case GroupState::kStable:
        rebalance_or_complete_join(*group, concat(left, " members left"), now, effects);
    }
  }
  if (!effects.write) return effects.answer(std::move(answerer), std::move(reply));
  effects.write->done = [first = std::move(effects.write->done), answerer = std::move(answerer),
                         reply = std::move(reply)](ErrorCode error, Instant at, Effects& more) mutable {
    if (first) first(error, at, more);
    if (error != ErrorCode::kNone) reply = {.error = coordinator_error(error)};
    more.answer(std::move(answerer), std::move(reply));
  };
}

ErrorCode ClassicProtocol::remove_leaving(const LeavingMember& leaving, ClassicGroup& group,
                                          Effects& effects) {
  std::string id = leaving.member_id;
  if (id.empty()) {
    // An administrator names static members by their instance alone.
    const std::string* holder = leaving.instance_id ? group.static_member(*leaving.instance_id) : nullptr;
    if (holder == nullptr) return ErrorCode::kUnknownMemberId;
    id = *holder;
  } else if (!group.pending_members.contains(id)) {
    const ErrorCode error = group.validate(id, leaving.instance_id);
    if (error != ErrorCode::kNone) return error;
  }
  logger.info("Member ", id, " has left group ", group.id(),
              "; client reason: ", leaving.reason.empty() ? "not provided" : leaving.reason);
  remove_member(group, id, effects);
  return ErrorCode::kNone;
}

}  // namespace barnabas::broker::groups
