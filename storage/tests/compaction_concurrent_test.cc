// Appends, reads and retention beside a cleaner that never rests, on the machine's own files.
#include <atomic>
#include <chrono>
#include <thread>

#include "common/logging.h"
#include "storage/compaction/log_cleaner.h"
#include "storage/tests/compaction_support.h"

namespace barnabas::storage {
namespace {

using namespace std::chrono_literals;

// Every read begins at or below its offset, holds whole batches in order, and goes on where it says.
void check_read(const Log& log, std::int64_t offset) {
  const auto read = log.read(offset, 5000, true, ReadBound::kHighWatermark);
  if (!read) {
    EXPECT_EQ(read.error().code, StorageErrorCode::kOffsetOutOfRange);
    return;
  }
  std::int64_t next = -1;
  const Buffer bytes = read->records.to_buffer();
  for (const records::BatchView& batch : split_all(bytes)) {
    ASSERT_TRUE(batch.crc_is_valid());
    ASSERT_GE(batch.base_offset(), next);
    ASSERT_GE(batch.last_offset(), offset);
    next = batch.next_offset();
  }
  ASSERT_LE(next, read->next_offset);
}

TEST(ConcurrentCompaction, ReadersAndWritersNeverNoticeIt) {
  set_log_level(LogLevel::kOff);
  TemporaryDirectory directory;
  SystemClock clock;
  const auto random = system_random();
  const auto files = posix_file_system();
  LogManagerConfig few_files;
  few_files.directories = {directory.path()};
  few_files.open_files_max = 6;
  LogManager logs(*files, clock, *random, few_files);
  ASSERT_TRUE(logs.open_directories("cluster", 1));
  auto config = std::make_shared<LogConfig>();
  config->cleanup_compact = true;
  config->cleanup_delete = false;
  config->min_cleanable_dirty_ratio = 0.01;
  config->segment_bytes = 20'000;
  config->index_interval_bytes = 500;
  config->file_delete_delay_ms = 50;
  LoadPlan plan;
  plan.default_config = config;
  ASSERT_TRUE(logs.load(plan));
  const auto log = logs.get_or_create({"t", 0}, Uuid::reserved(150), config).value();
  LogCleanerConfig eager;
  eager.backoff_ms = 1;
  LogCleaner cleaner(logs, clock, *random, eager);
  cleaner.start();
  std::atomic<bool> done = false;
  const auto read_on = [&](std::uint64_t seed) {
    const auto where = seeded_random(seed);
    while (!done && !::testing::Test::HasFailure())
      if (const auto end = static_cast<std::uint64_t>(log->high_watermark()); end > 0)
        check_read(*log, static_cast<std::int64_t>(where->below(end)));
  };
  std::thread first(read_on, 1), second(read_on, 2);
  std::map<std::string, std::optional<std::string>> model;
  const auto keys = seeded_random(3);
  const auto until = std::chrono::steady_clock::now() + 1500ms;
  for (int i = 0; std::chrono::steady_clock::now() < until; ++i) {
    std::vector<KeyValue> batch;
    for (int k = 0; k < 5; ++k) {
      const std::string key = "key-" + std::to_string(keys->below(200));
      batch.push_back({key, std::to_string(i) + std::string(keys->below(100), 'x'), clock.wall_ms()});
      model[key] = batch.back().value;
    }
    ASSERT_TRUE(append(*log, keyed_batch(batch)));
    if (i % 64 == 0) logs.delete_pending_files();
    if (i % 128 == 0) {
      ASSERT_TRUE(log->enforce_retention());
    }
  }
  done = true;
  first.join();
  second.join();
  cleaner.stop();
  EXPECT_FALSE(logs.cleaner_offsets().empty());
  EXPECT_FALSE(log->is_offline());
  EXPECT_EQ(last_values(*log), model);
  logs.shutdown(1);
  set_log_level(LogLevel::kInfo);
}

}  // namespace
}  // namespace barnabas::storage
