#include "records/batch.h"

#include "common/random.h"
#include "records/batch_builder.h"
#include "records/tests/golden.h"

namespace barnabas::records {
namespace {

TEST(BatchView, ReadsEveryFieldOfABatchWrittenByKafka) {
  const Buffer bytes = from_hex(kCommitMarkerBatch);
  const BatchView batch{ByteView(bytes)};
  EXPECT_EQ(batch.base_offset(), 60);
  EXPECT_EQ(batch.last_offset(), 60);
  EXPECT_EQ(batch.next_offset(), 61);
  EXPECT_EQ(batch.length(), 66);
  EXPECT_EQ(batch.size_in_bytes(), 78u);
  EXPECT_EQ(batch.leader_epoch(), 3);
  EXPECT_EQ(batch.magic(), 2);
  EXPECT_EQ(batch.crc(), 0x809c88c4u);
  EXPECT_TRUE(batch.crc_is_valid());
  EXPECT_EQ(batch.codec(), Codec::kNone);
  EXPECT_TRUE(batch.is_transactional());
  EXPECT_TRUE(batch.is_control());
  EXPECT_FALSE(batch.has_delete_horizon());
  EXPECT_EQ(batch.timestamp_type(), TimestampType::kCreateTime);
  EXPECT_EQ(batch.base_timestamp(), 1700000000000);
  EXPECT_EQ(batch.max_timestamp(), 1700000000000);
  EXPECT_EQ(batch.producer_id(), 1000);
  EXPECT_EQ(batch.producer_epoch(), 2);
  EXPECT_EQ(batch.base_sequence(), -1);
  EXPECT_EQ(batch.last_sequence(), -1);
  EXPECT_EQ(batch.count(), 1);
}

TEST(BatchView, OverTheHeaderAloneKnowsTheSizeOfTheWhole) {
  const Buffer bytes = from_hex(kCommitMarkerBatch);
  const BatchView header{ByteView(bytes).first(kBatchHeaderBytes)};
  EXPECT_FALSE(header.is_whole());
  EXPECT_EQ(header.size_in_bytes(), bytes.size());
  EXPECT_EQ(header.base_offset(), 60);
}

TEST(BatchView, LastSequenceWrapsToZero) {
  BatchOptions options;
  options.producer_id = 1;
  options.base_sequence = INT32_MAX - 1;
  BatchBuilder builder(options);
  for (int i = 0; i < 4; ++i) builder.add(1, std::nullopt, std::nullopt);
  const Buffer bytes = builder.build();
  EXPECT_EQ(BatchView{ByteView(bytes)}.last_sequence(), 1);
}

TEST(BatchView, EveryFlippedBitBehindTheCrcIsNoticed) {
  const Buffer good = from_hex(kCommitMarkerBatch);
  for (std::size_t at = position::kCrc; at < good.size(); ++at) {
    for (int bit = 0; bit < 8; ++bit) {
      Buffer bad = good;
      bad[at] = static_cast<std::uint8_t>(bad[at] ^ 1 << bit);
      EXPECT_FALSE(BatchView{ByteView(bad)}.crc_is_valid()) << "byte " << at << " bit " << bit;
    }
  }
}

TEST(BatchPatch, OffsetAndLeaderEpochStandOutsideTheCrc) {
  Buffer bytes = from_hex(kCommitMarkerBatch);
  set_base_offset(bytes, 1'000'000'000'007);
  set_leader_epoch(bytes, 42);
  const BatchView batch{ByteView(bytes)};
  EXPECT_EQ(batch.base_offset(), 1'000'000'000'007);
  EXPECT_EQ(batch.leader_epoch(), 42);
  EXPECT_TRUE(batch.crc_is_valid());
}

TEST(BatchPatch, MaximumTimestampSetsTheTypeAndSealsAgain) {
  Buffer bytes = from_hex(kCommitMarkerBatch);
  set_max_timestamp(bytes, TimestampType::kLogAppendTime, 77);
  EXPECT_EQ(BatchView{ByteView(bytes)}.timestamp_type(), TimestampType::kLogAppendTime);
  EXPECT_EQ(BatchView{ByteView(bytes)}.max_timestamp(), 77);
  EXPECT_TRUE(BatchView{ByteView(bytes)}.crc_is_valid());
  set_max_timestamp(bytes, TimestampType::kCreateTime, 1700000000000);
  EXPECT_EQ(bytes, from_hex(kCommitMarkerBatch));
}

Buffer two_batches() {
  Buffer run = from_hex(kLeaderChangeBatch);
  const Buffer second = from_hex(kCommitMarkerBatch);
  run.insert(run.end(), second.begin(), second.end());
  return run;
}

TEST(BatchSplitter, GivesBatchesOneAfterTheOther) {
  const Buffer run = two_batches();
  BatchSplitter splitter{ByteView(run)};
  BatchView batch;
  ASSERT_EQ(splitter.next(batch), SplitOutcome::kBatch);
  EXPECT_EQ(batch.base_offset(), 0);
  EXPECT_EQ(splitter.position(), batch.size_in_bytes());
  ASSERT_EQ(splitter.next(batch), SplitOutcome::kBatch);
  EXPECT_EQ(batch.base_offset(), 60);
  EXPECT_EQ(splitter.next(batch), SplitOutcome::kEnd);
  EXPECT_EQ(splitter.position(), run.size());
}

TEST(BatchSplitter, CutAtEveryByteEndsAtTheLastWholeBatch) {
  const Buffer run = two_batches();
  const std::size_t first = from_hex(kLeaderChangeBatch).size();
  for (std::size_t size = 0; size < run.size(); ++size) {
    BatchSplitter splitter(ByteView(run).first(size));
    BatchView batch;
    SplitOutcome outcome = splitter.next(batch);
    if (outcome == SplitOutcome::kBatch) outcome = splitter.next(batch);
    const bool whole = size == 0 || size == first;
    EXPECT_EQ(outcome, whole ? SplitOutcome::kEnd : SplitOutcome::kTruncated) << size;
    EXPECT_EQ(splitter.position(), size < first ? 0 : first) << size;
    EXPECT_EQ(splitter.next(batch), outcome) << "stays where it stopped";
  }
}

TEST(BatchSplitter, RefusesLengthsNoBatchCanHave) {
  for (std::int32_t length : {-1, INT32_MIN, 0, 13, 14, 48}) {
    Buffer bytes = from_hex(kCommitMarkerBatch);
    store_be(bytes.data() + position::kLength, length);
    BatchSplitter splitter{ByteView(bytes)};
    BatchView batch;
    EXPECT_EQ(splitter.next(batch), SplitOutcome::kBadLength) << length;
    EXPECT_EQ(splitter.position(), 0u);
  }
  const Buffer bytes = from_hex(kCommitMarkerBatch);
  BatchView batch;
  EXPECT_EQ(BatchSplitter(ByteView(bytes), 65).next(batch), SplitOutcome::kBadLength);
  EXPECT_EQ(BatchSplitter(ByteView(bytes), 66).next(batch), SplitOutcome::kBatch);
}

TEST(BatchSplitter, NamesMagicsItCannotRead) {
  for (int magic : {3, 127, -1}) {
    Buffer bytes = from_hex(kCommitMarkerBatch);
    bytes[kMagicPosition] = static_cast<std::uint8_t>(magic);
    BatchSplitter splitter{ByteView(bytes)};
    BatchView batch;
    EXPECT_EQ(splitter.next(batch), SplitOutcome::kUnknownMagic);
    EXPECT_EQ(splitter.magic(), magic);
  }
}

TEST(BatchSplitter, PassesOverLegacyEntries) {
  // Offset, size 17: CRC, magic 1, attributes, timestamp... cut short as far as the splitter cares; then a
  // batch.
  Buffer run = from_hex("0000000000000009 00000011 deadbeef 00 00 ffffffff 00000003 616263");
  const std::size_t legacy = run.size();
  const Buffer modern = from_hex(kCommitMarkerBatch);
  run.insert(run.end(), modern.begin(), modern.end());
  BatchSplitter splitter{ByteView(run)};
  BatchView batch;
  EXPECT_EQ(splitter.next(batch), SplitOutcome::kLegacy);
  EXPECT_EQ(splitter.magic(), 0);
  EXPECT_EQ(splitter.position(), legacy);
  EXPECT_EQ(splitter.next(batch), SplitOutcome::kBatch);
}

TEST(BatchPeek, TellsTheSizeOfABatchThatIsNotThereYet) {
  const Buffer bytes = from_hex(kCommitMarkerBatch);
  const BatchPeek peek = peek_batch(ByteView(bytes).first(kBatchHeaderBytes));
  EXPECT_EQ(peek.outcome, SplitOutcome::kBatch);
  EXPECT_EQ(peek.size, bytes.size());
}

TEST(BatchSplitter, RandomBytesNeverLeadOutOfTheRun) {
  auto random = seeded_random(7);
  for (int round = 0; round < 20'000; ++round) {
    Buffer run(random->below(200));
    for (auto& byte : run) byte = static_cast<std::uint8_t>(random->next());
    if (run.size() > 20) {
      store_be(run.data() + position::kLength, static_cast<std::int32_t>(random->below(250)));
      run[kMagicPosition] = static_cast<std::uint8_t>(random->below(4));
    }
    BatchSplitter splitter{ByteView(run)};
    BatchView batch;
    SplitOutcome outcome;
    do {
      outcome = splitter.next(batch);
    } while (outcome == SplitOutcome::kBatch || outcome == SplitOutcome::kLegacy);
    EXPECT_LE(splitter.position(), run.size());
    EXPECT_EQ(outcome == SplitOutcome::kEnd, splitter.position() == run.size());
  }
}

}  // namespace
}  // namespace barnabas::records
