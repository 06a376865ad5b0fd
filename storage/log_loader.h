// Opens a log: what its directory holds, what a crash broke, and the state in memory that follows from it.
#pragma once

#include <cstdint>
#include <set>
#include <string>
#include <vector>

#include "storage/log.h"

namespace barnabas::storage {

// Used by Log alone, with nobody else in it (load) or with its writer mutex held (the rest). The steps are
// those of Kafka's LogLoader: leftovers of deletions and compactions, segments, recovery from the recovery
// point on, log start, epochs, producers.
class LogLoader {
 public:
  LogLoader(Log& log, const LogOpenOptions& options) : log_(log), options_(options) {}

  StorageResult<void> load();
  // Producers as of `end`: from the newest snapshot at or below it and the batches after that.
  StorageResult<void> rebuild_producers(std::int64_t end);
  StorageResult<void> delete_snapshots();

 private:
  class Recovery;  // log_recovery.h
  using SegmentPtr = std::shared_ptr<Segment>;

  StorageResult<void> scan_directory();
  StorageResult<void> finish_compaction();
  StorageResult<void> read_metadata();
  StorageResult<void> open_segments();
  // The first segment that must be recovered; the number of segments if none.
  std::size_t first_to_recover() const;
  StorageResult<void> recover(std::size_t first);
  // True if the bytes are a message of magic 0 or 1, not damage that looks like one.
  IoResult<bool> is_message_set(File& file, std::int64_t position, std::int64_t end) const;
  StorageResult<void> drop_segments(std::size_t first);
  StorageResult<void> find_end();
  StorageResult<void> settle_offsets();
  // The newest readable snapshot in (log start, end]; the rest above it and below the start are deleted.
  StorageResult<bool> load_snapshot(std::int64_t end);
  StorageResult<void> replay(std::int64_t from, std::int64_t to);
  IoResult<void> replay_batch(const records::BatchView& batch, Segment* index);
  StorageResult<void> remove(const std::string& name);
  StorageResult<void> rename(const std::string& from, const std::string& to);
  std::string path_of(const std::string& name) const;
  std::string name_of(std::int64_t offset, std::string_view extension) const;

  Log& log_;
  const LogOpenOptions options_;
  std::set<std::string> names_;       // plain files in the directory
  std::set<std::int64_t> snapshots_;  // offsets of producer snapshots
  std::int64_t end_offset_ = 0;
  bool epochs_lost_ = false;
  bool recovered_ = false;
  ProducerChanges changes_;
};

}  // namespace barnabas::storage
