#include "records/validation.h"

#include "common/random.h"
#include "records/batch_builder.h"
#include "records/tests/golden.h"

namespace barnabas::records {
namespace {

constexpr std::int64_t kNow = 1'700'000'000'000;

ValidationOptions options_now() {
  ValidationOptions options;
  options.topic = "orders";
  options.partition = 3;
  options.now_ms = kNow;
  return options;
}

// Three records with keys a, b, c at kNow, kNow + 20, kNow + 10.
Buffer three(BatchOptions options = {}) {
  BatchBuilder builder(options);
  builder.add(kNow, as_bytes("a"), as_bytes("1"));
  builder.add(kNow + 20, as_bytes("b"), as_bytes("2"));
  builder.add(kNow + 10, as_bytes("c"), as_bytes("3"));
  return builder.build();
}

Buffer three_in(Codec codec) {
  BatchOptions options;
  options.codec = codec;
  return three(options);
}

template <class T>
Buffer with(Buffer batch, std::size_t at, T value) {
  store_be(batch.data() + at, value);
  if (at >= position::kAttributes) seal_batch(batch);
  return batch;
}

// The error of a refusal, or nullopt when the payload was accepted.
std::optional<RecordError> verdict(const Buffer& payload, const ValidationOptions& options = options_now()) {
  const auto result = validate_produce(payload, options);
  if (!result) {
    EXPECT_FALSE(result.error().message.empty());
  }
  return result ? std::nullopt : std::optional(result.error().error);
}

TEST(Validation, AcceptsEveryCodecWithoutTouchingTheBytes) {
  for (Codec codec : {Codec::kNone, Codec::kGzip, Codec::kSnappy, Codec::kLz4, Codec::kZstd}) {
    const Buffer payload = three_in(codec);
    const auto result = validate_produce(payload, options_now());
    ASSERT_TRUE(result) << codec_name(codec);
    EXPECT_TRUE(result->rewritten.empty());
    EXPECT_EQ(result->batch.bytes().data(), payload.data());
    EXPECT_EQ(result->batch.size_in_bytes(), payload.size());
    EXPECT_EQ(result->max_timestamp, kNow + 20);
    EXPECT_EQ(result->offset_delta_of_max_timestamp, 1);
  }
}

TEST(Validation, AcceptsWhatKafkasProducerWrote) {
  for (const GoldenBatch& golden : kJavaBatches) {
    ValidationOptions options = options_now();
    const auto result = validate_produce(from_hex(golden.hex), options);
    ASSERT_TRUE(result) << codec_name(golden.codec);
    EXPECT_EQ(result->max_timestamp, kNow + 250);
  }
}

TEST(Validation, PayloadWithoutAWholeBatchIsInvalid) {
  const Buffer good = three();
  for (std::size_t size = 0; size < good.size(); ++size) {
    EXPECT_EQ(verdict(Buffer(good.begin(), good.begin() + static_cast<std::ptrdiff_t>(size))),
              RecordError::kInvalidRecord)
        << size;
  }
}

TEST(Validation, ImpossibleLengthsAndMagicsAreCorrupt) {
  for (std::int32_t length : {-1, INT32_MIN, 0, 13, 20, 48}) {
    EXPECT_EQ(verdict(with(three(), position::kLength, length)), RecordError::kCorruptMessage) << length;
  }
  for (int magic : {3, -1}) {
    EXPECT_EQ(verdict(with(three(), kMagicPosition, static_cast<std::int8_t>(magic))),
              RecordError::kCorruptMessage);
  }
}

TEST(Validation, LegacyMessageSetsAreRefusedByName) {
  for (int magic : {0, 1}) {
    Buffer old = with(three(), kMagicPosition, static_cast<std::int8_t>(magic));
    const auto result = validate_produce(old, options_now());
    ASSERT_FALSE(result);
    EXPECT_EQ(result.error().error, RecordError::kInvalidRecord);
    EXPECT_NE(result.error().message.find("magic"), std::string::npos);
  }
}

TEST(Validation, ExactlyOneBatchIsTaken) {
  Buffer two = three();
  const Buffer second = three();
  two.insert(two.end(), second.begin(), second.end());
  EXPECT_EQ(verdict(two), RecordError::kInvalidRecord);
  two.resize(two.size() - 1);  // half a batch behind the first is cut off silently
  const auto result = validate_produce(two, options_now());
  ASSERT_TRUE(result);
  EXPECT_EQ(result->batch.size_in_bytes(), second.size());
  two.resize(second.size());
  two.resize(second.size() + 30, 0);
  EXPECT_EQ(verdict(two), RecordError::kCorruptMessage);
}

TEST(Validation, BaseOffsetMustBeZero) {
  EXPECT_EQ(verdict(with(three(), position::kBaseOffset, std::int64_t{5})), RecordError::kInvalidRecord);
  EXPECT_EQ(verdict(with(three(), position::kBaseOffset, std::int64_t{-1})), RecordError::kInvalidRecord);
}

TEST(Validation, EveryFlippedBitBehindTheCrcIsCorrupt) {
  const Buffer good = three();
  for (std::size_t at = position::kCrc; at < good.size(); ++at) {
    Buffer bad = good;
    bad[at] ^= 0x10;
    EXPECT_EQ(verdict(bad), RecordError::kCorruptMessage) << at;
  }
}

TEST(Validation, SizeLimitHoldsForTheWholeBatch) {
  const Buffer payload = three();
  ValidationOptions options = options_now();
  options.max_message_bytes = static_cast<std::int32_t>(payload.size());
  EXPECT_EQ(verdict(payload, options), std::nullopt);
  --options.max_message_bytes;
  EXPECT_EQ(verdict(payload, options), RecordError::kMessageTooLarge);
  // The size is looked at before the CRC.
  Buffer corrupt = payload;
  corrupt.back() ^= 1;
  EXPECT_EQ(verdict(corrupt, options), RecordError::kMessageTooLarge);
}

TEST(Validation, CodecsNobodyKnowsAreUnknown) {
  for (int codec : {5, 6, 7}) {
    EXPECT_EQ(verdict(with(three(), position::kAttributes, static_cast<std::int16_t>(codec))),
              RecordError::kUnknown);
  }
}

TEST(Validation, ZstdNeedsProduceSeven) {
  ValidationOptions options = options_now();
  options.produce_version = 6;
  EXPECT_EQ(verdict(three_in(Codec::kZstd), options), RecordError::kUnsupportedCompressionType);
  EXPECT_EQ(verdict(three_in(Codec::kLz4), options), std::nullopt);
  options.produce_version = 7;
  EXPECT_EQ(verdict(three_in(Codec::kZstd), options), std::nullopt);
}

TEST(Validation, CountsAndOffsetsMustAgree) {
  for (std::int32_t last : {-1, INT32_MIN, 1, 3, INT32_MAX}) {
    EXPECT_EQ(verdict(with(three(), position::kLastOffsetDelta, last)), RecordError::kInvalidRecord) << last;
  }
  for (std::int32_t count : {-1, 0, 2, 4, INT32_MAX}) {
    EXPECT_EQ(verdict(with(three(), position::kCount, count)), RecordError::kInvalidRecord) << count;
    // Also when header and offsets lie in agreement.
    EXPECT_EQ(verdict(with(with(three(), position::kCount, count), position::kLastOffsetDelta,
                           static_cast<std::int32_t>(std::int64_t{count} - 1))),
              RecordError::kInvalidRecord)
        << count;
  }
}

TEST(Validation, InnerOffsetsCountUpFromZero) {
  for (Codec codec : {Codec::kNone, Codec::kGzip}) {
    BatchOptions made;
    made.codec = codec;
    BatchBuilder builder(made);
    builder.add_at(0, kNow, as_bytes("a"), std::nullopt);
    builder.add_at(2, kNow, as_bytes("b"), std::nullopt);
    const auto result = validate_produce(builder.build(1), options_now());
    ASSERT_FALSE(result);
    EXPECT_EQ(result.error().error, RecordError::kInvalidRecord);
    ASSERT_EQ(result.error().records.size(), 1u);
    EXPECT_EQ(result.error().records[0].batch_index, 1);
  }
}

TEST(Validation, ControlBatchesOfClientsAreRefused) {
  BatchOptions options;
  options.control = true;
  EXPECT_EQ(verdict(three(options)), RecordError::kInvalidRecord);
}

TEST(Validation, IdempotentBatchesNeedASequence) {
  BatchOptions options;
  options.producer_id = 9;
  options.producer_epoch = 0;
  EXPECT_EQ(verdict(three(options)), RecordError::kInvalidRecord);
  options.base_sequence = 0;
  EXPECT_EQ(verdict(three(options)), std::nullopt);
}

TEST(Validation, CompactedTopicsNameTheRecordsWithoutAKey) {
  for (Codec codec : {Codec::kNone, Codec::kLz4}) {
    BatchOptions made;
    made.codec = codec;
    BatchBuilder builder(made);
    builder.add(kNow, as_bytes("a"), std::nullopt);
    builder.add(kNow, std::nullopt, as_bytes("v"));
    builder.add(kNow, as_bytes(""), as_bytes("v"));
    builder.add(kNow, std::nullopt, std::nullopt);
    const Buffer payload = builder.build();
    EXPECT_EQ(verdict(payload), std::nullopt);
    ValidationOptions options = options_now();
    options.compacted = true;
    const auto result = validate_produce(payload, options);
    ASSERT_FALSE(result);
    EXPECT_EQ(result.error().error, RecordError::kInvalidRecord);
    ASSERT_EQ(result.error().records.size(), 2u);
    EXPECT_EQ(result.error().records[0].batch_index, 1);
    EXPECT_EQ(result.error().records[1].batch_index, 3);
    EXPECT_NE(result.error().message.find("orders-3"), std::string::npos);
  }
}

Buffer one_at(std::int64_t timestamp_ms) {
  BatchBuilder builder;
  builder.add(timestamp_ms, as_bytes("k"), std::nullopt);
  return builder.build();
}

TEST(Validation, TimestampsMustLieWithinTheLimits) {
  ValidationOptions options = options_now();
  options.timestamp_before_max_ms = 1000;
  options.timestamp_after_max_ms = 500;
  EXPECT_EQ(verdict(one_at(kNow - 1000), options), std::nullopt);
  EXPECT_EQ(verdict(one_at(kNow - 1001), options), RecordError::kInvalidTimestamp);
  EXPECT_EQ(verdict(one_at(kNow + 500), options), std::nullopt);
  EXPECT_EQ(verdict(one_at(kNow + 501), options), RecordError::kInvalidTimestamp);
  EXPECT_EQ(verdict(one_at(0), options), RecordError::kInvalidTimestamp);
  // No timestamp at all is fine, whatever the limits.
  EXPECT_EQ(verdict(one_at(kNoTimestamp), options), std::nullopt);
}

TEST(Validation, TimestampsBeyondAllReasonAreRefusedByDefault) {
  EXPECT_EQ(verdict(one_at(-2)), std::nullopt);
  EXPECT_EQ(verdict(one_at(INT64_MIN)), RecordError::kInvalidTimestamp);
  EXPECT_EQ(verdict(one_at(INT64_MAX)), RecordError::kInvalidTimestamp);
}

TEST(Validation, OneWrongTimestampNamesTheRefusal) {
  BatchBuilder builder;
  builder.add(kNow, std::nullopt, as_bytes("v"));
  builder.add(kNow + 7'200'000, as_bytes("k"), as_bytes("v"));
  ValidationOptions options = options_now();
  options.compacted = true;
  const auto result = validate_produce(builder.build(), options);
  ASSERT_FALSE(result);
  EXPECT_EQ(result.error().error, RecordError::kInvalidTimestamp);
  ASSERT_EQ(result.error().records.size(), 2u);
  EXPECT_EQ(result.error().records[0].error, RecordError::kInvalidRecord);
  EXPECT_EQ(result.error().records[1].error, RecordError::kInvalidTimestamp);
}

TEST(Validation, RefusedRecordsAreNamedUpToALimit) {
  BatchBuilder builder;
  for (int i = 0; i < 5000; ++i) builder.add(kNow, std::nullopt, std::nullopt);
  ValidationOptions options = options_now();
  options.compacted = true;
  const auto result = validate_produce(builder.build(), options);
  ASSERT_FALSE(result);
  EXPECT_EQ(result.error().records.size(), 1000u);
  EXPECT_NE(result.error().message.find("5000"), std::string::npos);
}

TEST(Validation, LogAppendTimeRewritesTheHeaderOnly) {
  for (Codec codec : {Codec::kNone, Codec::kZstd}) {
    const Buffer payload = three_in(codec);
    ValidationOptions options = options_now();
    options.timestamp_type = TimestampType::kLogAppendTime;
    options.now_ms = kNow + 5'000'000'000;
    const auto result = validate_produce(payload, options);
    ASSERT_TRUE(result);
    EXPECT_EQ(result->max_timestamp, options.now_ms);
    EXPECT_EQ(result->batch.timestamp_type(), TimestampType::kLogAppendTime);
    EXPECT_EQ(result->batch.max_timestamp(), options.now_ms);
    EXPECT_TRUE(result->batch.crc_is_valid());
    EXPECT_TRUE(std::ranges::equal(result->batch.records(), BatchView{ByteView(payload)}.records()));
    EXPECT_EQ(payload, three_in(codec)) << "the payload is never written to";
  }
}

TEST(Validation, ProducersMayNotClaimLogAppendTime) {
  BatchOptions made;
  made.timestamp_type = TimestampType::kLogAppendTime;
  made.log_append_time_ms = kNow;
  ValidationOptions options = options_now();
  options.timestamp_type = TimestampType::kLogAppendTime;
  EXPECT_EQ(verdict(three(made), options), RecordError::kInvalidTimestamp);
  // Under create time the claim is overruled.
  const auto result = validate_produce(three(made), options_now());
  ASSERT_TRUE(result);
  EXPECT_EQ(result->batch.timestamp_type(), TimestampType::kCreateTime);
  made.log_append_time_ms = kNoTimestamp;
  EXPECT_EQ(verdict(three(made)), RecordError::kInvalidTimestamp);
}

TEST(Validation, WrongMaximumTimestampIsCorrected) {
  const auto result =
      validate_produce(with(three(), position::kMaxTimestamp, std::int64_t{5}), options_now());
  ASSERT_TRUE(result);
  EXPECT_EQ(result->rewritten, three());
}

TEST(Validation, TopicCodecRecompresses) {
  for (Codec from : {Codec::kNone, Codec::kGzip, Codec::kLz4}) {
    for (Codec to : {Codec::kNone, Codec::kGzip, Codec::kSnappy, Codec::kLz4, Codec::kZstd}) {
      BatchOptions made;
      made.codec = from;
      made.producer_id = 12;
      made.producer_epoch = 1;
      made.base_sequence = 40;
      made.transactional = true;
      ValidationOptions options = options_now();
      options.compression.codec = to;
      auto result = validate_produce(three(made), options);
      ASSERT_TRUE(result);
      EXPECT_EQ(result->rewritten.empty(), from == to);
      EXPECT_EQ(result->max_timestamp, kNow + 20);
      made.codec = to;
      if (from != to) {
        EXPECT_EQ(result->rewritten, three(made));
      }
    }
  }
}

TEST(Validation, RecompressionKeepsLogAppendTimeAndTheLimit) {
  ValidationOptions options = options_now();
  options.compression.codec = Codec::kNone;
  options.timestamp_type = TimestampType::kLogAppendTime;
  const auto result = validate_produce(three_in(Codec::kGzip), options);
  ASSERT_TRUE(result);
  EXPECT_EQ(result->batch.timestamp_type(), TimestampType::kLogAppendTime);
  EXPECT_EQ(result->batch.max_timestamp(), kNow);
  EXPECT_FALSE(result->batch.is_compressed());

  const Buffer zeros(10'000, 0);
  BatchOptions made;
  made.codec = Codec::kGzip;
  BatchBuilder builder(made);
  builder.add(kNow, std::nullopt, ByteView(zeros));
  options.max_message_bytes = 5000;
  EXPECT_EQ(verdict(builder.build(), options), RecordError::kMessageTooLarge);
}

TEST(Validation, BombsAreRefusedAtTheLimits) {
  const Buffer zeros(4 << 20, 0);
  BatchOptions made;
  made.codec = Codec::kZstd;
  BatchBuilder builder(made);
  for (int i = 0; i < 4; ++i) builder.add(kNow, std::nullopt, ByteView(zeros));
  const Buffer bomb = builder.build();
  ValidationOptions options = options_now();
  EXPECT_EQ(verdict(bomb, options), std::nullopt);
  options.limits.max_batch_bytes = 10 << 20;
  EXPECT_EQ(verdict(bomb, options), RecordError::kMessageTooLarge);
  options.limits = {};
  options.limits.max_record_bytes = 10 << 20;
  options.compression.codec = Codec::kLz4;
  EXPECT_EQ(verdict(bomb, options), RecordError::kMessageTooLarge);
}

TEST(Validation, StreamsNoCodecCanReadAreUnknownErrors) {
  for (int codec = 1; codec <= 4; ++codec) {
    EXPECT_EQ(verdict(with(three(), position::kAttributes, static_cast<std::int16_t>(codec))),
              RecordError::kUnknown);
  }
}

TEST(Validation, SealedNonsenseIsRefusedOrWellFormed) {
  auto random = seeded_random(23);
  for (const GoldenBatch& golden : kJavaBatches) {
    const Buffer good = from_hex(golden.hex);
    for (int round = 0; round < 1500; ++round) {
      Buffer bad = good;
      const std::size_t from = position::kAttributes;
      bad[from + random->below(bad.size() - from)] = static_cast<std::uint8_t>(random->next());
      seal_batch(bad);
      const auto result = validate_produce(bad, options_now());
      if (!result) continue;
      EXPECT_TRUE(result->batch.crc_is_valid());
      BatchRecords walk(result->batch);
      std::int32_t seen = 0;
      while (walk.next()) ++seen;
      EXPECT_EQ(walk.fault(), RecordFault::kNone);
      EXPECT_EQ(seen, result->batch.count());
    }
  }
}

}  // namespace
}  // namespace barnabas::records
