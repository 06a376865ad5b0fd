// What one log is told about its limits; a plain value, filled from the configuration tables by the owner.
#pragma once

#include <algorithm>
#include <cstdint>
#include <limits>

namespace barnabas::storage {

// Names and defaults are Kafka's topic settings.
struct LogConfig {
  std::int64_t segment_bytes = 1 << 30;
  std::int64_t segment_ms = 7LL * 24 * 3600 * 1000;
  std::int64_t segment_jitter_ms = 0;
  std::int64_t segment_index_bytes = 10 << 20;
  std::int32_t index_interval_bytes = 4096;
  std::int64_t flush_messages = std::numeric_limits<std::int64_t>::max();
  std::int64_t flush_ms = std::numeric_limits<std::int64_t>::max();
  std::int64_t retention_bytes = -1;                   // -1: no limit
  std::int64_t retention_ms = 7LL * 24 * 3600 * 1000;  // -1: no limit
  std::int64_t file_delete_delay_ms = 60'000;
  bool cleanup_delete = true;    // cleanup.policy holds "delete"
  bool cleanup_compact = false;  // cleanup.policy holds "compact"
  double min_cleanable_dirty_ratio = 0.5;
  std::int64_t delete_retention_ms = 86'400'000;
  std::int64_t min_compaction_lag_ms = 0;
  std::int64_t max_compaction_lag_ms = std::numeric_limits<std::int64_t>::max();

  // A compacted log rolls early enough for max.compaction.lag.ms to be kept.
  std::int64_t longest_segment_ms() const {
    return cleanup_compact && max_compaction_lag_ms > 0 ? std::min(segment_ms, max_compaction_lag_ms)
                                                        : segment_ms;
  }
};

}  // namespace barnabas::storage
