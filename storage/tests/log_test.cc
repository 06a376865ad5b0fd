#include "storage/log.h"

#include "storage/tests/support.h"

namespace barnabas::storage {
namespace {

class LogTest : public ::testing::Test {
 protected:
  std::shared_ptr<Log> open(const LogOpenOptions& options = {}) {
    auto log = harness.open(options);
    EXPECT_TRUE(log) << (log ? "" : log.error().to_string());
    return log ? *log : nullptr;
  }

  SimulatedFileSystem files;
  LogHarness harness{files};
};

TEST_F(LogTest, AppendGivesOffsetsAndLeaderEpochWithoutTouchingTheInput) {
  const auto log = open();
  const Buffer batch = make_batch({.count = 3});
  const Buffer before = batch;
  const auto first = append(*log, batch, {}, 7);
  ASSERT_TRUE(first);
  EXPECT_EQ(first->first_offset, 0);
  EXPECT_EQ(first->last_offset, 2);
  const auto second = append(*log, batch, {}, 7);
  ASSERT_TRUE(second);
  EXPECT_EQ(second->first_offset, 3);
  EXPECT_EQ(log->log_end_offset(), 6);
  EXPECT_EQ(batch, before);
  const Buffer bytes = all_bytes(*log);
  const auto batches = split_all(bytes);
  ASSERT_EQ(batches.size(), 2u);
  EXPECT_EQ(batches[1].base_offset(), 3);
  EXPECT_EQ(batches[1].leader_epoch(), 7);
  EXPECT_TRUE(batches[1].crc_is_valid());
  EXPECT_EQ(log->size_bytes(), static_cast<std::int64_t>(bytes.size()));
}

}  // namespace
}  // namespace barnabas::storage
