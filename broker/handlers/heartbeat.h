// Heartbeat (12): a member of a classic group is alive.
#pragma once

#include "broker/api/reply.h"
#include "broker/api/request_context.h"
#include "broker/groups/group_coordinator.h"
#include "protocol/messages/heartbeat_request.h"
#include "protocol/messages/heartbeat_response.h"

namespace barnabas::broker {

void handle_heartbeat(const RequestContext& context, groups::GroupCoordinator& groups,
                      protocol::HeartbeatRequest&& request, Reply<protocol::HeartbeatResponse> reply);

}  // namespace barnabas::broker
