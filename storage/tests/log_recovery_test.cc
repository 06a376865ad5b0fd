#include <zlib.h>

#include <algorithm>
#include <map>

#include "common/logging.h"
#include "storage/segment.h"
#include "storage/tests/support.h"

namespace barnabas::storage {
namespace {

constexpr std::string_view kDir = "/data/topic-0/";

class LogRecovery : public ::testing::Test {
 protected:
  void SetUp() override {
    harness.config->index_interval_bytes = 100;
    log = harness.open().value();
  }
  static std::string path(std::int64_t offset, std::string_view extension) {
    return std::string(kDir) + offset_name(offset) + std::string(extension);
  }
  // Three segments of four records each, then one more record.
  void fill() {
    for (int i = 0; i < 3; ++i) {
      for (int b = 0; b < 2; ++b) ASSERT_TRUE(append(*log, data_batch(1, 0, sequence_ + b * 2, 2)));
      sequence_ += 4;
      ASSERT_TRUE(log->roll());
    }
    ASSERT_TRUE(append(*log, data_batch(1, 0, sequence_++)));
  }
  void kill(CrashLoss loss = CrashLoss::kNothing) {
    log.reset();
    files.crash(loss);
  }
  StorageResult<void> open(const LogOpenOptions& options = {}) {
    auto opened = harness.open(options);
    if (!opened) return std::unexpected(opened.error());
    log = *opened;
    log->set_high_watermark(log->log_end_offset());
    return {};
  }
  void damage(const std::string& file, std::size_t position) {
    Buffer bytes = *files.content(file);
    bytes[position] ^= 0xff;
    files.put(file, bytes);
  }
  std::vector<std::int64_t> bases() const {
    std::vector<std::int64_t> all;
    for (const SegmentInfo& segment : log->segments()) all.push_back(segment.base_offset);
    return all;
  }
  static constexpr LogOpenOptions kClean{.clean = true};

