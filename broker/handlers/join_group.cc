#include "broker/handlers/join_group.h"

namespace barnabas::broker {
namespace {

using protocol::JoinGroupRequest;
using protocol::JoinGroupResponse;

constexpr std::int16_t kFirstVersionWithKnownMemberIds = 4;
constexpr std::int16_t kFirstVersionWithNullProtocol = 7;
constexpr std::int16_t kFirstVersionThatSkipsAssignments = 9;

groups::JoinCommand command_of(const RequestContext& context, JoinGroupRequest&& request) {
  groups::JoinCommand command;
  command.group_id = std::move(request.group_id);
  command.member_id = std::move(request.member_id);
  command.instance_id = std::move(request.group_instance_id);
  command.client_id = context.client_id_or_empty();
  command.client_host = context.client_host();
  command.protocol_type = std::move(request.protocol_type);
  for (auto& protocol : request.protocols) {
    command.protocols.push_back({std::move(protocol.name), std::move(protocol.metadata)});
  }
  command.session_timeout_ms = request.session_timeout_ms;
  // Version 0 had one time-out for both.
  command.rebalance_timeout_ms =
      context.api_version == 0 ? request.session_timeout_ms : request.rebalance_timeout_ms;
  command.reason = request.reason.value_or("not provided");
  command.needs_known_member_id = context.api_version >= kFirstVersionWithKnownMemberIds;
  command.can_skip_assignment = context.api_version >= kFirstVersionThatSkipsAssignments;
  return command;
}

JoinGroupResponse response_of(groups::JoinReply&& joined, std::int16_t version) {
  JoinGroupResponse response;
  response.error_code = static_cast<std::int16_t>(joined.error);
  response.generation_id = joined.generation_id;
  response.protocol_type = std::move(joined.protocol_type);
  response.protocol_name = std::move(joined.protocol_name);
  if (!response.protocol_name && version < kFirstVersionWithNullProtocol) response.protocol_name = "";
  response.leader = std::move(joined.leader);
  response.skip_assignment = joined.skip_assignment;
  response.member_id = std::move(joined.member_id);
  response.members.reserve(joined.members.size());
  for (auto& member : joined.members) {
    auto& out = response.members.emplace_back();
    out.member_id = std::move(member.member_id);
    out.group_instance_id = std::move(member.instance_id);
    out.metadata = std::move(member.metadata);
  }
  return response;
}

}  // namespace

void handle_join_group(const RequestContext& context, groups::GroupCoordinator& groups,
                       JoinGroupRequest&& request, Reply<JoinGroupResponse> reply) {
  groups.join(command_of(context, std::move(request)),
              [reply = std::move(reply)](groups::JoinReply&& joined) mutable {
                reply.send(response_of(std::move(joined), reply.version()));
              });
}

}  // namespace barnabas::broker
