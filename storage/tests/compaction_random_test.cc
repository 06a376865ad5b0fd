// The parts of a cleaning by themselves, and seeded random logs against a model.
#include <algorithm>

#include "storage/segment.h"
#include "storage/tests/compaction_support.h"

namespace barnabas::storage {
namespace {

TEST(KeyHash, IsSipHash128) {
  Buffer secret(16);
  for (std::size_t i = 0; i < 16; ++i) secret[i] = static_cast<std::uint8_t>(i);
  // The reference implementation's first vectors.
  const HashSecret known{0x0706050403020100ull, 0x0f0e0d0c0b0a0908ull};
  EXPECT_EQ(hash_key(known, {}), (KeyHash{0xe6a825ba047f81a3ull, 0x930255c71472f66dull}));
  EXPECT_EQ(hash_key(known, ByteView(secret).first(1)),
            (KeyHash{0x44af996bd8c187daull, 0x45fc229b11597634ull}));
  EXPECT_NE(hash_key(known, ByteView(secret).first(8)), hash_key(known, ByteView(secret).first(9)));
}

TEST(KeyOffsets, HoldsAsManyKeysAsItsMemoryAndKnowsThemAll) {
  for (const std::size_t budget : {std::size_t{240}, std::size_t{24'000}, std::size_t{3 << 20}}) {
    KeyOffsets keys(budget, 0.9, {1, 2});
    std::int64_t count = 0;
    while (keys.put(as_bytes(std::to_string(count)), count)) ++count;
    EXPECT_GE(count, static_cast<std::int64_t>(budget / 24 * 85 / 100)) << budget;
    EXPECT_LE(keys.memory_bytes(), budget);
    // A known key finds room.
    EXPECT_TRUE(keys.put(as_bytes("0"), count));
    EXPECT_EQ(keys.find(as_bytes("0")), count);
    for (std::int64_t i = 1; i < count; ++i) ASSERT_EQ(keys.find(as_bytes(std::to_string(i))), i);
    EXPECT_EQ(keys.find(as_bytes("absent")), std::nullopt);
    EXPECT_EQ(keys.latest_offset(), count);
  }
}

TEST(KeyOffsets, KnowsWhatWasReplacedByOffsetsAlone) {
  KeyOffsets keys(std::size_t{1} << 16, 0.9, {1, 2}, 1000);
  for (std::int64_t offset = 1000; offset < 1300; ++offset)
    if (offset % 10 != 0) {
      ASSERT_TRUE(keys.put(as_bytes(std::to_string(offset % 150)), offset));
    }
  const NotedOffsets& noted = keys.noted();
  for (std::int64_t offset = 990; offset < 1310; ++offset) {
    const bool put = offset >= 1000 && offset < 1300 && offset % 10 != 0;
    EXPECT_EQ(noted.is_noted(offset), put) << offset;
    EXPECT_EQ(noted.is_replaced(offset), put && offset < 1150) << offset;
  }
  EXPECT_TRUE(noted.all_replaced(1001, 1009, 9));
  EXPECT_TRUE(noted.all_replaced(1000, 1149, 135));
  EXPECT_FALSE(noted.all_replaced(1000, 1149, 136)) << "records without a key are no replaced ones";
  EXPECT_FALSE(noted.all_replaced(1141, 1151, 10)) << "the last one stays";
  EXPECT_FALSE(noted.all_replaced(990, 999, 0));
  EXPECT_FALSE(noted.all_replaced(990, 1009, 9));
  EXPECT_FALSE(noted.all_replaced(1290, 1400, 9));
}

TEST(KeyOffsets, WhatItKnowsOfOffsetsIsBounded) {
  KeyOffsets keys(1600, 0.9, {1, 2});
  for (const std::int64_t offset : {std::int64_t{5}, std::int64_t{1} << 40})
    ASSERT_TRUE(keys.put(as_bytes("key"), offset));
  EXPECT_LE(keys.noted().memory_bytes(), 200u);
  EXPECT_TRUE(keys.noted().is_replaced(5));
  EXPECT_FALSE(keys.noted().is_noted(std::int64_t{1} << 40));
  EXPECT_EQ(keys.find(as_bytes("key")), std::int64_t{1} << 40);
}

TEST(KeyOffsets, FewKeysTakeLittleMemory) {
  KeyOffsets keys(std::size_t{128} << 20, 0.9, {1, 2});
  for (std::int64_t i = 0; i < 1000; ++i) ASSERT_TRUE(keys.put(as_bytes(std::to_string(i)), i));
  EXPECT_LE(keys.memory_bytes(), std::size_t{1} << 20);
}

// Appends, rolls, cleanings with few or many keys of memory, restarts; the last value of every key is always
// the model's, and a deleted key is never seen with a value again.
class RandomCompaction : public ::testing::TestWithParam<std::uint64_t> {};

TEST_P(RandomCompaction, AgreesWithAMap) {
  SCOPED_TRACE("seed " + std::to_string(GetParam()));
  const auto random = seeded_random(GetParam());
  SimulatedFileSystem files(GetParam());
  LogHarness harness(files);
  harness.config->cleanup_compact = true;
  harness.config->cleanup_delete = false;
  harness.config->segment_bytes = 4000;
  harness.config->index_interval_bytes = 300;
  harness.config->delete_retention_ms = 50;
  harness.config->file_delete_delay_ms = 0;
  auto log = harness.open({.is_new = true}).value();
  std::map<std::string, std::optional<std::string>> model;
  std::int64_t first_dirty = 0, now = 1'700'000'000'000;
  const auto compare = [&] {
    for (const auto& [key, value] : last_values(*log)) {
      ASSERT_TRUE(model.contains(key));
      ASSERT_EQ(value, model.at(key)) << key;
    }
    const auto last = last_values(*log);
    for (const auto& [key, value] : model)
      if (value) {
        ASSERT_TRUE(last.contains(key)) << key;
      }
  };
  for (int step = 0; step < 300 && !HasFatalFailure(); ++step) {
    now += static_cast<std::int64_t>(random->below(10));
    if (random->below(8) != 0) {
      std::vector<KeyValue> batch;
      for (std::uint64_t i = 0; i <= random->below(8); ++i) {
        const std::string key = "key-" + std::to_string(random->below(40));
        std::optional<std::string> value;
        if (random->below(4) != 0) value = std::to_string(step) + std::string(random->below(60), 'v');
        batch.push_back({key, value, now});
        model[key] = value;
      }
      records::BatchOptions options;
      options.codec = static_cast<records::Codec>(random->below(5));
      ASSERT_TRUE(append(*log, keyed_batch(batch, options)));
      continue;
    }
    if (random->below(2) == 0) {
      ASSERT_TRUE(log->roll());
    }
    const auto report = compact(*log, {.first_dirty = first_dirty,
                                       .now_ms = now,
                                       .key_bytes = random->below(2) == 0 ? 20 * 24u : 1u << 20,
                                       .io_bytes = 100 + random->below(5000)});
    ASSERT_TRUE(report) << report.error().to_string();
    first_dirty = report->end;
    compare();
    if (random->below(4) == 0) {
      ASSERT_TRUE(log->close());
      log = harness.open({.clean = true}).value();
      log->set_high_watermark(log->log_end_offset());
      compare();
    }
    harness.deletions.run(files, harness.clock.monotonic_ms());
  }
  // Look-ups agree with a walk over everything.
  for (const StoredRecord& record : stored_records(*log)) {
    const auto read = log->read(record.offset, 1, true, ReadBound::kLogEnd);
    ASSERT_TRUE(read);
    const Buffer bytes = read->records.to_buffer();
    EXPECT_LE(split_all(bytes).front().base_offset(), record.offset);
    EXPECT_GE(split_all(bytes).front().last_offset(), record.offset);
  }
}

INSTANTIATE_TEST_SUITE_P(Seeds, RandomCompaction, ::testing::Range<std::uint64_t>(1, 21));

}  // namespace
}  // namespace barnabas::storage
