// What an unclean stop leaves to be looked at: every batch from the recovery point on.
#pragma once

#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <mutex>
#include <optional>
#include <string_view>
#include <vector>

#include "storage/log_loader.h"
#include "storage/segment.h"

namespace barnabas::storage {

// Reads several segments at once, each on a thread of its own: CRCs, indexes and offsets need no other
// segment. What does (producers, snapshots, where the log ends) is done in the order of the segments, by
// whoever read one, once all before it are done. Lives during LogLoader::recover.
class LogLoader::Recovery {
 public:
  Recovery(LogLoader& loader, std::size_t first);

  // Afterwards the loader knows the end offset. Returns how many segments stay; the rest is behind damage.
  StorageResult<std::size_t> run();

 private:
  struct Scan {
    std::size_t index = 0;
    SegmentPtr segment;
    std::int64_t end_offset = 0;   // after the last good batch
    std::int64_t good_bytes = 0;   // up to which there is nothing but good batches
    std::string_view fault;        // empty: up to the end
    std::int64_t first_last = -1;  // last offset of the first batch; -1 without one
    std::vector<EpochEntry> epochs;
    // Of the batches with a producer, in their order: the header, of markers the whole batch.
    Buffer producers;
    bool joined = false;  // those before are done, and the notes above are applied
  };

  void work();
  StorageResult<void> recover(Scan& scan);
  StorageResult<void> read(Scan& scan);
  StorageResult<void> note(Scan& scan, const records::BatchView& batch);
  // Waits until all segments before are done, then connects this one to them. False if the log ends before.
  StorageResult<bool> join(Scan& scan);
  StorageResult<void> apply_producers(Scan& scan);
  StorageResult<void> finish(Scan& scan);
  void end_log_at(std::size_t segments);

  LogLoader& loader_;
  Log& log_;
  const std::size_t first_;
  const std::vector<SegmentPtr> segments_;
  std::atomic<std::size_t> next_;

  std::mutex mutex_;  // all below
  std::condition_variable done_;
  std::size_t turn_;  // the segment whose predecessors are done
  std::size_t kept_;
  std::optional<StorageError> error_;
};

}  // namespace barnabas::storage
