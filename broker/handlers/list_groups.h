// ListGroups (16): the groups this broker coordinates.
#pragma once

#include "broker/api/reply.h"
#include "broker/api/request_context.h"
#include "broker/groups/group_coordinator.h"
#include "protocol/messages/list_groups_request.h"
#include "protocol/messages/list_groups_response.h"

namespace barnabas::broker {

void handle_list_groups(const RequestContext& context, groups::GroupCoordinator& groups,
                        protocol::ListGroupsRequest&& request, Reply<protocol::ListGroupsResponse> reply);

}  // namespace barnabas::broker
