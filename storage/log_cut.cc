// What takes records away: DeleteRecords, truncation, retention.
#include <algorithm>

#include "common/logging.h"
#include "common/text.h"
#include "storage/log.h"
#include "storage/log_loader.h"
#include "storage/segment.h"

namespace barnabas::storage {
namespace {
constexpr Logger logger("storage.Log");
}

void Log::advance_log_start(std::int64_t offset) {
  std::lock_guard state(state_);
  if (offset <= log_start_offset()) return;
  log_start_offset_.store(offset, std::memory_order_release);
  if (high_watermark() < offset) high_watermark_.store(offset, std::memory_order_release);
  if (recovery_point() < offset) recovery_point_.store(offset, std::memory_order_release);
  epochs_dirty_ |= epochs_.truncate_from_start(offset);
  producers_.on_log_start_offset(offset);
  update_stable_offset();
}

StorageResult<std::int64_t> Log::delete_records_before(std::int64_t offset) {
  {
    std::lock_guard writer(writer_);
    if (auto done = check_open(); !done) return std::unexpected(done.error());
    if (offset < 0 || offset > high_watermark())
      return fail(
          StorageErrorCode::kOffsetOutOfRange,
          concat("offset ", offset, " is above the high watermark ", high_watermark(), " of ", partition_));
    advance_log_start(offset);
  }
  changed();
  return log_start_offset();
}

// writer_ is held. Readers that have a segment go on reading its files under their new names.
StorageResult<void> Log::remove_segments(std::span<const SegmentPtr> removed) {
  const std::int64_t due = environment_.clock.monotonic_ms() + config()->file_delete_delay_ms;
  {
    std::lock_guard state(state_);
    std::erase_if(segments_, [&](const SegmentPtr& segment) {
      return std::find(removed.begin(), removed.end(), segment) != removed.end();
    });
  }
  for (const SegmentPtr& segment : removed) {
    auto renamed = segment->mark_deleted();
    if (!renamed) return io_failure(renamed.error());
    const std::string snapshot = concat(*directory_, '/', offset_name(segment->base_offset()), ".snapshot");
    if (auto done = environment_.files.rename(snapshot, snapshot + ".deleted"); done)
      renamed->push_back(snapshot + ".deleted");
    else if (!done.error().is_not_found())
      return io_failure(done.error());
    for (std::string& path : *renamed) environment_.deletions.add_file(std::move(path), due);
    size_bytes_.fetch_sub(segment->size(), std::memory_order_relaxed);
    segment->close_files();
  }
  if (!removed.empty()) names_unsynced_.store(true);
  return {};
}

// How many of the oldest segments may go. Only whole prefixes go, and nothing above the high watermark.
StorageResult<std::size_t> Log::count_deletable(const LogConfig& config) const {
  const auto segments = copy_segments();
  const std::int64_t now = environment_.clock.wall_ms();
  const bool by_time = config.cleanup_delete && config.retention_ms >= 0;
  const bool by_size = config.cleanup_delete && config.retention_bytes >= 0;
  std::int64_t excess = by_size ? size_bytes() - config.retention_bytes : -1;
  std::size_t count = 0;
  for (; count < segments.size(); ++count) {
    const Segment& segment = *segments[count];
    const bool active = count + 1 == segments.size();
    const std::int64_t end = active ? log_end_offset() : segments[count + 1]->base_offset();
    if (high_watermark() < end || (active && segment.size() == 0)) break;
    bool goes = !active && end <= log_start_offset();
    if (by_size && excess - segment.size() >= 0) {
      excess -= segment.size();
      goes = true;
    }
    if (!goes && by_time) {
      const auto largest = segment.largest_timestamp();
      if (!largest) return io_failure(largest.error());
      auto newest = IoResult<std::int64_t>(largest->timestamp);
      if (*newest < 0) newest = segment.modified_ms();
      if (!newest) return io_failure(newest.error());
      goes = now - *newest > config.retention_ms;
    }
    if (!goes) break;
  }
  return count;
}

StorageResult<std::size_t> Log::enforce_retention() {
  std::size_t count = 0;
  {
    std::lock_guard swap(swap_);
    std::lock_guard writer(writer_);
    if (auto done = check_open(); !done) return std::unexpected(done.error());
    const auto deletable = count_deletable(*config());
    if (!deletable) return deletable;
    count = *deletable;
    if (count == 0) return 0;
    if (count == segments_.size())
      if (auto done = roll_to(log_end_offset()); !done) return std::unexpected(done.error());
    const std::vector<SegmentPtr> removed(segments_.begin(),
                                          segments_.begin() + static_cast<std::ptrdiff_t>(count));
    const std::int64_t start = segments_[count]->base_offset();
    logger.info("Deleting ", count, " segments of ", partition_, " up to offset ", start);
    advance_log_start(start);
    if (auto done = remove_segments(removed); !done) return std::unexpected(done.error());
  }
  changed();
  return count;
}

// Whoever compacts the log meanwhile learns that its segments are not what they were.
void Log::note_cut(std::int64_t offset) {
  std::lock_guard state(state_);
  ++cuts_;
  lowest_cut_ = std::min(lowest_cut_.value_or(offset), offset);
}

StorageResult<void> Log::truncate_to(std::int64_t offset) {
  {
    std::lock_guard swap(swap_);
    std::lock_guard writer(writer_);
    if (auto done = check_open(); !done) return done;
    if (offset < 0) return fail(StorageErrorCode::kOffsetOutOfRange, "truncation to a negative offset");
    if (offset >= log_end_offset()) return {};
    std::lock_guard flusher(flusher_);
    touched_ = true;
    note_cut(offset);
    if (segments_.empty() || offset < segments_.front()->base_offset()) {
      if (auto done = restart_at(offset); !done) return done;
    } else {
      std::vector<SegmentPtr> removed;
      for (const SegmentPtr& segment : segments_)
        if (segment->base_offset() > offset) removed.push_back(segment);
      if (auto done = remove_segments(removed); !done) return done;
      Segment& active = *segments_.back();
      active.set_durable(false);
      const auto cut = active.find(offset, active.size());
      if (!cut) return io_failure(cut.error());
      const std::int64_t before = active.size();
      if (*cut)
        if (auto done = active.truncate(offset, (*cut)->position); !done) return io_failure(done.error());
      size_bytes_.fetch_sub(before - active.size(), std::memory_order_relaxed);
      {
        std::lock_guard state(state_);
        hints_ = {};
        log_end_offset_.store(offset, std::memory_order_release);
        high_watermark_.store(std::min(high_watermark(), offset), std::memory_order_release);
        recovery_point_.store(std::min(recovery_point(), offset), std::memory_order_release);
        log_start_offset_.store(std::min(log_start_offset(), offset), std::memory_order_release);
        epochs_dirty_ |= epochs_.truncate_from_end(offset);
      }
      if (auto done = LogLoader(*this, {}).rebuild_producers(offset); !done) return done;
      std::lock_guard state(state_);
      update_stable_offset();
    }
  }
  changed();
  return {};
}

StorageResult<void> Log::truncate_fully_and_start_at(std::int64_t offset) {
  {
    std::lock_guard swap(swap_);
    std::lock_guard writer(writer_);
    if (auto done = check_open(); !done) return done;
    std::lock_guard flusher(flusher_);
    note_cut(offset);
    if (auto done = restart_at(offset); !done) return done;
  }
  changed();
  return {};
}

// writer_ and flusher_ are held.
StorageResult<void> Log::restart_at(std::int64_t offset) {
  touched_ = true;
  if (auto done = remove_segments(copy_segments()); !done) return done;
  {
    std::lock_guard state(state_);
    hints_ = {};
    set_offsets(offset, offset);
    high_watermark_.store(offset, std::memory_order_release);
    recovery_point_.store(offset, std::memory_order_release);
    epochs_.clear();
    epochs_dirty_ = true;
    producers_.clear();
    producers_.set_end_offset(offset);
    update_stable_offset();
  }
  if (auto done = LogLoader(*this, {}).delete_snapshots(); !done) return done;
  last_snapshot_offset_ = -1;
  // A file of this name keeps the offset over a crash.
  return add_segment(offset);
}

}  // namespace barnabas::storage
