#include "records/record.h"

#include "common/random.h"
#include "records/batch_builder.h"
#include "records/tests/golden.h"

namespace barnabas::records {
namespace {

std::string text_of(const std::optional<ByteView>& bytes) {
  return bytes ? std::string(as_text(*bytes)) : "(null)";
}

void expect_golden_records(const BatchView& batch) {
  BatchRecords walk(batch);
  const RecordView* record = walk.next();
  ASSERT_NE(record, nullptr);
  EXPECT_EQ(walk.offset(), 0);
  EXPECT_EQ(walk.timestamp(), 1700000000000);
  EXPECT_EQ(text_of(record->key), "k1");
  EXPECT_EQ(text_of(record->value), "value one, value one, value one, value one");
  std::vector<std::string> headers;
  record->headers.for_each([&](const HeaderView& header) {
    headers.push_back(std::string(header.key) + "=" + text_of(header.value));
  });
  EXPECT_EQ(headers, (std::vector<std::string>{"h=x", "null=(null)"}));
  record = walk.next();
  ASSERT_NE(record, nullptr);
  EXPECT_EQ(walk.offset(), 1);
  EXPECT_EQ(walk.timestamp(), 1700000000250);
  EXPECT_EQ(record->key, std::nullopt);
  EXPECT_EQ(text_of(record->value), "second");
  EXPECT_TRUE(record->headers.empty());
  record = walk.next();
  ASSERT_NE(record, nullptr);
  EXPECT_EQ(walk.timestamp(), 1699999999999);
  EXPECT_EQ(text_of(record->key), "k3");
  EXPECT_EQ(record->value, std::nullopt);
  EXPECT_EQ(walk.next(), nullptr);
  EXPECT_EQ(walk.fault(), RecordFault::kNone);
  EXPECT_EQ(walk.next(), nullptr);
}

TEST(BatchRecords, ReadsWhatKafkaWroteInEveryCodec) {
  for (const GoldenBatch& golden : kJavaBatches) {
    SCOPED_TRACE(codec_name(golden.codec));
    const Buffer bytes = from_hex(golden.hex);
    const BatchView batch{ByteView(bytes)};
    ASSERT_TRUE(batch.crc_is_valid());
    EXPECT_EQ(batch.codec(), golden.codec);
    EXPECT_EQ(batch.producer_id(), 4711);
    EXPECT_EQ(batch.base_sequence(), 17);
    expect_golden_records(batch);
  }
}

TEST(BatchRecords, LogAppendTimeHoldsForEveryRecord) {
  Buffer bytes = from_hex(kJavaBatches[0].hex);
  set_max_timestamp(bytes, TimestampType::kLogAppendTime, 99);
  BatchRecords walk{BatchView{ByteView(bytes)}};
  int seen = 0;
  for (; walk.next(); ++seen) EXPECT_EQ(walk.timestamp(), 99);
  EXPECT_EQ(seen, 3);
}

RecordFault walk_to_the_end(const BatchView& batch, const RecordLimits& limits = {}) {
  BatchRecords walk(batch, limits);
  while (const RecordView* record = walk.next()) {
    record->headers.for_each([](const HeaderView& header) { ASSERT_LT(header.key.size(), 10'000'000u); });
  }
  return walk.fault();
}

TEST(BatchRecords, SectionCutAtEveryByteIsAFault) {
  for (const GoldenBatch& golden : kJavaBatches) {
    const Buffer whole = from_hex(golden.hex);
    for (std::size_t size = kBatchHeaderBytes; size < whole.size(); ++size) {
      Buffer cut(whole.begin(), whole.begin() + static_cast<std::ptrdiff_t>(size));
      store_be(cut.data() + position::kLength, static_cast<std::int32_t>(size - kLogOverheadBytes));
      EXPECT_NE(walk_to_the_end(BatchView{ByteView(cut)}), RecordFault::kNone)
          << codec_name(golden.codec) << " cut to " << size;
    }
  }
}

TEST(BatchRecords, CountsThatLieAreFaults) {
  for (const GoldenBatch& golden : kJavaBatches) {
    Buffer bytes = from_hex(golden.hex);
    for (std::int32_t count : {4, 1000, INT32_MAX}) {
      store_be(bytes.data() + position::kCount, count);
      EXPECT_EQ(walk_to_the_end(BatchView{ByteView(bytes)}), RecordFault::kTooFew)
          << codec_name(golden.codec);
    }
    for (std::int32_t count : {-1, INT32_MIN, 2}) {
      store_be(bytes.data() + position::kCount, count);
      EXPECT_EQ(walk_to_the_end(BatchView{ByteView(bytes)}), RecordFault::kMalformed)
          << codec_name(golden.codec) << count;
    }
  }
}

TEST(BatchRecords, UnknownCodecIsAFault) {
  Buffer bytes = from_hex(kJavaBatches[0].hex);
  for (int codec : {5, 6, 7}) {
    bytes[position::kAttributes + 1] = static_cast<std::uint8_t>(codec);
    EXPECT_EQ(walk_to_the_end(BatchView{ByteView(bytes)}), RecordFault::kUnknownCodec);
  }
}

// A batch around one hand-made record section.
Buffer around(std::string_view hex, std::int32_t count = 1) {
  Buffer bytes = BatchBuilder().build();
  const Buffer section = from_hex(hex);
  bytes.insert(bytes.end(), section.begin(), section.end());
  store_be(bytes.data() + position::kLength, static_cast<std::int32_t>(bytes.size() - kLogOverheadBytes));
  store_be(bytes.data() + position::kCount, count);
  seal_batch(bytes);
  return bytes;
}

TEST(BatchRecords, RefusesLengthsThatDoNotFit) {
  EXPECT_EQ(walk_to_the_end(BatchView(around("0c 00 00 00 01 01 00"))), RecordFault::kNone);
  for (const char* bad : {
           "0e 00 00 00 01 01 00",                     // record longer than the section
           "0a 00 00 00 01 01 00",                     // record shorter than its fields
           "0e 00 00 00 01 01 00 00",                  // a byte nobody owns inside the record
           "0c 00 00 00 01 01 00 00",                  // and behind it
           "00",                                       // no body
           "01 00 00 00 01 01 00",                     // negative length
           "0c 00 00 00 06 01 00",                     // key longer than the record
           "0c 00 00 00 01 fe 00",                     // unterminated value length
           "0c 00 00 00 01 01 02",                     // a header that is not there
           "0c 00 00 00 01 01 01",                     // negative header count
           "16 00 00 00 01 01 feffffff0f 00",          // two thousand million headers
           "10 00 00 00 01 01 02 01 01",               // header with a null key
           "14 00 00 00 01 01 02 02 61 04",            // header value cut off
           "feffffffffff01 00 00 00 01 01 00",         // varint of seven bytes
           "20 00 ffffffffffffffffffff01 00 01 01 00"  // varlong of eleven
       }) {
    EXPECT_NE(walk_to_the_end(BatchView(around(bad))), RecordFault::kNone) << bad;
  }
}

TEST(BatchRecords, RandomDamageIsReadOrReportedButNeverWorse) {
  auto random = seeded_random(11);
  for (const GoldenBatch& golden : kJavaBatches) {
    const Buffer good = from_hex(golden.hex);
    for (int round = 0; round < 4000; ++round) {
      Buffer bad = good;
      for (std::uint64_t i = 0; i <= random->below(4); ++i) {
        bad[kBatchHeaderBytes + random->below(bad.size() - kBatchHeaderBytes)] =
            static_cast<std::uint8_t>(random->next());
      }
      EXPECT_LE(walk_to_the_end(BatchView{ByteView(bad)}), RecordFault::kUnknownCodec);
    }
  }
}

TEST(BatchRecords, BombsStopAtTheLimits) {
  const Buffer zeros(8 << 20, 0);
  for (Codec codec : {Codec::kGzip, Codec::kSnappy, Codec::kLz4, Codec::kZstd}) {
    BatchOptions options;
    options.codec = codec;
    BatchBuilder builder(options);
    for (int i = 0; i < 4; ++i) builder.add(1, std::nullopt, ByteView(zeros).first(2 << 20));
    const Buffer bytes = builder.build();
    const BatchView batch{ByteView(bytes)};
    EXPECT_EQ(walk_to_the_end(batch), RecordFault::kNone) << codec_name(codec);
    RecordLimits limits;
    limits.max_batch_bytes = 6 << 20;
    EXPECT_EQ(walk_to_the_end(batch, limits), RecordFault::kTooLarge) << codec_name(codec);
    limits = {};
    limits.max_record_bytes = 2 << 20;
    EXPECT_EQ(walk_to_the_end(batch, limits), RecordFault::kTooLarge) << codec_name(codec);
  }
}

TEST(ControlRecords, AreReadFromKafkasBatches) {
  const Buffer leader_change = from_hex(kLeaderChangeBatch);
  BatchRecords walk{BatchView{ByteView(leader_change)}};
  const RecordView* record = walk.next();
  ASSERT_TRUE(record && record->key);
  const auto key = parse_control_key(*record->key);
  ASSERT_TRUE(key);
  EXPECT_EQ(key->type, control_type::kLeaderChange);
  EXPECT_EQ(key->version, 0);
  EXPECT_EQ(parse_end_transaction(*record), std::nullopt);

  const Buffer marker_bytes = from_hex(kCommitMarkerBatch);
  BatchRecords markers{BatchView{ByteView(marker_bytes)}};
  record = markers.next();
  ASSERT_NE(record, nullptr);
  const auto marker = parse_end_transaction(*record);
  ASSERT_TRUE(marker);
  EXPECT_TRUE(marker->committed);
  EXPECT_EQ(marker->coordinator_epoch, 7);
  EXPECT_EQ(parse_control_key(from_hex("000000")), std::nullopt);
  EXPECT_EQ(parse_control_key(from_hex("ffff0000")), std::nullopt);
}

}  // namespace
}  // namespace barnabas::records
