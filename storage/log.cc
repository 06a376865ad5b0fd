#include "storage/log.h"

#include <algorithm>

#include "common/logging.h"
#include "common/text.h"
#include "storage/log_loader.h"
#include "storage/partition_metadata.h"
#include "storage/segment.h"

namespace barnabas::storage {
namespace {
constexpr Logger logger("storage.Log");
}

Log::Log(LogEnvironment& environment, LogIdentity identity, std::shared_ptr<const LogConfig> config)
    : environment_(environment),
      partition_(std::move(identity.partition)),
      config_(std::move(config)),
      directory_(std::make_shared<const std::string>(std::move(identity.directory))),
      topic_id_(identity.topic_id) {}

Log::~Log() = default;

StorageResult<std::shared_ptr<Log>> Log::open(LogEnvironment& environment, LogIdentity identity,
                                              std::shared_ptr<const LogConfig> config,
                                              const LogOpenOptions& options) {
  const Uuid topic_id = identity.topic_id;
  std::shared_ptr<Log> log(new Log(environment, std::move(identity), std::move(config)));
  if (auto done = LogLoader(*log, options).load(); !done) return std::unexpected(done.error());
  if (!topic_id.is_zero())
    if (auto done = log->set_topic_id(topic_id); !done) return std::unexpected(done.error());
  return log;
}

Uuid Log::topic_id() const {
  std::lock_guard lock(state_);
  return topic_id_;
}

std::string Log::directory() const {
  std::lock_guard lock(state_);
  return *directory_;
}

std::shared_ptr<const LogConfig> Log::config() const {
  std::lock_guard lock(state_);
  return config_;
}

void Log::set_config(std::shared_ptr<const LogConfig> config) {
  std::lock_guard lock(state_);
  config_ = std::move(config);
}

StorageResult<void> Log::set_topic_id(const Uuid& topic_id) {
  std::lock_guard writer(writer_);
  if (auto done = check_open(); !done) return done;
  const std::string path = join_path(*directory_, kPartitionMetadataName);
  const auto content = read_file(environment_.files, path);
  if (content && !content->empty()) {
    const auto known = parse_partition_metadata(as_text(*content));
    // A crash right after the creation may have left any bytes: the controller knows the id.
    if (known && *known != topic_id)
      return fail(StorageErrorCode::kInconsistentTopicId,
                  concat(path, " holds topic id ", *known, ", not ", topic_id));
    if (known) {
      std::lock_guard state(state_);
      topic_id_ = topic_id;
      return {};
    }
  } else if (!content && !content.error().is_not_found()) {
    return io_failure(content.error());
  }
  auto file = environment_.files.open(path, OpenMode::kTruncate);
  if (!file) return io_failure(file.error());
  if (auto done = (*file)->write_at(0, as_bytes(partition_metadata_text(topic_id))); !done)
    return io_failure(done.error());
  metadata_unsynced_.store(true);
  names_unsynced_.store(true);
  std::lock_guard state(state_);
  topic_id_ = topic_id;
  return {};
}

StorageResult<void> Log::check_open() const {
  if (is_offline())
    return fail(StorageErrorCode::kDirectoryOffline, concat("the directory of ", partition_, " is offline"));
  if (closed_) return fail(StorageErrorCode::kClosed, concat(partition_, " is closed"));
  return {};
}

std::unexpected<StorageError> Log::io_failure(const IoError& error) const {
  if (error.is_no_space()) return std::unexpected(to_storage_error(error));
  return fatal_failure(error);
}

std::unexpected<StorageError> Log::fatal_failure(const IoError& error) const {
  offline_.store(true, std::memory_order_release);
  logger.error("I/O error in ", partition_, ": ", error.to_string());
  if (environment_.on_io_error) environment_.on_io_error(parent_path(*directory_), error);
  return std::unexpected(StorageError{StorageErrorCode::kIo, error.to_string()});
}

void Log::changed() const {
  if (on_change_) on_change_();
}

void Log::set_offsets(std::int64_t log_start, std::int64_t log_end) {
  log_start_offset_.store(log_start, std::memory_order_release);
  log_end_offset_.store(log_end, std::memory_order_release);
}

std::int64_t Log::set_high_watermark(std::int64_t offset) {
  bool moved = false;
  {
    std::lock_guard state(state_);
    offset = std::clamp(offset, log_start_offset(), std::max(log_start_offset(), log_end_offset()));
    moved = high_watermark_.exchange(offset, std::memory_order_acq_rel) != offset;
    producers_.on_high_watermark(offset);
    update_stable_offset();
  }
  if (moved) changed();
  return offset;
}

void Log::raise_high_watermark(std::int64_t offset) {
  {
    std::lock_guard state(state_);
    offset = std::min(offset, log_end_offset());
    if (offset <= high_watermark()) return;
    high_watermark_.store(offset, std::memory_order_release);
    producers_.on_high_watermark(offset);
    update_stable_offset();
  }
  changed();
}

void Log::update_stable_offset() {
  std::int64_t stable = high_watermark();
  if (const auto unstable = producers_.first_unstable_offset())
    stable = std::min(stable, std::max(*unstable, log_start_offset()));
  last_stable_offset_.store(stable, std::memory_order_release);
}

std::int32_t Log::latest_epoch() const {
  std::lock_guard state(state_);
  const auto latest = epochs_.latest();
  return latest ? latest->epoch : -1;
}

std::optional<std::int32_t> Log::epoch_of(std::int64_t offset) const {
  std::lock_guard state(state_);
  return epochs_.epoch_of(offset);
}

EpochEndOffset Log::end_offset_for_epoch(std::int32_t epoch) const {
  std::lock_guard state(state_);
  return epochs_.end_offset_for(epoch, log_end_offset());
}

std::vector<EpochEntry> Log::epochs() const {
  std::lock_guard state(state_);
  const auto entries = epochs_.entries();
  return {entries.begin(), entries.end()};
}

std::vector<ActiveProducer> Log::active_producers() const {
  std::lock_guard state(state_);
  std::vector<ActiveProducer> all;
  all.reserve(producers_.size());
  for (const ProducerEntry& entry : producers_.entries())
    all.push_back({.producer_id = entry.producer_id,
                   .producer_epoch = entry.epoch,
                   .last_sequence = entry.last_sequence(),
                   .last_timestamp = entry.last_timestamp,
                   .coordinator_epoch = entry.coordinator_epoch,
                   .transaction_start_offset = entry.transaction_first_offset,
                   .last_data_offset = entry.has_batches() ? entry.last_batch().last_offset : -1});
  return all;
}

std::optional<ProducerEntry> Log::producer(std::int64_t producer_id) const {
  std::lock_guard state(state_);
  const ProducerEntry* entry = producers_.find(producer_id);
  return entry == nullptr ? std::nullopt : std::optional(*entry);
}

VerificationGuard Log::begin_verification(const VerificationRequest& request) {
  std::lock_guard state(state_);
  return producers_.begin_verification(request, environment_.clock.wall_ms());
}

std::size_t Log::expire_producers() {
  std::lock_guard state(state_);
  return producers_.expire(environment_.clock.wall_ms(), environment_.producer_expiration_ms);
}

std::vector<Log::SegmentPtr> Log::copy_segments() const {
  std::lock_guard state(state_);
  return segments_;
}

Log::SegmentPtr Log::segment_of(std::int64_t offset) const {
  const auto above = std::upper_bound(
      segments_.begin(), segments_.end(), offset,
      [](std::int64_t at, const SegmentPtr& segment) { return at < segment->base_offset(); });
  return above == segments_.begin() ? nullptr : *std::prev(above);
}

std::vector<SegmentInfo> Log::segments() const {
  std::vector<SegmentInfo> all;
  for (const SegmentPtr& segment : copy_segments()) {
    const auto largest = segment->largest_timestamp();
    all.push_back({segment->base_offset(), segment->size(), largest ? largest->timestamp : -1});
  }
  return all;
}

StorageResult<void> Log::rename_directory(const std::string& directory) {
  std::lock_guard swap(swap_);
  std::lock_guard writer(writer_);
  std::lock_guard flusher(flusher_);
  const std::string before = *directory_;
  if (auto done = environment_.files.rename(before, directory); !done) return io_failure(done.error());
  environment_.deletions.directory_renamed(before, directory);
  const auto shared = std::make_shared<const std::string>(directory);
  {
    std::lock_guard state(state_);
    directory_ = shared;
    for (const SegmentPtr& segment : segments_) segment->set_directory(shared);
  }
  if (auto done = environment_.files.sync_directory(parent_path(directory)); !done)
    return io_failure(done.error());
  return {};
}

void Log::abandon() {
  std::lock_guard swap(swap_);
  std::lock_guard writer(writer_);
  std::lock_guard flusher(flusher_);
  closed_ = abandoned_ = true;
  for (const SegmentPtr& segment : copy_segments()) segment->close_files();
}

}  // namespace barnabas::storage
