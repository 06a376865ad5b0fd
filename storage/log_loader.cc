#include "storage/log_loader.h"

#include <zlib.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <limits>

#include "common/logging.h"
#include "common/text.h"
#include "storage/log_recovery.h"
#include "storage/partition_metadata.h"
#include "storage/segment.h"

namespace barnabas::storage {
namespace {

constexpr Logger logger("storage.LogLoader");
constexpr std::string_view kLog = ".log", kSnapshot = ".snapshot", kEpochs = "leader-epoch-checkpoint";

bool is_index_name(std::string_view name) {
  return name.ends_with(".index") || name.ends_with(".timeindex") || name.ends_with(".txnindex");
}

}  // namespace

std::string LogLoader::path_of(const std::string& name) const {
  return join_path(*log_.directory_, name);
}

std::string LogLoader::name_of(std::int64_t offset, std::string_view extension) const {
  return concat(offset_name(offset), extension);
}

StorageResult<void> LogLoader::remove(const std::string& name) {
  names_.erase(name);
  auto done = log_.environment_.files.remove_file(path_of(name));
  if (!done && !done.error().is_not_found()) return log_.io_failure(done.error());
  return {};
}

StorageResult<void> LogLoader::rename(const std::string& from, const std::string& to) {
  names_.erase(from);
  names_.insert(to);
  if (auto done = log_.environment_.files.rename(path_of(from), path_of(to)); !done)
    return log_.io_failure(done.error());
  log_.names_unsynced_.store(true);
  return {};
}

StorageResult<void> LogLoader::load() {
  end_offset_ = options_.log_start_offset;
  if (!options_.is_new) {
    if (auto done = scan_directory(); !done) return done;
    if (auto done = finish_compaction(); !done) return done;
    if (auto done = read_metadata(); !done) return done;
    if (auto done = open_segments(); !done) return done;
    if (auto done = find_end(); !done) return done;
  }
  return settle_offsets();
}

StorageResult<void> LogLoader::scan_directory() {
  auto entries = log_.environment_.files.list(*log_.directory_);
  if (!entries) return log_.io_failure(entries.error());
  for (const DirectoryEntry& entry : *entries)
    if (!entry.is_directory) names_.insert(entry.name);
  for (const std::string& name : std::set<std::string>(names_)) {
    // Snapshots of the metadata log are the controller's to delete.
    if (name.ends_with(".deleted") && !name.ends_with(".checkpoint.deleted"))
      if (auto done = remove(name); !done) return done;
    if (const auto offset = offset_of_name(name); offset && name == name_of(*offset, kSnapshot))
      snapshots_.insert(*offset);
  }
  return {};
}

// A compaction renames its output .cleaned -> .swap -> plain: .cleaned files are unfinished, .swap files are
// complete and only have to take their places.
StorageResult<void> LogLoader::finish_compaction() {
  const auto names = std::set<std::string>(names_);
  std::int64_t first_cleaned = std::numeric_limits<std::int64_t>::max();
  for (const std::string& name : names)
    if (const auto offset = offset_of_name(name); offset && name.ends_with(".cleaned"))
      first_cleaned = std::min(first_cleaned, *offset);
  std::int64_t from = std::numeric_limits<std::int64_t>::max(), to = -1;
  std::vector<std::string> swaps;
  for (const std::string& name : names) {
    const auto offset = offset_of_name(name);
    if (!offset) continue;
    const bool broken_split = name.ends_with(".swap") && *offset >= first_cleaned;
    if (name.ends_with(".cleaned") || broken_split) {
      if (auto done = remove(name); !done) return done;
    } else if (name.ends_with(".swap")) {
      swaps.push_back(name);
    }
  }
  for (const std::string& name : swaps) {
    if (!name.ends_with(".log.swap")) continue;
    const std::int64_t base = *offset_of_name(name);
    auto file = log_.environment_.files.open(path_of(name), OpenMode::kRead);
    if (!file) return log_.io_failure(file.error());
    const auto size = (*file)->size();
    if (!size) return log_.io_failure(size.error());
    std::int64_t next = base;
    BatchScanner scanner(**file, 0, *size, BatchScanner::Depth::kHeaders, 1 << 16);
    for (;;) {
      const auto outcome = scanner.next();
      if (!outcome) return log_.io_failure(outcome.error());
      if (*outcome != ScanOutcome::kBatch) break;
      next = scanner.batch().next_offset();
    }
    from = std::min(from, base);
    to = std::max(to, next);
  }
  if (swaps.empty()) return {};
  for (const std::string& name : names) {
    const auto offset = offset_of_name(name);
    if (!offset || *offset < from || *offset >= to || name.ends_with(".swap") || !names_.contains(name))
      continue;
    if (name.ends_with(kSnapshot)) snapshots_.erase(*offset);
    if (name.ends_with(kLog) || name.ends_with(kSnapshot) || is_index_name(name))
      if (auto done = remove(name); !done) return done;
  }
  for (const std::string& name : swaps)
    if (auto done = rename(name, name.substr(0, name.size() - std::string_view(".swap").size())); !done)
      return done;
  return {};
}

StorageResult<void> LogLoader::read_metadata() {
  FileSystem& files = log_.environment_.files;
  if (names_.contains(std::string(kPartitionMetadataName))) {
    const auto content = read_file(files, path_of(std::string(kPartitionMetadataName)));
    if (!content) return log_.io_failure(content.error());
    const auto known = parse_partition_metadata(as_text(*content));
    if (known && log_.topic_id_.is_zero())
      log_.topic_id_ = *known;
    else if (!known && options_.clean)
      return std::unexpected(known.error());
    else if (!known)
      logger.warn("Unreadable ", kPartitionMetadataName, " of ", log_.partition_, " after a crash");
  }
  if (!names_.contains(std::string(kEpochs))) return {};
  const auto content = read_file(files, path_of(std::string(kEpochs)));
  if (!content) return log_.io_failure(content.error());
  auto epochs = LeaderEpochCache::parse(as_text(*content));
  if (epochs) {
    log_.epochs_ = std::move(*epochs);
    return {};
  }
  logger.warn("Rebuilding the leader epochs of ", log_.partition_, ": ", epochs.error().message);
  epochs_lost_ = log_.epochs_dirty_ = true;
  return {};
}

StorageResult<void> LogLoader::open_segments() {
  LogEnvironment& environment = log_.environment_;
  const auto config = log_.config();
  std::set<std::int64_t> bases;
  for (const std::string& name : names_)
    if (const auto offset = offset_of_name(name); offset && name == name_of(*offset, kLog))
      bases.insert(*offset);
  for (const std::string& name : std::set<std::string>(names_))
    if (const auto offset = offset_of_name(name); offset && is_index_name(name) && !bases.contains(*offset))
      if (auto done = remove(name); !done) return done;
  std::int64_t total = 0;
  for (const std::int64_t base : bases) {
    const auto info = environment.files.info(path_of(name_of(base, kLog)));
    if (!info) return log_.io_failure(info.error());
    auto segment = std::make_shared<Segment>(environment.files, environment.descriptors, log_.directory_,
                                             base, config->index_interval_bytes, environment.clock.wall_ms());
    segment->set_size(info->size);
    segment->set_durable(true);
    total += info->size;
    log_.segments_.push_back(std::move(segment));
  }
  // What will be written to it is not on disk when it is closed.
  if (!log_.segments_.empty()) log_.segments_.back()->set_durable(false);
  log_.size_bytes_.store(total);
  return {};
}

std::size_t LogLoader::first_to_recover() const {
  const auto& segments = log_.segments_;
  std::size_t first = segments.size();
  if (epochs_lost_) return 0;
  if (!options_.clean) {
    first = 0;
    for (std::size_t i = 0; i < segments.size(); ++i)
      if (segments[i]->base_offset() <= options_.recovery_point) first = i;
  }
  for (std::size_t i = 0; i < first; ++i) {
    const std::int64_t base = segments[i]->base_offset();
    if (!names_.contains(name_of(base, ".index")) || !names_.contains(name_of(base, ".timeindex"))) return i;
    if (names_.contains(name_of(base, ".txnindex")) && !segments[i]->aborted()) return i;
  }
  return first;
}

StorageResult<void> LogLoader::find_end() {
  auto& segments = log_.segments_;
  if (segments.empty()) return {};
  std::size_t first = first_to_recover();
  if (first == segments.size()) {
    const auto end = segments.back()->find_end_offset();
    if (!end && end.error().code != EBADMSG) return log_.io_failure(end.error());
    if (end && *end) {
      end_offset_ = std::max(**end, segments.back()->base_offset());
      return {};
    }
    first = segments.size() - 1;
  }
  if (options_.clean)
    logger.warn("Recovering ", log_.partition_, " from segment ", segments[first]->base_offset(),
                " in spite of a clean stop");
  return recover(first);
}

StorageResult<void> LogLoader::recover(std::size_t first) {
  recovered_ = log_.touched_ = true;
  auto& segments = log_.segments_;
  const std::int64_t start = segments[first]->base_offset();
  end_offset_ = start;
  // Producers up to the first segment come from a snapshot; later snapshots may hold what is cut now.
  if (auto done = load_snapshot(start); !done) return std::unexpected(done.error());
  if (auto done = replay(log_.producers_.end_offset(), start); !done) return done;
  const auto kept = Recovery(*this, first).run();
  if (!kept) return std::unexpected(kept.error());
  return drop_segments(*kept);
}

IoResult<bool> LogLoader::is_message_set(File& file, std::int64_t position, std::int64_t end) const {
  // Offset and size as in a batch, then a CRC-32 (not Castagnoli) of all that follows it.
  std::array<std::uint8_t, records::kLogOverheadBytes + 4> head;
  const auto got = file.read_at(position, head);
  if (!got) return std::unexpected(got.error());
  const auto size = load_be<std::int32_t>(head.data() + records::position::kLength);
  if (*got < head.size() || size < records::kMinLegacyLength ||
      size > end - position - static_cast<std::int64_t>(records::kLogOverheadBytes))
    return false;
  Buffer body(static_cast<std::size_t>(size) - 4);
  const auto rest = file.read_at(position + static_cast<std::int64_t>(head.size()), body);
  if (!rest) return std::unexpected(rest.error());
  const auto crc = ::crc32_z(0, body.data(), *rest);
  return crc == load_be<std::uint32_t>(head.data() + records::kLogOverheadBytes);
}

StorageResult<void> LogLoader::drop_segments(std::size_t first) {
  auto& segments = log_.segments_;
  for (std::size_t i = segments.size(); i-- > first;) {
    logger.warn("Deleting segment ", segments[i]->base_offset(), " of ", log_.partition_,
                " behind invalid records");
    log_.size_bytes_.fetch_sub(segments[i]->size());
    if (auto done = segments[i]->remove_files(); !done) return log_.io_failure(done.error());
    segments[i]->close_files();
    segments.pop_back();
    log_.names_unsynced_.store(true);
  }
  return {};
}

StorageResult<void> LogLoader::settle_offsets() {
  if (!log_.segments_.empty() && end_offset_ < options_.log_start_offset) {
    logger.warn(log_.partition_, " ends at ", end_offset_, ", below its log start offset ",
                options_.log_start_offset, ": starting anew there");
    if (auto done = drop_segments(0); !done) return done;
    if (auto done = delete_snapshots(); !done) return done;
    log_.producers_.clear();
    end_offset_ = options_.log_start_offset;
    recovered_ = true;
  }
  const std::int64_t first = log_.segments_.empty() ? end_offset_ : log_.segments_.front()->base_offset();
  log_.set_offsets(std::max(options_.log_start_offset, first), end_offset_);
  log_.recovery_point_.store(options_.clean ? end_offset_ : std::min(options_.recovery_point, end_offset_));
  if (!options_.is_new) {
    log_.epochs_dirty_ |= log_.epochs_.truncate_from_end(end_offset_);
    log_.epochs_dirty_ |= log_.epochs_.truncate_from_start(log_.log_start_offset());
  }
  if (recovered_) {
    log_.producers_.set_end_offset(end_offset_);
    if (!log_.segments_.empty())
      if (auto done = log_.take_producer_snapshot(end_offset_); !done) return done;
  } else if (!log_.segments_.empty()) {
    if (auto done = rebuild_producers(end_offset_); !done) return done;
  } else {
    log_.producers_.set_end_offset(end_offset_);
  }
  log_.set_high_watermark(options_.high_watermark);
  return {};
}

StorageResult<void> LogLoader::delete_snapshots() {
  if (names_.empty())
    if (auto done = scan_directory(); !done) return done;
  for (const std::int64_t offset : snapshots_)
    if (auto done = remove(name_of(offset, kSnapshot)); !done) return done;
  snapshots_.clear();
  return {};
}

StorageResult<void> LogLoader::rebuild_producers(std::int64_t end) {
  const bool truncating = names_.empty();
  if (truncating)
    if (auto done = scan_directory(); !done) return done;
  // Kafka's rule: a directory without any snapshot after a clean stop never had producers.
  if (!truncating && snapshots_.empty() && options_.clean) {
    log_.producers_.set_end_offset(end);
    return {};
  }
  const auto loaded = load_snapshot(end);
  if (!loaded) return std::unexpected(loaded.error());
  // Kept are one snapshot per segment and the newest.
  std::set<std::int64_t> kept;
  for (const SegmentPtr& segment : log_.segments_) kept.insert(segment->base_offset());
  if (!snapshots_.empty()) kept.insert(*snapshots_.rbegin());
  for (const std::int64_t offset : std::set<std::int64_t>(snapshots_)) {
    if (kept.contains(offset)) continue;
    snapshots_.erase(offset);
    if (auto done = remove(name_of(offset, kSnapshot)); !done) return done;
  }
  return replay(log_.producers_.end_offset(), end);
}

StorageResult<bool> LogLoader::load_snapshot(std::int64_t end) {
  LogEnvironment& environment = log_.environment_;
  ProducerState& producers = log_.producers_;
  const std::int64_t first = log_.segments_.empty() ? end : log_.segments_.front()->base_offset();
  const std::int64_t start = std::max(options_.log_start_offset, std::max(first, log_.log_start_offset()));
  bool loaded = false;
  {
    std::lock_guard state(log_.state_);
    producers.clear();
    producers.set_end_offset(std::min(start, end));
  }
  log_.last_snapshot_offset_ = -1;
  const auto snapshots = snapshots_;
  for (auto offset = snapshots.rbegin(); offset != snapshots.rend() && !loaded; ++offset) {
    const std::string name = name_of(*offset, kSnapshot);
    if (*offset <= end && *offset > start) {
      const auto bytes = read_file(environment.files, path_of(name));
      if (!bytes) return log_.io_failure(bytes.error());
      std::lock_guard state(log_.state_);
      const auto done =
          producers.load_snapshot(*bytes, environment.clock.wall_ms(), environment.producer_expiration_ms);
      loaded = done.has_value();
      if (loaded) {
        producers.set_end_offset(*offset);
        log_.last_snapshot_offset_ = *offset;
        continue;
      }
      logger.warn("Deleting ", path_of(name), ": ", done.error().message);
    }
    snapshots_.erase(*offset);
    if (auto done = remove(name); !done) return std::unexpected(done.error());
  }
  return loaded;
}

StorageResult<void> LogLoader::replay(std::int64_t from, std::int64_t to) {
  for (const SegmentPtr& segment : log_.segments_) {
    if (segment->base_offset() >= to || from >= to) break;
    const bool last = segment == log_.segments_.back();
    if (!last &&
        log_.segments_[static_cast<std::size_t>(&segment - log_.segments_.data()) + 1]->base_offset() <= from)
      continue;
    const auto begin = segment->find(from, segment->size());
    if (!begin) return log_.io_failure(begin.error());
    if (!*begin) continue;
    auto file = segment->file();
    if (!file) return log_.io_failure(file.error());
    BatchScanner scanner(**file, (*begin)->position, segment->size(), BatchScanner::Depth::kWhole, 1 << 16);
    for (;;) {
      const auto outcome = scanner.next();
      if (!outcome) return log_.io_failure(outcome.error());
      if (*outcome != ScanOutcome::kBatch || scanner.batch().base_offset() >= to) break;
      if (auto done = replay_batch(scanner.batch(), nullptr); !done) return log_.io_failure(done.error());
    }
  }
  std::lock_guard state(log_.state_);
  log_.producers_.set_end_offset(to);
  return {};
}

IoResult<void> LogLoader::replay_batch(const records::BatchView& batch, Segment* index) {
  if (!batch.has_producer_id()) return {};
  changes_.clear();
  std::lock_guard state(log_.state_);
  ProducerState& producers = log_.producers_;
  ProducerCheck how;
  how.origin = AppendOrigin::kReplication;
  const auto checked = producers.check(batch, batch.base_offset(), how, changes_);
  if (!checked) {
    logger.warn("Passing over the producer of a batch in ", log_.partition_, ": ", checked.error().message);
    return {};
  }
  producers.apply(changes_);
  for (const CompletedTransaction& transaction : changes_.completed) {
    const std::int64_t stable = producers.last_stable_offset(transaction);
    if (transaction.aborted && index != nullptr)
      if (auto done = index->note_aborted(
              {transaction.producer_id, transaction.first_offset, transaction.last_offset, stable});
          !done)
        return done;
    producers.complete(transaction);
  }
  return {};
}

}  // namespace barnabas::storage
