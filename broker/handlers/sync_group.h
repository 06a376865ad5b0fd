// SyncGroup (14): the leader brings the assignment, every member gets its part of it.
#pragma once

#include "broker/api/reply.h"
#include "broker/api/request_context.h"
#include "broker/groups/group_coordinator.h"
#include "protocol/messages/sync_group_request.h"
#include "protocol/messages/sync_group_response.h"

namespace barnabas::broker {

void handle_sync_group(const RequestContext& context, groups::GroupCoordinator& groups,
                       protocol::SyncGroupRequest&& request, Reply<protocol::SyncGroupResponse> reply);

}  // namespace barnabas::broker
