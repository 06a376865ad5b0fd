#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "broker/groups/tests/shard_bench.h"

namespace barnabas::broker::groups {
namespace {

using testing::EndsWith;
using testing::StartsWith;

TEST(ClassicJoinTest, FirstJoinOfVersionFourGetsAnIdAndMustComeAgain) {
  ShardBench bench;
  const auto first = bench.join({.needs_known_member_id = true, .client_id = "app"});
  ASSERT_TRUE(first.done());
  EXPECT_EQ(first->error, ErrorCode::kMemberIdRequired);
  EXPECT_THAT(first->member_id, StartsWith("app-"));
  EXPECT_EQ(first->member_id.size(), 4u + 36u);
  EXPECT_EQ(bench.state(), "Empty");

  const auto second = bench.join({.member_id = first->member_id, .needs_known_member_id = true});
  EXPECT_FALSE(second.done());
  bench.advance(3'000);
  ASSERT_TRUE(second.done());
  EXPECT_EQ(second->error, ErrorCode::kNone);
  EXPECT_EQ(second->member_id, first->member_id);
  EXPECT_EQ(second->leader, first->member_id);
  EXPECT_EQ(second->generation_id, 1);
  EXPECT_EQ(second->protocol_type, "consumer");
  EXPECT_EQ(second->protocol_name, "range");
  EXPECT_EQ(second->members.size(), 1u);
}

TEST(ClassicJoinTest, NewGroupIsStoredEmptyAtOnce) {
  ShardBench bench;
  bench.join({.needs_known_member_id = true});
  ASSERT_EQ(bench.records().size(), 1u);
  const auto record = std::get<GroupMetadataRecord>(bench.records()[0]);
  EXPECT_EQ(record.key.group, "g");
  EXPECT_EQ(record.value->protocol_type, "");
  EXPECT_EQ(record.value->protocol, std::nullopt);
  EXPECT_EQ(record.value->leader, std::nullopt);
  EXPECT_EQ(record.value->generation, 0);
  EXPECT_EQ(record.value->current_state_timestamp, bench.now().wall_ms);
  EXPECT_TRUE(record.value->members.empty());
}

TEST(ClassicJoinTest, NewGroupThatCannotBeStoredRefusesItsMembersAndIsGone) {
  ShardBench bench;
  bench.append_error = ErrorCode::kNotEnoughReplicas;
  const auto joined = bench.join({});
  ASSERT_TRUE(joined.done());
  EXPECT_EQ(joined->error, ErrorCode::kCoordinatorNotAvailable);
  EXPECT_EQ(bench.state(), "Dead");
  EXPECT_EQ(bench.shard().counts().groups, 0u);
  bench.advance(600'000 - 1);
}

TEST(ClassicJoinTest, StaticMemberOfVersionFourJoinsAtOnceUnderItsInstance) {
  ShardBench bench;
  const auto joined = bench.join({.instance_id = "one", .needs_known_member_id = true});
  EXPECT_FALSE(joined.done());
  bench.advance(3'000);
  EXPECT_EQ(joined->error, ErrorCode::kNone);
  EXPECT_THAT(joined->member_id, StartsWith("one-"));
  EXPECT_EQ(joined->members.at(0).instance_id, "one");
}

struct RefusedJoin {
  const char* name;
  Joiner joiner;
  ErrorCode error;
  const char* member_id;
};

class RefusedJoinTest : public testing::TestWithParam<RefusedJoin> {};

TEST_P(RefusedJoinTest, StableGroupAnswersAtOnce) {
  ShardBench bench;
  bench.stable_group(1);
  ASSERT_EQ(bench.state(), "Stable");
  const auto refused = bench.join(GetParam().joiner);
  ASSERT_TRUE(refused.done());
  EXPECT_EQ(refused->error, GetParam().error);
  EXPECT_EQ(refused->member_id, GetParam().member_id);
  EXPECT_EQ(bench.state(), "Stable");
}

INSTANTIATE_TEST_SUITE_P(
    Table, RefusedJoinTest,
    testing::Values(
        RefusedJoin{"UnknownMember", {.member_id = "ghost"}, ErrorCode::kUnknownMemberId, "ghost"},
        RefusedJoin{"UnknownGroup",
                    {.group_id = "other", .member_id = "ghost"},
                    ErrorCode::kUnknownMemberId,
                    "ghost"},
        RefusedJoin{"UnknownInstance",
                    {.member_id = "ghost", .instance_id = "i"},
                    ErrorCode::kUnknownMemberId,
                    "ghost"},
        RefusedJoin{"OtherProtocols", {.protocols = {"sticky"}}, ErrorCode::kInconsistentGroupProtocol, ""},
        RefusedJoin{"OtherType", {.protocol_type = "connect"}, ErrorCode::kInconsistentGroupProtocol, ""},
        RefusedJoin{"NoProtocols", {.protocols = {}}, ErrorCode::kInconsistentGroupProtocol, ""},
        RefusedJoin{"KnownIdOtherType",
                    {.member_id = "ghost", .protocol_type = "connect"},
                    ErrorCode::kInconsistentGroupProtocol,
                    "ghost"}),
    [](const auto& row) { return row.param.name; });

TEST(ClassicJoinTest, EmptyGroupRefusesMembersWithoutProtocols) {
  ShardBench bench;
  EXPECT_EQ(bench.join({.protocols = {}})->error, ErrorCode::kInconsistentGroupProtocol);
  EXPECT_EQ(bench.join({.protocol_type = ""})->error, ErrorCode::kInconsistentGroupProtocol);
}

TEST(ClassicJoinTest, GroupOfAnotherProtocolIsNotJoined) {
  ShardBench bench;
  bench.replay_foreign(11, "g", true);
  const auto refused = bench.join({});
  EXPECT_EQ(refused->error, ErrorCode::kInconsistentGroupProtocol);
  EXPECT_EQ(bench.shard().list({}).at(0).type, "share");
}

TEST(ClassicJoinTest, InitialDelayIsExtendedWhileMembersCome) {
  ShardBench bench;
  const auto first = bench.join({});
  bench.advance(2'000);
  const auto second = bench.join({});
  bench.advance(2'000);  // the first delay has ended and a member was added
  EXPECT_FALSE(first.done());
  const auto third = bench.join({});
  bench.advance(3'000);
  EXPECT_FALSE(third.done());
  bench.advance(2'000);  // nobody came in the third
  ASSERT_TRUE(first.done() && second.done() && third.done());
  EXPECT_EQ(first->generation_id, 1);
  EXPECT_EQ(third->generation_id, 1);
  EXPECT_EQ(bench.shard().describe("g").members.size(), 3u);
}

TEST(ClassicJoinTest, InitialDelayEndsWithTheRebalanceTimeOut) {
  ShardBench bench;
  const auto first = bench.join({.rebalance_timeout_ms = 7'000});
  std::int64_t waited_ms = 0;
  while (!first.done() && waited_ms < 60'000) {
    bench.join({.rebalance_timeout_ms = 7'000});
    bench.advance(500);
    waited_ms += 500;
  }
  EXPECT_EQ(waited_ms, 3'000 + 3'000 + 1'000);
}

TEST(ClassicJoinTest, MembersOfLaterGenerationsDoNotWait) {
  ShardBench bench;
  const auto members = bench.stable_group(2);
  const auto third = bench.join({});
  EXPECT_FALSE(third.done());
  EXPECT_EQ(bench.state(), "PreparingRebalance");
  EXPECT_EQ(bench.heartbeat(members[0].member_id, 1), ErrorCode::kRebalanceInProgress);
  const auto first = bench.join({.member_id = members[0].member_id});
  EXPECT_FALSE(first.done());
  const auto second = bench.join({.member_id = members[1].member_id});
  ASSERT_TRUE(first.done() && second.done() && third.done());
  EXPECT_EQ(first->generation_id, 2);
  EXPECT_EQ(first->members.size(), 3u);
  EXPECT_TRUE(second->members.empty());
}

TEST(ClassicJoinTest, FollowerThatChangesNothingHearsTheGenerationThatIs) {
  ShardBench bench;
  const auto members = bench.stable_group(2);
  const auto again = bench.join({.member_id = members[1].member_id});
  ASSERT_TRUE(again.done());
  EXPECT_EQ(again->generation_id, 1);
  EXPECT_TRUE(again->members.empty());
  EXPECT_EQ(bench.state(), "Stable");
}

TEST(ClassicJoinTest, LeaderThatJoinsAgainStartsARebalance) {
  ShardBench bench;
  const auto members = bench.stable_group(2);
  const auto again = bench.join({.member_id = members[0].member_id});
  EXPECT_FALSE(again.done());
  EXPECT_EQ(bench.state(), "PreparingRebalance");
}

TEST(ClassicJoinTest, ChangedSubscriptionStartsARebalance) {
  ShardBench bench;
  const auto members = bench.stable_group(2);
  bench.join({.member_id = members[1].member_id, .topics = {"t", "u"}});
  EXPECT_EQ(bench.state(), "PreparingRebalance");
}

TEST(ClassicJoinTest, RepeatedJoinInCompletingRebalanceGetsTheSameAnswer) {
  ShardBench bench;
  const auto joined = bench.join({});
  bench.advance(3'000);
  const auto again = bench.join({.member_id = joined->member_id});
  ASSERT_TRUE(again.done());
  EXPECT_EQ(again->generation_id, 1);
  EXPECT_EQ(again->members.size(), 1u);
  EXPECT_EQ(bench.state(), "CompletingRebalance");
}

TEST(ClassicJoinTest, SecondJoinOfAMemberAnswersTheFirst) {
  ShardBench bench;
  const auto members = bench.stable_group(2);
  const auto first = bench.join({.member_id = members[0].member_id});
  const auto second = bench.join({.member_id = members[0].member_id});
  ASSERT_TRUE(first.done());
  EXPECT_EQ(first->error, ErrorCode::kRebalanceInProgress);
  EXPECT_FALSE(second.done());
  bench.join({.member_id = members[1].member_id});
  EXPECT_EQ(second->generation_id, 2);
  EXPECT_EQ(first.times(), 1);
}

TEST(ClassicJoinTest, GroupSizeIsLimited) {
  ShardBench bench({.max_group_size = 2});
  const auto one = bench.join({});
  const auto two = bench.join({});
  const auto three = bench.join({});
  ASSERT_TRUE(three.done());
  EXPECT_EQ(three->error, ErrorCode::kGroupMaxSizeReached);
  EXPECT_EQ(three->member_id, "");
  bench.advance(6'000);
  EXPECT_EQ(one->generation_id, 1);
  EXPECT_EQ(bench.join({})->error, ErrorCode::kGroupMaxSizeReached);
  EXPECT_FALSE(bench.join({.member_id = one->leader, .topics = {"u"}}).done());
}

TEST(ClassicJoinTest, GroupAboveALoweredLimitLosesWhoComesLast) {
  GroupSettings settings;
  ShardBench big(settings);
  const auto members = big.stable_group(3);
  settings.max_group_size = 2;
  ShardBench small(settings);
  small.log() = big.log();
  small.restart();
  EXPECT_EQ(small.state(), "PreparingRebalance");
  const auto one = small.join({.member_id = members[0].member_id});
  const auto two = small.join({.member_id = members[1].member_id});
  const auto three = small.join({.member_id = members[2].member_id});
  EXPECT_EQ(three->error, ErrorCode::kGroupMaxSizeReached);
  small.advance(60'000);
  EXPECT_EQ(one->generation_id, 2);
  EXPECT_EQ(two->generation_id, 2);
  EXPECT_EQ(small.shard().describe("g").members.size(), 2u);
}

TEST(ClassicJoinTest, ProtocolWithTheMostFirstChoicesWins) {
  ShardBench bench;
  bench.join({.protocols = {"a", "b", "c"}});
  bench.join({.protocols = {"b", "a"}});
  const auto last = bench.join({.protocols = {"c", "b", "a"}});
  bench.advance(6'000);
  // c is not spoken by all, so the third votes for b.
  EXPECT_EQ(last->protocol_name, "b");
}

TEST(ClassicJoinTest, TiesAreSettledInTheOrderOfJavasHashMap) {
  for (const bool range_first : {true, false}) {
    ShardBench bench;
    bench.join({.protocols = {"range", "roundrobin"}});
    const auto second = bench.join({.protocols = {"roundrobin", "range"}});
    bench.join({.protocols = range_first ? std::vector<std::string>{"range", "roundrobin"}
                                         : std::vector<std::string>{"roundrobin", "range"}});
    bench.join({.protocols = range_first ? std::vector<std::string>{"roundrobin", "range"}
                                         : std::vector<std::string>{"range", "roundrobin"}});
    bench.advance(6'000);
    EXPECT_EQ(second->protocol_name, "range");
  }
}

TEST(ClassicJoinTest, PendingMemberThatNeverComesIsForgotten) {
  ShardBench bench;
  const auto members = bench.stable_group(1);
  const auto pending = bench.join({.session_timeout_ms = 8'000, .needs_known_member_id = true});
  bench.join({.member_id = members[0].member_id});
  EXPECT_EQ(bench.state(), "PreparingRebalance");  // waits for the pending one
  bench.advance(8'000);
  EXPECT_EQ(bench.state(), "CompletingRebalance");
  EXPECT_EQ(bench.join({.member_id = pending->member_id})->error, ErrorCode::kUnknownMemberId);
}

TEST(ClassicJoinTest, PendingMemberCannotTurnStatic) {
  ShardBench bench;
  const auto pending = bench.join({.needs_known_member_id = true});
  const auto refused = bench.join({.member_id = pending->member_id, .instance_id = "i"});
  EXPECT_EQ(refused->error, ErrorCode::kUnknownServerError);
}

TEST(ClassicJoinTest, NewMemberWhoseClientIsGoneIsRemovedAfterFiveMinutes) {
  ShardBench bench;
  const auto members =
      bench.stable_group(1, {.session_timeout_ms = 1'800'000, .rebalance_timeout_ms = 1'000'000});
  const auto lost = bench.join({.rebalance_timeout_ms = 1'000'000});
  bench.advance(299'999);
  EXPECT_FALSE(lost.done());
  bench.advance(1);
  ASSERT_TRUE(lost.done());
  EXPECT_EQ(lost->error, ErrorCode::kUnknownMemberId);
}

}  // namespace
}  // namespace barnabas::broker::groups
