// All partition logs of a broker over its log directories: loading, placement, checkpoints, retention,
// removal and the clean stop.
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <shared_mutex>
#include <string>
#include <unordered_map>
#include <vector>

#include "common/clock.h"
#include "common/random.h"
#include "common/topic_partition.h"
#include "common/uuid.h"
#include "storage/file_cache.h"
#include "storage/log.h"
#include "storage/log_directory.h"
#include "storage/pending_deletions.h"
#include "storage/storage_error.h"

namespace barnabas::storage {

struct LogManagerConfig {
  std::vector<std::string> directories;              // log.dirs
  std::string metadata_directory;                    // metadata.log.dir; empty: the first of `directories`
  std::size_t open_files_max = 8000;                 // descriptors kept open; those in use may go beyond
  int recovery_threads_per_directory = 2;            // num.recovery.threads.per.data.dir
  std::int64_t producer_expiration_ms = 86'400'000;  // producer.id.expiration.ms
};

// What the owner knows of the cluster when logs are loaded.
struct LoadPlan {
  std::shared_ptr<const LogConfig> default_config;
  // The configuration of a topic; may be empty, then the default holds for all. Called on loading threads.
  std::function<std::shared_ptr<const LogConfig>(const std::string& topic)> config_of;
  // True for a replica the metadata does not know: it is renamed to -stray. May be empty. Loading threads.
  std::function<bool(const TopicPartition&, const Uuid& topic_id)> is_stray;
};

struct LoadReport {
  std::size_t logs = 0;
  std::size_t recovered = 0;  // logs whose directory was not shut down cleanly
  std::size_t strays = 0;
  std::int64_t elapsed_ms = 0;
};

struct DirectoryDescription {
  struct Partition {
    TopicPartition partition;
    std::int64_t size_bytes = 0;
    std::int64_t offset_lag =
        0;  // high watermark minus log end, at least 0, as Kafka counts it for a replica
    bool is_future = false;
  };
  std::string path;
  Uuid id;
  bool online = true;
  std::int64_t total_bytes = -1;
  std::int64_t usable_bytes = -1;
  std::vector<Partition> partitions;
};

// Any thread, but open, load and shutdown are called by the owner one after the other. Starts threads for
// loading and recovery only and joins them; the periodic work is plain methods (log_maintenance.h calls them
// from a Scheduler). Outlives every Log it gave out.
class LogManager {
 public:
  LogManager(FileSystem& files, const Clock& clock, Random& random, LogManagerConfig config);
  ~LogManager();
  LogManager(const LogManager&) = delete;
  LogManager& operator=(const LogManager&) = delete;

  // Creates missing directories, takes their locks, reads or writes meta.properties. A directory that fails
  // is offline; no directory left, a lock held elsewhere or identities that disagree are errors.
  // `cluster_id` empty: taken from the files, which must exist then.
  StorageResult<void> open_directories(const std::string& cluster_id, std::int32_t node_id);
  const std::string& cluster_id() const { return cluster_id_; }
  // Loads every partition in parallel; the metadata log is left alone.
  StorageResult<LoadReport> load(const LoadPlan& plan);

  // The log of a partition, null if there is none here.
  std::shared_ptr<Log> find(const TopicPartition& partition) const;
  // The log, created in the directory with the fewest partitions (or in the one with `directory_id`) if it is
  // not there.
  StorageResult<std::shared_ptr<Log>> get_or_create(const TopicPartition& partition, const Uuid& topic_id,
                                                    std::shared_ptr<const LogConfig> config,
                                                    const Uuid& directory_id = {});
  // Renames the directory to -delete and forgets the log; unlinked after file.delete.delay.ms.
  StorageResult<void> remove(const TopicPartition& partition);
  std::vector<std::shared_ptr<Log>> logs() const;
  std::size_t size() const;

