// DeleteGroups (42): removes empty groups with their offsets.
#pragma once

#include "broker/api/reply.h"
#include "broker/api/request_context.h"
#include "broker/groups/group_coordinator.h"
#include "protocol/messages/delete_groups_request.h"
#include "protocol/messages/delete_groups_response.h"

namespace barnabas::broker {

void handle_delete_groups(const RequestContext& context, groups::GroupCoordinator& groups,
                          protocol::DeleteGroupsRequest&& request,
                          Reply<protocol::DeleteGroupsResponse> reply);

}  // namespace barnabas::broker
