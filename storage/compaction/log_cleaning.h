// One cleaning of one log: the map of its dirty part, then every group of segments written anew without what
// is not needed.
#pragma once

#include <array>
#include <cstdint>
#include <functional>

#include "storage/compaction/batch_filter.h"
#include "storage/compaction/cleaned_output.h"
#include "storage/compaction/cleaning_plan.h"
#include "storage/compaction/key_offsets.h"
#include "storage/log.h"

namespace barnabas::storage {

struct CleaningLimits {
  std::size_t key_bytes = std::size_t{128} << 20;  // for the map of keys
  double load_factor = 0.9;
  std::size_t io_bytes = std::size_t{512} << 10;  // of a chunk that is read at once
  HashSecret secret;
};

struct CleaningReport {
  std::int64_t first_dirty = 0;
  std::int64_t end = 0;  // the first offset that is dirty now
  std::int64_t bytes_read = 0;
  std::int64_t bytes_written = 0;
  std::int64_t map_bytes_read = 0;
  FilterCounts records;
  double map_utilization = 0;
};

// Called with every amount of bytes read or written. May wait (the throttle); false gives the cleaning up.
using CleaningPace = std::function<bool(std::int64_t bytes)>;

// Errors: kClosed, the cleaning was given up, or the log does not allow it any more; kNotFound, its directory
// was renamed; kNoSpace; kCorruptRecord, the log cannot be cleaned; the rest, the directory is offline. What
// was exchanged before an error stays exchanged, and is right: a later cleaning begins anew. One thread.
class LogCleaning {
 public:
  LogCleaning(Log& log, CleaningPlan plan, const CleaningLimits& limits, std::int64_t now_ms,
              CleaningPace pace);

  StorageResult<CleaningReport> run();

 private:
  StorageResult<void> settle_sources();
  StorageResult<void> collect_aborted();
  StorageResult<void> build_map();
  // False once the map is full.
  StorageResult<bool> map_segment(Segment& segment, CleanedTransactions& transactions);
  StorageResult<bool> map_batch(const records::BatchView& batch, CleanedTransactions& transactions);
  bool note(ByteView key, std::int64_t offset);
  bool put_noted();
  StorageResult<void> clean_group(const SegmentRun& group, CleanedTransactions& transactions);
  StorageResult<void> clean_segment(Segment& segment, BatchFilter& filter, CleanedTransactions& transactions,
                                    CleanedOutput& output);
  StorageResult<void> clean_run(ByteView run, BatchFilter& filter, CleanedTransactions& transactions,
                                CleanedOutput& output);
  StorageResult<void> proceed(std::int64_t bytes);
  std::unexpected<StorageError> read_failure(const Segment& segment, const IoError& error) const;
  std::unexpected<StorageError> corrupt(const records::BatchView& batch, std::string_view why) const;

  Log& log_;
  const CleaningPlan plan_;
  const CleaningLimits limits_;
  const std::int64_t now_ms_;
  const CleaningPace pace_;
  const std::shared_ptr<const LogConfig> config_;
  KeyOffsets keys_;
  struct Noted {
    KeyHash key;
    std::int64_t offset = 0;
  };
  std::array<Noted, KeyOffsets::kAtOnce> noted_;  // on their way into the map
  std::size_t noted_count_ = 0;
  std::vector<AbortedEntry> aborted_;
  LastRecords producers_;
  Buffer chunk_;
  CleaningReport report_;
  std::int64_t rewritten_in_group_ = 0;
  std::int64_t gone_in_group_ = 0;
};

}  // namespace barnabas::storage
