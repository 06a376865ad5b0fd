// DescribeGroups (15): state and members of classic groups.
#pragma once

#include "broker/api/reply.h"
#include "broker/api/request_context.h"
#include "broker/groups/group_coordinator.h"
#include "protocol/messages/describe_groups_request.h"
#include "protocol/messages/describe_groups_response.h"

namespace barnabas::broker {

void handle_describe_groups(const RequestContext& context, groups::GroupCoordinator& groups,
                            protocol::DescribeGroupsRequest&& request,
                            Reply<protocol::DescribeGroupsResponse> reply);

}  // namespace barnabas::broker
