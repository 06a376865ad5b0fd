#include "storage/compaction/cleaned_output.h"

#include <limits>

namespace barnabas::storage {
namespace {

// A large sync at the end would hold up the disk, and appends behind it; many small ones do not.
constexpr std::int64_t kSyncBytes = 8 << 20;
constexpr std::int64_t kInt32Max = std::numeric_limits<std::int32_t>::max();

}  // namespace

CleanedOutput::~CleanedOutput() {
  for (const auto& segment : segments_) {
    segment->close_files();
    // What stays behind after a failure goes at the next cleaning or start.
    (void)segment->remove_files();
  }
}

StorageResult<void> CleanedOutput::begin(std::int64_t base_offset) {
  auto segment = log_.make_cleaned_segment(base_offset);
  if (!segment) return std::unexpected(segment.error());
  segments_.push_back(std::move(*segment));
  return {};
}

StorageResult<void> CleanedOutput::note(const records::BatchView& batch) {
  const auto size = static_cast<std::int64_t>(batch.size_in_bytes());
  const Segment& segment = *segments_.back();
  const std::int64_t used = segment.size() + added_bytes_;
  if (used > 0 && (used + size > kInt32Max || batch.last_offset() - segment.base_offset() > kInt32Max)) {
    if (auto done = write(); !done) return done;
    if (auto done = begin(batch.base_offset()); !done) return done;
  }
  added_.push_back({size, batch.last_offset(), batch.max_timestamp()});
  added_bytes_ += size;
  return {};
}

StorageResult<void> CleanedOutput::add(const records::BatchView& batch) {
  if (auto done = note(batch); !done) return done;
  const ByteView bytes = batch.bytes();
  if (!pieces_.empty() && pieces_.back().data() + pieces_.back().size() == bytes.data())
    pieces_.back() = ByteView(pieces_.back().data(), pieces_.back().size() + bytes.size());
  else
    pieces_.push_back(bytes);
  return {};
}

StorageResult<void> CleanedOutput::add(Buffer rewritten) {
  if (auto done = note(records::BatchView(rewritten)); !done) return done;
  rewritten_.push_back(std::move(rewritten));
  pieces_.push_back(rewritten_.back());
  return {};
}

StorageResult<void> CleanedOutput::add_aborted(const AbortedEntry& entry) {
  if (auto done = segments_.back()->note_aborted(entry); !done)
    return std::unexpected(log_.report_io_error(done.error()));
  return {};
}

StorageResult<void> CleanedOutput::write() {
  Segment& segment = *segments_.back();
  auto file = segment.file();
  if (!file) return std::unexpected(log_.report_io_error(file.error()));
  if (auto done = (*file)->write_at(segment.size(), pieces_); !done)
    return std::unexpected(log_.report_io_error(done.error()));
  for (const Added& batch : added_) {
    if (auto done = segment.note_batch(segment.size(), batch.size, batch.last_offset, batch.max_timestamp);
        !done)
      return std::unexpected(log_.report_io_error(done.error()));
    segment.set_size(segment.size() + batch.size);
  }
  bytes_ += added_bytes_;
  unsynced_bytes_ += added_bytes_;
  if (unsynced_bytes_ >= kSyncBytes) {
    if (auto done = (*file)->sync_data(); !done) return std::unexpected(log_.report_io_error(done.error()));
    unsynced_bytes_ = 0;
  }
  pieces_.clear();
  added_.clear();
  rewritten_.clear();
  added_bytes_ = 0;
  return {};
}

StorageResult<void> CleanedOutput::finish(std::int64_t modified_ms) {
  for (const auto& segment : segments_) {
    auto done = segment->store_indexes();
    if (done) done = segment->sync_log();
    if (done) done = segment->sync_indexes();
    if (done) done = segment->set_modified_ms(modified_ms);
    if (!done) return std::unexpected(log_.report_io_error(done.error()));
    segment->set_durable(true);
  }
  return {};
}

}  // namespace barnabas::storage
