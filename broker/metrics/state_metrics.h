// What the broker looks like at this moment: partitions, controller, groups, sessions, process.
#pragma once

#include <cstdint>

#include "broker/fetch/fetch_session.h"
#include "broker/groups/group_coordinator.h"
#include "broker/metadata_cache.h"
#include "broker/metrics/group_metrics.h"
#include "broker/partition/partition_manager.h"
#include "broker/share/partition/share_partition_manager.h"
#include "broker/share/partition/share_session.h"
#include "broker/share/state/coordinator.h"
#include "broker/transactions/transaction_coordinator.h"
#include "common/metrics.h"
#include "storage/compaction/log_cleaner.h"

namespace barnabas::broker {

// Asks the parts whenever somebody reads the registry; nothing is kept up to date in between. Owned by the
// broker, from the time it serves until it stops.
class StateMetrics {
 public:
  // All outlive the metrics, and so does the registry.
  struct Sources {
    std::int32_t broker_id;
    const MetadataCache& metadata;
    const PartitionManager& partitions;
    groups::GroupCoordinator& groups;
    const transactions::TransactionCoordinator& transactions;
    const FetchSessionCache& fetch_sessions;
    const share::ShareSessions& share_sessions;
    const share::SharePartitionManager& share_partitions;
    const share::ShareStateCoordinator& share_states;
    const storage::LogCleaner* cleaner;  // null where log.cleaner.enable is off
  };
  StateMetrics(MetricsRegistry& registry, const Sources& sources);

 private:
  void write(MetricsWriter& writer);

  const Sources sources_;
  GroupMetrics groups_;
  MetricsRegistration registration_;  // last: gone before what it reads
};

}  // namespace barnabas::broker
