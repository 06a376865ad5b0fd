#include "records/batch_builder.h"

#include "common/random.h"
#include "records/batch.h"
#include "records/record.h"
#include "records/tests/golden.h"

namespace barnabas::records {
namespace {

TEST(BatchBuilder, WritesTheBytesThatKafkaWrites) {
  BatchOptions options;
  options.producer_id = 4711;
  options.producer_epoch = 3;
  options.base_sequence = 17;
  options.transactional = true;
  options.leader_epoch = 5;
  BatchBuilder builder(options);
  const HeaderView headers[] = {{"h", as_bytes("x")}, {"null", std::nullopt}};
  builder.add(1700000000000, as_bytes("k1"), as_bytes("value one, value one, value one, value one"), headers);
  builder.add(1700000000250, std::nullopt, as_bytes("second"));
  builder.add(1699999999999, as_bytes("k3"), std::nullopt);
  EXPECT_EQ(builder.count(), 3);
  EXPECT_EQ(builder.uncompressed_size(), from_hex(kJavaBatches[0].hex).size());
  EXPECT_EQ(builder.build(), from_hex(kJavaBatches[0].hex));
  EXPECT_TRUE(builder.empty());
}

TEST(BatchBuilder, WritesKafkasCommitMarker) {
  BatchOptions options;
  options.base_offset = 60;
  options.leader_epoch = 3;
  options.producer_id = 1000;
  options.producer_epoch = 2;
  EXPECT_EQ(end_transaction_batch(options, 1700000000000, {true, 7}), from_hex(kCommitMarkerBatch));
  const Buffer abort = end_transaction_batch(options, 1700000000000, {false, 7});
  BatchRecords walk{BatchView{ByteView(abort)}};
  const RecordView* record = walk.next();
  ASSERT_NE(record, nullptr);
  EXPECT_FALSE(parse_end_transaction(*record)->committed);
}

TEST(BatchBuilder, WritesKafkasLeaderChange) {
  BatchOptions options;
  options.leader_epoch = 1;
  const Buffer value = from_hex("0000 00000001 02 00000001 00 02 00000001 00 00");
  EXPECT_EQ(control_batch(options, 1700000000000, control_type::kLeaderChange, value),
            from_hex(kLeaderChangeBatch));
}

TEST(BatchBuilder, WithoutRecordsGivesTheBatchThatCompactionKeeps) {
  BatchOptions options;
  options.base_offset = 100;
  options.codec = Codec::kLz4;
  const Buffer bytes = BatchBuilder(options).build(9);
  const BatchView batch{ByteView(bytes)};
  EXPECT_EQ(batch.length(), 49);
  EXPECT_EQ(batch.count(), 0);
  EXPECT_EQ(batch.last_offset(), 109);
  EXPECT_EQ(batch.base_timestamp(), -1);
  EXPECT_FALSE(batch.is_compressed());
  EXPECT_TRUE(batch.crc_is_valid());
  BatchRecords walk(batch);
  EXPECT_EQ(walk.next(), nullptr);
  EXPECT_EQ(walk.fault(), RecordFault::kNone);
}

TEST(BatchBuilder, DeleteHorizonReplacesTheBaseTimestamp) {
  BatchOptions options;
  options.delete_horizon_ms = 5000;
  BatchBuilder builder(options);
  builder.add_at(3, 4000, as_bytes("k"), std::nullopt);
  builder.add_at(7, 9000, as_bytes("l"), std::nullopt);
  const Buffer bytes = builder.build();
  const BatchView batch{ByteView(bytes)};
  EXPECT_TRUE(batch.has_delete_horizon());
  EXPECT_EQ(batch.base_timestamp(), 5000);
  EXPECT_EQ(batch.max_timestamp(), 9000);
  BatchRecords walk(batch);
  ASSERT_TRUE(walk.next());
  EXPECT_EQ(walk.timestamp(), 4000);
  EXPECT_EQ(walk.offset(), 3);
  ASSERT_TRUE(walk.next());
  EXPECT_EQ(walk.timestamp(), 9000);
  EXPECT_EQ(walk.offset(), 7);
}

TEST(BatchBuilder, LogAppendTimeIsTheMaximumTimestamp) {
  BatchOptions options;
  options.timestamp_type = TimestampType::kLogAppendTime;
  options.log_append_time_ms = 123456;
  BatchBuilder builder(options);
  builder.add(1, std::nullopt, as_bytes("v"));
  const Buffer bytes = builder.build();
  EXPECT_EQ(BatchView{ByteView(bytes)}.max_timestamp(), 123456);
  EXPECT_EQ(BatchView{ByteView(bytes)}.timestamp_type(), TimestampType::kLogAppendTime);
}

// What went in, in a form that outlives the reader's window.
struct Kept {
  std::int32_t offset_delta;
  std::int64_t timestamp;
  std::optional<Buffer> key, value;
  std::vector<std::pair<std::string, std::optional<Buffer>>> headers;
  bool operator==(const Kept&) const = default;
};

std::optional<ByteView> view_of(const std::optional<Buffer>& bytes) {
  return bytes ? std::optional<ByteView>(*bytes) : std::nullopt;
}
std::optional<Buffer> copy_of(const std::optional<ByteView>& bytes) {
  return bytes ? std::optional<Buffer>(Buffer(bytes->begin(), bytes->end())) : std::nullopt;
}

class Generator {
 public:
  explicit Generator(std::uint64_t seed) : random_(seeded_random(seed)) {}

