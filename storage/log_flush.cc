// What makes a log durable: flushes, group commit, the clean close.
#include <algorithm>

#include "common/text.h"
#include "storage/log.h"
#include "storage/partition_metadata.h"
#include "storage/segment.h"

namespace barnabas::storage {

StorageResult<void> Log::flush() {
  if (is_offline()) return fail(StorageErrorCode::kDirectoryOffline, partition_.to_string());
  std::lock_guard flusher(flusher_);
  return flush_locked(false);
}

StorageResult<void> Log::flush_to(std::int64_t offset) {
  if (recovery_point() >= offset) return {};
  if (is_offline()) return fail(StorageErrorCode::kDirectoryOffline, partition_.to_string());
  // Those who wait here find their records covered by the flush of whoever went before.
  std::lock_guard flusher(flusher_);
  if (recovery_point() >= offset) return {};
  return flush_locked(false);
}

StorageResult<void> Log::flush_if_due() {
  const std::int64_t since = unflushed_since_ms_.load();
  const auto config = this->config();
  const bool due = since >= 0 && environment_.clock.monotonic_ms() - since >= config->flush_ms;
  if (!due && !rolled_.load()) return {};
  return flush();
}

bool Log::has_unsynced_data() const {
  if (recovery_point() < log_end_offset() || metadata_unsynced_.load() || names_unsynced_.load()) return true;
  std::lock_guard state(state_);
  return epochs_dirty_;
}

std::int64_t Log::recovery_start() const {
  std::lock_guard state(state_);
  const std::int64_t point = recovery_point();
  for (std::size_t i = 0; i < segments_.size(); ++i) {
    if (segments_[i]->is_durable()) continue;
    const std::int64_t base = segments_[i]->base_offset();
    if (i + 1 < segments_.size()) return std::min(point, base);
    // Nor at the end of the active one: the next segment could begin there.
    return std::min(point, std::max(base, log_end_offset() - 1));
  }
  return point;
}

// The flusher mutex is held. Appends go on meanwhile; what they add is covered by the next flush.
StorageResult<void> Log::flush_locked(bool with_active_indexes) {
  if (is_offline()) return fail(StorageErrorCode::kDirectoryOffline, partition_.to_string());
  if (abandoned_) return fail(StorageErrorCode::kClosed, partition_.to_string());
  rolled_.store(false);
  unflushed_since_ms_.store(-1);
  std::int64_t target = 0;
  std::vector<SegmentPtr> unsynced;
  SegmentPtr active;
  {
    std::lock_guard state(state_);
    target = log_end_offset();
    if (!segments_.empty()) active = segments_.back();
    for (std::size_t i = segments_.size(); i-- > 1 && !segments_[i - 1]->is_durable();)
      unsynced.push_back(segments_[i - 1]);
  }
  std::int64_t snapshot = active ? active->base_offset() : 0;
  for (const SegmentPtr& segment : unsynced) {
    if (auto done = segment->store_indexes(); !done) return io_failure(done.error());
    if (auto done = segment->sync_log(); !done) return fatal_failure(done.error());
    if (auto done = segment->sync_indexes(); !done) return fatal_failure(done.error());
    // The producer snapshot that the roll after this segment took.
    auto file = environment_.files.open(concat(directory(), '/', offset_name(snapshot), ".snapshot"),
                                        OpenMode::kReadWrite);
    if (!file && !file.error().is_not_found()) return io_failure(file.error());
    if (file)
      if (auto done = (*file)->sync(); !done) return fatal_failure(done.error());
    snapshot = segment->base_offset();
    segment->set_durable(true);
  }
  if (active && (target > recovery_point() || with_active_indexes)) {
    if (with_active_indexes)
      if (auto done = active->store_indexes(); !done) return io_failure(done.error());
    if (auto done = active->sync_log(); !done) return fatal_failure(done.error());
    if (with_active_indexes)
      if (auto done = active->sync_indexes(); !done) return fatal_failure(done.error());
  }
  if (auto done = write_epochs(true); !done) return done;
  if (auto done = sync_metadata_locked(); !done) return done;
  std::lock_guard state(state_);
  // A truncation that came between has lowered both.
  recovery_point_.store(std::max(recovery_point(), std::min(target, log_end_offset())),
                        std::memory_order_release);
  return {};
}

StorageResult<void> Log::sync_metadata() {
  // Nobody may find the flags down before their sync is through.
  std::lock_guard flusher(flusher_);
  if (abandoned_) return {};
  return sync_metadata_locked();
}

StorageResult<void> Log::sync_metadata_locked() {
  const std::string directory = this->directory();
  if (metadata_unsynced_.exchange(false)) {
    auto file = environment_.files.open(join_path(directory, kPartitionMetadataName), OpenMode::kReadWrite);
    if (!file) return io_failure(file.error());
    if (auto done = (*file)->sync(); !done) return fatal_failure(done.error());
    // The partition's own name in the log directory.
    if (auto done = environment_.files.sync_directory(parent_path(directory)); !done)
      return fatal_failure(done.error());
  }
  if (names_unsynced_.exchange(false))
    if (auto done = environment_.files.sync_directory(directory); !done) return fatal_failure(done.error());
  return {};
}

StorageResult<void> Log::write_epochs(bool sync) {
  std::string text;
  {
    std::lock_guard state(state_);
    if (!epochs_dirty_) return {};
    epochs_dirty_ = false;
    text = epochs_.to_text();
  }
  const std::string path = join_path(directory(), "leader-epoch-checkpoint");
  auto done = sync ? replace_file(environment_.files, path, as_bytes(text))
                   : exchange_file(environment_.files, path, as_bytes(text));
  if (done) return {};
  std::lock_guard state(state_);
  epochs_dirty_ = true;
  return io_failure(done.error());
}

StorageResult<void> Log::close(bool sync) {
  std::lock_guard swap(swap_);
  std::lock_guard writer(writer_);
  if (auto done = check_open(); !done) return done;
  std::lock_guard flusher(flusher_);
  std::int64_t end = 0;
  {
    std::lock_guard state(state_);
    end = producers_.end_offset();
  }
  const bool had_data = !segments_.empty() && end > 0;
  const bool snapshot = had_data && end > last_snapshot_offset_;
  if (snapshot)
    if (auto done = take_producer_snapshot(end); !done) return done;
  if (sync) {
    if (snapshot) {
      auto file = environment_.files.open(concat(*directory_, '/', offset_name(end), ".snapshot"),
                                          OpenMode::kReadWrite);
      if (!file) return io_failure(file.error());
      if (auto done = (*file)->sync(); !done) return io_failure(done.error());
    }
    // The indexes that are written now may be new files.
    if (touched_) names_unsynced_.store(true);
    if (touched_ || has_unsynced_data())
      if (auto done = flush_locked(true); !done) return done;
  } else {
    for (std::size_t i = segments_.size(); touched_ && i-- > 0 && !segments_[i]->is_durable();)
      if (auto done = segments_[i]->store_indexes(); !done) return io_failure(done.error());
    if (auto done = write_epochs(false); !done) return done;
  }
  closed_ = true;
  for (const SegmentPtr& segment : segments_) segment->close_files();
  if (sync && !segments_.empty()) segments_.back()->set_durable(true);
  return {};
}

void Log::close_was_synced() {
  for (const SegmentPtr& segment : copy_segments()) segment->set_durable(true);
  metadata_unsynced_.store(false);
  names_unsynced_.store(false);
  recovery_point_.store(log_end_offset(), std::memory_order_release);
}

}  // namespace barnabas::storage
