#include "storage/segment.h"
#include "storage/tests/support.h"

namespace barnabas::storage {
namespace {

class LogAppend : public ::testing::Test {
 protected:
  std::shared_ptr<Log> open(const LogOpenOptions& options = {}) {
    auto log = harness.open(options);
    EXPECT_TRUE(log) << (log ? "" : log.error().to_string());
    return log ? *log : nullptr;
  }
  static std::vector<std::int64_t> bases(const Log& log) {
    std::vector<std::int64_t> all;
    for (const SegmentInfo& segment : log.segments()) all.push_back(segment.base_offset);
    return all;
  }

  SimulatedFileSystem files;
  LogHarness harness{files};
};

TEST_F(LogAppend, GivesOffsetsAndLeaderEpochWithoutTouchingTheInput) {
  const auto log = open();
  const Buffer batch = make_batch({.count = 3});
  const Buffer before = batch;
  const auto first = append(*log, batch, {}, 7);
  ASSERT_TRUE(first);
  EXPECT_EQ(first->first_offset, 0);
  EXPECT_EQ(first->last_offset, 2);
  EXPECT_EQ(first->max_timestamp, 1'700'000'000'000);
  EXPECT_EQ(append(*log, batch, {}, 7)->first_offset, 3);
  EXPECT_EQ(log->log_end_offset(), 6);
  EXPECT_EQ(batch, before);
  const Buffer bytes = all_bytes(*log);
  const auto batches = split_all(bytes);
  ASSERT_EQ(batches.size(), 2u);
  EXPECT_EQ(batches[1].base_offset(), 3);
  EXPECT_EQ(batches[1].leader_epoch(), 7);
  EXPECT_TRUE(batches[1].crc_is_valid());
  EXPECT_EQ(log->size_bytes(), static_cast<std::int64_t>(bytes.size()));
  EXPECT_EQ(log->latest_epoch(), 7);
}

TEST_F(LogAppend, SeveralBatchesAreOneWrite) {
  const auto log = open();
  ASSERT_TRUE(append(*log, make_batch({})));
  Buffer run;
  for (int i = 0; i < 20; ++i) {
    const Buffer batch = make_batch({.count = 2});
    run.insert(run.end(), batch.begin(), batch.end());
  }
  const auto before = files.operations();
  const auto info = log->append_as_leader(split_all(run), 0);
  ASSERT_TRUE(info);
  EXPECT_EQ(info->first_offset, 1);
  EXPECT_EQ(info->last_offset, 40);
  EXPECT_EQ(files.operations(), before + 1);
  // More than one write takes: still all there.
  Buffer many;
  for (int i = 0; i < 100; ++i) {
    const Buffer batch = make_batch({.count = 1});
    many.insert(many.end(), batch.begin(), batch.end());
  }
  ASSERT_TRUE(log->append_as_leader(split_all(many), 0));
  EXPECT_EQ(all_offsets(*log).size(), 141u);
}

TEST_F(LogAppend, LogAppendTimeIsStampedUnderAValidCrc) {
  const auto log = open();
  AppendOptions options;
  options.log_append_time_ms = 1'800'000'000'000;
  const auto info = append(*log, make_batch({.count = 2, .timestamp = 5}), options);
  ASSERT_TRUE(info);
  EXPECT_EQ(info->max_timestamp, 1'800'000'000'000);
  EXPECT_EQ(info->log_append_time_ms, 1'800'000'000'000);
  const Buffer bytes = all_bytes(*log);
  const auto batch = split_all(bytes).front();
  EXPECT_TRUE(batch.crc_is_valid());
  EXPECT_EQ(batch.timestamp_type(), records::TimestampType::kLogAppendTime);
  EXPECT_EQ(batch.max_timestamp(), 1'800'000'000'000);
}

TEST_F(LogAppend, DuplicateIsAnsweredWithTheOriginalOffsets) {
  const auto log = open();
  ASSERT_TRUE(append(*log, data_batch(5, 0, 0, 3)));
  ASSERT_TRUE(append(*log, data_batch(5, 0, 3, 2)));
  const auto again = append(*log, data_batch(5, 0, 0, 3));
  ASSERT_TRUE(again);
  EXPECT_TRUE(again->duplicate);
  EXPECT_EQ(again->first_offset, 0);
  EXPECT_EQ(again->last_offset, 2);
  EXPECT_EQ(log->log_end_offset(), 5);
  const auto gap = append(*log, data_batch(5, 0, 9));
  ASSERT_FALSE(gap);
  EXPECT_EQ(gap.error().code, StorageErrorCode::kOutOfOrderSequence);
}

TEST_F(LogAppend, FollowerKeepsOffsetsAndEpochs) {
  const auto log = open();
  BatchSpec spec{.count = 2};
  spec.options.base_offset = 10;
  spec.options.leader_epoch = 3;
  const Buffer first = make_batch(spec);
  ASSERT_TRUE(log->append_as_follower(split_all(first)));
  EXPECT_EQ(log->log_end_offset(), 12);
  EXPECT_EQ(log->epochs(), (std::vector<EpochEntry>{{3, 10}}));
  EXPECT_EQ(log->append_as_follower(split_all(first)).error().code, StorageErrorCode::kUnexpectedOffset);
  spec.options.base_offset = 20;
  spec.options.leader_epoch = 2;
  const Buffer old_epoch = make_batch(spec);
  EXPECT_EQ(log->append_as_follower(split_all(old_epoch)).error().code, StorageErrorCode::kInvalidEpoch);
  log->set_high_watermark(12);
  EXPECT_EQ(all_bytes(*log), first);
}

TEST_F(LogAppend, RollsWhenASegmentWouldGrowTooLarge) {
  const Buffer batch = make_batch({.value_bytes = 1000});
  harness.config->segment_bytes = static_cast<std::int64_t>(batch.size()) * 2;
  const auto log = open();
  for (int i = 0; i < 5; ++i) ASSERT_TRUE(append(*log, batch));
  EXPECT_EQ(bases(*log), (std::vector<std::int64_t>{0, 2, 4}));
  EXPECT_TRUE(files.content("/data/topic-0/00000000000000000002.snapshot"));
  EXPECT_EQ(all_offsets(*log), (std::vector<std::int64_t>{0, 1, 2, 3, 4}));
  Buffer three = batch;
  three.insert(three.end(), batch.begin(), batch.end());
  three.insert(three.end(), batch.begin(), batch.end());
  EXPECT_EQ(append(*log, three).error().code, StorageErrorCode::kBatchTooLarge);
}

TEST_F(LogAppend, RollClockIsMessageTime) {
  harness.config->segment_ms = 1000;
  const auto log = open();
  constexpr std::int64_t kBegin = 1'700'000'000'000;
  ASSERT_TRUE(append(*log, make_batch({.timestamp = kBegin})));
  ASSERT_TRUE(append(*log, make_batch({.timestamp = kBegin + 1000})));
  harness.clock.advance_ms(100'000);
  ASSERT_TRUE(append(*log, make_batch({.timestamp = kBegin - 50'000})));
  EXPECT_EQ(bases(*log), (std::vector<std::int64_t>{0}));
  ASSERT_TRUE(append(*log, make_batch({.timestamp = kBegin + 1001})));
  EXPECT_EQ(bases(*log), (std::vector<std::int64_t>{0, 3}));
}

TEST_F(LogAppend, RollsByTheWallClockWithoutTimestamps) {
  harness.config->segment_ms = 1000;
  const auto log = open();
  ASSERT_TRUE(append(*log, make_batch({.timestamp = -1})));
  harness.clock.advance_ms(1000);
  ASSERT_TRUE(append(*log, make_batch({.timestamp = -1})));
  harness.clock.advance_ms(1);
  ASSERT_TRUE(append(*log, make_batch({.timestamp = -1})));
  EXPECT_EQ(bases(*log), (std::vector<std::int64_t>{0, 2}));
}

TEST_F(LogAppend, JitterRollsEarlierButNeverLater) {
  harness.config->segment_ms = 1000;
  harness.config->segment_jitter_ms = 500;
  const auto log = open();
  std::int64_t begin = 1'700'000'000'000;
  for (int i = 0; i < 20; ++i) {
    const auto segments = log->segments().size();
    ASSERT_TRUE(append(*log, make_batch({.timestamp = begin})));
    const auto before = std::max<std::size_t>(segments, 1);
    ASSERT_TRUE(append(*log, make_batch({.timestamp = begin + 499})));
    EXPECT_LE(log->segments().size(), before + 1);
    ASSERT_TRUE(append(*log, make_batch({.timestamp = begin + 1001})));
    EXPECT_GE(log->segments().size(), before + 1);
    begin += 10'000;
  }
}

TEST_F(LogAppend, RollsWhenAnIndexIsFull) {
  harness.config->index_interval_bytes = 0;
  harness.config->segment_index_bytes =
      40;  // five offset entries, three time entries of which one is reserved
  const auto log = open();
  for (int i = 0; i < 10; ++i) ASSERT_TRUE(append(*log, make_batch({.timestamp = 1000 + i})));
  EXPECT_EQ(bases(*log), (std::vector<std::int64_t>{0, 3, 6, 9}));
  EXPECT_EQ(all_offsets(*log).size(), 10u);
}

TEST_F(LogAppend, RollsWhenAnOffsetWouldNotFitTheIndex) {
  const auto log = open();
  constexpr std::int64_t kMax = std::numeric_limits<std::int32_t>::max();
  BatchSpec spec;
  ASSERT_TRUE(log->append_as_follower(split_all(make_batch(spec))));
  for (const std::int64_t offset : {kMax, kMax + 1}) {
    spec.options.base_offset = offset;
    const Buffer batch = make_batch(spec);
    ASSERT_TRUE(log->append_as_follower(split_all(batch)));
  }
  EXPECT_EQ(bases(*log), (std::vector<std::int64_t>{0, kMax + 1}));
}

TEST_F(LogAppend, FlushCountMakesAppendsDurable) {
  harness.config->flush_messages = 3;
  const auto log = open();
  ASSERT_TRUE(append(*log, make_batch({.count = 2})));
  EXPECT_EQ(log->recovery_point(), 0);
  ASSERT_TRUE(append(*log, make_batch({.count = 1})));
  EXPECT_EQ(log->recovery_point(), 3);
  AppendOptions options;
  options.flush = true;
  ASSERT_TRUE(append(*log, make_batch({.count = 1}), options));
  EXPECT_EQ(log->recovery_point(), 4);
}

TEST_F(LogAppend, FlushTimeIsCountedFromTheFirstUnflushedAppend) {
  harness.config->flush_ms = 100;
  const auto log = open();
  ASSERT_TRUE(append(*log, make_batch({})));
  harness.clock.advance_ms(99);
  ASSERT_TRUE(log->flush_if_due());
  EXPECT_EQ(log->recovery_point(), 0);
  harness.clock.advance_ms(1);
  ASSERT_TRUE(log->flush_if_due());
  EXPECT_EQ(log->recovery_point(), 1);
}

TEST_F(LogAppend, OneFlushServesAllThatWait) {
  const auto log = open();
  ASSERT_TRUE(append(*log, make_batch({.count = 5})));
  ASSERT_TRUE(log->flush_to(2));
  const auto before = files.operations();
  ASSERT_TRUE(log->flush_to(5));
  EXPECT_EQ(files.operations(), before);
}

TEST_F(LogAppend, FullDiskLeavesTheLogAsItWas) {
  const auto log = open();
  ASSERT_TRUE(append(*log, make_batch({.count = 5})));
  const Buffer before = all_bytes(*log);
  files.set_capacity(static_cast<std::int64_t>(before.size()) + 100);
  const auto refused = append(*log, make_batch({.value_bytes = 1000}));
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, StorageErrorCode::kNoSpace);
  EXPECT_FALSE(log->is_offline());
  EXPECT_EQ(all_bytes(*log), before);
  EXPECT_EQ(files.content("/data/topic-0/00000000000000000000.log")->size(), before.size());
  files.set_capacity(INT64_MAX);
  EXPECT_EQ(append(*log, make_batch({}))->first_offset, 5);
}

TEST_F(LogAppend, FailedWriteOrSyncTakesTheDirectoryOffline) {
  for (const bool fail_sync : {false, true}) {
    SimulatedFileSystem broken;
    LogHarness other(broken);
    std::string reported;
    other.environment.on_io_error = [&](const std::string& directory, const IoError&) {
      reported = directory;
    };
    const auto log = other.open().value();
    ASSERT_TRUE(append(*log, make_batch({})));
    broken.fail_at(broken.operations() + (fail_sync ? 2 : 1), EIO);
    const auto appended = append(*log, make_batch({}));
    EXPECT_EQ(appended.has_value(), fail_sync);
    if (fail_sync) {
      EXPECT_FALSE(log->flush());
    }
    EXPECT_EQ(reported, "/data");
    EXPECT_TRUE(log->is_offline());
    EXPECT_EQ(append(*log, make_batch({})).error().code, StorageErrorCode::kDirectoryOffline);
    EXPECT_EQ(log->read(0, 100, true, ReadBound::kLogEnd).error().code, StorageErrorCode::kDirectoryOffline);
    EXPECT_EQ(log->flush().error().code, StorageErrorCode::kDirectoryOffline);
  }
}

TEST_F(LogAppend, NewDirectoryHoldsPartitionMetadataOnly) {
  const auto log = open({.is_new = true});
  EXPECT_EQ(files.paths(), (std::vector<std::string>{"/data/topic-0/partition.metadata"}));
  EXPECT_EQ(log->log_end_offset(), 0);
  EXPECT_EQ(log->set_topic_id(Uuid::reserved(201)).error().code, StorageErrorCode::kInconsistentTopicId);
  EXPECT_EQ(log->topic_id(), Uuid::reserved(200));
}

TEST_F(LogAppend, ChangesAreTold) {
  const auto log = open();
  int told = 0;
  log->set_on_change([&] { ++told; });
  const Buffer batch = make_batch({});
  ASSERT_TRUE(log->append_as_leader(split_all(batch), 0));
  EXPECT_EQ(told, 1);
  log->set_high_watermark(1);
  EXPECT_EQ(told, 2);
  log->set_high_watermark(1);
  EXPECT_EQ(told, 2);
  EXPECT_EQ(log->set_high_watermark(100), 1);
}

}  // namespace
}  // namespace barnabas::storage
