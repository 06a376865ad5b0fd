// The APIs of groups and offsets in the table of what is served.
#pragma once

#include "broker/api/api_table.h"
#include "broker/groups/group_coordinator.h"
#include "broker/handlers/find_coordinator.h"
#include "broker/metadata_cache.h"

namespace barnabas::broker {

// Adds FindCoordinator, JoinGroup, SyncGroup, Heartbeat, LeaveGroup, OffsetCommit, OffsetFetch, OffsetDelete,
// ListGroups, DescribeGroups, DeleteGroups, ConsumerGroupHeartbeat and ConsumerGroupDescribe. All but the
// table must outlive it.
void add_group_apis(ApiTable& apis, groups::GroupCoordinator& groups, const MetadataCache& metadata,
                    CoordinatorLookup& lookup);

}  // namespace barnabas::broker