  SimulatedFileSystem files;
  LogHarness harness{files};
  std::shared_ptr<Log> log;
  std::int32_t sequence_ = 0;
};

TEST_F(LogRecovery, CleanCloseLeavesWhatKafkaExpects) {
  fill();
  ASSERT_TRUE(log->close());
  EXPECT_EQ(append(*log, make_batch({})).error().code, StorageErrorCode::kClosed);
  const Buffer before = *files.content(path(0, ".log"));
  for (const std::int64_t base : {0, 4, 8, 12}) {
    EXPECT_TRUE(files.content(path(base, ".index"))) << base;
    EXPECT_EQ(files.content(path(base, ".timeindex"))->size(), 12u) << base;
  }
  EXPECT_TRUE(files.content(path(13, ".snapshot")));
  EXPECT_EQ(as_text(*files.content(std::string(kDir) + "leader-epoch-checkpoint")), "0\n1\n0 0\n");
  // Durable, all of it.
  kill(CrashLoss::kAllUnsynced);
  ASSERT_TRUE(open(kClean));
  EXPECT_EQ(log->log_end_offset(), 13);
  EXPECT_EQ(log->recovery_point(), 13);
  EXPECT_EQ(log->producer(1)->last_sequence(), 12);
  EXPECT_EQ(log->latest_epoch(), 0);
  EXPECT_EQ(bases(), (std::vector<std::int64_t>{0, 4, 8, 12}));
  const auto again = append(*log, data_batch(1, 0, 12));
  ASSERT_TRUE(again);
  EXPECT_TRUE(again->duplicate);
  EXPECT_EQ(again->first_offset, 12);
}

TEST_F(LogRecovery, CleanLoadChangesNothingAndCloseOfAnUntouchedLogCostsNothing) {
  fill();
  ASSERT_TRUE(log->close());
  kill();
  const auto before = files.operations();
  ASSERT_TRUE(open(kClean));
  ASSERT_TRUE(log->close());
  EXPECT_EQ(files.operations(), before);
}

TEST_F(LogRecovery, CleanLoadReadsNoClosedSegment) {
  fill();
  ASSERT_TRUE(log->close());
  kill();
  files.fail_reads_of(offset_name(4) + ".log");
  ASSERT_TRUE(open(kClean));
  EXPECT_EQ(log->log_end_offset(), 13);
}

TEST_F(LogRecovery, KilledLogKeepsEverythingWritten) {
  fill();
  const Buffer before = all_bytes(*log);
  kill();
  ASSERT_TRUE(open());
  EXPECT_EQ(all_bytes(*log), before);
  EXPECT_EQ(log->recovery_point(), 0);
  EXPECT_EQ(log->producer(1)->batches().size(), 5u);
  EXPECT_EQ(log->latest_epoch(), 0);
  EXPECT_EQ(append(*log, data_batch(1, 0, 13))->first_offset, 13);
}

TEST_F(LogRecovery, SegmentOfAnEarlierLifeIsSyncedBeforeItsRecordsCountAsDurable) {
  ASSERT_TRUE(append(*log, data_batch(1, 0, 0, 2)));
  ASSERT_TRUE(log->close());
  log.reset();
  ASSERT_TRUE(open(kClean));
  ASSERT_TRUE(append(*log, data_batch(1, 0, 2, 2)));
  ASSERT_TRUE(log->roll());
  ASSERT_TRUE(log->flush());
  EXPECT_EQ(log->recovery_point(), 4);
  kill(CrashLoss::kAllUnsynced);
  ASSERT_TRUE(open({.recovery_point = 4}));
  EXPECT_EQ(log->log_end_offset(), 4);
  EXPECT_EQ(all_offsets(*log).size(), 4u);
}

TEST_F(LogRecovery, RecoveryStartsAtASegmentWhoseIndexesNeedNotBeOnDisk) {
  AppendOptions coordinator;
  coordinator.origin = AppendOrigin::kCoordinator;
  ASSERT_TRUE(append(*log, data_batch(7, 0, 0, 1, true)));
  ASSERT_TRUE(append(*log, marker_batch(7, 0, false), coordinator));
  ASSERT_TRUE(log->flush());
  EXPECT_EQ(log->recovery_point(), 2);
  EXPECT_EQ(log->recovery_start(), 1);
  ASSERT_TRUE(log->roll());
  EXPECT_EQ(log->recovery_start(), 0);
  const std::int64_t start = log->recovery_start();
  kill(CrashLoss::kAllUnsynced);
  ASSERT_TRUE(open({.recovery_point = start}));
  const auto read = log->read(0, 1000, true, ReadBound::kLastStable);
  ASSERT_TRUE(read);
  EXPECT_EQ(read->aborted, (std::vector<AbortedTransaction>{{7, 0}}));
  ASSERT_TRUE(log->roll());
  ASSERT_TRUE(log->flush());
  EXPECT_EQ(log->recovery_start(), 2);
}

TEST_F(LogRecovery, TornTailIsCut) {
  fill();
  const Buffer before = all_bytes(*log);
  kill();
  for (const std::size_t kept : {std::size_t{1}, std::size_t{11}, std::size_t{60}, std::size_t{80}}) {
    Buffer tail = *files.content(path(12, ".log"));
    const Buffer torn = make_batch({.count = 2});
    tail.insert(tail.end(), torn.begin(), torn.begin() + static_cast<std::ptrdiff_t>(kept));
    files.put(path(12, ".log"), tail);
    ASSERT_TRUE(open());
    EXPECT_EQ(all_bytes(*log), before);
    EXPECT_EQ(files.content(path(12, ".log"))->size(), tail.size() - kept);
    kill();
  }
}

TEST_F(LogRecovery, ZeroTailIsCut) {
  fill();
  kill();
  Buffer tail = *files.content(path(12, ".log"));
  const std::size_t size = tail.size();
  tail.resize(size + 5000);
  files.put(path(12, ".log"), tail);
  ASSERT_TRUE(open());
  EXPECT_EQ(log->log_end_offset(), 13);
  EXPECT_EQ(files.content(path(12, ".log"))->size(), size);
}

TEST_F(LogRecovery, LogIsCutAtTheFirstBadBatchAndLaterSegmentsGo) {
  fill();
  kill();
  const std::size_t first = data_batch(1, 0, 0, 2).size();
  damage(path(4, ".log"), first + 70);
  ASSERT_TRUE(open());
  EXPECT_EQ(log->log_end_offset(), 6);
  EXPECT_EQ(bases(), (std::vector<std::int64_t>{0, 4}));
  EXPECT_FALSE(files.content(path(8, ".log")));
  EXPECT_FALSE(files.content(path(8, ".snapshot")));
  EXPECT_EQ(log->producer(1)->last_sequence(), 5);
  EXPECT_EQ(append(*log, data_batch(1, 0, 6))->first_offset, 6);
  EXPECT_EQ(all_offsets(*log).size(), 7u);
}

TEST_F(LogRecovery, SegmentsBelowTheRecoveryPointAreNotRead) {
  fill();
  ASSERT_TRUE(log->flush());
  const std::int64_t point = log->recovery_point();
  EXPECT_EQ(point, 13);
  kill(CrashLoss::kAllUnsynced);
  files.fail_reads_of(offset_name(4) + ".log");
  ASSERT_TRUE(open({.recovery_point = point}));
  EXPECT_EQ(log->log_end_offset(), 13);
  EXPECT_EQ(log->producer(1)->last_sequence(), 12);
}

TEST_F(LogRecovery, MissingIndexIsRebuiltEvenAfterACleanStop) {
  fill();
  ASSERT_TRUE(log->close());
  const Buffer index = *files.content(path(4, ".index")), times = *files.content(path(4, ".timeindex"));
  kill();
  ASSERT_TRUE(files.remove_file(path(4, ".index")));
  ASSERT_TRUE(open(kClean));
  EXPECT_EQ(log->log_end_offset(), 13);
  EXPECT_EQ(files.content(path(4, ".index")), index);
  EXPECT_EQ(files.content(path(4, ".timeindex")), times);
}

TEST_F(LogRecovery, OrphanIndexesAndLeftoversOfDeletionsGo) {
  fill();
  ASSERT_TRUE(log->close());
  kill();
  files.put(path(2, ".index"), {});
  files.put(path(2, ".timeindex"), {});
  files.put(path(0, ".log.deleted"), as_bytes("x"));
  files.put(path(3, ".snapshot"), as_bytes("stray"));
  files.put(std::string(kDir) + "notes.txt", as_bytes("ours to keep"));
  ASSERT_TRUE(open(kClean));
  EXPECT_FALSE(files.content(path(2, ".index")));
  EXPECT_FALSE(files.content(path(2, ".timeindex")));
  EXPECT_FALSE(files.content(path(0, ".log.deleted")));
  EXPECT_FALSE(files.content(path(3, ".snapshot")));
  EXPECT_TRUE(files.content(std::string(kDir) + "notes.txt"));
}

TEST_F(LogRecovery, FinishedCompactionTakesItsPlaceAndUnfinishedOneGoes) {
  fill();
  ASSERT_TRUE(log->close());
  kill();
  // Segments 0 and 4 compacted into one, renamed to .swap; another compaction was under way at 8.
  BatchSpec spec{.count = 1, .text = "compacted"};
  spec.options.base_offset = 7;
  spec.options.leader_epoch = 0;
  const Buffer compacted = make_batch(spec);
  files.put(path(0, ".log.swap"), compacted);
  files.put(path(0, ".index.swap"), {});
  files.put(path(0, ".timeindex.swap"), {});
  files.put(path(8, ".log.cleaned"), as_bytes("half"));
  ASSERT_TRUE(open(kClean));
  EXPECT_EQ(bases(), (std::vector<std::int64_t>{0, 8, 12}));
  EXPECT_FALSE(files.content(path(8, ".log.cleaned")));
  EXPECT_EQ(files.content(path(0, ".log")), compacted);
  EXPECT_EQ(all_offsets(*log), (std::vector<std::int64_t>{7, 8, 9, 10, 11, 12}));
  const auto hole = log->read(2, 1000, true, ReadBound::kHighWatermark);
  ASSERT_TRUE(hole);
  const Buffer bytes = hole->records.to_buffer();
  EXPECT_EQ(split_all(bytes).front().base_offset(), 7);
}

TEST_F(LogRecovery, CorruptSnapshotGivesWayToAnOlderOneAndReplay) {
  fill();
  ASSERT_TRUE(log->close());
  kill();
  damage(path(13, ".snapshot"), 20);
  damage(path(12, ".snapshot"), 20);
  ASSERT_TRUE(open(kClean));
  EXPECT_EQ(log->producer(1)->last_sequence(), 12);
  EXPECT_FALSE(files.content(path(13, ".snapshot")));
}

TEST_F(LogRecovery, LostEpochsAreReadFromTheBatches) {
  ASSERT_TRUE(append(*log, make_batch({}), {}, 2));
  ASSERT_TRUE(log->roll());
  ASSERT_TRUE(append(*log, make_batch({}), {}, 5));
  ASSERT_TRUE(log->close());
  kill();
  files.put(std::string(kDir) + "leader-epoch-checkpoint", as_bytes("0\n7\nbroken"));
  ASSERT_TRUE(open(kClean));
  EXPECT_EQ(log->epochs(), (std::vector<EpochEntry>{{2, 0}, {5, 1}}));
}

TEST_F(LogRecovery, EpochsBeyondTheEndAndBelowTheStartAreDropped) {
  fill();
  ASSERT_TRUE(log->close());
  kill();
  files.put(std::string(kDir) + "leader-epoch-checkpoint", as_bytes("0\n4\n0 0\n1 3\n4 10\n9 13\n"));
  ASSERT_TRUE(open({.clean = true, .log_start_offset = 5}));
  EXPECT_EQ(log->epochs(), (std::vector<EpochEntry>{{1, 5}, {4, 10}}));
  EXPECT_EQ(log->log_start_offset(), 5);
}

TEST_F(LogRecovery, LogEndBelowItsStartOffsetBeginsAnewThere) {
  fill();
  kill();
  ASSERT_TRUE(open({.log_start_offset = 100}));
  EXPECT_EQ(log->log_start_offset(), 100);
  EXPECT_EQ(log->log_end_offset(), 100);
  EXPECT_TRUE(log->active_producers().empty());
  EXPECT_EQ(append(*log, make_batch({}))->first_offset, 100);
  EXPECT_EQ(bases(), (std::vector<std::int64_t>{100}));
}

TEST_F(LogRecovery, AbortedTransactionsAreFoundAgain) {
  AppendOptions coordinator;
  coordinator.origin = AppendOrigin::kCoordinator;
  ASSERT_TRUE(append(*log, data_batch(1, 0, 0, 1, true)));
  ASSERT_TRUE(append(*log, data_batch(2, 0, 0, 1, true)));
  ASSERT_TRUE(append(*log, marker_batch(1, 0, false), coordinator));
  const Buffer index = *files.content(path(0, ".txnindex"));
  kill();
  ASSERT_TRUE(files.remove_file(path(0, ".txnindex")));
  ASSERT_TRUE(open());
  EXPECT_EQ(files.content(path(0, ".txnindex")), index);
  EXPECT_EQ(log->last_stable_offset(), 1);
  ASSERT_TRUE(append(*log, marker_batch(2, 0, true), coordinator));
  EXPECT_EQ(log->last_stable_offset(), 4);
  EXPECT_EQ(log->read(0, 1 << 20, true, ReadBound::kLastStable)->aborted,
            (std::vector<AbortedTransaction>{{1, 0}}));
}

TEST_F(LogRecovery, MessageSetsOfOldFormatsAreRefused) {
  ASSERT_TRUE(append(*log, make_batch({})));
  kill();
  // Offset 0, 14 bytes, CRC, magic 0, attributes 0, no key, no value.
  Buffer bytes(26);
  bytes[11] = 14;
  std::fill(bytes.begin() + 18, bytes.end(), 0xff);
  store_be(bytes.data() + 12, static_cast<std::uint32_t>(::crc32_z(0, bytes.data() + 16, 10)));
  files.put(path(0, ".log"), bytes);
  const auto done = open();
  ASSERT_FALSE(done);
  EXPECT_EQ(done.error().code, StorageErrorCode::kUnsupportedFormat);
}

TEST_F(LogRecovery, GapAfterTheRecoveryPointEndsTheLogUnlessCompactionMadeIt) {
  fill();
  ASSERT_TRUE(log->close());
  kill();
  files.put(path(4, ".log"), {});
  ASSERT_TRUE(open(kClean));
  EXPECT_EQ(all_offsets(*log), (std::vector<std::int64_t>{0, 1, 2, 3, 8, 9, 10, 11, 12}));
  EXPECT_EQ(log->read(5, 1, true, ReadBound::kLogEnd)->next_offset, 10);
  kill();
  harness.config->cleanup_compact = true;
  ASSERT_TRUE(open());
  EXPECT_EQ(log->log_end_offset(), 13);
  kill();
  harness.config->cleanup_compact = false;
  ASSERT_TRUE(open({.recovery_point_known = false}));
  EXPECT_EQ(log->log_end_offset(), 13);
  kill();
  ASSERT_TRUE(open());
  EXPECT_EQ(log->log_end_offset(), 4);
}

TEST_F(LogRecovery, GarbageInPartitionMetadataAfterACrashIsReplaced) {
  kill();
  files.put("/data/topic-0/partition.metadata", as_bytes(""));
  ASSERT_TRUE(open());
  EXPECT_EQ(as_text(*files.content("/data/topic-0/partition.metadata")),
            "version: 0\ntopic_id: " + harness.topic_id.to_string());
}

TEST_F(LogRecovery, AnyByteFlippedGivesAPrefix) {
  for (int i = 0; i < 4; ++i) ASSERT_TRUE(append(*log, data_batch(1, 0, i * 2, 2)));
  const Buffer before = all_bytes(*log);
  kill();
  const std::size_t batch = before.size() / 4;
  for (std::size_t at = 0; at < before.size(); at += 3) {
    Buffer damaged = before;
    damaged[at] ^= 0x55;
    files.put(path(0, ".log"), damaged);
    for (const std::string& other : files.paths())
      if (other.ends_with(".snapshot") || other.ends_with("checkpoint")) {
        ASSERT_TRUE(files.remove_file(other));
      }
    const auto done = open();
    ASSERT_TRUE(done) << at;
    // The leader epoch and the offsets stand outside the CRC: such damage may go unseen.
    const Buffer after = *files.content(path(0, ".log"));
    EXPECT_EQ(after.size() % batch, 0u) << at;
    const std::size_t hit = at / batch, inside = at % batch;
    const bool unseen = inside < 8 || (inside >= 12 && inside < 16);
    if (!unseen) {
      EXPECT_EQ(after.size(), hit * batch) << at;
    }
    kill();
  }
}

// What a recovery makes of a directory: all bytes, producers, indexes and where it begins and ends.
struct Recovered {
  Buffer bytes;
  std::vector<SegmentInfo> segments;
  std::vector<EpochEntry> epochs;
  std::vector<ActiveProducer> producers;
  std::map<std::string, Buffer> files;
  bool operator==(const Recovered& other) const {
    const auto of = [](const Recovered& one) {
      std::vector<std::tuple<std::int64_t, std::int32_t, std::int32_t, std::int64_t>> all;
      for (const auto& producer : one.producers)
        all.emplace_back(producer.producer_id, producer.producer_epoch, producer.last_sequence,
                         producer.transaction_start_offset);
      std::sort(all.begin(), all.end());
      return all;
    };
    return bytes == other.bytes && epochs == other.epochs && files == other.files && of(*this) == of(other);
  }
};

class LogRecoveryThreads : public LogRecovery {
 protected:
  // Twelve small segments of two producers, one of them in transactions that end in later segments.
  void fill_many() {
    harness.config->segment_bytes = 600;
    AppendOptions coordinator;
    coordinator.origin = AppendOrigin::kCoordinator;
    for (int round = 0; round < 10; ++round) {
      const auto epoch = static_cast<std::int16_t>(round);
      for (int i = 0; i < 4; ++i)
        ASSERT_TRUE(append(*log, data_batch(1, 0, (round * 4 + i) * 2, 2), {}, round));
      ASSERT_TRUE(append(*log, data_batch(7, epoch, 0, 1, true), {}, round));
      if (round % 3 == 0) continue;
      ASSERT_TRUE(append(*log, marker_batch(7, epoch, round % 2 == 0), coordinator, round));
    }
    ASSERT_GT(log->segments().size(), 8u);
  }
  Recovered recover(const std::map<std::string, Buffer>& directory, int threads, std::size_t notes_bytes) {
    for (const std::string& path : files.paths())
      if (path.starts_with(kDir)) (void)files.remove_file(path);
    for (const auto& [path, content] : directory) files.put(path, content);
    EXPECT_TRUE(open({.recovery_threads = threads, .recovery_notes_bytes = notes_bytes}));
    Recovered recovered{all_bytes(*log), log->segments(), log->epochs(), log->active_producers(), {}};
    EXPECT_TRUE(log->close());
    for (const std::string& path : files.paths())
      if (path.starts_with(kDir)) recovered.files[path] = *files.content(path);
    log.reset();
    return recovered;
  }
};

TEST_F(LogRecoveryThreads, RecoverWhatOneDoesWhateverIsDamaged) {
  set_log_level(LogLevel::kOff);
  fill_many();
  kill();
  std::map<std::string, Buffer> whole;
  std::vector<std::string> logs;
  for (const std::string& path : files.paths()) {
    if (!path.starts_with(kDir)) continue;
    whole[path] = *files.content(path);
    if (path.ends_with(".log")) logs.push_back(path);
  }
  const auto random = seeded_random(5);
  for (int round = 0; round < 60 && !HasFailure(); ++round) {
    SCOPED_TRACE("round " + std::to_string(round));
    auto directory = whole;
    const std::string& hit = logs[static_cast<std::size_t>(random->below(logs.size()))];
    switch (round % 5) {
      case 0:  // a byte
        directory[hit][static_cast<std::size_t>(random->below(directory[hit].size()))] ^= 0x10;
        break;
      case 1:  // a torn end
        directory[hit].resize(static_cast<std::size_t>(random->below(directory[hit].size())));
        break;
      case 2:  // a segment that is gone
        directory.erase(hit);
        break;
      case 3:  // one that holds what another holds: it begins below the end of the one before
        directory[hit] = directory[logs[static_cast<std::size_t>(random->below(logs.size()))]];
        break;
      default:
        break;
    }
    const Recovered one = recover(directory, 1, 64 << 20);
    EXPECT_EQ(recover(directory, 4, 64 << 20), one);
    EXPECT_EQ(recover(directory, 4, 100), one);
  }
  set_log_level(LogLevel::kInfo);
}

}  // namespace
}  // namespace barnabas::storage
