// LeaveGroup (13): members leave a classic group, or an administrator removes them.
#pragma once

#include "broker/api/reply.h"
#include "broker/api/request_context.h"
#include "broker/groups/group_coordinator.h"
#include "protocol/messages/leave_group_request.h"
#include "protocol/messages/leave_group_response.h"

namespace barnabas::broker {

void handle_leave_group(const RequestContext& context, groups::GroupCoordinator& groups,
                        protocol::LeaveGroupRequest&& request, Reply<protocol::LeaveGroupResponse> reply);

}  // namespace barnabas::broker
