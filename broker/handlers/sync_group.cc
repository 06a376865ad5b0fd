#include "broker/handlers/sync_group.h"

#include "protocol/error_code.h"

namespace barnabas::broker {
namespace {

using protocol::ErrorCode;
using protocol::SyncGroupRequest;
using protocol::SyncGroupResponse;

constexpr std::int16_t kFirstVersionThatNamesTheProtocol = 5;

}  // namespace

void handle_sync_group(const RequestContext& context, groups::GroupCoordinator& groups,
                       SyncGroupRequest&& request, Reply<SyncGroupResponse> reply) {
  if (context.api_version >= kFirstVersionThatNamesTheProtocol &&
      (!request.protocol_type || !request.protocol_name)) {
    SyncGroupResponse refusal;
    refusal.error_code = static_cast<std::int16_t>(ErrorCode::kInconsistentGroupProtocol);
    return reply.send(refusal);
  }
  groups::SyncCommand command;
  command.group_id = std::move(request.group_id);
  command.generation_id = request.generation_id;
  command.member_id = std::move(request.member_id);
  command.instance_id = std::move(request.group_instance_id);
  command.protocol_type = std::move(request.protocol_type);
  command.protocol_name = std::move(request.protocol_name);
  for (auto& one : request.assignments) {
    command.assignments.push_back({std::move(one.member_id), std::move(one.assignment)});
  }
  groups.sync(std::move(command), [reply = std::move(reply)](groups::SyncReply&& synced) mutable {
    SyncGroupResponse response;
    response.error_code = static_cast<std::int16_t>(synced.error);
    response.protocol_type = std::move(synced.protocol_type);
    response.protocol_name = std::move(synced.protocol_name);
    response.assignment = std::move(synced.assignment);
    reply.send(response);
  });
}

}  // namespace barnabas::broker
