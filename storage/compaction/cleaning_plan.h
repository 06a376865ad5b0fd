// What of a log can be cleaned, whether it is worth it, and which segments become one.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <vector>

#include "storage/log.h"
#include "storage/segment.h"

namespace barnabas::storage {

using SegmentRun = std::vector<std::shared_ptr<Segment>>;

// Offsets [first_dirty, end) are not clean and may be cleaned now; `end` is the base of a segment.
struct CleaningPlan {
  CleaningView view;
  std::int64_t first_dirty = 0;
  std::int64_t end = 0;
  // The checkpoint named an offset that cannot be: it is to be written anew as first_dirty.
  bool checkpoint_was_wrong = false;
  std::int64_t clean_bytes = 0;
  std::int64_t dirty_bytes = 0;
  // By how much the oldest dirty record has waited longer than max.compaction.lag.ms; 0 if none has.
  std::int64_t overdue_ms = 0;

  double dirty_ratio() const {
    const std::int64_t total = clean_bytes + dirty_bytes;
    return total == 0 ? 0 : static_cast<double>(dirty_bytes) / static_cast<double>(total);
  }
  // Whether min.cleanable.dirty.ratio and max.compaction.lag.ms call for a cleaning.
  bool is_due(const LogConfig& config) const {
    return (overdue_ms > 0 && dirty_bytes > 0) || dirty_ratio() > config.min_cleanable_dirty_ratio;
  }
};

// `checkpoint`: the first dirty offset as the last cleaning left it. Never reaches into the active segment,
// beyond the last stable offset, or into segments with records younger than min.compaction.lag.ms.
IoResult<CleaningPlan> plan_cleaning(const Log& log, std::optional<std::int64_t> checkpoint,
                                     std::int64_t now_ms);

// The segments that hold offsets of [from, to): the one that holds `from` and all that begin before `to`.
std::span<const std::shared_ptr<Segment>> segments_between(const SegmentRun& segments, std::int64_t from,
                                                           std::int64_t to);

// Neighbours that fit one segment together, by size, by their indexes and by what 31 bits of offset span.
// `end`: the offset after the last segment.
IoResult<std::vector<SegmentRun>> group_segments(std::span<const std::shared_ptr<Segment>> segments,
                                                 const LogConfig& config, std::int64_t end);

}  // namespace barnabas::storage
