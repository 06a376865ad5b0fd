// StreamsGroupHeartbeat 0 and StreamsGroupDescribe 0 (KIP-1071).
#pragma once

#include "broker/api/api_table.h"
#include "broker/groups/group_coordinator.h"
#include "broker/metadata_cache.h"
#include "broker/streams_topic_creator.h"

namespace barnabas::broker {

// Any thread. All outlive the last answer.
struct StreamsGroupService {
  groups::GroupCoordinator& groups;
  const MetadataCache& metadata;
  StreamsTopicCreator& topics;
};

// Both are UNSUPPORTED_VERSION while the cluster's streams.version is 0 or the protocol is not among
// group.coordinator.rebalance.protocols. The service must outlive the table.
void add_streams_group_apis(ApiTable& apis, const StreamsGroupService& service);

}  // namespace barnabas::broker
