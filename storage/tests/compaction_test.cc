// One cleaning after the other over a small log: what stays, what goes, and when.
#include "records/compression.h"
#include "storage/segment.h"
#include "storage/tests/compaction_support.h"

namespace barnabas::storage {
namespace {

constexpr std::int64_t kNow = 1'700'000'000'000;
constexpr std::int64_t kRetention = 1000;

class Compaction : public ::testing::Test {
 protected:
  Compaction() : harness(files) {
    harness.config->cleanup_compact = true;
    harness.config->cleanup_delete = false;
    harness.config->delete_retention_ms = kRetention;
    log = harness.open({.is_new = true}).value();
  }
  void add(const Buffer& batch) { ASSERT_TRUE(append(*log, batch)); }
  void end_transaction(std::int64_t producer_id, bool committed) {
    ASSERT_TRUE(
        append(*log, marker_batch(producer_id, 0, committed), {.origin = AppendOrigin::kCoordinator}));
  }
  void roll() { ASSERT_TRUE(log->roll()); }
  // The picture after a cleaning at `now_ms`.
  std::string cleaned(std::int64_t now_ms = kNow) {
    const auto report = compact(*log, {.first_dirty = first_dirty, .now_ms = now_ms});
    EXPECT_TRUE(report) << report.error().to_string();
    if (!report) return "";
    first_dirty = report->end;
    return picture(*log);
  }

