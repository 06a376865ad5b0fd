// DescribeShareGroupOffsets 0-1, AlterShareGroupOffsets 0 and DeleteShareGroupOffsets 0: where share groups
// start to read, as the share coordinator keeps it (KIP-932, KIP-1226).
#pragma once

#include "broker/api/api_table.h"
#include "broker/groups/group_coordinator.h"
#include "broker/metadata_cache.h"
#include "broker/partition/partition_manager.h"
#include "broker/share/persister.h"

namespace barnabas::broker {

// Any thread. All outlive the last answer.
struct ShareGroupService {
  groups::GroupCoordinator& groups;
  const MetadataCache& metadata;
  const PartitionManager& partitions;
  share::Persister& persister;
};

// Adds these three and ShareGroupHeartbeat and ShareGroupDescribe. The service must outlive the table.
void add_share_group_apis(ApiTable& apis, const ShareGroupService& service);

}  // namespace barnabas::broker