  std::uint64_t below(std::uint64_t bound) { return random_->below(bound); }
  std::optional<Buffer> bytes() {
    const std::uint64_t kind = below(8);
    if (kind == 0) return std::nullopt;
    Buffer out(kind == 1 ? 0 : kind == 2 ? below(70'000) : below(200));
    const auto step = static_cast<std::uint8_t>(below(3));  // some compress well, some do not
    for (auto& byte : out) byte = step == 0 ? std::uint8_t{7} : static_cast<std::uint8_t>(random_->next());
    return out;
  }
  std::int64_t timestamp() {
    switch (below(6)) {
      case 0:
        return static_cast<std::int64_t>(random_->next());
      case 1:
        return INT64_MIN;
      case 2:
        return INT64_MAX;
      default:
        return 1'700'000'000'000 + static_cast<std::int64_t>(below(100'000));
    }
  }
  Kept record(std::int32_t offset_delta) {
    Kept kept{offset_delta, timestamp(), bytes(), bytes(), {}};
    for (std::uint64_t i = below(4); i > 0; --i)
      kept.headers.emplace_back(std::string(below(20), 'h'), bytes());
    return kept;
  }

 private:
  std::unique_ptr<Random> random_;
};

std::vector<Kept> read_all(const BatchView& batch) {
  std::vector<Kept> all;
  BatchRecords walk(batch);
  while (const RecordView* record = walk.next()) {
    Kept kept{record->offset_delta, walk.timestamp(), copy_of(record->key), copy_of(record->value), {}};
    record->headers.for_each([&](const HeaderView& header) {
      kept.headers.emplace_back(std::string(header.key), copy_of(header.value));
    });
    all.push_back(std::move(kept));
  }
  EXPECT_EQ(walk.fault(), RecordFault::kNone);
  return all;
}

TEST(BatchBuilder, WhatIsBuiltIsReadBack) {
  for (std::uint64_t seed = 1; seed <= 300; ++seed) {
    SCOPED_TRACE(seed);
    Generator generator(seed);
    BatchOptions options;
    options.codec = static_cast<Codec>(generator.below(5));
    options.base_offset = static_cast<std::int64_t>(generator.below(1ull << 40));
    BatchBuilder builder(options), copier(options);
    std::vector<Kept> in;
    std::int32_t offset = 0;
    for (std::uint64_t i = generator.below(20); i > 0; --i) {
      offset += static_cast<std::int32_t>(generator.below(3)) + 1;
      const Kept& kept = in.emplace_back(generator.record(offset));
      std::vector<HeaderView> headers;
      for (const auto& [key, value] : kept.headers) headers.push_back({key, view_of(value)});
      const std::size_t before = builder.uncompressed_size();
      builder.add_at(offset, kept.timestamp, view_of(kept.key), view_of(kept.value), headers);
      EXPECT_LE(builder.uncompressed_size() - before,
                BatchBuilder::record_bound(view_of(kept.key), view_of(kept.value), headers));
    }
    const Buffer bytes = builder.build();
    const BatchView batch{ByteView(bytes)};
    ASSERT_TRUE(batch.is_whole() && batch.crc_is_valid());
    EXPECT_EQ(read_all(batch), in);
    // A batch copied record by record is the same batch.
    BatchRecords walk(batch);
    while (const RecordView* record = walk.next())
      copier.add_copy(record->offset_delta, walk.timestamp(), *record);
    EXPECT_EQ(copier.build(), bytes);
  }
}

}  // namespace
}  // namespace barnabas::records
