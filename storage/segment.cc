#include "storage/segment.h"

#include <algorithm>
#include <cerrno>

#include "common/text.h"

namespace barnabas::storage {
namespace {

constexpr std::string_view kLog = ".log", kOffsets = ".index", kTimes = ".timeindex",
                           kTransactions = ".txnindex";
// New index entries are written out in runs of this many: about 2 MiB of records.
constexpr std::size_t kUnstoredEntries = 512;

FoundBatch found(const BatchScanner& scanner) {
  const records::BatchView& batch = scanner.batch();
  return {.position = scanner.position(),
          .size = static_cast<std::int64_t>(batch.size_in_bytes()),
          .base_offset = batch.base_offset(),
          .next_offset = batch.next_offset(),
          .max_timestamp = batch.max_timestamp(),
          .leader_epoch = batch.leader_epoch()};
}

std::unexpected<IoError> invalid_batch(const std::string& path, std::int64_t position) {
  return std::unexpected(IoError{EBADMSG, concat("no batch at position ", position, " of ", path)});
}

}  // namespace

std::string offset_name(std::int64_t offset) {
  const std::string digits = std::to_string(offset);
  return std::string(digits.size() < 20 ? 20 - digits.size() : 0, '0') + digits;
}

std::optional<std::int64_t> offset_of_name(std::string_view name) {
  if (name.size() < 20 || (name.size() > 20 && name[20] != '.')) return std::nullopt;
  for (const char digit : name.substr(0, 20))
    if (digit < '0' || digit > '9') return std::nullopt;
  return parse_number<std::int64_t>(name.substr(0, 20));
}

Segment::Segment(FileSystem& files, FileCache& cache, std::shared_ptr<const std::string> directory,
                 std::int64_t base_offset, std::int32_t index_interval_bytes, std::int64_t opened_ms,
                 std::string_view suffix)
    : files_(files),
      base_offset_(base_offset),
      index_interval_bytes_(index_interval_bytes),
      opened_ms_(opened_ms),
      log_(cache),
      directory_(std::move(directory)),
      suffix_(suffix),
      offsets_(cache),
      times_(cache),
      transactions_(cache) {}

std::string Segment::path_locked(std::string_view extension) const {
  return concat(*directory_, '/', offset_name(base_offset_), extension, suffix_);
}

std::string Segment::path(std::string_view extension) const {
  std::lock_guard lock(mutex_);
  return path_locked(extension);
}

void Segment::start_empty() {
  reset_indexes();
  std::lock_guard lock(mutex_);
  first_timestamp_.reset();
  deleted_.store(false, std::memory_order_release);
  set_size(0);
}

void Segment::reset_indexes() {
  std::lock_guard lock(mutex_);
  offsets_.start_empty();
  times_.start_empty();
  transactions_.start_empty();
  bytes_since_entry_ = 0;
  largest_ = {};
  largest_known_ = true;
  indexes_changed_ = true;
}

IoResult<std::shared_ptr<File>> Segment::file() const {
  if (auto open = log_.get()) return open;
  // Under the mutex: a name that a compaction gives to another file meanwhile must not be opened for this
  // one.
  std::lock_guard lock(mutex_);
  return log_.open(path_locked(kLog), OpenMode::kReadWrite);
}

IoResult<std::shared_ptr<File>> Segment::create_file() {
  return log_.open(path(kLog), OpenMode::kTruncate);
}

IoResult<void> Segment::append_time_entry() {
  if (largest_.timestamp < 0) return {};
  const std::string path = path_locked(kTimes);
  if (auto done = times_.load(path); !done) return done;
  const auto last = times_.last(path);
  if (!last) return std::unexpected(last.error());
  if (*last && (*last)->timestamp >= largest_.timestamp) return {};
  times_.append({largest_.timestamp, static_cast<std::int32_t>(largest_.offset - base_offset_)});
  indexes_changed_ = true;
  return {};
}

IoResult<void> Segment::note_batch(std::int64_t position, std::int64_t size, std::int64_t last_offset,
                                   std::int64_t max_timestamp) {
  std::lock_guard lock(mutex_);
  if (auto done = load_largest(); !done) return done;
  if (position == 0) first_timestamp_ = max_timestamp;
  if (max_timestamp > largest_.timestamp) largest_ = {max_timestamp, last_offset};
  if (bytes_since_entry_ > index_interval_bytes_) {
    if (auto done = offsets_.load(path_locked(kOffsets)); !done) return done;
    offsets_.append(
        {static_cast<std::int32_t>(last_offset - base_offset_), static_cast<std::int32_t>(position)});
    indexes_changed_ = true;
    if (auto done = append_time_entry(); !done) return done;
    bytes_since_entry_ = 0;
    // Only to bound memory: what cannot be written now is written by the next attempt or at the roll.
    if (offsets_.unstored() >= kUnstoredEntries && offsets_.unstored() % kUnstoredEntries == 0) {
      (void)offsets_.store(path_locked(kOffsets));
      (void)times_.store(path_locked(kTimes));
    }
  }
  bytes_since_entry_ += size;
  return {};
}

IoResult<void> Segment::note_aborted(const AbortedEntry& entry) {
  std::lock_guard lock(mutex_);
  const std::string path = path_locked(kTransactions);
  if (auto done = transactions_.load(path); !done) return done;
  return transactions_.append(path, entry);
}

bool Segment::index_full(std::int64_t index_bytes) const {
  std::lock_guard lock(mutex_);
  const auto times_max = index_bytes / static_cast<std::int64_t>(TimeEntry::kBytes);
  const auto offsets_max = index_bytes / static_cast<std::int64_t>(OffsetEntry::kBytes);
  // One slot of the time index is kept for the entry that a roll adds.
  return offsets_.size() >= offsets_max || times_.size() >= times_max - 1;
}

IoResult<void> Segment::store_indexes() {
  std::lock_guard lock(mutex_);
  if (!indexes_changed_ && bytes_since_entry_ == 0) return {};
  if (auto done = load_largest(); !done) return done;
  if (auto done = append_time_entry(); !done) return done;
  if (auto done = offsets_.store(path_locked(kOffsets)); !done) return done;
  if (auto done = times_.store(path_locked(kTimes)); !done) return done;
  indexes_changed_ = false;
  return {};
}

IoResult<void> Segment::sync_indexes() {
  // Only paths and open files are needed: look-ups do not wait for the disk.
  if (auto done = offsets_.sync(path(kOffsets)); !done) return done;
  if (auto done = times_.sync(path(kTimes)); !done) return done;
  auto done = transactions_.sync(path(kTransactions));
  if (!done && done.error().is_not_found()) return {};
  return done;
}

IoResult<void> Segment::truncate(std::int64_t offset, std::int64_t position) {
  auto log = file();
  if (!log) return std::unexpected(log.error());
  set_size(position);
  if (auto done = (*log)->truncate(position); !done) return done;
  std::lock_guard lock(mutex_);
  const auto relative = static_cast<std::int32_t>(
      std::clamp<std::int64_t>(offset - base_offset_, 0, std::numeric_limits<std::int32_t>::max()));
  const std::string offsets_path = path_locked(kOffsets), times_path = path_locked(kTimes);
  if (auto done = offsets_.load(offsets_path); !done) return done;
  if (auto done = times_.load(times_path); !done) return done;
  const auto offsets = offsets_.count_while(
      offsets_path, [&](const OffsetEntry& entry) { return entry.relative_offset < relative; });
  if (!offsets) return std::unexpected(offsets.error());
  if (auto done = offsets_.truncate(offsets_path, *offsets); !done) return done;
  const auto times = times_.count_while(
      times_path, [&](const TimeEntry& entry) { return entry.relative_offset < relative; });
  if (!times) return std::unexpected(times.error());
  if (auto done = times_.truncate(times_path, *times); !done) return done;
  const std::string transactions_path = path_locked(kTransactions);
  if (auto done = transactions_.load(transactions_path); !done) return done;
  if (auto done = transactions_.truncate(transactions_path, offset); !done) return done;
  bytes_since_entry_ = 0;
  indexes_changed_ = true;
  largest_known_ = false;
  if (position == 0) first_timestamp_.reset();
  return {};
}

IoResult<std::int64_t> Segment::position_before(std::int64_t offset) const {
  if (offset <= base_offset_) return 0;
  std::lock_guard lock(mutex_);
  const std::string path = path_locked(kOffsets);
  if (auto done = offsets_.load(path); !done) return std::unexpected(done.error());
  const auto entry = offsets_.last_while(
      path, [&](const OffsetEntry& at) { return base_offset_ + at.relative_offset <= offset; });
  if (!entry) return std::unexpected(entry.error());
  return *entry ? usable((*entry)->position) : 0;
}

std::int64_t Segment::usable(std::int64_t position) const {
  return position >= 0 && position < size() ? position : 0;
}

IoResult<std::optional<FoundBatch>> Segment::find(std::int64_t offset, std::int64_t end) const {
  if (end == 0) return std::nullopt;
  const auto position = position_before(offset);
  if (!position) return std::unexpected(position.error());
  auto log = file();
  if (!log) return std::unexpected(log.error());
  BatchScanner scanner(**log, *position, end, BatchScanner::Depth::kHeaders);
  for (;;) {
    const auto outcome = scanner.next();
    if (!outcome) return std::unexpected(outcome.error());
    if (*outcome == ScanOutcome::kEnd) return std::nullopt;
    if (*outcome != ScanOutcome::kBatch) return invalid_batch(path(kLog), scanner.position());
    if (scanner.batch().last_offset() >= offset) return found(scanner);
  }
}

IoResult<std::optional<FoundBatch>> Segment::batch_at(std::int64_t position, std::int64_t end) const {
  auto log = file();
  if (!log) return std::unexpected(log.error());
  BatchScanner scanner(**log, position, end, BatchScanner::Depth::kHeaders, records::kBatchHeaderBytes);
  const auto outcome = scanner.next();
  if (!outcome) return std::unexpected(outcome.error());
  if (*outcome == ScanOutcome::kEnd) return std::nullopt;
  if (*outcome != ScanOutcome::kBatch) return invalid_batch(path(kLog), position);
  return found(scanner);
}

IoResult<std::optional<FoundBatch>> Segment::first_beyond(std::int64_t start, std::int64_t limit,
                                                          std::int64_t end) const {
  if (end <= limit) return std::nullopt;
  std::int64_t position = start;
  {
    std::lock_guard lock(mutex_);
    const std::string path = path_locked(kOffsets);
    if (auto done = offsets_.load(path); !done) return std::unexpected(done.error());
    const auto entry = offsets_.last_while(path, [&](const OffsetEntry& at) { return at.position <= limit; });
    if (!entry) return std::unexpected(entry.error());
    if (*entry && usable((*entry)->position) > start) position = (*entry)->position;
  }
  auto log = file();
  if (!log) return std::unexpected(log.error());
  BatchScanner scanner(**log, position, end, BatchScanner::Depth::kHeaders);
  for (;;) {
    const auto outcome = scanner.next();
    if (!outcome) return std::unexpected(outcome.error());
    if (*outcome == ScanOutcome::kEnd) return std::nullopt;
    if (*outcome != ScanOutcome::kBatch) return invalid_batch(path(kLog), scanner.position());
    if (scanner.batch_end() > limit) return found(scanner);
  }
}

IoResult<void> Segment::load_largest() const {
  if (largest_known_) return {};
  const std::string path = path_locked(kTimes);
  if (auto done = times_.load(path); !done) return done;
  const auto last = times_.last(path);
  if (!last) return std::unexpected(last.error());
  largest_ =
      *last ? TimestampMark{(*last)->timestamp, base_offset_ + (*last)->relative_offset} : TimestampMark{};
  largest_known_ = true;
  return {};
}

IoResult<TimestampMark> Segment::largest_timestamp() const {
  std::lock_guard lock(mutex_);
  if (auto done = load_largest(); !done) return std::unexpected(done.error());
  return largest_;
}

IoResult<std::int64_t> Segment::offset_before_timestamp(std::int64_t timestamp) const {
  std::lock_guard lock(mutex_);
  const std::string path = path_locked(kTimes);
  if (auto done = times_.load(path); !done) return std::unexpected(done.error());
  // The batch an entry names is the first with that timestamp: all before it are older.
  const auto entry = times_.last_while(path, [&](const TimeEntry& at) { return at.timestamp <= timestamp; });
  if (!entry) return std::unexpected(entry.error());
  return *entry ? base_offset_ + (*entry)->relative_offset : base_offset_;
}

IoResult<std::int64_t> Segment::first_batch_timestamp() const {
  {
    std::lock_guard lock(mutex_);
    if (first_timestamp_) return *first_timestamp_;
  }
  if (size() == 0) return -1;
  const auto first = batch_at(0, size());
  if (!first) return std::unexpected(first.error());
  std::lock_guard lock(mutex_);
  first_timestamp_ = *first ? (*first)->max_timestamp : -1;
  return *first_timestamp_;
}

IoResult<std::vector<AbortedEntry>> Segment::aborted() const {
  std::lock_guard lock(mutex_);
  if (auto done = transactions_.load(path_locked(kTransactions)); !done) return std::unexpected(done.error());
  const auto entries = transactions_.entries();
  return std::vector<AbortedEntry>(entries.begin(), entries.end());
}

IoResult<std::optional<std::int64_t>> Segment::find_end_offset() const {
  if (size() == 0) return base_offset_;
  std::int64_t position = 0;
  {
    std::lock_guard lock(mutex_);
    const std::string path = path_locked(kOffsets);
    if (auto done = offsets_.load(path); !done) return std::unexpected(done.error());
    const auto last = offsets_.last(path);
    if (!last) return std::unexpected(last.error());
    if (*last) position = usable((*last)->position);
  }
  auto log = file();
  if (!log) return std::unexpected(log.error());
  BatchScanner scanner(**log, position, size(), BatchScanner::Depth::kHeaders);
  std::optional<std::int64_t> end = position == 0 ? std::optional(base_offset_) : std::nullopt;
  for (;;) {
    const auto outcome = scanner.next();
    if (!outcome) return std::unexpected(outcome.error());
    if (*outcome == ScanOutcome::kEnd) return end;
    if (*outcome != ScanOutcome::kBatch) return std::nullopt;
    end = scanner.batch().next_offset();
  }
}

IoResult<std::int64_t> Segment::modified_ms() const {
  const auto info = files_.info(path(kLog));
  if (!info) return std::unexpected(info.error());
  return info->modified_ms;
}

IoResult<void> Segment::sync_log() const {
  auto log = file();
  if (!log) return std::unexpected(log.error());
  return (*log)->sync_data();
}

IoResult<void> Segment::set_modified_ms(std::int64_t modified_ms) {
  return files_.set_modified_ms(path(kLog), modified_ms);
}

IoResult<Segment::IndexBytes> Segment::index_bytes() const {
  std::lock_guard lock(mutex_);
  if (auto done = offsets_.load(path_locked(kOffsets)); !done) return std::unexpected(done.error());
  if (auto done = times_.load(path_locked(kTimes)); !done) return std::unexpected(done.error());
  return IndexBytes{offsets_.size() * static_cast<std::int64_t>(OffsetEntry::kBytes),
                    times_.size() * static_cast<std::int64_t>(TimeEntry::kBytes)};
}

IoResult<std::vector<std::string>> Segment::rename_files(std::string_view suffix) {
  std::vector<std::string> renamed;
  for (const auto extension : {kLog, kOffsets, kTimes, kTransactions}) {
    const std::string stem = concat(*directory_, '/', offset_name(base_offset_), extension);
    auto done = files_.rename(concat(stem, suffix_), concat(stem, suffix));
    if (!done && !done.error().is_not_found()) return std::unexpected(done.error());
    if (done) renamed.push_back(concat(stem, suffix));
  }
  suffix_ = suffix;
  return renamed;
}

IoResult<std::vector<std::string>> Segment::change_suffix(std::string_view suffix) {
  std::lock_guard lock(mutex_);
  return rename_files(suffix);
}

IoResult<std::vector<std::string>> Segment::mark_deleted() {
  std::lock_guard lock(mutex_);
  auto renamed = rename_files(".deleted");
  if (renamed) deleted_.store(true, std::memory_order_release);
  return renamed;
}

IoResult<void> Segment::remove_files() {
  std::lock_guard lock(mutex_);
  for (const auto extension : {kLog, kOffsets, kTimes, kTransactions}) {
    auto done = files_.remove_file(path_locked(extension));
    if (!done && !done.error().is_not_found()) return done;
  }
  deleted_.store(true, std::memory_order_release);
  return {};
}

void Segment::set_directory(std::shared_ptr<const std::string> directory) {
  std::lock_guard lock(mutex_);
  directory_ = std::move(directory);
}

void Segment::close_files() {
  log_.close();
  std::lock_guard lock(mutex_);
  offsets_.close_file();
  times_.close_file();
  transactions_.close_file();
}

}  // namespace barnabas::storage
