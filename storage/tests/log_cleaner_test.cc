// Which log is cleaned and when, what the checkpoint says afterwards, and what stands in the way of a
// cleaning.
#include "storage/compaction/log_cleaner.h"

#include <chrono>
#include <thread>

#include "common/logging.h"
#include "storage/tests/compaction_support.h"

namespace barnabas::storage {
namespace {

const TopicPartition kA{"a", 0}, kB{"b", 3};
constexpr const char* kCheckpoint = "/d1/cleaner-offset-checkpoint";

class Cleaner : public ::testing::Test {
 protected:
  void SetUp() override {
    config.directories = {"/d1"};
    log_config->cleanup_compact = true;
    log_config->cleanup_delete = false;
    plan.default_config = log_config;
    set_log_level(LogLevel::kOff);
    start();
  }
  void TearDown() override {
    cleaner.reset();
    set_log_level(LogLevel::kInfo);
  }
  void start() {
    logs = std::make_unique<LogManager>(files, clock, *random, config);
    ASSERT_TRUE(logs->open_directories("cluster", 1));
    ASSERT_TRUE(logs->load(plan));
    cleaner = std::make_unique<LogCleaner>(*logs, clock, *random, LogCleanerConfig{});
  }
  void restart() {
    cleaner.reset();
    logs->shutdown(1);
    start();
  }
  std::shared_ptr<Log> create(const TopicPartition& partition) {
    return logs->get_or_create(partition, Uuid::reserved(150), log_config).value();
  }
  // `count` values of one key, one per millisecond up to the clock, and a new segment.
  void fill(Log& log, int count, const std::string& key = "k") {
    for (int i = 0; i < count; ++i)
      ASSERT_TRUE(append(log, keyed_batch({{key, std::to_string(i), clock.wall_ms()}})));
    ASSERT_TRUE(log.roll());
  }
  std::string checkpoint() {
    const auto content = files.content(kCheckpoint);
    return content ? std::string(as_text(*content)) : "(none)";
  }

