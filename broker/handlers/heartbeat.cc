#include "broker/handlers/heartbeat.h"

namespace barnabas::broker {

void handle_heartbeat(const RequestContext&, groups::GroupCoordinator& groups,
                      protocol::HeartbeatRequest&& request, Reply<protocol::HeartbeatResponse> reply) {
  groups::HeartbeatCommand command;
  command.group_id = std::move(request.group_id);
  command.generation_id = request.generation_id;
  command.member_id = std::move(request.member_id);
  command.instance_id = std::move(request.group_instance_id);
  groups.heartbeat(std::move(command), [reply = std::move(reply)](protocol::ErrorCode&& error) mutable {
    protocol::HeartbeatResponse response;
    response.error_code = static_cast<std::int16_t>(error);
    reply.send(response);
  });
}

}  // namespace barnabas::broker
