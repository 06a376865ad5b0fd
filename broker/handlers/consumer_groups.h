// ConsumerGroupHeartbeat 0-1 and ConsumerGroupDescribe 0-1 (KIP-848).
#pragma once

#include "broker/api/reply.h"
#include "broker/api/request_context.h"
#include "broker/groups/group_coordinator.h"
#include "broker/metadata_cache.h"
#include "protocol/messages/consumer_group_describe_request.h"
#include "protocol/messages/consumer_group_describe_response.h"
#include "protocol/messages/consumer_group_heartbeat_request.h"
#include "protocol/messages/consumer_group_heartbeat_response.h"

namespace barnabas::broker {

// Both are UNSUPPORTED_VERSION while the cluster's group.version is 0 or the protocol is not among
// group.coordinator.rebalance.protocols.
void handle_consumer_group_heartbeat(const RequestContext& context, groups::GroupCoordinator& groups,
                                     const MetadataCache& metadata,
                                     protocol::ConsumerGroupHeartbeatRequest&& request,
                                     Reply<protocol::ConsumerGroupHeartbeatResponse> reply);
void handle_consumer_group_describe(const RequestContext& context, groups::GroupCoordinator& groups,
                                    const MetadataCache& metadata,
                                    protocol::ConsumerGroupDescribeRequest&& request,
                                    Reply<protocol::ConsumerGroupDescribeResponse> reply);

}  // namespace barnabas::broker
