#include "storage/tests/support.h"

namespace barnabas::storage {
namespace {

class LogCut : public ::testing::Test {
 protected:
  void SetUp() override {
    harness.config->retention_ms = -1;
    harness.config->index_interval_bytes = 100;
    log = harness.open().value();
  }
  // `count` segments of two batches of two records each.
  void fill(int count, std::int64_t timestamp = 1'700'000'000'000, std::int64_t step = 0) {
    for (int i = 0; i < count; ++i) {
      ASSERT_TRUE(log->roll());
      for (int b = 0; b < 2; ++b) {
        ASSERT_TRUE(append(*log, make_batch({.count = 2, .timestamp = timestamp + i * step})));
      }
    }
  }
  std::vector<std::int64_t> bases() const {
    std::vector<std::int64_t> all;
    for (const SegmentInfo& segment : log->segments()) all.push_back(segment.base_offset);
    return all;
  }
  std::vector<std::int64_t> range(std::int64_t from, std::int64_t to) {
    std::vector<std::int64_t> all;
    for (; from < to; ++from) all.push_back(from);
    return all;
  }

  SimulatedFileSystem files;
  LogHarness harness{files};
  std::shared_ptr<Log> log;
};

TEST_F(LogCut, DeleteRecordsMovesTheStartUpToTheWatermarkOnly) {
  fill(3);
  log->set_high_watermark(6);
  EXPECT_EQ(log->delete_records_before(7).error().code, StorageErrorCode::kOffsetOutOfRange);
  EXPECT_EQ(log->delete_records_before(5).value(), 5);
  EXPECT_EQ(log->delete_records_before(2).value(), 5);
  EXPECT_EQ(log->log_start_offset(), 5);
  EXPECT_EQ(all_offsets(*log), range(5, 12));
  EXPECT_EQ(log->epochs(), (std::vector<EpochEntry>{{0, 5}}));
  // Only whole segments below the start go.
  EXPECT_EQ(log->enforce_retention().value(), 1u);
  EXPECT_EQ(bases(), (std::vector<std::int64_t>{4, 8}));
  EXPECT_EQ(all_offsets(*log), range(5, 12));
}

TEST_F(LogCut, DeletedSegmentsAreRenamedAndUnlinkedLater) {
  fill(2);
  ASSERT_TRUE(log->delete_records_before(4));
  EXPECT_EQ(log->enforce_retention().value(), 1u);
  EXPECT_TRUE(files.content("/data/topic-0/00000000000000000000.log.deleted"));
  EXPECT_FALSE(files.content("/data/topic-0/00000000000000000000.log"));
  harness.deletions.run(files, harness.clock.monotonic_ms() + 59'999);
  EXPECT_TRUE(files.content("/data/topic-0/00000000000000000000.log.deleted"));
  harness.deletions.run(files, harness.clock.monotonic_ms() + 60'000);
  for (const std::string& path : files.paths()) EXPECT_FALSE(path.ends_with(".deleted")) << path;
}

TEST_F(LogCut, RetentionByTimeUsesTheLargestTimestampOfASegment) {
  fill(4, 1'700'000'000'000, 1000);
  harness.config->retention_ms = 500;
  harness.clock.advance_ms(1500);  // segments at 0 and 1000 ms: older than 500; at 1000 exactly not
  EXPECT_EQ(log->enforce_retention().value(), 1u);
  EXPECT_EQ(log->log_start_offset(), 4);
  harness.clock.advance_ms(100'000);
  // All of it: a fresh segment takes over.
  EXPECT_EQ(log->enforce_retention().value(), 3u);
  EXPECT_EQ(bases(), (std::vector<std::int64_t>{16}));
  EXPECT_EQ(log->log_start_offset(), 16);
  EXPECT_EQ(log->enforce_retention().value(), 0u);
  EXPECT_EQ(append(*log, make_batch({}))->first_offset, 16);
}

TEST_F(LogCut, RetentionBySizeKeepsTheNewest) {
  fill(5);
  const std::int64_t segment = log->size_bytes() / 5;
  harness.config->retention_bytes = segment * 2 + 1;
  EXPECT_EQ(log->enforce_retention().value(), 2u);
  EXPECT_EQ(bases(), (std::vector<std::int64_t>{8, 12, 16}));
  EXPECT_EQ(log->size_bytes(), segment * 3);
}

TEST_F(LogCut, RetentionStopsAtTheHighWatermarkAndSparesCompactedLogs) {
  fill(3);
  harness.config->retention_bytes = 0;
  log->set_high_watermark(5);
  EXPECT_EQ(log->enforce_retention().value(), 1u);
  log->set_high_watermark(12);
  harness.config->cleanup_delete = false;
  EXPECT_EQ(log->enforce_retention().value(), 0u);
  ASSERT_TRUE(log->delete_records_before(9));
  EXPECT_EQ(log->enforce_retention().value(), 1u);
}

TEST_F(LogCut, TruncationDropsRecordsEpochsAndProducers) {
  ASSERT_TRUE(append(*log, data_batch(1, 0, 0), {}, 1));
  ASSERT_TRUE(append(*log, data_batch(1, 0, 1), {}, 1));
  ASSERT_TRUE(log->roll());
  ASSERT_TRUE(append(*log, data_batch(1, 0, 2), {}, 2));
  ASSERT_TRUE(append(*log, data_batch(2, 0, 0, 3), {}, 3));
  ASSERT_TRUE(log->flush());
  ASSERT_TRUE(log->truncate_to(4));  // inside the last batch
  EXPECT_EQ(log->log_end_offset(), 4);
  EXPECT_EQ(log->recovery_point(), 4);
  EXPECT_EQ(log->high_watermark(), 4);
  EXPECT_EQ(all_offsets(*log), range(0, 3));
  EXPECT_FALSE(log->producer(2));
  EXPECT_EQ(log->producer(1)->last_sequence(), 2);
  EXPECT_EQ(log->epochs(), (std::vector<EpochEntry>{{1, 0}, {2, 2}, {3, 3}}));
  ASSERT_TRUE(log->truncate_to(2));
  EXPECT_EQ(log->producer(1)->last_sequence(), 1);
  EXPECT_EQ(log->epochs(), (std::vector<EpochEntry>{{1, 0}}));
  ASSERT_TRUE(log->truncate_to(1));
  EXPECT_EQ(bases(), (std::vector<std::int64_t>{0}));
  EXPECT_EQ(log->producer(1)->last_sequence(), 0);
  EXPECT_EQ(append(*log, data_batch(1, 0, 1))->first_offset, 1);
  EXPECT_EQ(all_offsets(*log), range(0, 2));
  ASSERT_TRUE(log->truncate_to(100));
  EXPECT_EQ(log->log_end_offset(), 2);
}

TEST_F(LogCut, FullTruncationGoesOnAtTheNewOffsetOverACrash) {
  fill(2);
  ASSERT_TRUE(log->truncate_fully_and_start_at(1000));
  EXPECT_EQ(log->log_start_offset(), 1000);
  EXPECT_EQ(log->log_end_offset(), 1000);
  EXPECT_EQ(log->size_bytes(), 0);
  log.reset();
  files.crash(CrashLoss::kNothing);
  log = harness.open().value();
  EXPECT_EQ(log->log_start_offset(), 1000);
  EXPECT_EQ(append(*log, make_batch({}))->first_offset, 1000);
}

TEST_F(LogCut, OpenTransactionSurvivesTruncationAboveIt) {
  ASSERT_TRUE(append(*log, data_batch(1, 0, 0, 2, true)));
  ASSERT_TRUE(append(*log, data_batch(2, 0, 0)));
  ASSERT_TRUE(log->truncate_to(2));
  EXPECT_EQ(log->last_stable_offset(), 0);
  ASSERT_TRUE(log->truncate_to(0));
  EXPECT_EQ(log->last_stable_offset(), 0);
  EXPECT_TRUE(log->active_producers().empty());
}

TEST_F(LogCut, RenamedDirectoryGoesOnWorking) {
  fill(2);
  ASSERT_TRUE(log->rename_directory("/data/topic-0.x-delete"));
  EXPECT_EQ(all_offsets(*log), range(0, 8));
  ASSERT_TRUE(append(*log, make_batch({})));
  EXPECT_TRUE(files.content("/data/topic-0.x-delete/00000000000000000004.log"));
  log->abandon();
  EXPECT_EQ(append(*log, make_batch({})).error().code, StorageErrorCode::kClosed);
}

}  // namespace
}  // namespace barnabas::storage
