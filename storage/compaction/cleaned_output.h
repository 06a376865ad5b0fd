// Where a cleaning writes what is left of a run of segments.
#pragma once

#include <cstdint>
#include <deque>
#include <memory>
#include <vector>

#include "records/batch.h"
#include "storage/compaction/cleaning_plan.h"
#include "storage/log.h"
#include "storage/segment.h"

namespace barnabas::storage {

// One segment as a rule; another begins where the offsets or bytes do not fit the first. Removes its files
// unless they were given to the log. One thread.
class CleanedOutput {
 public:
  explicit CleanedOutput(Log& log) : log_(log) {}
  ~CleanedOutput();
  CleanedOutput(const CleanedOutput&) = delete;
  CleanedOutput& operator=(const CleanedOutput&) = delete;

  StorageResult<void> begin(std::int64_t base_offset);
  // The bytes stay where they are until the next write().
  StorageResult<void> add(const records::BatchView& batch);
  StorageResult<void> add(Buffer rewritten);
  StorageResult<void> add_aborted(const AbortedEntry& entry);
  // Writes out what was added.
  StorageResult<void> write();
  // Makes everything durable, with the time of the last source.
  StorageResult<void> finish(std::int64_t modified_ms);
  const SegmentRun& segments() const { return segments_; }
  std::int64_t bytes() const { return bytes_; }
  // The files are the log's from now on.
  void release() { segments_.clear(); }

 private:
  struct Added {
    std::int64_t size;
    std::int64_t last_offset;
    std::int64_t max_timestamp;
  };
  StorageResult<void> note(const records::BatchView& batch);

  Log& log_;
  SegmentRun segments_;
  std::vector<ByteView> pieces_;
  std::vector<Added> added_;
  std::deque<Buffer> rewritten_;
  std::int64_t added_bytes_ = 0;
  std::int64_t unsynced_bytes_ = 0;
  std::int64_t bytes_ = 0;
};

}  // namespace barnabas::storage
