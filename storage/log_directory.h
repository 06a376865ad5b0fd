// One entry of log.dirs: its identity, its lock, its checkpoint files and whether it still works.
#pragma once

#include <atomic>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>

#include "common/random.h"
#include "common/uuid.h"
#include "storage/checkpoint_text.h"
#include "storage/file_system.h"
#include "storage/storage_error.h"

namespace barnabas::storage {

// Owned by the LogManager. Files are touched by one thread at a time (its checkpoint mutex); the flags by
// any.
class LogDirectory {
 public:
  static constexpr std::string_view kRecoveryPoints = "recovery-point-offset-checkpoint";
  static constexpr std::string_view kLogStartOffsets = "log-start-offset-checkpoint";
  static constexpr std::string_view kHighWatermarks = "replication-offset-checkpoint";
  static constexpr std::string_view kCleanerOffsets = "cleaner-offset-checkpoint";

  LogDirectory(FileSystem& files, std::string path) : files_(files), path_(std::move(path)) {}

  const std::string& path() const { return path_; }
  const Uuid& id() const { return id_; }
  bool is_online() const { return online_.load(std::memory_order_acquire); }
  // True for the caller that turned it.
  bool set_offline() { return online_.exchange(false); }

  // Creates the directory if it is missing and takes its .lock (kLocked if another process has it).
  StorageResult<void> open();
  // Reads meta.properties; nullopt if there is none.
  struct Identity {
    std::string cluster_id;
    std::int32_t node_id = -1;
    std::optional<Uuid> directory_id;
  };
  StorageResult<std::optional<Identity>> read_identity();
  // Writes meta.properties when it is missing or has no directory id.
  StorageResult<void> complete_identity(const std::optional<Identity>& found, const std::string& cluster_id,
                                        std::int32_t node_id, Random& random);

  // Reads and deletes .kafka_cleanshutdown: true if the last stop was clean.
  StorageResult<bool> take_clean_shutdown();
  std::optional<std::int64_t> previous_broker_epoch() const { return previous_broker_epoch_; }
  StorageResult<void> write_clean_shutdown(std::int64_t broker_epoch);

  StorageResult<OffsetMap> read_offsets(std::string_view checkpoint);
  // Writes nothing when the file holds these offsets already.
  StorageResult<void> write_offsets(std::string_view checkpoint, const OffsetMap& offsets);
  // True if a checkpoint file last written or read names the partition.
  bool checkpoints_name(const TopicPartition& partition) const;

  // Unlocks and, after a clean stop, unlinks .lock.
  void unlock(bool unlink);

  bool holds_partitions = true;  // false: metadata.log.dir outside log.dirs
  bool loaded = false;           // every partition loaded; a clean marker may be written
  bool was_clean = false;
  std::atomic<std::size_t> partition_count{0};

 private:
  FileSystem& files_;
  const std::string path_;
  Uuid id_;
  std::unique_ptr<FileLock> lock_;
  std::map<std::string, OffsetMap, std::less<>> written_;  // by checkpoint: what the files hold
  std::optional<std::int64_t> previous_broker_epoch_;
  std::atomic<bool> online_{true};
};

}  // namespace barnabas::storage
