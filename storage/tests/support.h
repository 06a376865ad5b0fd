// What the tests of this folder share: batches, a log over simulated files, a directory that goes away.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "common/clock.h"
#include "common/random.h"
#include "records/batch.h"
#include "records/batch_builder.h"
#include "storage/log.h"
#include "storage/posix_file_system.h"
#include "storage/simulation/simulated_file_system.h"

namespace barnabas::storage {

struct BatchSpec {
  int count = 1;
  std::int64_t timestamp = 1'700'000'000'000;  // of every record, rising by `timestamp_step`
  std::int64_t timestamp_step = 0;
  std::size_t value_bytes = 10;
  std::string text = {};  // put before the filling of each value
  records::BatchOptions options = {};
};

Buffer make_batch(const BatchSpec& spec);
Buffer data_batch(std::int64_t producer_id, std::int16_t epoch, std::int32_t sequence, int count = 1,
                  bool transactional = false);
Buffer marker_batch(std::int64_t producer_id, std::int16_t epoch, bool committed,
                    std::int32_t coordinator_epoch = 0);

// The batches in a run of bytes; asserts that they are whole.
std::vector<records::BatchView> split_all(ByteView bytes);

// A directory below the system's place for temporary files, removed at the end.
class TemporaryDirectory {
 public:
  TemporaryDirectory();
  ~TemporaryDirectory();
  const std::string& path() const { return path_; }

 private:
  std::string path_;
};

// One log over files of the caller's.
class LogHarness {
 public:
  explicit LogHarness(FileSystem& files, std::size_t open_files = 100)
      : descriptors(files, open_files), environment{files, descriptors, deletions, clock, 86'400'000, {}} {}

  // Makes the directory if it is missing.
  StorageResult<std::shared_ptr<Log>> open(const LogOpenOptions& options = {});

  ManualClock clock;
  FileCache descriptors;
  PendingDeletions deletions;
  LogEnvironment environment;
  std::shared_ptr<LogConfig> config = std::make_shared<LogConfig>();
  std::string directory = "/data/topic-0";
  Uuid topic_id = Uuid::reserved(200);
};

// Appends one batch as its leader with epoch 0 and moves the high watermark to the end.
StorageResult<AppendInfo> append(Log& log, const Buffer& batch, const AppendOptions& options = {},
                                 std::int32_t leader_epoch = 0);
// Offsets of all records between log start and end, read batch by batch.
std::vector<std::int64_t> all_offsets(const Log& log);
// All bytes from the log start to the end.
Buffer all_bytes(const Log& log);

}  // namespace barnabas::storage