  SimulatedFileSystem files;
  ManualClock clock;
  std::unique_ptr<Random> random = seeded_random(3);
  LogManagerConfig config;
  std::shared_ptr<LogConfig> log_config = std::make_shared<LogConfig>();
  LoadPlan plan;
  std::unique_ptr<LogManager> logs;
  std::unique_ptr<LogCleaner> cleaner;
};

TEST_F(Cleaner, CleansTheDirtiestLogFirstAndRemembersHowFarItCame) {
  const auto a = create(kA), b = create(kB);
  fill(*a, 10);
  fill(*b, 4);
  ASSERT_TRUE(cleaner->clean_one());
  ASSERT_TRUE(cleaner->clean_one());
  EXPECT_FALSE(cleaner->clean_one());
  EXPECT_EQ(stored_records(*a).size(), 1u);
  EXPECT_EQ(stored_records(*b).size(), 1u);
  EXPECT_EQ(logs->cleaner_offsets(), (OffsetMap{{kA, 10}, {kB, 4}}));
  restart();
  EXPECT_EQ(logs->cleaner_offsets(), (OffsetMap{{kA, 10}, {kB, 4}}));
  EXPECT_FALSE(cleaner->clean_one());
}

TEST_F(Cleaner, WaitsForTheDirtyRatio) {
  const auto log = create(kA);
  for (int i = 0; i < 20; ++i) ASSERT_TRUE(append(*log, keyed("key-" + std::to_string(i), "value")));
  ASSERT_TRUE(log->roll());
  ASSERT_TRUE(cleaner->clean_one());
  fill(*log, 5);
  EXPECT_FALSE(cleaner->clean_one());
  EXPECT_GT(cleaner->status().max_dirty_ratio, 0.1);
  fill(*log, 30);
  EXPECT_TRUE(cleaner->clean_one());
  EXPECT_EQ(stored_records(*log).size(), 21u);
}

TEST_F(Cleaner, MaxCompactionLagOverridesTheRatio) {
  log_config->max_compaction_lag_ms = 1000;
  const auto log = create(kA);
  for (int i = 0; i < 20; ++i)
    ASSERT_TRUE(append(*log, keyed_batch({{"key-" + std::to_string(i), "value", clock.wall_ms()}})));
  ASSERT_TRUE(log->roll());
  ASSERT_TRUE(cleaner->clean_one());
  fill(*log, 2);
  EXPECT_FALSE(cleaner->clean_one());
  clock.advance_ms(1001);
  EXPECT_TRUE(cleaner->clean_one());
}

TEST_F(Cleaner, MinCompactionLagKeepsYoungSegments) {
  log_config->min_compaction_lag_ms = 1000;
  const auto log = create(kA);
  fill(*log, 5);
  clock.advance_ms(600);
  fill(*log, 5);
  EXPECT_FALSE(cleaner->clean_one());
  clock.advance_ms(600);
  EXPECT_TRUE(cleaner->clean_one());
  EXPECT_EQ(stored_records(*log).front().offset, 4);
  EXPECT_EQ(stored_records(*log).size(), 6u);
  clock.advance_ms(600);
  EXPECT_TRUE(cleaner->clean_one());
  EXPECT_EQ(stored_records(*log).size(), 1u);
}

TEST_F(Cleaner, LeavesLogsOfAnotherPolicyAlone) {
  const auto log = create(kA);
  fill(*log, 5);
  auto other = std::make_shared<LogConfig>(*log_config);
  other->cleanup_compact = false;
  log->set_config(other);
  EXPECT_FALSE(cleaner->clean_one());
  EXPECT_EQ(log->enforce_retention().value(), 0u);
  EXPECT_EQ(stored_records(*log).size(), 5u);
}

TEST_F(Cleaner, MarksWhatItCannotReadAndGoesOnWithTheRest) {
  const auto bad = create(kA);
  fill(*bad, 10);
  const std::string path = "/d1/a-0/00000000000000000000.log";
  Buffer bytes = *files.content(path);
  bytes[8] = 0x7f;  // a length beyond the file
  auto file = files.open(path, OpenMode::kReadWrite).value();
  ASSERT_TRUE(file->write_at(0, ByteView(bytes)));
  const auto good = create(kB);
  fill(*good, 4);
  // Both are equally dirty: in either order.
  EXPECT_NE(cleaner->clean_one(), cleaner->clean_one());
  EXPECT_FALSE(cleaner->clean_one());
  EXPECT_EQ(cleaner->status().uncleanable.at("/d1").partitions, 1);
  EXPECT_EQ(cleaner->status().uncleanable.at("/d1").bytes, bad->size_bytes());
  EXPECT_EQ(stored_records(*good).size(), 1u);
  EXPECT_FALSE(bad->is_offline());
}

TEST_F(Cleaner, TruncationLowersTheCheckpoint) {
  log_config->min_cleanable_dirty_ratio = 0.1;
  const auto log = create(kA);
  fill(*log, 5);
  fill(*log, 5, "other");
  ASSERT_TRUE(cleaner->clean_one());
  ASSERT_EQ(logs->cleaner_offsets().at(kA), 10);
  ASSERT_TRUE(log->truncate_to(7));
  fill(*log, 6);
  ASSERT_TRUE(cleaner->clean_one());
  EXPECT_EQ(picture(*log), "12:k=5");
  EXPECT_EQ(logs->cleaner_offsets().at(kA), 13);
}

TEST_F(Cleaner, RemovalOfAPartitionForgetsItsCheckpoint) {
  const auto log = create(kA);
  fill(*log, 5);
  fill(*create(kB), 5);
  ASSERT_TRUE(cleaner->clean_one());
  ASSERT_TRUE(cleaner->clean_one());
  EXPECT_NE(checkpoint().find("a 0 5\n"), std::string::npos);
  ASSERT_TRUE(logs->remove(kA));
  EXPECT_EQ(checkpoint(), "0\n1\nb 3 5\n");
}

TEST_F(Cleaner, ABrokenCheckpointMeansThatEverythingIsDirty) {
  const auto log = create(kA);
  fill(*log, 5);
  ASSERT_TRUE(cleaner->clean_one());
  files.put(kCheckpoint, as_bytes("0\n9\nwhat"));
  restart();
  EXPECT_TRUE(logs->cleaner_offsets().empty());
  ASSERT_EQ(logs->find(kA)->log_end_offset(), 5);
  EXPECT_TRUE(cleaner->clean_one());
  EXPECT_EQ(logs->cleaner_offsets().at(kA), 5);
}

TEST_F(Cleaner, DeleteRecordsMovesTheStartOfTheNextCleaning) {
  log_config->min_cleanable_dirty_ratio = 0.1;
  const auto log = create(kA);
  fill(*log, 5);
  ASSERT_TRUE(cleaner->clean_one());
  fill(*log, 20);
  ASSERT_TRUE(log->delete_records_before(12));
  ASSERT_TRUE(log->enforce_retention());
  ASSERT_TRUE(cleaner->clean_one());
  EXPECT_EQ(log->log_start_offset(), 12);
  EXPECT_EQ(picture(*log), "24:k=19");
}

TEST_F(Cleaner, ThreadsCleanByThemselvesAndStopAtOnce) {
  SystemClock system;
  LogCleanerConfig fast;
  fast.threads = 2;
  fast.backoff_ms = 1;
  LogCleaner threads(*logs, system, *random, fast);
  const auto log = create(kA);
  fill(*log, 50);
  threads.start();
  while (!logs->cleaner_offsets().contains(kA)) std::this_thread::yield();
  fast.threads = 1;
  fast.backoff_ms = 60'000;
  threads.reconfigure(fast);
  EXPECT_EQ(stored_records(*log).size(), 1u);
  threads.stop();
}

TEST_F(Cleaner, TheThrottleHoldsACleaningUntilItIsPaidFor) {
  SystemClock system;
  LogCleanerConfig slow;
  slow.io_max_bytes_per_second = 1;
  LogCleaner threads(*logs, system, *random, slow);
  const auto log = create(kA);
  fill(*log, 50);
  threads.start();
  std::this_thread::sleep_for(std::chrono::milliseconds(20));
  EXPECT_FALSE(logs->cleaner_offsets().contains(kA));
  threads.stop();
  EXPECT_EQ(stored_records(*log).size(), 50u);
  threads.start();
  threads.reconfigure({});
  while (!logs->cleaner_offsets().contains(kA)) std::this_thread::yield();
  threads.stop();
  EXPECT_EQ(stored_records(*log).size(), 1u);
  for (const std::string& path : files.paths()) EXPECT_FALSE(path.ends_with(".cleaned")) << path;
}

}  // namespace
}  // namespace barnabas::storage
