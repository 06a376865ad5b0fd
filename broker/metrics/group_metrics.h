// Groups: how many in which state, their offsets and lags.
#pragma once

#include <memory>

#include "broker/groups/group_coordinator.h"
#include "broker/partition/partition_manager.h"
#include "common/metrics.h"

namespace barnabas::broker {

// kafka_coordinator_group_groupmetadatamanager_* and kafka-exporter's kafka_consumergroup_*. Used by one
// thread at a time; the parts outlive it, late answers may come after it.
class GroupMetrics {
 public:
  GroupMetrics(groups::GroupCoordinator& groups, const PartitionManager& partitions)
      : groups_(groups), partitions_(partitions) {}

  // The coordinator answers through callbacks, at once unless a write is on its way. Waits a moment for
  // those, and else shows what it last knew.
  void write(MetricsWriter& writer);

 private:
  struct Survey;

  void write_counts(MetricsWriter& writer) const;
  static void write_share_counts(MetricsWriter& writer, const groups::GroupCounts& counts);
  static void write_streams_counts(MetricsWriter& writer, const groups::GroupCounts& counts);
  void write_offsets(MetricsWriter& writer, const Survey& survey) const;

  groups::GroupCoordinator& groups_;
  const PartitionManager& partitions_;
  std::shared_ptr<Survey> last_;
};

}  // namespace barnabas::broker
