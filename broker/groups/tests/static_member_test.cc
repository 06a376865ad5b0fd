// Static members (KIP-345): an instance keeps its place across restarts of its process.
#include <gtest/gtest.h>

#include "broker/groups/tests/shard_bench.h"

namespace barnabas::broker::groups {
namespace {

// A stable group of one static member, the leader, and one dynamic member.
class StaticMemberTest : public testing::Test {
 protected:
  void SetUp() override {
    const auto static_join = bench_.join({.instance_id = "i"});
    const auto dynamic_join = bench_.join({});
    bench_.advance(6'000);
    static_ = *static_join;
    dynamic_ = *dynamic_join;
    ASSERT_EQ(static_.leader, static_.member_id);
    const auto dynamic_sync = bench_.sync(dynamic_);
    bench_.sync(static_, {static_.member_id, dynamic_.member_id});
    ASSERT_TRUE(dynamic_sync.done());
    ASSERT_EQ(bench_.state(), "Stable");
  }

  ShardBench bench_;
  JoinReply static_;
  JoinReply dynamic_;
};

TEST_F(StaticMemberTest, RestartedProcessKeepsItsAssignmentWithoutARebalance) {
  const auto again = bench_.join({.instance_id = "i", .can_skip_assignment = true});
  ASSERT_TRUE(again.done());
  EXPECT_EQ(again->error, ErrorCode::kNone);
  EXPECT_NE(again->member_id, static_.member_id);
  EXPECT_EQ(again->generation_id, 1);
  EXPECT_EQ(again->leader, again->member_id);
  EXPECT_TRUE(again->skip_assignment);
  EXPECT_EQ(again->members.size(), 2u);
  EXPECT_EQ(bench_.state(), "Stable");
  const auto synced = bench_.sync(*again);
  EXPECT_EQ(synced->assignment, bytes_of("for " + static_.member_id));
}

TEST_F(StaticMemberTest, LeaderOfAnOldVersionIsToldItsFormerIdSoThatItDoesNotAssign) {
  const auto again = bench_.join({.instance_id = "i"});
  EXPECT_EQ(again->leader, static_.member_id);
  EXPECT_FALSE(again->skip_assignment);
  EXPECT_TRUE(again->members.empty());
}

TEST_F(StaticMemberTest, FormerProcessIsFenced) {
  const auto again = bench_.join({.instance_id = "i"});
  ASSERT_TRUE(again.done());
  EXPECT_EQ(bench_.heartbeat(static_.member_id, 1, "g", "i"), ErrorCode::kFencedInstanceId);
  EXPECT_EQ(bench_.heartbeat(static_.member_id, 1), ErrorCode::kUnknownMemberId);
  EXPECT_EQ(bench_.heartbeat(again->member_id, 1, "g", "i"), ErrorCode::kNone);
  EXPECT_EQ(bench_.join({.member_id = static_.member_id, .instance_id = "i"})->error,
            ErrorCode::kFencedInstanceId);
  CommitCommand commit;
  commit.group_id = "g";
  commit.generation_id = 1;
  commit.member_id = static_.member_id;
  commit.instance_id = "i";
  EXPECT_EQ(bench_.commit(commit)->error, ErrorCode::kFencedInstanceId);
  SyncCommand sync{.group_id = "g",
                   .generation_id = 1,
                   .member_id = static_.member_id,
                   .instance_id = "i",
                   .protocol_type = {},
                   .protocol_name = {},
                   .assignments = {}};
  EXPECT_EQ(bench_.sync(std::move(sync))->error, ErrorCode::kFencedInstanceId);
  EXPECT_EQ(bench_.leave({{static_.member_id, "i", ""}})->members.at(0).error, ErrorCode::kFencedInstanceId);
}

TEST_F(StaticMemberTest, NewIdIsInTheLog) {
  const auto again = bench_.join({.instance_id = "i"});
  const auto reloaded = bench_.reloaded();
  const auto description = reloaded->describe("g");
  EXPECT_EQ(description.state, "Stable");
  ASSERT_EQ(description.members.size(), 2u);
  for (const auto& member : description.members) {
    if (member.instance_id) {
      EXPECT_EQ(member.member_id, again->member_id);
    }
  }
}

TEST_F(StaticMemberTest, ReplacementThatCannotBeStoredIsTakenBack) {
  bench_.append_error = ErrorCode::kMessageTooLarge;
  const auto again = bench_.join({.instance_id = "i"});
  ASSERT_TRUE(again.done());
  EXPECT_EQ(again->error, ErrorCode::kUnknownServerError);
  EXPECT_EQ(again->member_id, "");
  EXPECT_EQ(again->leader, static_.member_id);
  EXPECT_EQ(bench_.heartbeat(static_.member_id, 1, "g", "i"), ErrorCode::kNone);
}

TEST_F(StaticMemberTest, ChangedProtocolMakesTheGroupRebalance) {
  const auto again = bench_.join({.instance_id = "i", .protocols = {"sticky", "range"}});
  EXPECT_TRUE(again.done());  // the group's choice stays "range"
  bench_.leave({{dynamic_.member_id, std::nullopt, ""}});
  EXPECT_EQ(bench_.state(), "PreparingRebalance");
}

TEST_F(StaticMemberTest, JoinDuringCompletingRebalanceRebalancesAnew) {
  bench_.join({.member_id = dynamic_.member_id, .topics = {"u"}});
  const auto leader = bench_.join({.member_id = static_.member_id, .instance_id = "i"});
  ASSERT_EQ(bench_.state(), "CompletingRebalance");
  const auto waiting = bench_.sync({.group_id = "g",
                                    .generation_id = 2,
                                    .member_id = dynamic_.member_id,
                                    .instance_id = {},
                                    .protocol_type = {},
                                    .protocol_name = {},
                                    .assignments = {}});
  bench_.join({.instance_id = "i"});
  EXPECT_EQ(bench_.state(), "PreparingRebalance");
  EXPECT_EQ(waiting->error, ErrorCode::kRebalanceInProgress);
}

TEST_F(StaticMemberTest, ParkedJoinOfTheFormerProcessIsFenced) {
  bench_.join({});
  const auto former = bench_.join({.member_id = static_.member_id, .instance_id = "i"});
  EXPECT_FALSE(former.done());
  const auto again = bench_.join({.instance_id = "i"});
  ASSERT_TRUE(former.done());
  EXPECT_EQ(former->error, ErrorCode::kFencedInstanceId);
  EXPECT_EQ(former->member_id, static_.member_id);
  EXPECT_FALSE(again.done());
}

TEST_F(StaticMemberTest, StaticMembersOutliveARebalanceTheyMiss) {
  bench_.join({.member_id = dynamic_.member_id, .topics = {"u"}});
  for (int i = 0; i < 12; ++i) {
    bench_.advance(5'000);
    bench_.heartbeat(static_.member_id, 1, "g", "i");
  }
  // The rebalance time-out has passed: the dynamic member leads a generation that still has the static one.
  EXPECT_EQ(bench_.state(), "CompletingRebalance");
  EXPECT_EQ(bench_.shard().describe("g").members.size(), 2u);
}

TEST_F(StaticMemberTest, GroupOfMissingStaticMembersWaitsForTheirSessions) {
  bench_.leave({{dynamic_.member_id, std::nullopt, ""}});
  ASSERT_EQ(bench_.state(), "PreparingRebalance");
  bench_.advance(10'000);
  EXPECT_EQ(bench_.state(), "Empty");
}

TEST_F(StaticMemberTest, AdministratorRemovesAnInstanceByName) {
  const auto left = bench_.leave({{"", "i", "by hand"}, {"", "other", ""}, {"", std::nullopt, ""}});
  ASSERT_EQ(left->members.size(), 3u);
  EXPECT_EQ(left->members[0].error, ErrorCode::kNone);
  EXPECT_EQ(left->members[0].member_id, "");
  EXPECT_EQ(left->members[0].instance_id, "i");
  EXPECT_EQ(left->members[1].error, ErrorCode::kUnknownMemberId);
  EXPECT_EQ(left->members[2].error, ErrorCode::kUnknownMemberId);
  EXPECT_EQ(bench_.state(), "PreparingRebalance");
}

TEST_F(StaticMemberTest, RestartBringsStaticMembersBack) {
  bench_.restart();
  EXPECT_EQ(bench_.state(), "Stable");
  EXPECT_EQ(bench_.heartbeat(static_.member_id, 1, "g", "i"), ErrorCode::kNone);
  const auto again = bench_.join({.instance_id = "i", .can_skip_assignment = true});
  EXPECT_TRUE(again->skip_assignment);
}

}  // namespace
}  // namespace barnabas::broker::groups
