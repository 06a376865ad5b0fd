#include <thread>

#include "records/record.h"
#include "storage/tests/support.h"

namespace barnabas::storage {
namespace {

class LogRead : public ::testing::Test {
 protected:
  void SetUp() override {
    harness.config->index_interval_bytes = 300;
    log = harness.open().value();
  }
  StorageResult<ReadResult> read(std::int64_t offset, std::int64_t max_bytes = 1 << 20, bool min_one = true,
                                 ReadBound bound = ReadBound::kLogEnd) {
    return log->read(offset, max_bytes, min_one, bound);
  }
  static std::vector<std::int64_t> bases(const ReadResult& result) {
    std::vector<std::int64_t> all;
    const Buffer bytes = result.records.to_buffer();
    for (const auto& batch : split_all(bytes)) all.push_back(batch.base_offset());
    return all;
  }

  SimulatedFileSystem files;
  LogHarness harness{files};
  std::shared_ptr<Log> log;
};

TEST_F(LogRead, EveryOffsetIsFoundAtEverySize) {
  const Buffer batch = make_batch({.count = 3, .value_bytes = 30});
  const auto size = static_cast<std::int64_t>(batch.size());
  harness.config->segment_bytes = size * 7;
  constexpr std::int64_t kBatches = 40;
  for (int i = 0; i < kBatches; ++i) ASSERT_TRUE(append(*log, batch));
  ASSERT_GT(log->segments().size(), 4u);
  for (std::int64_t offset = 0; offset < kBatches * 3; ++offset) {
    for (const std::int64_t bytes : {std::int64_t{0}, size - 1, size, 2 * size + 5, std::int64_t{1} << 30}) {
      const auto result = read(offset, bytes);
      ASSERT_TRUE(result);
      const auto found = bases(*result);
      ASSERT_FALSE(found.empty());
      EXPECT_EQ(found.front(), offset / 3 * 3);
      EXPECT_EQ(result->next_offset, found.back() + 3);
      const auto in_segment = static_cast<std::int64_t>(7 - offset / 3 % 7);
      EXPECT_EQ(static_cast<std::int64_t>(found.size()),
                std::clamp<std::int64_t>(bytes / size, 1, std::min(in_segment, kBatches - offset / 3)));
      if (bytes < size) {
        const auto none = read(offset, bytes, false);
        ASSERT_TRUE(none);
        EXPECT_TRUE(none->records.empty());
        EXPECT_EQ(none->next_offset, offset);
      }
    }
  }
}

TEST_F(LogRead, EndIsEmptyAndBeyondIsOutOfRange) {
  ASSERT_TRUE(append(*log, make_batch({.count = 5})));
  const auto end = read(5);
  ASSERT_TRUE(end);
  EXPECT_TRUE(end->records.empty());
  EXPECT_EQ(end->next_offset, 5);
  EXPECT_EQ(read(6).error().code, StorageErrorCode::kOffsetOutOfRange);
  EXPECT_EQ(read(-1).error().code, StorageErrorCode::kOffsetOutOfRange);
  ASSERT_TRUE(log->delete_records_before(3));
  EXPECT_EQ(read(2).error().code, StorageErrorCode::kOffsetOutOfRange);
  EXPECT_EQ(bases(*read(3)), (std::vector<std::int64_t>{0}));
}

TEST_F(LogRead, NothingAboveTheBoundIsReturned) {
  const Buffer batch = make_batch({.count = 2});
  for (int i = 0; i < 10; ++i) ASSERT_TRUE(log->append_as_leader(split_all(batch), 0));
  for (std::int64_t watermark = 0; watermark <= 20; watermark += 2) {
    log->set_high_watermark(watermark);
    const auto result = read(0, 1 << 20, true, ReadBound::kHighWatermark);
    ASSERT_TRUE(result);
    EXPECT_EQ(result->high_watermark, watermark);
    EXPECT_EQ(bases(*result).size(), static_cast<std::size_t>(watermark / 2));
    EXPECT_EQ(result->next_offset, watermark);
  }
  EXPECT_TRUE(read(20, 100, true, ReadBound::kHighWatermark)->records.empty());
}

TEST_F(LogRead, CommittedReadersStopAtOpenTransactionsAndLearnOfAborts) {
  AppendOptions coordinator;
  coordinator.origin = AppendOrigin::kCoordinator;
  ASSERT_TRUE(append(*log, data_batch(1, 0, 0, 1, true)));  // 0, will abort
  ASSERT_TRUE(append(*log, data_batch(2, 0, 0, 2, true)));  // 1-2, will commit
  ASSERT_TRUE(append(*log, data_batch(3, 0, 0)));           // 3
  EXPECT_EQ(log->last_stable_offset(), 0);
  EXPECT_TRUE(read(0, 1 << 20, true, ReadBound::kLastStable)->records.empty());
  ASSERT_TRUE(append(*log, marker_batch(1, 0, false), coordinator));  // 4
  EXPECT_EQ(log->last_stable_offset(), 1);
  const auto first = read(0, 1 << 20, true, ReadBound::kLastStable);
  EXPECT_EQ(bases(*first), (std::vector<std::int64_t>{0}));
  EXPECT_EQ(first->aborted, (std::vector<AbortedTransaction>{{1, 0}}));
  ASSERT_TRUE(append(*log, marker_batch(2, 0, true), coordinator));  // 5
  EXPECT_EQ(log->last_stable_offset(), 6);
  const auto all = read(0, 1 << 20, true, ReadBound::kLastStable);
  EXPECT_EQ(all->next_offset, 6);
  EXPECT_EQ(all->aborted, (std::vector<AbortedTransaction>{{1, 0}}));
  EXPECT_EQ(read(5, 1 << 20, true, ReadBound::kLastStable)->aborted, (std::vector<AbortedTransaction>{}));
  EXPECT_TRUE(read(0)->aborted.empty());
}

TEST_F(LogRead, AbortsAreFoundInLaterSegments) {
  AppendOptions coordinator;
  coordinator.origin = AppendOrigin::kCoordinator;
  ASSERT_TRUE(append(*log, data_batch(1, 0, 0, 1, true)));
  ASSERT_TRUE(log->roll());
  ASSERT_TRUE(append(*log, data_batch(3, 0, 0)));
  ASSERT_TRUE(log->roll());
  ASSERT_TRUE(append(*log, marker_batch(1, 0, false), coordinator));
  EXPECT_EQ(read(0, 1 << 20, true, ReadBound::kLastStable)->aborted,
            (std::vector<AbortedTransaction>{{1, 0}}));
  EXPECT_EQ(log->offset_of_max_timestamp().value()->offset, 0);
}

TEST_F(LogRead, TimestampsAreFoundLikeByALinearSearch) {
  harness.config->segment_bytes = 2000;
  const auto random = seeded_random(7);
  std::vector<std::pair<std::int64_t, std::int64_t>> stamps;  // offset, timestamp
  for (int i = 0; i < 60; ++i) {
    BatchSpec spec{.count = 3,
                   .timestamp = 1000 + i * 10 + static_cast<std::int64_t>(random->below(80)),
                   .timestamp_step = static_cast<std::int64_t>(random->below(7)) - 3};
    if (i % 3 == 0) spec.options.codec = records::Codec::kLz4;
    const auto info = append(*log, make_batch(spec));
    ASSERT_TRUE(info);
    for (int r = 0; r < 3; ++r)
      stamps.emplace_back(info->first_offset + r, spec.timestamp + r * spec.timestamp_step);
  }
  ASSERT_GT(log->segments().size(), 3u);
  for (const std::int64_t start : {std::int64_t{0}, std::int64_t{31}}) {
    ASSERT_TRUE(log->delete_records_before(start));
    for (std::int64_t target = 990; target < 1700; target += 3) {
      const auto wanted = std::find_if(stamps.begin(), stamps.end(), [&](const auto& stamp) {
        return stamp.first >= start && stamp.second >= target;
      });
      const auto found = log->offset_for_timestamp(target);
      ASSERT_TRUE(found);
      ASSERT_EQ(found->has_value(), wanted != stamps.end()) << target;
      if (*found) {
        EXPECT_EQ((*found)->offset, wanted->first) << target;
        EXPECT_EQ((*found)->timestamp, wanted->second);
        EXPECT_EQ((*found)->leader_epoch, 0);
      }
    }
  }
  const auto largest =
      std::max_element(stamps.begin(), stamps.end(),
                       [](const auto& left, const auto& right) { return left.second < right.second; });
  EXPECT_EQ(log->offset_of_max_timestamp().value(), (TimestampOffset{largest->second, largest->first, 0}));
}

TEST_F(LogRead, LogWithoutRecordsHasNoTimestamps) {
  EXPECT_EQ(log->offset_for_timestamp(0).value(), std::nullopt);
  EXPECT_EQ(log->offset_of_max_timestamp().value(), std::nullopt);
  EXPECT_TRUE(read(0)->records.empty());
}

TEST_F(LogRead, PosixReadsAreSlicesThatOutliveTheSegment) {
  TemporaryDirectory temporary;
  const auto posix = posix_file_system();
  LogHarness other(*posix, 1);
  other.directory = join_path(temporary.path(), "topic-0");
  other.config->file_delete_delay_ms = 0;
  const auto disk = other.open().value();
  const Buffer batch = make_batch({.count = 3});
  ASSERT_TRUE(append(*disk, batch));
  ASSERT_TRUE(disk->roll());
  ASSERT_TRUE(append(*disk, batch));
  const auto result = disk->read(0, 1 << 20, true, ReadBound::kHighWatermark);
  ASSERT_TRUE(result);
  ASSERT_EQ(result->records.pieces().size(), 1u);
  EXPECT_TRUE(result->records.pieces().front().is_file());
  ASSERT_TRUE(disk->delete_records_before(3));
  EXPECT_EQ(disk->enforce_retention().value(), 1u);
  other.deletions.run(*posix, other.clock.monotonic_ms());
  const Buffer bytes = result->records.to_buffer();
  EXPECT_TRUE(split_all(bytes).front().crc_is_valid());
  EXPECT_FALSE(exists(*posix, join_path(other.directory, "00000000000000000000.log.deleted")));
}

TEST_F(LogRead, ReadersAndWriterDoNotDisturbEachOther) {
  TemporaryDirectory temporary;
  const auto posix = posix_file_system();
  LogHarness other(*posix, 3);
  other.directory = join_path(temporary.path(), "topic-0");
  other.config->segment_bytes = 4000;
  other.config->index_interval_bytes = 200;
  const auto disk = other.open().value();
  constexpr std::int64_t kAppends = 400;
  std::atomic<bool> wrong{false};
  const auto reader = [&] {
    for (std::int64_t offset = 0; offset < kAppends * 2;) {
      const auto result = disk->read(offset, 700, true, ReadBound::kHighWatermark);
      if (!result) {
        wrong = true;
        return;
      }
      const Buffer bytes = result->records.to_buffer();
      for (const auto& batch : split_all(bytes))
        if (!batch.crc_is_valid() || batch.base_offset() > offset)
          wrong = true;
        else
          offset = batch.next_offset();
      if (result->records.empty()) std::this_thread::yield();
    }
  };
  std::vector<std::jthread> threads;
  threads.emplace_back(reader);
  threads.emplace_back(reader);
  threads.emplace_back([&] {
    while (disk->recovery_point() < kAppends * 2 && !wrong)
      if (!disk->flush()) wrong = true;
  });
  const Buffer batch = make_batch({.count = 2});
  for (std::int64_t i = 0; i < kAppends && !wrong; ++i)
    if (!append(*disk, batch)) wrong = true;
  threads.clear();
  EXPECT_FALSE(wrong);
  EXPECT_EQ(disk->log_end_offset(), kAppends * 2);
}

}  // namespace
}  // namespace barnabas::storage
