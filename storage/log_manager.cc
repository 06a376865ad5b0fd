#include "storage/log_manager.h"

#include <algorithm>
#include <cerrno>
#include <set>

#include "common/logging.h"
#include "common/text.h"

namespace barnabas::storage {
namespace {

constexpr Logger logger("storage.LogManager");
constexpr std::size_t kNameBytesMax = 255;
// From this many logs on, the file system is synced once instead of each file.
constexpr std::size_t kSyncAllFrom = 8;

std::string hex(const Uuid& id) {
  constexpr std::string_view kDigits = "0123456789abcdef";
  std::string text;
  for (const std::uint8_t byte : id.bytes) {
    text += kDigits[byte >> 4];
    text += kDigits[byte & 15];
  }
  return text;
}

}  // namespace

LogManager::LogManager(FileSystem& files, const Clock& clock, Random& random, LogManagerConfig config)
    : files_(files),
      clock_(clock),
      random_(random),
      config_(std::move(config)),
      descriptors_(files, config_.open_files_max),
      environment_{files_,
                   descriptors_,
                   deletions_,
                   clock_,
                   config_.producer_expiration_ms,
                   [this](const std::string& directory, const IoError& error) {
                     set_offline(directory, error.to_string());
                   }} {
  if (config_.metadata_directory.empty() && !config_.directories.empty())
    config_.metadata_directory = config_.directories.front();
}

LogManager::~LogManager() = default;

StorageResult<void> LogManager::open_directories(const std::string& cluster_id, std::int32_t node_id) {
  std::vector<std::string> paths = config_.directories;
  if (std::find(paths.begin(), paths.end(), config_.metadata_directory) == paths.end())
    paths.push_back(config_.metadata_directory);
  for (const std::string& path : paths) {
    if (directory_by_path(path) != nullptr)
      return fail(StorageErrorCode::kAlreadyExists, concat("log directory named twice: ", path));
    directories_.push_back(std::make_unique<LogDirectory>(files_, path));
    LogDirectory& directory = *directories_.back();
    directory.holds_partitions =
        std::find(config_.directories.begin(), config_.directories.end(), path) != config_.directories.end();
    if (auto done = directory.open(); !done) {
      if (done.error().code == StorageErrorCode::kLocked) return done;
      set_offline(path, done.error().to_string());
    }
  }
  return settle_identities(cluster_id, node_id);
}

StorageResult<void> LogManager::settle_identities(const std::string& cluster_id, std::int32_t node_id) {
  std::vector<std::optional<LogDirectory::Identity>> identities(directories_.size());
  std::set<Uuid> ids;
  cluster_id_ = cluster_id;
  for (std::size_t i = 0; i < directories_.size(); ++i) {
    LogDirectory& directory = *directories_[i];
    if (!directory.is_online()) continue;
    auto identity = directory.read_identity();
    if (!identity && identity.error().code == StorageErrorCode::kIo) {
      set_offline(directory.path(), identity.error().to_string());
      continue;
    }
    if (!identity) return std::unexpected(identity.error());
    identities[i] = *identity;
    if (!*identity) continue;
    if (cluster_id_.empty()) cluster_id_ = (*identity)->cluster_id;
    const auto mismatch = [&](std::string_view what, const auto& found, const auto& wanted) {
      return fail(StorageErrorCode::kInvalidFile,
                  concat(directory.path(), " belongs to ", what, ' ', found, ", not to ", wanted));
    };
    if ((*identity)->cluster_id != cluster_id_)
      return mismatch("cluster", (*identity)->cluster_id, cluster_id_);
    if ((*identity)->node_id != node_id) return mismatch("node", (*identity)->node_id, node_id);
    if ((*identity)->directory_id && !ids.insert(*(*identity)->directory_id).second)
      return fail(StorageErrorCode::kInvalidFile, concat("two log directories have the id ", directory.id()));
  }
  if (cluster_id_.empty())
    return fail(StorageErrorCode::kNotFound,
                "no meta.properties in the log directories and no cluster id given");
  bool any_online = false;
  for (std::size_t i = 0; i < directories_.size(); ++i) {
    LogDirectory& directory = *directories_[i];
    if (!directory.is_online()) continue;
    if (auto done = directory.complete_identity(identities[i], cluster_id_, node_id, random_); !done)
      set_offline(directory.path(), done.error().to_string());
    any_online |= directory.is_online();
  }
  if (!any_online) return fail(StorageErrorCode::kIo, "no log directory can be used");
  return {};
}

LogDirectory* LogManager::directory_by_path(const std::string& path) const {
  for (const auto& directory : directories_)
    if (directory->path() == path) return directory.get();
  return nullptr;
}

Uuid LogManager::metadata_directory_id() const {
  const LogDirectory* directory = directory_by_path(config_.metadata_directory);
  return directory == nullptr ? Uuid::zero() : directory->id();
}

void LogManager::set_on_offline(std::function<void(const Uuid&, const std::string&)> listener) {
  on_offline_ = std::move(listener);
}

void LogManager::set_offline(const std::string& path, const std::string& reason) {
  LogDirectory* directory = directory_by_path(path);
  if (directory == nullptr || !directory->set_offline()) return;
  logger.error("Log directory ", path, " goes offline: ", reason);
  {
    std::shared_lock lock(mutex_);
    for (const auto& [partition, placed] : logs_)
      if (placed.directory == directory) placed.log->set_offline();
  }
  if (on_offline_) on_offline_(directory->id(), path);
}

std::shared_ptr<Log> LogManager::find(const TopicPartition& partition) const {
  std::shared_lock lock(mutex_);
  const auto found = logs_.find(partition);
  return found == logs_.end() ? nullptr : found->second.log;
}

std::size_t LogManager::size() const {
  std::shared_lock lock(mutex_);
  return logs_.size();
}

std::vector<std::shared_ptr<Log>> LogManager::logs() const {
  std::vector<std::shared_ptr<Log>> all;
  std::shared_lock lock(mutex_);
  all.reserve(logs_.size());
  for (const auto& [partition, placed] : logs_) all.push_back(placed.log);
  return all;
}

std::vector<std::shared_ptr<Log>> LogManager::logs_in(const LogDirectory& directory) const {
  std::vector<std::shared_ptr<Log>> all;
  std::shared_lock lock(mutex_);
  for (const auto& [partition, placed] : logs_)
    if (placed.directory == &directory) all.push_back(placed.log);
  return all;
}

LogDirectory* LogManager::choose_directory(const Uuid& directory_id) const {
  LogDirectory* chosen = nullptr;
  for (const auto& directory : directories_) {
    if (!directory->is_online() || !directory->holds_partitions) continue;
    if (!directory_id.is_zero() && directory->id() == directory_id) return directory.get();
    if (chosen == nullptr || directory->partition_count < chosen->partition_count) chosen = directory.get();
  }
  return chosen;
}

StorageResult<std::shared_ptr<Log>> LogManager::get_or_create(const TopicPartition& partition,
                                                              const Uuid& topic_id,
                                                              std::shared_ptr<const LogConfig> config,
                                                              const Uuid& directory_id) {
  if (auto log = find(partition)) {
    if (!topic_id.is_zero() && log->topic_id() != topic_id)
      if (auto done = log->set_topic_id(topic_id); !done) return std::unexpected(done.error());
    return log;
  }
  std::lock_guard creation(creation_);
  if (auto log = find(partition)) return log;
  LogDirectory* directory = choose_directory(directory_id);
  if (directory == nullptr) return fail(StorageErrorCode::kDirectoryOffline, "no log directory is online");
  {
    // Offsets of a deleted partition of the same name must not meet the new one after a crash.
    std::lock_guard checkpoints(checkpoints_);
    if (directory->checkpoints_name(partition)) {
      write_recovery_points(*directory);
      write_high_watermarks(*directory);
      forget_cleaner_offset(*directory, partition);
    }
  }
  const std::string path = join_path(directory->path(), partition.to_string());
  if (auto made = files_.make_directory(path); !made) {
    if (made.error().code == EEXIST)
      return fail(StorageErrorCode::kAlreadyExists, concat(path, " is there but could not be loaded"));
    if (!made.error().is_no_space()) set_offline(directory->path(), made.error().to_string());
    return std::unexpected(to_storage_error(made.error()));
  }
  auto log = Log::open(environment_, {partition, topic_id, path}, std::move(config),
                       {.is_new = true, .clean = true});
  if (!log) {
    (void)remove_tree(files_, path);
    return log;
  }
  std::unique_lock lock(mutex_);
  logs_.emplace(partition, Placed{*log, directory});
  ++directory->partition_count;
  return log;
}

// "<partition>.<32 hex digits>-delete", cut to what a file name may have.
std::string LogManager::free_name(const std::string& partition, std::string_view suffix) {
  const std::string tail = concat('.', hex(Uuid::random(random_)), suffix);
  return partition.substr(0, kNameBytesMax - tail.size()) + tail;
}

StorageResult<void> LogManager::remove(const TopicPartition& partition) {
  std::lock_guard creation(creation_);
  std::shared_ptr<Log> log;
  LogDirectory* directory = nullptr;
  {
    std::unique_lock lock(mutex_);
    const auto found = logs_.find(partition);
    if (found == logs_.end()) return fail(StorageErrorCode::kNotFound, partition.to_string());
    log = std::move(found->second.log);
    directory = found->second.directory;
    logs_.erase(found);
    --directory->partition_count;
  }
  const std::string path = join_path(directory->path(), free_name(partition.to_string(), "-delete"));
  auto done = log->rename_directory(path);
  log->abandon();
  {
    std::lock_guard checkpoints(checkpoints_);
    forget_cleaner_offset(*directory, partition);
  }
  if (done) deletions_.add_directory(path, clock_.monotonic_ms() + log->config()->file_delete_delay_ms);
  return done;
}

std::vector<DirectoryDescription> LogManager::describe() const {
  std::vector<DirectoryDescription> all;
  for (const auto& directory : directories_) {
    if (!directory->holds_partitions) continue;
    DirectoryDescription& description = all.emplace_back();
    description.path = directory->path();
    description.id = directory->id();
    description.online = directory->is_online();
    if (!description.online) continue;
    if (const auto space = files_.disk_space(directory->path())) {
      description.total_bytes = space->total_bytes;
      description.usable_bytes = space->usable_bytes;
    }
    for (const auto& log : logs_in(*directory))
      description.partitions.push_back(
          {.partition = log->partition(),
           .size_bytes = log->size_bytes(),
           .offset_lag = std::max<std::int64_t>(0, log->high_watermark() - log->log_end_offset())});
  }
  return all;
}

std::optional<Uuid> LogManager::directory_of(const TopicPartition& partition) const {
  std::shared_lock lock(mutex_);
  const auto found = logs_.find(partition);
  if (found == logs_.end()) return std::nullopt;
  return found->second.directory->id();
}

std::vector<Uuid> LogManager::online_directory_ids() const {
  std::vector<Uuid> ids;
  for (const auto& directory : directories_)
    if (directory->is_online() && directory->holds_partitions) ids.push_back(directory->id());
  return ids;
}

std::vector<std::string> LogManager::offline_directories() const {
  std::vector<std::string> paths;
  for (const auto& directory : directories_)
    if (!directory->is_online()) paths.push_back(directory->path());
  return paths;
}

std::optional<std::int64_t> LogManager::previous_broker_epoch() const {
  std::optional<std::int64_t> epoch;
  for (const auto& directory : directories_) {
    if (!directory->holds_partitions) continue;
    const auto here = directory->previous_broker_epoch();
    if (!directory->is_online() || !here || (epoch && *epoch != *here)) return std::nullopt;
    epoch = here;
  }
  return epoch;
}

bool LogManager::failed(LogDirectory& directory, const StorageResult<void>& done) {
  if (done) return false;
  if (done.error().code == StorageErrorCode::kNoSpace)
    logger.error(directory.path(), ": ", done.error().to_string());
  else
    set_offline(directory.path(), done.error().to_string());
  return true;
}

// What creation put off. False if the directory went offline.
bool LogManager::sync_new_partitions(LogDirectory& directory) {
  std::vector<std::shared_ptr<Log>> created = logs_in(directory);
  std::erase_if(created, [](const auto& log) { return !log->has_unsynced_metadata(); });
  if (created.size() < kSyncAllFrom) {
    for (const auto& log : created)
      if (auto done = log->sync_metadata(); !done) return !failed(directory, done);
    return true;
  }
  const auto synced = files_.sync_all(directory.path());
  if (synced)
    for (const auto& log : created) log->metadata_was_synced();
  else
    set_offline(directory.path(), synced.error().to_string());
  return synced.has_value();
}

void LogManager::write_recovery_points(LogDirectory& directory) {
  if (!sync_new_partitions(directory)) return;
  OffsetMap recovery_points, start_offsets;
  for (const auto& log : logs_in(directory)) {
    recovery_points[log->partition()] = log->recovery_start();
    const auto segments = log->segments();
    const std::int64_t first = segments.empty() ? 0 : segments.front().base_offset;
    // Without an entry the log begins where its first segment does.
    if (log->log_start_offset() > first || (first > 0 && log->has_unsynced_names()))
      start_offsets[log->partition()] = log->log_start_offset();
  }
  if (failed(directory, directory.write_offsets(LogDirectory::kRecoveryPoints, recovery_points))) return;
  failed(directory, directory.write_offsets(LogDirectory::kLogStartOffsets, start_offsets));
}

void LogManager::write_high_watermarks(LogDirectory& directory) {
  OffsetMap high_watermarks;
  for (const auto& log : logs_in(directory)) high_watermarks[log->partition()] = log->high_watermark();
  failed(directory, directory.write_offsets(LogDirectory::kHighWatermarks, high_watermarks));
}

OffsetMap LogManager::cleaner_offsets() const {
  OffsetMap all;
  std::lock_guard checkpoints(checkpoints_);
  for (const auto& [directory, offsets] : cleaner_offsets_) all.insert(offsets.begin(), offsets.end());
  return all;
}

void LogManager::write_cleaner_offset(const TopicPartition& partition, std::int64_t first_dirty_offset) {
  std::lock_guard checkpoints(checkpoints_);
  LogDirectory* directory = nullptr;
  {
    std::shared_lock lock(mutex_);
    const auto found = logs_.find(partition);
    if (found == logs_.end() || !found->second.directory->is_online()) return;
    directory = found->second.directory;
  }
  OffsetMap& offsets = cleaner_offsets_[directory];
  offsets[partition] = first_dirty_offset;
  failed(*directory, directory->write_offsets(LogDirectory::kCleanerOffsets, offsets));
}

// checkpoints_ is held.
void LogManager::forget_cleaner_offset(LogDirectory& directory, const TopicPartition& partition) {
  OffsetMap& offsets = cleaner_offsets_[&directory];
  if (offsets.erase(partition) == 0 || !directory.is_online()) return;
  failed(directory, directory.write_offsets(LogDirectory::kCleanerOffsets, offsets));
}

void LogManager::checkpoint_recovery_points() {
  std::lock_guard checkpoints(checkpoints_);
  for (const auto& directory : directories_)
    if (directory->is_online() && directory->holds_partitions) write_recovery_points(*directory);
}

void LogManager::checkpoint_high_watermarks() {
  std::lock_guard checkpoints(checkpoints_);
  for (const auto& directory : directories_)
    if (directory->is_online() && directory->holds_partitions) write_high_watermarks(*directory);
}

void LogManager::flush_due_logs() {
  for (const auto& log : logs())
    if (!log->is_offline())
      if (auto done = log->flush_if_due(); !done)
        logger.error("Cannot flush ", log->partition(), ": ", done.error().to_string());
}

void LogManager::enforce_retention() {
  for (const auto& log : logs())
    if (!log->is_offline())
      if (auto done = log->enforce_retention(); !done && done.error().code != StorageErrorCode::kClosed)
        logger.error("Cannot apply retention to ", log->partition(), ": ", done.error().to_string());
}

void LogManager::delete_pending_files() {
  deletions_.run(files_, clock_.monotonic_ms());
}

void LogManager::expire_producers() {
  for (const auto& log : logs()) log->expire_producers();
}

// True if all logs of the directory are whole on disk.
bool LogManager::close_logs(LogDirectory& directory) {
  const auto logs = logs_in(directory);
  const auto changed =
      std::count_if(logs.begin(), logs.end(), [](const auto& log) { return log->has_unsynced_data(); });
  const bool sync_all = static_cast<std::size_t>(changed) >= kSyncAllFrom;
  for (const auto& log : logs)
    if (auto done = log->close(!sync_all); !done) {
      logger.error("Cannot close ", log->partition(), ": ", done.error().to_string());
      return false;
    }
  if (!sync_all) return true;
  const auto synced = files_.sync_all(directory.path());
  if (synced)
    for (const auto& log : logs) log->close_was_synced();
  else
    set_offline(directory.path(), synced.error().to_string());
  return synced.has_value();
}

void LogManager::shutdown(std::int64_t broker_epoch, bool keep_locks) {
  std::lock_guard checkpoints(checkpoints_);
  std::vector<LogDirectory*> closing;
  for (const auto& directory : directories_)
    if (directory->is_online() && directory->holds_partitions) closing.push_back(directory.get());
  for (LogDirectory* directory : closing) write_high_watermarks(*directory);
  std::vector<LogDirectory*> clean;
  for (LogDirectory* directory : closing) {
    const bool closed = close_logs(*directory);
    if (!directory->is_online()) continue;
    write_recovery_points(*directory);
    if (closed && directory->is_online() && directory->loaded) clean.push_back(directory);
  }
  for (LogDirectory* directory : clean) failed(*directory, directory->write_clean_shutdown(broker_epoch));
  if (!keep_locks) release_locks();
}

void LogManager::release_locks() {
  for (const auto& directory : directories_) directory->unlock(directory->is_online());
}

}  // namespace barnabas::storage
