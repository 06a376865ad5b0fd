// The bytes of every kind of file, as Apache Kafka 4.3.1 writes them.
#include "storage/checkpoint_text.h"
#include "storage/index_file.h"
#include "storage/leader_epoch_cache.h"
#include "storage/log_directory.h"
#include "storage/partition_metadata.h"
#include "storage/producer_state.h"
#include "storage/segment.h"
#include "storage/tests/support.h"
#include "storage/transaction_index.h"

namespace barnabas::storage {
namespace {

std::string hex(ByteView bytes) {
  constexpr std::string_view kDigits = "0123456789abcdef";
  std::string text;
  for (const auto byte : bytes) {
    text += kDigits[byte >> 4];
    text += kDigits[byte & 15];
  }
  return text;
}

Buffer unhex(std::string_view text) {
  Buffer bytes;
  std::string digits;
  for (const char digit : text)
    if (digit != ' ') digits += digit;
  for (std::size_t i = 0; i + 1 < digits.size(); i += 2)
    bytes.push_back(static_cast<std::uint8_t>(std::stoi(digits.substr(i, 2), nullptr, 16)));
  return bytes;
}

class SegmentFiles : public ::testing::Test {
 protected:
  SegmentFiles() { EXPECT_TRUE(make_directories(files, "/p")); }
  SimulatedFileSystem files;
  FileCache cache{files, 10};
  Segment segment{files, cache, std::make_shared<const std::string>("/p"), 50, 4096, 0};
};

TEST_F(SegmentFiles, OffsetAndTimeIndexHaveKafkasBytes) {
  segment.start_empty();
  // A batch gets an entry when more than 4096 bytes lie before its start.
  ASSERT_TRUE(segment.note_batch(0, 4100, 54, 1'600'000'000'000));
  ASSERT_TRUE(segment.note_batch(4100, 2000, 55, 1'700'000'000'000));
  ASSERT_TRUE(segment.note_batch(6100, 2200, 60, 1'700'000'000'001));
  ASSERT_TRUE(segment.note_batch(8300, 100, 61, 1'700'000'000'000));
  ASSERT_TRUE(segment.store_indexes());
  EXPECT_EQ(hex(*files.content("/p/00000000000000000050.index")), "00000005000010040000000b0000206c");
  // The entry keyed by the batch that first had the largest timestamp.
  EXPECT_EQ(hex(*files.content("/p/00000000000000000050.timeindex")),
            "0000018bcfe56800000000050000018bcfe568010000000a");
}

TEST_F(SegmentFiles, EqualTimestampsAddNoTimeEntry) {
  segment.start_empty();
  for (int i = 0; i < 5; ++i) ASSERT_TRUE(segment.note_batch(i * 5000, 5000, 50 + i, 1'700'000'000'000));
  ASSERT_TRUE(segment.store_indexes());
  EXPECT_EQ(files.content("/p/00000000000000000050.index")->size(), 4 * 8u);
  EXPECT_EQ(files.content("/p/00000000000000000050.timeindex")->size(), 12u);
}

TEST_F(SegmentFiles, BatchesWithoutTimestampLeaveTheTimeIndexEmpty) {
  segment.start_empty();
  for (int i = 0; i < 3; ++i) ASSERT_TRUE(segment.note_batch(i * 5000, 5000, 50 + i, -1));
  ASSERT_TRUE(segment.store_indexes());
  EXPECT_EQ(files.content("/p/00000000000000000050.timeindex")->size(), 0u);
}

TEST_F(SegmentFiles, TransactionIndexHasKafkasBytes) {
  segment.start_empty();
  ASSERT_TRUE(segment.note_aborted({1000, 52, 58, 59}));
  EXPECT_EQ(hex(*files.content("/p/00000000000000000050.txnindex")),
            "000000000000000003e80000000000000034000000000000003a000000000000003b");
}

TEST_F(SegmentFiles, TransactionIndexPassesOverAnIncompleteLastEntry) {
  files.put("/p/00000000000000000050.txnindex",
            unhex("0000 00000000000003e8 0000000000000034 000000000000003a 000000000000003b 0000 00"));
  const auto entries = segment.aborted();
  ASSERT_TRUE(entries);
  ASSERT_EQ(entries->size(), 1u);
  EXPECT_EQ(entries->front(), (AbortedEntry{1000, 52, 58, 59}));
}

TEST_F(SegmentFiles, TransactionIndexRefusesAnUnknownVersion) {
  files.put("/p/00000000000000000050.txnindex",
            unhex("0001 00000000000003e8 0000000000000034 000000000000003a 000000000000003b"));
  EXPECT_FALSE(segment.aborted());
}

TEST(IndexFile, LooksUpInTheFileAndInMemoryAlike) {
  SimulatedFileSystem files;
  FileCache cache(files, 10);
  IndexFile<OffsetEntry> index(cache);
  index.start_empty();
  constexpr int kEntries = 3000;  // several blocks
  for (int i = 0; i < kEntries; ++i) {
    index.append({10 * i, 100 * i});
    if (i == 1000 || i == 2500) {
      ASSERT_TRUE(index.store("/x"));
    }
  }
  for (int target = -5; target < 10 * kEntries + 20; target += 7) {
    const auto entry =
        index.last_while("/x", [&](const OffsetEntry& at) { return at.relative_offset <= target; });
    ASSERT_TRUE(entry);
    if (target < 0) {
      EXPECT_FALSE(*entry);
    } else {
      ASSERT_TRUE(*entry);
      EXPECT_EQ((*entry)->relative_offset, std::min(target / 10, kEntries - 1) * 10);
    }
  }
}

TEST(IndexFile, TruncatesInTheFileAndInMemory) {
  SimulatedFileSystem files;
  FileCache cache(files, 10);
  IndexFile<TimeEntry> index(cache);
  index.start_empty();
  for (int i = 0; i < 10; ++i) index.append({i, i});
  ASSERT_TRUE(index.store("/x"));
  for (int i = 10; i < 20; ++i) index.append({i, i});
  ASSERT_TRUE(index.truncate("/x", 15));
  EXPECT_EQ(index.size(), 15);
  ASSERT_TRUE(index.truncate("/x", 4));
  EXPECT_EQ(index.size(), 4);
  EXPECT_EQ(files.content("/x")->size(), 48u);
}

TEST(ProducerSnapshot, HasKafkasBytes) {
  const Buffer golden = unhex(
      "0001 4983ee0d 00000001 00000000000003e8 0002 00000009 0000000000000033 00000009 0000018bcfe56800 "
      "00000007 "
      "000000000000002a");
  ProducerState state;
  ASSERT_TRUE(state.load_snapshot(golden, 1'700'000'000'000, 86'400'000));
  const ProducerEntry* entry = state.find(1000);
  ASSERT_NE(entry, nullptr);
  EXPECT_EQ(entry->epoch, 2);
  EXPECT_EQ(entry->last_sequence(), 9);
  EXPECT_EQ(entry->last_batch().last_offset, 51);
  EXPECT_EQ(entry->last_batch().first_offset(), 42);
  EXPECT_EQ(entry->coordinator_epoch, 7);
  EXPECT_EQ(entry->transaction_first_offset, 42);
  EXPECT_EQ(state.first_unstable_offset(), 42);
  EXPECT_EQ(hex(state.to_snapshot()), hex(golden));
  EXPECT_EQ(hex(ProducerState().to_snapshot()), "000148674bc700000000");
}

TEST(ProducerSnapshot, RefusesDamage) {
  const Buffer golden = unhex(
      "0001 4983ee0d 00000001 00000000000003e8 0002 00000009 0000000000000033 00000009 0000018bcfe56800 "
      "00000007 "
      "000000000000002a");
  ProducerState state;
  for (std::size_t i = 0; i < golden.size(); ++i) {
    Buffer damaged = golden;
    damaged[i] ^= 0x40;
    EXPECT_FALSE(state.load_snapshot(damaged, 0, 1)) << "byte " << i;
    EXPECT_FALSE(state.load_snapshot(ByteView(golden).first(i), 0, 1)) << "length " << i;
  }
}

TEST(PartitionMetadata, HasKafkasBytes) {
  const auto id = Uuid::parse("ISIjJCUmJygxMjM0NTY3OA");
  ASSERT_TRUE(id);
  EXPECT_EQ(partition_metadata_text(*id), "version: 0\ntopic_id: ISIjJCUmJygxMjM0NTY3OA");
  EXPECT_EQ(parse_partition_metadata("version: 0\ntopic_id: ISIjJCUmJygxMjM0NTY3OA\n").value(), *id);
  EXPECT_EQ(parse_partition_metadata("version: 3\ntopic_id:  ISIjJCUmJygxMjM0NTY3OA").value(), *id);
}

TEST(PartitionMetadata, RefusesOtherTexts) {
  for (const std::string_view text :
       {"", "version: 0", "version: 0\n", "version: -1\ntopic_id: ISIjJCUmJygxMjM0NTY3OA",
        "version: 0\ntopic_id: AAAAAAAAAAAAAAAAAAAAAA", "version: 0\ntopic_id: short",
        "topic_id: x\nversion: 0"})
    EXPECT_FALSE(parse_partition_metadata(text)) << text;
}

TEST(OffsetCheckpoint, RoundTripsAndTakesAnEmptyFile) {
  const OffsetMap offsets{{{"a", 0}, 5}, {{"b.c_d-e", 12}, 9'000'000'000}};
  EXPECT_EQ(parse_offsets(offsets_text(offsets)).value(), offsets);
  EXPECT_EQ(offsets_text({{{"t", 3}, 7}}), "0\n1\nt 3 7\n");
  EXPECT_TRUE(parse_offsets("").value().empty());
  EXPECT_TRUE(parse_offsets("0\n0\n").value().empty());
}

TEST(OffsetCheckpoint, RefusesWrongCountsVersionsAndLines) {
  for (const std::string_view text : {"1\n0\n", "0\n", "0\n2\nt 0 1\n", "0\n0\nt 0 1\n", "0\n1\nt 0\n",
                                      "0\n1\nt x 1\n", "0\n1\nt 0 1 2\n", "x", "0\n-1\n"})
    EXPECT_FALSE(parse_offsets(text)) << text;
}

TEST(LeaderEpochs, HasKafkasText) {
  LeaderEpochCache cache;
  EXPECT_TRUE(cache.assign(0, 0));
  EXPECT_EQ(cache.to_text(), "0\n1\n0 0\n");
  // An epoch without data gives way to the next one.
  EXPECT_TRUE(cache.assign(1, 0));
  EXPECT_EQ(cache.to_text(), "0\n1\n1 0\n");
  EXPECT_TRUE(cache.assign(3, 100));
  EXPECT_FALSE(cache.assign(3, 150));
  EXPECT_EQ(LeaderEpochCache::parse(cache.to_text()).value().to_text(), "0\n2\n1 0\n3 100\n");
}

TEST(LeaderEpochs, AnswersEndOffsetsAsKafka) {
  LeaderEpochCache cache;
  cache.assign(2, 10);
  cache.assign(4, 20);
  cache.assign(7, 30);
  EXPECT_EQ(cache.end_offset_for(7, 45), (EpochEndOffset{7, 45}));
  EXPECT_EQ(cache.end_offset_for(8, 45), (EpochEndOffset{-1, -1}));
  EXPECT_EQ(cache.end_offset_for(1, 45), (EpochEndOffset{1, 10}));
  EXPECT_EQ(cache.end_offset_for(5, 45), (EpochEndOffset{4, 30}));
  EXPECT_EQ(cache.end_offset_for(4, 45), (EpochEndOffset{4, 30}));
  EXPECT_EQ(cache.end_offset_for(-1, 45), (EpochEndOffset{-1, -1}));
  EXPECT_EQ(LeaderEpochCache().end_offset_for(0, 45), (EpochEndOffset{-1, -1}));
  EXPECT_EQ(cache.epoch_of(9), std::nullopt);
  EXPECT_EQ(cache.epoch_of(29), 4);
}

TEST(LeaderEpochs, TruncatesFromBothEnds) {
  LeaderEpochCache cache;
  cache.assign(2, 10);
  cache.assign(4, 20);
  cache.assign(7, 30);
  EXPECT_TRUE(cache.truncate_from_start(25));
  EXPECT_EQ(cache.to_text(), "0\n2\n4 25\n7 30\n");
  EXPECT_FALSE(cache.truncate_from_start(25));
  EXPECT_TRUE(cache.truncate_from_end(30));
  EXPECT_EQ(cache.to_text(), "0\n1\n4 25\n");
  EXPECT_FALSE(cache.truncate_from_end(26));
}

TEST(LogDirectoryFiles, MetaPropertiesAreReadAsJavaWritesThem) {
  SimulatedFileSystem files;
  files.put("/d/meta.properties",
            as_bytes("#\n#Mon Nov 23 18:00:00 UTC 2026\nnode.id=1\ndirectory.id=ISIjJCUmJygxMjM0NTY3OA\n"
                     "version=1\ncluster.id=a\\:b c\n"));
  LogDirectory directory(files, "/d");
  const auto identity = directory.read_identity();
  ASSERT_TRUE(identity && *identity);
  EXPECT_EQ((*identity)->cluster_id, "a:b c");
  EXPECT_EQ((*identity)->node_id, 1);
  EXPECT_EQ((*identity)->directory_id, Uuid::parse("ISIjJCUmJygxMjM0NTY3OA"));
}

TEST(LogDirectoryFiles, MetaPropertiesOfVersionZeroNameTheBroker) {
  SimulatedFileSystem files;
  files.put("/d/meta.properties", as_bytes("version=0\nbroker.id=3\ncluster.id=c\n"));
  LogDirectory directory(files, "/d");
  const auto identity = directory.read_identity();
  ASSERT_TRUE(identity && *identity);
  EXPECT_EQ((*identity)->node_id, 3);
  EXPECT_FALSE((*identity)->directory_id);
  const auto random = seeded_random(1);
  ASSERT_TRUE(directory.complete_identity(*identity, "c", 3, *random));
  const auto again = directory.read_identity();
  ASSERT_TRUE(again && *again);
  EXPECT_EQ((*again)->directory_id, directory.id());
}

TEST(LogDirectoryFiles, ReservedDirectoryIdsAreRefused) {
  SimulatedFileSystem files;
  files.put("/d/meta.properties",
            as_bytes("version=1\nnode.id=3\ncluster.id=c\ndirectory.id=AAAAAAAAAAAAAAAAAAAAAQ\n"));
  EXPECT_FALSE(LogDirectory(files, "/d").read_identity());
}

TEST(LogDirectoryFiles, CleanShutdownFileIsKafkasAndReadOnce) {
  SimulatedFileSystem files;
  ASSERT_TRUE(make_directories(files, "/d"));
  LogDirectory directory(files, "/d");
  ASSERT_TRUE(directory.write_clean_shutdown(42));
  EXPECT_EQ(as_text(*files.content("/d/.kafka_cleanshutdown")), R"({"version":0,"brokerEpoch":42})");
  EXPECT_TRUE(directory.take_clean_shutdown().value());
  EXPECT_EQ(directory.previous_broker_epoch(), 42);
  EXPECT_FALSE(directory.take_clean_shutdown().value());
  // Older releases left it empty.
  files.put("/d/.kafka_cleanshutdown", {});
  LogDirectory older(files, "/d");
  EXPECT_TRUE(older.take_clean_shutdown().value());
  EXPECT_FALSE(older.previous_broker_epoch());
}

}  // namespace
}  // namespace barnabas::storage
