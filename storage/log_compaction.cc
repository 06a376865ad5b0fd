// What a compaction asks of a log: a view of its segments, and the exchange of some for what is left of them.
#include <algorithm>
#include <utility>

#include "common/text.h"
#include "storage/log.h"
#include "storage/segment.h"

namespace barnabas::storage {

CleaningView Log::cleaning_view() const {
  std::lock_guard state(state_);
  return {segments_, cuts_, log_start_offset(), log_end_offset(), last_stable_offset()};
}

bool Log::allows_cleaning(const CleaningView& view) const {
  std::lock_guard state(state_);
  return !closed_.load() && !is_offline() && cuts_ == view.cuts && config_->cleanup_compact;
}

std::optional<std::int64_t> Log::take_lowest_cut() {
  std::lock_guard state(state_);
  return std::exchange(lowest_cut_, std::nullopt);
}

StorageResult<std::shared_ptr<Segment>> Log::make_cleaned_segment(std::int64_t base_offset) {
  SegmentPtr segment;
  {
    std::lock_guard state(state_);
    segment =
        std::make_shared<Segment>(environment_.files, environment_.descriptors, directory_, base_offset,
                                  config_->index_interval_bytes, environment_.clock.wall_ms(), ".cleaned");
  }
  // Of a cleaning that was given up: its transaction index must not become this one's.
  if (auto done = segment->remove_files(); !done) return io_failure(done.error());
  segment->start_empty();
  if (auto file = segment->create_file(); !file) return std::unexpected(report_io_error(file.error()));
  return segment;
}

StorageError Log::report_io_error(const IoError& error) const {
  if (error.is_not_found()) return {StorageErrorCode::kNotFound, error.to_string()};
  return io_failure(error).error();
}

bool Log::are_in_place(const CleaningView& view, std::span<const SegmentPtr> sources) const {
  if (closed_.load() || cuts_ != view.cuts) return false;
  const auto first = std::find(segments_.begin(), segments_.end(), sources.front());
  // At least the active segment follows the last source.
  return segments_.end() - first > static_cast<std::ptrdiff_t>(sources.size()) &&
         std::equal(sources.begin(), sources.end(), first);
}

// Kafka's order, with syncs of the directory between its steps: whatever a crash leaves, LogLoader finds
// either no complete set of .swap files and all the sources, or one set and knows what it replaces.
StorageResult<bool> Log::replace_segments(const CleaningView& view, std::span<const SegmentPtr> sources,
                                          std::span<const SegmentPtr> cleaned) {
  std::lock_guard swap(swap_);
  if (is_offline()) return fail(StorageErrorCode::kDirectoryOffline, partition_.to_string());
  {
    std::lock_guard state(state_);
    if (!are_in_place(view, sources)) return false;
  }
  // The first of several comes last: as long as its files are not all .swap, none of them counts.
  for (std::size_t i = cleaned.size(); i-- > 0;)
    if (auto renamed = cleaned[i]->change_suffix(".swap"); !renamed) return fatal_failure(renamed.error());
  if (auto done = environment_.files.sync_directory(*directory_); !done) return fatal_failure(done.error());
  std::int64_t grown = 0;
  for (const SegmentPtr& segment : cleaned) grown += segment->size();
  for (const SegmentPtr& segment : sources) grown -= segment->size();
  {
    // Appends read the list under the writer mutex alone.
    std::lock_guard writer(writer_);
    std::lock_guard state(state_);
    const auto first = std::find(segments_.begin(), segments_.end(), sources.front());
    const auto after = segments_.erase(first, first + static_cast<std::ptrdiff_t>(sources.size()));
    segments_.insert(after, cleaned.begin(), cleaned.end());
    hints_ = {};
  }
  size_bytes_.fetch_add(grown, std::memory_order_relaxed);
  if (auto done = finish_swap(sources, cleaned); !done) return std::unexpected(done.error());
  return true;
}

StorageResult<void> Log::finish_swap(std::span<const SegmentPtr> sources,
                                     std::span<const SegmentPtr> cleaned) {
  FileSystem& files = environment_.files;
  const auto end = cleaned.back()->find_end_offset();
  if (!end) return fatal_failure(end.error());
  const std::int64_t cleaned_end = end->value_or(cleaned.back()->base_offset());
  bool unsynced_beyond = false;
  for (const SegmentPtr& source : sources) {
    // Recovery tells what a .swap file replaces by the offsets in it. Sources beyond those, of which nothing
    // is left, go strictly in order, or a record could outlive the tombstone behind it.
    const bool beyond = source->base_offset() >= cleaned_end;
    if (beyond && unsynced_beyond)
      if (auto done = files.sync_directory(*directory_); !done) return fatal_failure(done.error());
    unsynced_beyond |= beyond;
    const bool keeps_snapshot = std::any_of(cleaned.begin(), cleaned.end(), [&](const SegmentPtr& segment) {
      return segment->base_offset() == source->base_offset();
    });
    if (auto done = retire_source(source, keeps_snapshot); !done) return done;
  }
  if (auto done = files.sync_directory(*directory_); !done) return fatal_failure(done.error());
  for (const SegmentPtr& segment : cleaned)
    if (auto renamed = segment->change_suffix(""); !renamed) return fatal_failure(renamed.error());
  if (auto done = files.sync_directory(*directory_); !done) return fatal_failure(done.error());
  return {};
}

// Readers that have the segment go on under its new name.
StorageResult<void> Log::retire_source(const SegmentPtr& source, bool keeps_snapshot) {
  const std::int64_t due = environment_.clock.monotonic_ms() + config()->file_delete_delay_ms;
  auto renamed = source->mark_deleted();
  if (!renamed) return fatal_failure(renamed.error());
  if (!keeps_snapshot) {
    const std::string snapshot = concat(*directory_, '/', offset_name(source->base_offset()), ".snapshot");
    if (auto done = environment_.files.rename(snapshot, snapshot + ".deleted"); done)
      renamed->push_back(snapshot + ".deleted");
    else if (!done.error().is_not_found())
      return fatal_failure(done.error());
  }
  for (std::string& path : *renamed) environment_.deletions.add_file(std::move(path), due);
  source->close_files();
  return {};
}

}  // namespace barnabas::storage
