// JoinGroup (11): a member enters a classic group or a new generation of it; parked until the group is
// complete.
#pragma once

#include "broker/api/reply.h"
#include "broker/api/request_context.h"
#include "broker/groups/group_coordinator.h"
#include "protocol/messages/join_group_request.h"
#include "protocol/messages/join_group_response.h"

namespace barnabas::broker {

void handle_join_group(const RequestContext& context, groups::GroupCoordinator& groups,
                       protocol::JoinGroupRequest&& request, Reply<protocol::JoinGroupResponse> reply);

}  // namespace barnabas::broker
