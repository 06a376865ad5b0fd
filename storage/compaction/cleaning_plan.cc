#include "storage/compaction/cleaning_plan.h"

#include <algorithm>
#include <limits>

#include "common/logging.h"

namespace barnabas::storage {
namespace {

constexpr Logger logger("storage.LogCleaner");
constexpr std::int64_t kOffsetSpan = std::numeric_limits<std::int32_t>::max();

std::int64_t bytes_of(std::span<const std::shared_ptr<Segment>> segments) {
  std::int64_t bytes = 0;
  for (const auto& segment : segments) bytes += segment->size();
  return bytes;
}

// Where the cleaning begins: the checkpoint, unless the log moved away from it.
void choose_start(const Log& log, std::optional<std::int64_t> checkpoint, CleaningPlan& plan) {
  const std::int64_t start = plan.view.log_start_offset;
  plan.first_dirty = checkpoint.value_or(start);
  if (plan.first_dirty >= start && plan.first_dirty <= plan.view.log_end_offset) return;
  // Retention moves the start of a log that is compacted and deleted all the time.
  if (plan.first_dirty > plan.view.log_end_offset || !log.config()->cleanup_delete)
    logger.warn("Resetting the first dirty offset of ", log.partition(), " to its log start offset ", start,
                ": the checkpoint's ", plan.first_dirty, " is not in it");
  plan.first_dirty = start;
  plan.checkpoint_was_wrong = true;
}

// The closed segments from the one that holds `offset` on.
std::span<const std::shared_ptr<Segment>> closed_from(const CleaningPlan& plan, std::int64_t offset) {
  const std::int64_t active = plan.view.segments.back()->base_offset();
  if (offset > active) return {};
  return segments_between(plan.view.segments, offset, active);
}

}  // namespace

std::span<const std::shared_ptr<Segment>> segments_between(const SegmentRun& segments, std::int64_t from,
                                                           std::int64_t to) {
  const auto base_above = [](std::int64_t offset, const auto& segment) {
    return offset < segment->base_offset();
  };
  auto first = std::upper_bound(segments.begin(), segments.end(), from, base_above);
  if (first != segments.begin()) --first;
  auto last = std::upper_bound(first, segments.end(), to - 1, base_above);
  return {first, last};
}

IoResult<CleaningPlan> plan_cleaning(const Log& log, std::optional<std::int64_t> checkpoint,
                                     std::int64_t now_ms) {
  CleaningPlan plan;
  plan.view = log.cleaning_view();
  choose_start(log, checkpoint, plan);
  plan.end = plan.first_dirty;
  if (plan.view.segments.empty()) return plan;
  const auto config = log.config();
  const std::int64_t active = plan.view.segments.back()->base_offset();
  std::int64_t limit = std::min(plan.view.last_stable_offset, active);
  if (config->min_compaction_lag_ms > 0)
    for (const auto& segment : closed_from(plan, plan.first_dirty)) {
      const auto largest = segment->largest_timestamp();
      if (!largest) return std::unexpected(largest.error());
      if (largest->timestamp > now_ms - config->min_compaction_lag_ms) {
        limit = std::min(limit, segment->base_offset());
        break;
      }
    }
  limit = std::max(limit, plan.first_dirty);
  // Only whole segments are cleaned.
  const auto beyond = closed_from(plan, limit);
  plan.end = beyond.empty() ? active : beyond.front()->base_offset();
  plan.clean_bytes = bytes_of(segments_between(plan.view.segments, -1, plan.first_dirty));
  plan.dirty_bytes =
      bytes_of(segments_between(plan.view.segments, std::min(plan.first_dirty, plan.end), plan.end));
  std::int64_t oldest = std::numeric_limits<std::int64_t>::max();
  for (const auto& segment : closed_from(plan, plan.first_dirty)) {
    const auto first = segment->first_batch_timestamp();
    if (!first) return std::unexpected(first.error());
    if (*first > 0) oldest = std::min(oldest, *first);
  }
  const std::int64_t clean_until = now_ms - std::max<std::int64_t>(0, config->max_compaction_lag_ms);
  if (oldest < clean_until) plan.overdue_ms = clean_until - oldest;
  return plan;
}

IoResult<std::vector<SegmentRun>> group_segments(std::span<const std::shared_ptr<Segment>> segments,
                                                 const LogConfig& config, std::int64_t end) {
  std::vector<SegmentRun> groups;
  std::int64_t bytes = 0;
  Segment::IndexBytes index;
  for (std::size_t i = 0; i < segments.size(); ++i) {
    const auto& segment = segments[i];
    const auto own = segment->index_bytes();
    if (!own) return std::unexpected(own.error());
    const std::int64_t next = i + 1 < segments.size() ? segments[i + 1]->base_offset() : end;
    const bool joins =
        !groups.empty() && bytes + segment->size() <= config.segment_bytes &&
        index.offsets + own->offsets <= config.segment_index_bytes &&
        index.times + own->times <= config.segment_index_bytes &&
        // An empty segment adds no offset.
        (segment->size() == 0 || next - 1 - groups.back().front()->base_offset() <= kOffsetSpan);
    if (!joins) {
      groups.emplace_back();
      bytes = 0;
      index = {};
    }
    groups.back().push_back(segment);
    bytes += segment->size();
    index.offsets += own->offsets;
    index.times += own->times;
  }
  return groups;
}

}  // namespace barnabas::storage
