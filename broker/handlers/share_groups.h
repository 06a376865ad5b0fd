// ShareGroupHeartbeat 1 and ShareGroupDescribe 1 (KIP-932).
#pragma once

#include "broker/api/reply.h"
#include "broker/api/request_context.h"
#include "broker/groups/group_coordinator.h"
#include "broker/metadata_cache.h"
#include "protocol/messages/share_group_describe_request.h"
#include "protocol/messages/share_group_describe_response.h"
#include "protocol/messages/share_group_heartbeat_request.h"
#include "protocol/messages/share_group_heartbeat_response.h"

namespace barnabas::broker {

// Whether the cluster's share.version lets share groups be; group.coordinator.rebalance.protocols does not
// matter, as in Kafka 4.3.
bool serves_share_groups(const MetadataCache& metadata);

// Both are UNSUPPORTED_VERSION without share groups.
void handle_share_group_heartbeat(const RequestContext& context, groups::GroupCoordinator& groups,
                                  const MetadataCache& metadata,
                                  protocol::ShareGroupHeartbeatRequest&& request,
                                  Reply<protocol::ShareGroupHeartbeatResponse> reply);
void handle_share_group_describe(const RequestContext& context, groups::GroupCoordinator& groups,
                                 const MetadataCache& metadata, protocol::ShareGroupDescribeRequest&& request,
                                 Reply<protocol::ShareGroupDescribeResponse> reply);

}  // namespace barnabas::broker
