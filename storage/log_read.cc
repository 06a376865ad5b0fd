// The way of a read: find the segment and the position, find the end, hand out a slice of the file.
#include <algorithm>
#include <cerrno>

#include "common/text.h"
#include "storage/log.h"
#include "storage/segment.h"

namespace barnabas::storage {

struct Log::ReadPlan {
  SegmentPtr segment;            // null: nothing to read
  std::int64_t offset = 0;       // asked for
  std::int64_t bound = 0;        // nothing from here on
  std::int64_t segment_end = 0;  // bytes
  std::int64_t next_base = 0;    // offset after the segment's last record
  bool last = true;              // no segment follows
};

StorageResult<Log::ReadPlan> Log::plan_read(std::int64_t offset, ReadBound bound) const {
  std::lock_guard state(state_);
  ReadPlan plan{.segment = nullptr, .offset = offset, .bound = log_end_offset()};
  if (offset < log_start_offset() || offset > plan.bound)
    return fail(StorageErrorCode::kOffsetOutOfRange,
                concat("offset ", offset, " is outside [", log_start_offset(), ", ", plan.bound, "] of ",
                       partition_));
  if (bound == ReadBound::kHighWatermark) plan.bound = high_watermark();
  if (bound == ReadBound::kLastStable) plan.bound = last_stable_offset();
  if (offset >= plan.bound) return plan;
  const auto above = std::upper_bound(
      segments_.begin(), segments_.end(), offset,
      [](std::int64_t at, const SegmentPtr& segment) { return at < segment->base_offset(); });
  if (above == segments_.begin()) return plan;
  plan.segment = *std::prev(above);
  plan.segment_end = plan.segment->size();
  plan.last = above == segments_.end();
  plan.next_base = plan.last ? log_end_offset() : (*above)->base_offset();
  return plan;
}

StorageResult<ReadResult> Log::read(std::int64_t offset, std::int64_t max_bytes, bool min_one_batch,
                                    ReadBound bound) const {
  if (is_offline()) return fail(StorageErrorCode::kDirectoryOffline, partition_.to_string());
  ReadResult result;
  result.first_offset = result.next_offset = offset;
  result.log_start_offset = log_start_offset();
  result.high_watermark = high_watermark();
  result.last_stable_offset = last_stable_offset();
  for (std::int64_t from = offset;;) {
    auto plan = plan_read(from, bound);
    if (!plan) return std::unexpected(plan.error());
    if (!plan->segment) return result;
    auto done = read_segment(*plan, max_bytes, min_one_batch, result);
    if (done && bound == ReadBound::kLastStable && !result.records.empty()) done = add_aborted(*plan, result);
    if (!done && done.error().is_not_found() && plan->segment->is_deleted())
      return fail(StorageErrorCode::kOffsetOutOfRange, concat("offset ", offset, " was just deleted"));
    if (!done && done.error().code == EBADMSG)
      return fail(StorageErrorCode::kCorruptRecord, done.error().to_string());
    if (!done) return io_failure(done.error());
    // A compacted segment may hold nothing from here on: its successor does.
    if (!result.records.empty() || plan->last || result.next_offset < plan->next_base) return result;
    from = plan->next_base;
  }
}

IoResult<void> Log::read_segment(ReadPlan& plan, std::int64_t max_bytes, bool min_one_batch,
                                 ReadResult& result) const {
  const Segment& segment = *plan.segment;
  std::int64_t end = plan.segment_end;
  std::int64_t next_at_end = plan.next_base;
  if (plan.bound < plan.next_base) {
    const auto beyond = segment.find(plan.bound, end);
    if (!beyond) return std::unexpected(beyond.error());
    if (*beyond) end = (*beyond)->position;
    next_at_end = plan.bound;
  }
  std::int64_t start = 0;
  if (const auto hint = hinted_position(segment, plan.offset)) {
    start = *hint;
  } else {
    const auto first = segment.find(plan.offset, end);
    if (!first) return std::unexpected(first.error());
    start = *first ? (*first)->position : end;
  }
  if (start >= end) {
    result.next_offset = std::max(result.next_offset, next_at_end);
    return {};
  }
  std::int64_t stop = end, next = next_at_end;
  const std::int64_t limit = max_bytes < end - start ? start + std::max<std::int64_t>(0, max_bytes) : end;
  if (limit < end) {
    const auto beyond = segment.first_beyond(start, limit, end);
    if (!beyond) return std::unexpected(beyond.error());
    if (*beyond) {
      const bool nothing_fits = (*beyond)->position == start;
      if (nothing_fits && !min_one_batch) return {};
      stop = nothing_fits ? start + (*beyond)->size : (*beyond)->position;
      next = nothing_fits ? (*beyond)->next_offset : (*beyond)->base_offset;
    }
  }
  auto file = segment.file();
  if (!file) return std::unexpected(file.error());
  if (const int descriptor = (*file)->descriptor(); descriptor >= 0) {
    result.records.append(FileSlice{*file, descriptor, start, stop - start});
  } else {
    Buffer bytes(static_cast<std::size_t>(stop - start));
    const auto got = (*file)->read_at(start, bytes);
    if (!got) return std::unexpected(got.error());
    bytes.resize(*got);
    result.records.append(SharedBytes::own(std::move(bytes)));
  }
  result.next_offset = next;
  remember_position(segment, next, stop);
  return {};
}

// KIP-98: all transactions that end at or above the first offset and begin below the next one.
IoResult<void> Log::add_aborted(const ReadPlan& plan, ReadResult& result) const {
  for (const SegmentPtr& segment : copy_segments()) {
    if (segment->base_offset() < plan.segment->base_offset()) continue;
    const auto entries = segment->aborted();
    if (!entries) return std::unexpected(entries.error());
    for (const AbortedEntry& entry : *entries) {
      if (entry.last_offset >= plan.offset && entry.first_offset < result.next_offset)
        result.aborted.push_back({entry.producer_id, entry.first_offset});
      // No transaction that ends later can begin below this.
      if (entry.last_stable_offset >= result.next_offset) return {};
    }
  }
  return {};
}

std::optional<std::int64_t> Log::hinted_position(const Segment& segment, std::int64_t offset) const {
  if (offset <= segment.base_offset()) return 0;
  std::lock_guard state(state_);
  for (const PositionHint& hint : hints_)
    if (hint.offset == offset && hint.segment_base == segment.base_offset() && hint.segment == &segment)
      return hint.position;
  return std::nullopt;
}

// Readers come back for what follows what they got: their next read needs no look-up.
void Log::remember_position(const Segment& segment, std::int64_t offset, std::int64_t position) const {
  std::lock_guard state(state_);
  for (const PositionHint& hint : hints_)
    if (hint.offset == offset && hint.segment_base == segment.base_offset() && hint.segment == &segment)
      return;
  // A segment that left the log meanwhile: its address may be another's soon.
  if (segment_of(segment.base_offset()).get() != &segment) return;
  hints_[next_hint_] = {offset, segment.base_offset(), &segment, position};
  next_hint_ = (next_hint_ + 1) % hints_.size();
}

}  // namespace barnabas::storage
