#include "broker/share/partition/share_session.h"

#include <gtest/gtest.h>

#include "broker/share/partition/offset_reset.h"

namespace barnabas::broker::share {
namespace {

using protocol::ErrorCode;

class ShareSessionRules : public testing::Test {
 protected:
  static SessionPartition at(std::int32_t partition) { return {Uuid::reserved(9), "orders", partition}; }
  Result<SharePlan, ErrorCode> open(const std::string& member, std::int32_t epoch,
                                    std::vector<SessionPartition> wanted = {},
                                    std::vector<SessionPartition> forgotten = {}) {
    return sessions.open({"group", member, epoch, std::move(wanted), std::move(forgotten), false});
  }
  static std::vector<std::int32_t> numbers(const SharePlan& plan) {
    std::vector<std::int32_t> out;
    for (const SessionPartition& partition : plan.partitions) out.push_back(partition.partition);
    return out;
  }

  ShareSessions sessions{2};
};

TEST_F(ShareSessionRules, ASessionRemembersItsPartitionsAndTurnsThemRound) {
  const auto first = open("a", 0, {at(0), at(1), at(2)});
  ASSERT_TRUE(first);
  EXPECT_TRUE(first->is_first);
  EXPECT_EQ(numbers(*first), (std::vector<std::int32_t>{0, 1, 2}));
  EXPECT_EQ(numbers(*open("a", 1)), (std::vector<std::int32_t>{1, 2, 0}));
  EXPECT_EQ(numbers(*open("a", 2, {at(3)}, {at(1)})), (std::vector<std::int32_t>{3, 0, 2}));
  EXPECT_EQ(sessions.numbers().partitions, 3u);
}

TEST_F(ShareSessionRules, WrongEpochsAndUnknownSessionsAreRefused) {
  EXPECT_EQ(open("a", 1).error(), ErrorCode::kShareSessionNotFound);
  EXPECT_EQ(open("a", -1).error(), ErrorCode::kShareSessionNotFound);
  ASSERT_TRUE(open("a", 0));
  EXPECT_EQ(open("a", 2).error(), ErrorCode::kInvalidShareSessionEpoch);
  EXPECT_TRUE(open("a", 1));
  EXPECT_EQ(open("a", 1).error(), ErrorCode::kInvalidShareSessionEpoch);
  EXPECT_TRUE(open("a", -1)->is_final);
}

TEST_F(ShareSessionRules, AcknowledgementsCountTheSessionOn) {
  EXPECT_EQ(sessions.acknowledge("group", "a", 1), ErrorCode::kShareSessionNotFound);
  ASSERT_TRUE(open("a", 0));
  EXPECT_EQ(sessions.acknowledge("group", "a", 0), ErrorCode::kInvalidShareSessionEpoch);
  EXPECT_EQ(sessions.acknowledge("group", "a", 1), ErrorCode::kNone);
  EXPECT_EQ(sessions.acknowledge("group", "a", 1), ErrorCode::kInvalidShareSessionEpoch);
  EXPECT_TRUE(open("a", 2));
  EXPECT_EQ(sessions.acknowledge("group", "a", -1), ErrorCode::kNone);
}

TEST_F(ShareSessionRules, ThereAreOnlySoManySessions) {
  ASSERT_TRUE(open("a", 0));
  ASSERT_TRUE(open("b", 0));
  EXPECT_EQ(open("c", 0).error(), ErrorCode::kShareSessionLimitReached);
  EXPECT_TRUE(open("a", 0));  // in the place of its own
  sessions.close("group", "b");
  EXPECT_TRUE(open("c", 0));
}

TEST_F(ShareSessionRules, AnAnswerNamesWhatIsNewHasRecordsOrFailed) {
  ASSERT_TRUE(open("a", 0, {at(0)}));
  ASSERT_TRUE(open("a", 1, {at(1)}));
  const auto told = [&](std::int32_t partition, bool records, bool error) {
    return sessions.must_tell("group", "a", at(partition), records, error);
  };
  EXPECT_FALSE(told(0, false, false));
  EXPECT_TRUE(told(1, false, false));
  EXPECT_FALSE(told(1, false, false));
  EXPECT_TRUE(told(1, false, true));
  EXPECT_TRUE(told(1, false, false));  // it recovered
  EXPECT_TRUE(told(0, true, false));
  EXPECT_EQ(numbers(*open("a", 2)), (std::vector<std::int32_t>{1, 0}));
}

TEST_F(ShareSessionRules, AConnectionEndsTheSessionItOpenedAndNoLaterOne) {
  ASSERT_TRUE(open("a", 0, {at(0)}));
  const auto serial = sessions.serial_of("group", "a");
  ASSERT_TRUE(open("a", 0, {at(1)}));
  EXPECT_FALSE(sessions.close_if("group", "a", serial));
  EXPECT_TRUE(sessions.has_members("group"));
  const auto about = sessions.close_if("group", "a", sessions.serial_of("group", "a"));
  ASSERT_TRUE(about);
  EXPECT_EQ(about->size(), 1u);
  EXPECT_FALSE(sessions.has_members("group"));
  EXPECT_EQ(sessions.evictions(), 1);
}

TEST(ShareOffsetReset, DurationsAreRead) {
  EXPECT_EQ(iso_duration_ms("PT1H"), 3'600'000);
  EXPECT_EQ(iso_duration_ms("P1DT2H3M4.5S"), 93'784'500);
  EXPECT_EQ(iso_duration_ms("P2D"), 172'800'000);
  EXPECT_FALSE(iso_duration_ms("1H"));
  EXPECT_FALSE(iso_duration_ms("P"));
  EXPECT_FALSE(iso_duration_ms("P1H"));
  EXPECT_FALSE(iso_duration_ms("PT5"));
}

}  // namespace
}  // namespace barnabas::broker::share
