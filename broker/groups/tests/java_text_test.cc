#include "broker/groups/java_text.h"

#include <gtest/gtest.h>

#include <limits>

namespace barnabas::broker::groups {
namespace {

TEST(JavaTextTest, HashIsThatOfJavaStrings) {
  EXPECT_EQ(java_hash(""), 0);
  EXPECT_EQ(java_hash("hello"), 99162322);
  EXPECT_EQ(java_hash("polygenelubricants"), std::numeric_limits<std::int32_t>::min());
  EXPECT_EQ(java_hash("\xC3\xA9"), 0xE9);
  // A character beyond the basic plane is two units: D83D DE00.
  EXPECT_EQ(java_hash("\xF0\x9F\x98\x80"), 0xD83D * 31 + 0xDE00);
}

TEST(JavaTextTest, MalformedBytesCountAsReplacementCharacters) {
  EXPECT_EQ(java_hash("\xFF"), 0xFFFD);
  EXPECT_EQ(java_hash("\xC3"), 0xFFFD);
  EXPECT_EQ(utf16_length("\x80\x80"), 2u);
}

TEST(JavaTextTest, LengthCountsUtf16Units) {
  EXPECT_EQ(utf16_length("abc"), 3u);
  EXPECT_EQ(utf16_length("\xC3\xA9\xE2\x82\xAC"), 2u);
  EXPECT_EQ(utf16_length("\xF0\x9F\x98\x80"), 2u);
}

TEST(JavaTextTest, CoordinatorPartitionTakesTheAbsoluteHash) {
  EXPECT_EQ(coordinator_partition("hello", 50), 99162322 % 50);
  EXPECT_EQ(coordinator_partition("polygenelubricants", 50), 0);
  EXPECT_EQ(coordinator_partition("consumer-group-1", 50), 20);
  EXPECT_LT(java_hash("my-group"), 0);
  EXPECT_EQ(coordinator_partition("my-group", 50), -java_hash("my-group") % 50);
  for (const std::int32_t count : {1, 2, 50, 10'000}) {
    for (int i = 0; i < 1'000; ++i) {
      const auto partition = coordinator_partition("group-" + std::to_string(i), count);
      EXPECT_GE(partition, 0);
      EXPECT_LT(partition, count);
    }
  }
}

TEST(JavaTextTest, RandomUuidHasTheFormOfVersionFour) {
  const auto random = seeded_random(7);
  for (int i = 0; i < 100; ++i) {
    const std::string text = random_uuid_text(*random);
    ASSERT_EQ(text.size(), 36u);
    for (const std::size_t dash : {8u, 13u, 18u, 23u}) EXPECT_EQ(text[dash], '-');
    EXPECT_EQ(text[14], '4');
    EXPECT_NE(std::string("89ab").find(text[19]), std::string::npos);
  }
}

TEST(JavaTextTest, FoldingLowersAndTrims) {
  EXPECT_EQ(folded(" PreparingRebalance "), "preparingrebalance");
}

}  // namespace
}  // namespace barnabas::broker::groups
