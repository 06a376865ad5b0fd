#include "storage/log_recovery.h"

#include <algorithm>
#include <limits>
#include <thread>

#include "common/logging.h"
#include "common/text.h"

namespace barnabas::storage {
namespace {

constexpr Logger logger("storage.LogLoader");
constexpr std::size_t kWindowBytes = 1 << 20;

}  // namespace

LogLoader::Recovery::Recovery(LogLoader& loader, std::size_t first)
    : loader_(loader),
      log_(loader.log_),
      first_(first),
      segments_(loader.log_.segments_),
      next_(first),
      turn_(first),
      kept_(segments_.size()) {}

StorageResult<std::size_t> LogLoader::Recovery::run() {
  const std::size_t wanted = static_cast<std::size_t>(std::max(1, loader_.options_.recovery_threads));
  std::vector<std::jthread> helpers;
  for (std::size_t i = 1; i < std::min(wanted, segments_.size() - first_); ++i)
    helpers.emplace_back([this] { work(); });
  work();
  helpers.clear();
  if (error_) return std::unexpected(*error_);
  return kept_;
}

// Segments are taken in their order, so whoever waits for its turn waits for somebody who works.
void LogLoader::Recovery::work() {
  for (std::size_t index; (index = next_.fetch_add(1)) < segments_.size();) {
    Scan scan;
    scan.index = index;
    scan.segment = segments_[index];
    const auto done = recover(scan);
    const std::lock_guard lock(mutex_);
    if (!done && !error_) error_ = done.error();
    if (!done) kept_ = 0;
    if (index >= kept_) break;
    turn_ = std::max(turn_, index + 1);
    done_.notify_all();
  }
  done_.notify_all();
}

void LogLoader::Recovery::end_log_at(std::size_t segments) {
  const std::lock_guard lock(mutex_);
  kept_ = std::min(kept_, segments);
  done_.notify_all();
}

StorageResult<void> LogLoader::Recovery::recover(Scan& scan) {
  if (auto done = read(scan); !done) return done;
  if (!scan.joined) {
    const auto joined = join(scan);
    if (!joined) return std::unexpected(joined.error());
    if (!*joined) return {};
  }
  return finish(scan);
}

StorageResult<void> LogLoader::Recovery::read(Scan& scan) {
  Segment& segment = *scan.segment;
  segment.reset_indexes();
  segment.set_durable(false);
  scan.end_offset = segment.base_offset();
  const std::int64_t size = segment.size();
  auto file = segment.file();
  if (!file) return log_.io_failure(file.error());
  BatchScanner scanner(**file, 0, size, BatchScanner::Depth::kWhole, kWindowBytes);
  for (;;) {
    const auto outcome = scanner.next();
    if (!outcome) return log_.io_failure(outcome.error());
    scan.good_bytes = scanner.position();
    if (*outcome == ScanOutcome::kEnd) return {};
    if (*outcome == ScanOutcome::kLegacy) {
      const auto old = loader_.is_message_set(**file, scanner.position(), size);
      if (!old) return log_.io_failure(old.error());
      if (*old)
        return fail(StorageErrorCode::kUnsupportedFormat,
                    concat(segment.path(".log"), " holds message sets of magic 0 or 1, which are not read"));
    }
    const records::BatchView& batch = scanner.batch();
    if (*outcome != ScanOutcome::kBatch)
      scan.fault = "it is cut off or no batch";
    else if (!batch.crc_is_valid())
      scan.fault = "its CRC is wrong";
    else if (batch.last_offset_delta() < 0 || batch.last_offset() < scan.end_offset ||
             batch.last_offset() - segment.base_offset() > std::numeric_limits<std::int32_t>::max())
      scan.fault = "its offsets do not follow";
    if (!scan.fault.empty()) return {};
    const auto noted = segment.note_batch(scanner.position(), scanner.batch_end() - scanner.position(),
                                          batch.last_offset(), batch.max_timestamp());
    if (!noted) return log_.io_failure(noted.error());
    scan.end_offset = batch.next_offset();
    if (auto done = note(scan, batch); !done) return done;
    if (scan.joined && !scan.fault.empty()) return {};
  }
}

StorageResult<void> LogLoader::Recovery::note(Scan& scan, const records::BatchView& batch) {
  if (scan.first_last < 0) scan.first_last = batch.last_offset();
  if (scan.epochs.empty() || batch.leader_epoch() > scan.epochs.back().epoch)
    scan.epochs.push_back({batch.leader_epoch(), batch.base_offset()});
  if (!batch.has_producer_id()) return {};
  if (scan.joined) {
    if (auto done = loader_.replay_batch(batch, scan.segment.get()); !done)
      return log_.io_failure(done.error());
    return {};
  }
  const ByteView bytes = batch.is_control() ? batch.bytes() : batch.bytes().first(records::kBatchHeaderBytes);
  scan.producers.insert(scan.producers.end(), bytes.begin(), bytes.end());
  if (scan.producers.size() < loader_.options_.recovery_notes_bytes) return {};
  const auto joined = join(scan);
  if (!joined) return std::unexpected(joined.error());
  // Behind the end of the log: nothing of this segment counts.
  if (!*joined) scan.joined = true, scan.fault = "it is behind the end of the log";
  return {};
}

StorageResult<bool> LogLoader::Recovery::join(Scan& scan) {
  {
    std::unique_lock lock(mutex_);
    done_.wait(lock, [&] { return turn_ == scan.index || kept_ <= scan.index; });
    if (kept_ <= scan.index) return false;
  }
  scan.joined = true;
  Segment& segment = *scan.segment;
  const std::int64_t base = segment.base_offset();
  const bool gap = scan.index > first_ && base > loader_.end_offset_;
  // The end of the segment before was lost without a trace: what follows cannot stand alone. Below the
  // recovery point nothing was lost: there the gap is a compaction's, whatever the policy is now.
  if (gap && !loader_.options_.clean && loader_.options_.recovery_point_known &&
      base > loader_.options_.recovery_point && !log_.config()->cleanup_compact) {
    end_log_at(scan.index);
    return false;
  }
  loader_.end_offset_ = std::max(loader_.end_offset_, base);
  log_.producers_.set_end_offset(loader_.end_offset_);
  if (scan.index > first_)
    if (auto done = log_.take_producer_snapshot(base); !done) return std::unexpected(done.error());
  if (scan.first_last >= 0 && scan.first_last < loader_.end_offset_) {
    // It begins below the end of the segment before.
    segment.reset_indexes();
    scan.fault = "its offsets do not follow";
    scan.good_bytes = 0;
    scan.end_offset = loader_.end_offset_;
    scan.epochs.clear();
    scan.producers.clear();
    return true;
  }
  if (auto done = apply_producers(scan); !done) return std::unexpected(done.error());
  return true;
}

StorageResult<void> LogLoader::Recovery::apply_producers(Scan& scan) {
  ByteView left(scan.producers);
  while (!left.empty()) {
    const records::BatchView head(left.first(records::kBatchHeaderBytes));
    const std::size_t size = head.is_control() ? head.size_in_bytes() : records::kBatchHeaderBytes;
    if (auto done = loader_.replay_batch(records::BatchView(left.first(size)), scan.segment.get()); !done)
      return log_.io_failure(done.error());
    left = left.subspan(size);
  }
  Buffer().swap(scan.producers);
  return {};
}

StorageResult<void> LogLoader::Recovery::finish(Scan& scan) {
  Segment& segment = *scan.segment;
  {
    const std::lock_guard lock(mutex_);
    if (kept_ <= scan.index) return {};
  }
  for (const EpochEntry& entry : scan.epochs) {
    const auto latest = log_.epochs_.latest();
    if (!latest || entry.epoch > latest->epoch)
      log_.epochs_dirty_ |= log_.epochs_.assign(entry.epoch, entry.start_offset);
  }
  loader_.end_offset_ = std::max(loader_.end_offset_, scan.end_offset);
  if (scan.fault.empty()) {
    // Closed segments get their indexes now; the active one keeps them in memory.
    if (scan.index + 1 < segments_.size())
      if (auto done = segment.store_indexes(); !done) return log_.io_failure(done.error());
    return {};
  }
  logger.warn("Cutting ", segment.size() - scan.good_bytes, " bytes off ", segment.path(".log"),
              " at position ", scan.good_bytes, ", offset ", loader_.end_offset_, ": ", scan.fault);
  auto file = segment.file();
  if (!file) return log_.io_failure(file.error());
  if (auto cut = (*file)->truncate(scan.good_bytes); !cut) return log_.io_failure(cut.error());
  log_.size_bytes_.fetch_sub(segment.size() - scan.good_bytes);
  segment.set_size(scan.good_bytes);
  end_log_at(scan.index + 1);
  return {};
}

}  // namespace barnabas::storage