  SimulatedFileSystem files;
  LogHarness harness;
  std::shared_ptr<Log> log;
  std::int64_t first_dirty = 0;
};

TEST_F(Compaction, KeepsTheLastValueOfEveryKeyAndNothingElse) {
  add(keyed("a", "1"));
  add(keyed("b", "1"));
  add(keyed("a", "2"));
  add(keyed("b", "2"));
  add(keyed("c", "1"));
  roll();
  EXPECT_EQ(cleaned(), "2:a=2 3:b=2 4:c=1");
  EXPECT_EQ(first_dirty, 5);
  EXPECT_EQ(log->log_start_offset(), 0);
  EXPECT_EQ(log->log_end_offset(), 5);
}

TEST_F(Compaction, LeavesTheActiveSegmentAlone) {
  add(keyed("a", "1"));
  roll();
  add(keyed("a", "2"));
  add(keyed("a", "3"));
  EXPECT_EQ(cleaned(), "0:a=1 1:a=2 2:a=3");
  EXPECT_EQ(first_dirty, 1);
}

TEST_F(Compaction, RemovesRecordsInsideABatchAndKeepsItsOffsets) {
  records::BatchOptions options;
  options.producer_id = 7;
  options.producer_epoch = 0;
  options.base_sequence = 0;
  add(keyed_batch({{"a", "1", kNow}, {"b", "1", kNow + 5}, {"a", "2", kNow + 9}, {"c", "1", kNow + 3}},
                  options));
  add(keyed("c", "2"));
  roll();
  EXPECT_EQ(cleaned(), "1:b=1 2:a=2 4:c=2");
  const Buffer bytes = all_bytes(*log);
  const auto batches = split_all(bytes);
  ASSERT_EQ(batches.size(), 2u);
  EXPECT_EQ(batches[0].base_offset(), 0);
  EXPECT_EQ(batches[0].last_offset_delta(), 3);
  EXPECT_EQ(batches[0].base_sequence(), 0);
  EXPECT_EQ(batches[0].producer_id(), 7);
  EXPECT_EQ(batches[0].base_timestamp(), kNow + 5);
  EXPECT_EQ(batches[0].max_timestamp(), kNow + 9);
  EXPECT_TRUE(batches[0].crc_is_valid());
}

TEST_F(Compaction, KeepsTheCodecOfABatchItRewrites) {
  for (const auto codec :
       {records::Codec::kGzip, records::Codec::kSnappy, records::Codec::kLz4, records::Codec::kZstd}) {
    records::BatchOptions options;
    options.codec = codec;
    const std::string key(records::codec_name(codec));
    add(keyed_batch({{key, "1"}, {key, "2"}, {key + "-other", "1"}}, options));
  }
  add(keyed("end", "1"));
  roll();
  EXPECT_EQ(cleaned(),
            "1:gzip=2 2:gzip-other=1 4:snappy=2 5:snappy-other=1 7:lz4=2 8:lz4-other=1 10:zstd=2 "
            "11:zstd-other=1 12:end=1");
  const Buffer bytes = all_bytes(*log);
  std::vector<int> codecs;
  for (const auto& batch : split_all(bytes)) codecs.push_back(static_cast<int>(batch.codec()));
  EXPECT_EQ(codecs, (std::vector<int>{1, 2, 3, 4, 0}));
}

TEST_F(Compaction, TombstoneGoesADeleteRetentionAfterTheFirstCleaningThatMetIt) {
  add(keyed("a", "1"));
  add(keyed("a", std::nullopt));
  add(keyed("b", "1"));
  roll();
  EXPECT_EQ(cleaned(kNow), "1:a= 2:b=1");
  {
    const Buffer bytes = all_bytes(*log);
    const auto batch = split_all(bytes).front();
    EXPECT_TRUE(batch.has_delete_horizon());
    EXPECT_EQ(batch.base_timestamp(), kNow + kRetention);
    EXPECT_EQ(batch.max_timestamp(), kNow);
    records::BatchRecords walk(batch);
    ASSERT_NE(walk.next(), nullptr);
    EXPECT_EQ(walk.timestamp(), kNow);
  }
  add(keyed("c", "1"));
  roll();
  EXPECT_EQ(cleaned(kNow + kRetention - 1), "1:a= 2:b=1 3:c=1");
  add(keyed("d", "1"));
  roll();
  EXPECT_EQ(cleaned(kNow + kRetention), "2:b=1 3:c=1 4:d=1");
}

TEST_F(Compaction, KeepsTheBatchThatEndsTheCleanedRangeEvenEmpty) {
  add(keyed("a", std::nullopt));
  roll();
  EXPECT_EQ(cleaned(kNow), "0:a=");
  first_dirty = 0;
  EXPECT_EQ(cleaned(kNow + 2 * kRetention), "[0]");
  add(keyed("b", "1"));
  roll();
  EXPECT_EQ(cleaned(kNow + 3 * kRetention), "1:b=1");
}

TEST_F(Compaction, RemovesRecordsWithoutAKey) {
  add(keyed_batch({{std::nullopt, "x"}, {"a", "1"}, {std::nullopt, "y"}}));
  roll();
  EXPECT_EQ(cleaned(), "1:a=1");
}

TEST_F(Compaction, AbortedDataGoesAndItsMarkerStaysForADeleteRetention) {
  add(keyed("a", "1"));
  add(transactional(9, 0, "a", "aborted"));
  add(transactional(9, 1, "b", "aborted"));
  end_transaction(9, false);
  add(keyed("c", "1"));
  roll();
  // The last data batch of an active producer is kept without its records.
  EXPECT_EQ(cleaned(kNow), "0:a=1 [2] <3 abort> 4:c=1");
  add(keyed("d", "1"));
  roll();
  // Its empty batch is still there to be met, so the marker stays too.
  EXPECT_EQ(cleaned(kNow + 5 * kRetention), "0:a=1 [2] <3 abort> 4:c=1 5:d=1");
  harness.clock.advance_ms(harness.environment.producer_expiration_ms + 1);
  log->expire_producers();
  add(keyed("e", "1"));
  roll();
  EXPECT_EQ(cleaned(kNow + 6 * kRetention), "0:a=1 <3 abort> 4:c=1 5:d=1 6:e=1");
  add(keyed("f", "1"));
  roll();
  // Nothing of the transaction is left: from now on the marker waits for its horizon.
  EXPECT_EQ(cleaned(kNow + 7 * kRetention), "0:a=1 <3 abort> 4:c=1 5:d=1 6:e=1 7:f=1");
  add(keyed("g", "1"));
  roll();
  EXPECT_EQ(cleaned(kNow + 8 * kRetention), "0:a=1 4:c=1 5:d=1 6:e=1 7:f=1 8:g=1");
}

TEST_F(Compaction, CommittedDataIsCleanedLikeAnyOther) {
  add(transactional(9, 0, "a", "1"));
  add(transactional(9, 1, "b", "1"));
  end_transaction(9, true);
  add(keyed("a", "2"));
  roll();
  EXPECT_EQ(cleaned(), "1:b=1 <2 commit> 3:a=2");
}

TEST_F(Compaction, NothingAboveTheLastStableOffsetIsCleaned) {
  add(keyed("a", "1"));
  add(keyed("a", "2"));
  roll();
  add(transactional(9, 0, "b", "open"));
  add(keyed("a", "3"));
  roll();
  add(keyed("a", "4"));
  roll();
  EXPECT_EQ(log->last_stable_offset(), 2);
  EXPECT_EQ(cleaned(), "1:a=2 2:b=open 3:a=3 4:a=4");
  EXPECT_EQ(first_dirty, 2);
  end_transaction(9, true);
  roll();
  EXPECT_EQ(cleaned(), "2:b=open 4:a=4 <5 commit>");
}

TEST_F(Compaction, TheAbortedTransactionsOfReadersStayRight) {
  add(transactional(9, 0, "a", "1"));
  end_transaction(9, false);
  add(transactional(8, 0, "b", "1"));
  roll();
  end_transaction(8, false);
  add(keyed("c", "1"));
  roll();
  cleaned();
  const auto read = log->read(0, 1 << 20, true, ReadBound::kLastStable);
  ASSERT_TRUE(read);
  EXPECT_EQ(read->aborted, (std::vector<AbortedTransaction>{{9, 0}, {8, 2}}));
}

TEST_F(Compaction, SequenceNumbersSurviveCleaningAndRestart) {
  records::BatchOptions options;
  options.producer_id = 5;
  options.producer_epoch = 0;
  options.base_sequence = 0;
  add(keyed_batch({{"a", "1"}}, options));
  options.base_sequence = 1;
  add(keyed_batch({{"a", "2"}}, options));
  add(keyed("a", "3"));
  roll();
  EXPECT_EQ(cleaned(), "[1] 2:a=3");
  ASSERT_TRUE(log->close());
  for (const std::string& path : files.paths())
    if (path.ends_with(".snapshot")) {
      ASSERT_TRUE(files.remove_file(path));
    }
  log = harness.open({.recovery_point = 0}).value();
  EXPECT_EQ(log->producer(5)->last_sequence(), 1);
}

TEST_F(Compaction, TakesAsManyPassesAsTheMapNeeds) {
  for (int i = 0; i < 40; ++i) add(keyed("k" + std::to_string(i % 20), std::to_string(i)));
  roll();
  int passes = 0;
  // Eight keys fit.
  for (; first_dirty < 40 && passes < 20; ++passes) {
    const auto report = compact(*log, {.first_dirty = first_dirty, .now_ms = kNow, .key_bytes = 10 * 24});
    ASSERT_TRUE(report);
    EXPECT_GT(report->end, first_dirty);
    first_dirty = report->end;
  }
  EXPECT_GT(passes, 3);
  const auto records = stored_records(*log);
  ASSERT_EQ(records.size(), 20u);
  for (std::size_t i = 0; i < 20; ++i) EXPECT_EQ(records[i].offset, static_cast<std::int64_t>(20 + i));
}

TEST_F(Compaction, ReadsBatchesLargerThanItsBuffer) {
  add(keyed("big", std::string(100'000, 'x')));
  add(keyed("small", "1"));
  add(keyed_batch({{"big", std::string(300'000, 'y')}, {"small", "2"}}));
  add(keyed("small", "3"));
  roll();
  cleaned();
  const auto last = last_values(*log);
  EXPECT_EQ(last.at("big"), std::string(300'000, 'y'));
  EXPECT_EQ(last.at("small"), "3");
  EXPECT_EQ(stored_records(*log).size(), 2u);
}

TEST_F(Compaction, MergesSmallSegmentsAndKeepsTheTimeOfTheLast) {
  for (int i = 0; i < 6; ++i) {
    add(keyed("k" + std::to_string(i), "1"));
    roll();
  }
  ASSERT_EQ(log->segments().size(), 7u);
  ASSERT_TRUE(files.set_modified_ms(harness.directory + "/00000000000000000005.log", 1234));
  cleaned();
  ASSERT_EQ(log->segments().size(), 2u);
  EXPECT_EQ(files.info(harness.directory + "/00000000000000000000.log")->modified_ms, 1234);
  harness.clock.advance_ms(harness.config->file_delete_delay_ms + 1);
  harness.deletions.run(files, harness.clock.monotonic_ms());
  for (const std::string& path : files.paths()) {
    EXPECT_FALSE(path.ends_with(".deleted")) << path;
    EXPECT_FALSE(path.ends_with(".cleaned")) << path;
    EXPECT_FALSE(path.ends_with(".swap")) << path;
  }
  EXPECT_EQ(log->size_bytes(), log->segments()[0].size_bytes);
}

TEST_F(Compaction, AReaderGoesOnWithASegmentThatIsExchanged) {
  for (int i = 0; i < 10; ++i) add(keyed("a", std::to_string(i)));
  roll();
  const auto before = log->read(3, 200, true, ReadBound::kLogEnd);
  ASSERT_TRUE(before);
  EXPECT_EQ(cleaned(), "9:a=9");
  const auto after = log->read(before->next_offset, 200, true, ReadBound::kLogEnd);
  ASSERT_TRUE(after);
  EXPECT_EQ(split_all(after->records.to_buffer()).front().base_offset(), 9);
}

TEST_F(Compaction, OffsetsFarApartDoNotMeetInOneSegment) {
  constexpr std::int64_t kFar = 3'000'000'000;
  add(keyed("a", "1"));
  roll();
  Buffer far = keyed("b", "1");
  records::set_base_offset(far, kFar);
  ASSERT_TRUE(log->append_as_follower(split_all(far)));
  log->set_high_watermark(log->log_end_offset());
  roll();
  ASSERT_EQ(cleaned(), "0:a=1 3000000000:b=1");
  EXPECT_EQ(first_dirty, kFar + 1);
  EXPECT_GT(log->segments().size(), 2u);
}

TEST_F(Compaction, DamageStopsItBeforeAnythingIsExchanged) {
  add(keyed_batch({{"a", "1"}, {"b", "1"}}));
  add(keyed("a", "2"));
  roll();
  const std::string path = harness.directory + "/00000000000000000000.log";
  Buffer bytes = *files.content(path);
  bytes[records::kBatchHeaderBytes + 8] ^= 1;
  files.put(path, bytes);
  harness.descriptors.open_count();
  log->close();
  log = harness.open({.clean = true}).value();
  log->set_high_watermark(log->log_end_offset());
  const auto report = compact(*log);
  ASSERT_FALSE(report);
  EXPECT_EQ(report.error().code, StorageErrorCode::kCorruptRecord);
  EXPECT_EQ(*files.content(path), bytes);
}

TEST_F(Compaction, ATruncationMeanwhileGivesItUp) {
  for (int i = 0; i < 10; ++i) add(keyed("a", std::to_string(i)));
  roll();
  bool cut = false;
  const auto report = compact(*log, {.pace = [&](std::int64_t) {
    if (!std::exchange(cut, true)) {
      EXPECT_TRUE(log->truncate_to(4));
    }
    return true;
  }});
  ASSERT_FALSE(report);
  EXPECT_EQ(report.error().code, StorageErrorCode::kClosed);
  EXPECT_EQ(picture(*log), "0:a=0 1:a=1 2:a=2 3:a=3");
  EXPECT_EQ(log->take_lowest_cut(), 4);
  for (const std::string& path : files.paths()) EXPECT_FALSE(path.ends_with(".cleaned")) << path;
}

TEST_F(Compaction, RemovalOfThePartitionMeanwhileGivesItUp) {
  for (int i = 0; i < 10; ++i) add(keyed("a", std::to_string(i)));
  roll();
  const auto report = compact(*log, {.pace = [&](std::int64_t) {
    if (!log->directory().ends_with("-delete")) {
      EXPECT_TRUE(log->rename_directory("/data/topic-0-delete"));
    }
    return true;
  }});
  log->abandon();
  EXPECT_FALSE(log->is_offline());
}

}  // namespace
}  // namespace barnabas::storage
