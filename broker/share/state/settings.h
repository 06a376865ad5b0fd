// What the share coordinator is configured with.
#pragma once

#include <cstdint>

namespace barnabas::broker::share {

struct ShareStateSettings {
  std::int32_t topic_partitions = 50;                // share.coordinator.state.topic.num.partitions
  std::int32_t write_timeout_ms = 5'000;             // share.coordinator.write.timeout.ms
  std::int32_t updates_per_snapshot = 500;           // share.coordinator.snapshot.update.records.per.snapshot
  std::int64_t cold_snapshot_interval_ms = 300'000;  // share.coordinator.cold.partition.snapshot.interval.ms
  std::int64_t prune_interval_ms = 300'000;          // share.coordinator.state.topic.prune.interval.ms
};

}  // namespace barnabas::broker::share