  std::vector<DirectoryDescription> describe() const;
  // The id of the directory that holds the partition; nullopt if it is not here.
  std::optional<Uuid> directory_of(const TopicPartition& partition) const;
  std::vector<Uuid> online_directory_ids() const;
  std::vector<std::string> offline_directories() const;
  const std::vector<std::string>& directories() const { return config_.directories; }
  const std::string& metadata_directory() const { return config_.metadata_directory; }
  // Of meta.properties there; known once the directories are open.
  Uuid metadata_directory_id() const;
  // Takes the directory and its logs out of service; called by itself on I/O errors.
  void set_offline(const std::string& directory, const std::string& reason);
  // Called after a directory went offline, on the thread that met the error, which may hold a lock of a log:
  // the listener hands over to another thread. Logs there answer kDirectoryOffline from then on.
  void set_on_offline(std::function<void(const Uuid& directory_id, const std::string& path)> listener);

  // Periodic work. What fails takes its directory offline and is logged.
  void flush_due_logs();              // log.flush.scheduler.interval.ms
  void checkpoint_recovery_points();  // every 60 s: recovery points and log start offsets
  void checkpoint_high_watermarks();  // every 5 s
  void enforce_retention();           // log.retention.check.interval.ms
  void delete_pending_files();        // every second or so
  void expire_producers();            // producer.id.expiration.check.interval.ms
  // From the next look on.
  void set_producer_expiration_ms(std::int64_t ms) { environment_.producer_expiration_ms = ms; }

  // The first dirty offset of compacted logs, as cleaner-offset-checkpoint has it.
  OffsetMap cleaner_offsets() const;
  // Durable when it returns; nothing happens for a partition that is not here.
  void write_cleaner_offset(const TopicPartition& partition, std::int64_t first_dirty_offset);

  // The clean stop in Kafka's order; `broker_epoch` goes into the clean shutdown file. Directories that are
  // offline or were not loaded get none. Unlocks everything unless `keep_locks` (the metadata log is closed
  // by its owner afterwards, who then calls release_locks).
  void shutdown(std::int64_t broker_epoch, bool keep_locks = false);
  void release_locks();
  // The broker epoch of the last clean stop if all directories agree on one; nullopt after any other.
  std::optional<std::int64_t> previous_broker_epoch() const;

  // For logs outside the manager's care: the controller's metadata log.
  LogEnvironment& environment() { return environment_; }

 private:
  struct Loading;
  LogDirectory* directory_by_path(const std::string& path) const;
  LogDirectory* choose_directory(const Uuid& directory_id) const;
  StorageResult<void> settle_identities(const std::string& cluster_id, std::int32_t node_id);
  bool prepare_directory(LogDirectory& directory, Loading& loading);
  void load_partition(const Loading& loading, std::size_t job, const LoadPlan& plan);
  void make_stray(LogDirectory& directory, Log& log);
  std::vector<std::shared_ptr<Log>> logs_in(const LogDirectory& directory) const;
  std::string free_name(const std::string& partition, std::string_view suffix);
  bool failed(LogDirectory& directory, const StorageResult<void>& done);
  bool sync_new_partitions(LogDirectory& directory);
  void write_recovery_points(LogDirectory& directory);
  void write_high_watermarks(LogDirectory& directory);
  void forget_cleaner_offset(LogDirectory& directory, const TopicPartition& partition);
  bool close_logs(LogDirectory& directory);

  FileSystem& files_;
  const Clock& clock_;
  Random& random_;
  LogManagerConfig config_;
  FileCache descriptors_;
  PendingDeletions deletions_;
  LogEnvironment environment_;
  std::string cluster_id_;

  std::vector<std::unique_ptr<LogDirectory>> directories_;  // fixed after open_directories
  mutable std::shared_mutex mutex_;                         // logs_
  struct Placed {
    std::shared_ptr<Log> log;
    LogDirectory* directory;
  };
  std::unordered_map<TopicPartition, Placed> logs_;
  std::mutex creation_;                                                 // one creation or removal at a time
  mutable std::mutex checkpoints_;                                      // one checkpoint at a time
  std::unordered_map<const LogDirectory*, OffsetMap> cleaner_offsets_;  // checkpoints_
  std::function<void(const Uuid&, const std::string&)> on_offline_;
};

}  // namespace barnabas::storage
