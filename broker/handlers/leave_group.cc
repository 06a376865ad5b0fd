#include "broker/handlers/leave_group.h"

namespace barnabas::broker {
namespace {

using protocol::LeaveGroupRequest;
using protocol::LeaveGroupResponse;

constexpr std::int16_t kFirstVersionWithManyMembers = 3;

groups::LeaveCommand command_of(LeaveGroupRequest&& request, std::int16_t version) {
  groups::LeaveCommand command;
  command.group_id = std::move(request.group_id);
  if (version < kFirstVersionWithManyMembers) {
    command.members.push_back({std::move(request.member_id), std::nullopt, ""});
    return command;
  }
  for (auto& member : request.members) {
    command.members.push_back(
        {std::move(member.member_id), std::move(member.group_instance_id), member.reason.value_or("")});
  }
  return command;
}

LeaveGroupResponse response_of(groups::LeaveReply&& left, std::int16_t version) {
  LeaveGroupResponse response;
  response.error_code = static_cast<std::int16_t>(left.error);
  if (version < kFirstVersionWithManyMembers) {
    if (response.error_code == 0 && !left.members.empty()) {
      response.error_code = static_cast<std::int16_t>(left.members.front().error);
    }
    return response;
  }
  for (auto& member : left.members) {
    auto& out = response.members.emplace_back();
    out.member_id = std::move(member.member_id);
    out.group_instance_id = std::move(member.instance_id);
    out.error_code = static_cast<std::int16_t>(member.error);
  }
  return response;
}

}  // namespace

void handle_leave_group(const RequestContext& context, groups::GroupCoordinator& groups,
                        LeaveGroupRequest&& request, Reply<LeaveGroupResponse> reply) {
  groups.leave(command_of(std::move(request), context.api_version),
               [reply = std::move(reply)](groups::LeaveReply&& left) mutable {
                 reply.send(response_of(std::move(left), reply.version()));
               });
}

}  // namespace barnabas::broker
