// SyncGroup, Heartbeat, LeaveGroup and the deadlines of a rebalance.
#include <gtest/gtest.h>

#include "broker/groups/tests/shard_bench.h"

namespace barnabas::broker::groups {
namespace {

SyncCommand sync_of(const JoinReply& joined) {
  SyncCommand command;
  command.group_id = "g";
  command.generation_id = joined.generation_id;
  command.member_id = joined.member_id;
  return command;
}

TEST(ClassicSyncTest, FollowersWaitForTheLeadersAssignment) {
  ShardBench bench;
  const auto a = bench.join({});
  const auto b = bench.join({});
  bench.advance(6'000);
  const JoinReply leader = a->leader == a->member_id ? *a : *b;
  const JoinReply follower = a->leader == a->member_id ? *b : *a;
  const auto waiting = bench.sync(follower);
  EXPECT_FALSE(waiting.done());
  const auto led = bench.sync(leader, {leader.member_id, follower.member_id, "ghost"});
  ASSERT_TRUE(waiting.done() && led.done());
  EXPECT_EQ(waiting->assignment, bytes_of("for " + follower.member_id));
  EXPECT_EQ(waiting->protocol_type, "consumer");
  EXPECT_EQ(waiting->protocol_name, "range");
  EXPECT_EQ(bench.state(), "Stable");
  EXPECT_EQ(bench.sync(follower)->assignment, bytes_of("for " + follower.member_id));
  const auto record = std::get<GroupMetadataRecord>(bench.records().back());
  EXPECT_EQ(record.value->members.size(), 2u);
  EXPECT_EQ(record.value->generation, 1);
  EXPECT_EQ(record.value->protocol, "range");
  EXPECT_EQ(record.value->leader, leader.member_id);
}

TEST(ClassicSyncTest, MemberWithoutAssignmentGetsAnEmptyOne) {
  ShardBench bench;
  const auto members = bench.stable_group(2);
  const auto again = bench.join({.member_id = members[0].member_id});
  bench.join({.member_id = members[1].member_id});
  const auto follower = bench.sync({.group_id = "g",
                                    .generation_id = 2,
                                    .member_id = members[1].member_id,
                                    .instance_id = {},
                                    .protocol_type = {},
                                    .protocol_name = {},
                                    .assignments = {}});
  bench.sync(*again, {members[0].member_id});
  EXPECT_EQ(follower->error, ErrorCode::kNone);
  EXPECT_TRUE(follower->assignment.empty());
}

TEST(ClassicSyncTest, AssignmentIsHandedOutOnlyWhenItIsCommitted) {
  ShardBench bench;
  const auto joined = bench.join({});
  bench.advance(3'000);
  bench.hold_commits = true;
  const auto synced = bench.sync(*joined, {joined->member_id});
  EXPECT_FALSE(synced.done());
  EXPECT_EQ(bench.state(), "CompletingRebalance");
  bench.release_commits();
  EXPECT_TRUE(synced.done());
  EXPECT_EQ(bench.state(), "Stable");
}

TEST(ClassicSyncTest, MemberThatJoinsBeforeTheCommitTakesTheGenerationOver) {
  ShardBench bench;
  const auto joined = bench.join({});
  bench.advance(3'000);
  bench.hold_commits = true;
  const auto synced = bench.sync(*joined, {joined->member_id});
  bench.join({});
  EXPECT_EQ(synced->error, ErrorCode::kRebalanceInProgress);
  bench.release_commits();
  EXPECT_EQ(bench.state(), "PreparingRebalance");
  EXPECT_EQ(synced.times(), 1);
}

TEST(ClassicSyncTest, AssignmentThatCannotBeStoredMakesTheGroupRebalance) {
  ShardBench bench;
  const auto joined = bench.join({});
  bench.advance(3'000);
  bench.append_error = ErrorCode::kNotLeaderOrFollower;
  const auto synced = bench.sync(*joined, {joined->member_id});
  EXPECT_EQ(synced->error, ErrorCode::kNotCoordinator);
  EXPECT_EQ(bench.state(), "PreparingRebalance");
}

TEST(ClassicSyncTest, ChecksNameWhatIsWrong) {
  ShardBench bench;
  const auto members = bench.stable_group(1);
  SyncCommand command = sync_of(members[0]);
  command.generation_id = 7;
  EXPECT_EQ(bench.sync(command)->error, ErrorCode::kIllegalGeneration);
  command = sync_of(members[0]);
  command.member_id = "ghost";
  EXPECT_EQ(bench.sync(command)->error, ErrorCode::kUnknownMemberId);
  command = sync_of(members[0]);
  command.protocol_name = "sticky";
  EXPECT_EQ(bench.sync(command)->error, ErrorCode::kInconsistentGroupProtocol);
  command = sync_of(members[0]);
  command.protocol_type = "connect";
  EXPECT_EQ(bench.sync(command)->error, ErrorCode::kInconsistentGroupProtocol);
  command = sync_of(members[0]);
  command.group_id = "other";
  EXPECT_EQ(bench.sync(command)->error, ErrorCode::kUnknownMemberId);
  bench.join({});
  EXPECT_EQ(bench.sync(sync_of(members[0]))->error, ErrorCode::kRebalanceInProgress);
}

TEST(ClassicSyncTest, MembersThatDoNotSyncAreRemovedAfterTheRebalanceTimeOut) {
  ShardBench bench;
  const auto a = bench.join({.session_timeout_ms = 30'000, .rebalance_timeout_ms = 20'000});
  const auto b = bench.join({.session_timeout_ms = 30'000, .rebalance_timeout_ms = 20'000});
  bench.advance(6'000);
  const JoinReply leader = a->leader == a->member_id ? *a : *b;
  bench.sync(leader, {leader.member_id});
  EXPECT_EQ(bench.state(), "Stable");
  bench.advance(20'000);
  EXPECT_EQ(bench.state(), "PreparingRebalance");
  EXPECT_EQ(bench.shard().describe("g").members.size(), 1u);
}

TEST(ClassicHeartbeatTest, ChecksNameWhatIsWrong) {
  ShardBench bench;
  const auto members = bench.stable_group(1);
  const std::string& id = members[0].member_id;
  EXPECT_EQ(bench.heartbeat(id, 1), ErrorCode::kNone);
  EXPECT_EQ(bench.heartbeat(id, 0), ErrorCode::kIllegalGeneration);
  EXPECT_EQ(bench.heartbeat("ghost", 1), ErrorCode::kUnknownMemberId);
  EXPECT_EQ(bench.heartbeat(id, 1, "other"), ErrorCode::kUnknownMemberId);
  EXPECT_EQ(bench.heartbeat(id, 1, "g", "instance"), ErrorCode::kUnknownMemberId);
}

TEST(ClassicHeartbeatTest, SessionsEndWithoutAndLastWithHeartbeats) {
  ShardBench bench;
  const auto members = bench.stable_group(2, {.session_timeout_ms = 6'000});
  for (int i = 0; i < 3; ++i) {
    bench.advance(5'000);
    const ErrorCode heard = bench.heartbeat(members[0].member_id, 1);
    EXPECT_EQ(heard, i == 0 ? ErrorCode::kNone : ErrorCode::kRebalanceInProgress);
  }
  EXPECT_EQ(bench.state(), "PreparingRebalance");
  EXPECT_EQ(bench.heartbeat(members[1].member_id, 1), ErrorCode::kUnknownMemberId);
}

TEST(ClassicHeartbeatTest, GroupIsEmptyWhenItsLastSessionEnds) {
  ShardBench bench;
  bench.stable_group(1);
  bench.advance(10'000);
  EXPECT_EQ(bench.state(), "Empty");
  const auto record = std::get<GroupMetadataRecord>(bench.records().back());
  EXPECT_EQ(record.value->generation, 2);
  EXPECT_EQ(record.value->protocol, std::nullopt);
  EXPECT_EQ(record.value->leader, std::nullopt);
  EXPECT_EQ(record.value->protocol_type, "consumer");
  EXPECT_EQ(record.value->current_state_timestamp, bench.now().wall_ms);
}

TEST(ClassicHeartbeatTest, ParkedJoinProvesLife) {
  ShardBench bench;
  const auto members = bench.stable_group(2, {.session_timeout_ms = 6'000, .rebalance_timeout_ms = 60'000});
  const auto again = bench.join(
      {.member_id = members[0].member_id, .session_timeout_ms = 6'000, .rebalance_timeout_ms = 60'000});
  for (int i = 0; i < 5; ++i) {
    bench.advance(5'000);
    EXPECT_EQ(bench.heartbeat(members[1].member_id, 1), ErrorCode::kRebalanceInProgress);
  }
  EXPECT_FALSE(again.done());
  bench.join({.member_id = members[1].member_id, .session_timeout_ms = 6'000});
  EXPECT_EQ(again->error, ErrorCode::kNone);
}

TEST(ClassicRebalanceTest, DynamicMembersThatDoNotRejoinInTimeAreRemoved) {
  ShardBench bench;
  const auto members = bench.stable_group(2, {.session_timeout_ms = 30'000, .rebalance_timeout_ms = 20'000});
  const auto again = bench.join({.member_id = members[1].member_id,
                                 .session_timeout_ms = 30'000,
                                 .rebalance_timeout_ms = 20'000,
                                 .topics = {"u"}});
  bench.advance(19'999);
  EXPECT_FALSE(again.done());
  bench.advance(1);
  ASSERT_TRUE(again.done());
  EXPECT_EQ(again->leader, members[1].member_id);
  EXPECT_EQ(again->generation_id, 2);
  EXPECT_EQ(bench.heartbeat(members[0].member_id, 1), ErrorCode::kUnknownMemberId);
}

TEST(ClassicLeaveTest, LeavingMakesTheOthersRebalance) {
  ShardBench bench;
  const auto members = bench.stable_group(2);
  const auto left = bench.leave({{members[0].member_id, std::nullopt, "done"}});
  EXPECT_EQ(left->members.at(0).error, ErrorCode::kNone);
  EXPECT_EQ(bench.heartbeat(members[1].member_id, 1), ErrorCode::kRebalanceInProgress);
  const auto again = bench.join({.member_id = members[1].member_id});
  EXPECT_EQ(again->leader, members[1].member_id);
}

TEST(ClassicLeaveTest, LastMemberLeavesAnEmptyGroupInTheLog) {
  ShardBench bench;
  const auto members = bench.stable_group(2);
  bench.hold_commits = true;
  const auto left =
      bench.leave({{members[0].member_id, std::nullopt, ""}, {members[1].member_id, std::nullopt, ""}});
  EXPECT_FALSE(left.done());
  EXPECT_EQ(bench.state(), "Empty");
  bench.release_commits();
  EXPECT_EQ(left->error, ErrorCode::kNone);
  EXPECT_EQ(left->members.size(), 2u);
  EXPECT_EQ(bench.reloaded()->describe("g").state, "Empty");
}

TEST(ClassicLeaveTest, EmptyGroupThatCannotBeStoredIsSaid) {
  ShardBench bench;
  const auto members = bench.stable_group(1);
  bench.append_error = ErrorCode::kNotEnoughReplicas;
  const auto left = bench.leave({{members[0].member_id, std::nullopt, ""}});
  EXPECT_EQ(left->error, ErrorCode::kCoordinatorNotAvailable);
}

TEST(ClassicLeaveTest, StrangersAreUnknownOneByOne) {
  ShardBench bench;
  bench.stable_group(1);
  const auto left = bench.leave({{"ghost", std::nullopt, ""}});
  EXPECT_EQ(left->error, ErrorCode::kNone);
  EXPECT_EQ(left->members.at(0).error, ErrorCode::kUnknownMemberId);
  EXPECT_EQ(bench.state(), "Stable");
  const auto elsewhere = bench.leave({{"ghost", std::nullopt, ""}}, "other");
  EXPECT_EQ(elsewhere->members.at(0).error, ErrorCode::kUnknownMemberId);
}

TEST(ClassicLeaveTest, PendingMemberMayLeave) {
  ShardBench bench;
  const auto members = bench.stable_group(1);
  const auto pending = bench.join({.needs_known_member_id = true});
  const auto again = bench.join({.member_id = members[0].member_id});
  EXPECT_FALSE(again.done());
  EXPECT_EQ(bench.leave({{pending->member_id, std::nullopt, ""}})->members.at(0).error, ErrorCode::kNone);
  EXPECT_TRUE(again.done());
}

TEST(ClassicLeaveTest, ParkedRequestsOfALeavingMemberAreAnswered) {
  ShardBench bench;
  const auto a = bench.join({});
  const auto b = bench.join({});
  bench.advance(6'000);
  const JoinReply follower = a->leader == a->member_id ? *b : *a;
  const auto synced = bench.sync(follower);
  bench.leave({{follower.member_id, std::nullopt, ""}});
  EXPECT_EQ(synced->error, ErrorCode::kUnknownMemberId);
  const auto joined = bench.join({});
  EXPECT_FALSE(joined.done());
  const auto everyone = bench.shard().describe("g").members;
  for (const auto& member : everyone) bench.leave({{member.member_id, std::nullopt, ""}});
  EXPECT_EQ(joined->error, ErrorCode::kUnknownMemberId);
  EXPECT_EQ(bench.state(), "Empty");
}

TEST(ClassicLeaveTest, InitialDelayEndsEmptyWhenAllHaveLeft) {
  ShardBench bench;
  const auto joined = bench.join({});
  const std::string id = bench.shard().describe("g").members.at(0).member_id;
  bench.leave({{id, std::nullopt, ""}});
  EXPECT_EQ(joined->error, ErrorCode::kUnknownMemberId);
  EXPECT_EQ(bench.state(), "PreparingRebalance");
  bench.advance(3'000);
  EXPECT_EQ(bench.state(), "Empty");
}

TEST(ClassicRestartTest, StableGroupComesBackWithItsSessions) {
  ShardBench bench;
  const auto members = bench.stable_group(2);
  bench.restart();
  EXPECT_EQ(bench.state(), "Stable");
  EXPECT_EQ(bench.heartbeat(members[0].member_id, 1), ErrorCode::kNone);
  EXPECT_EQ(bench.sync(members[1])->assignment, bytes_of("for " + members[1].member_id));
  bench.advance(9'999);
  EXPECT_EQ(bench.state(), "Stable");
  bench.advance(1);
  EXPECT_EQ(bench.state(), "Empty");
}

TEST(ClassicRestartTest, RebalanceThatWasUnderWayStartsFromTheLastGeneration) {
  ShardBench bench;
  const auto members = bench.stable_group(2);
  const auto parked = bench.join({});
  bench.restart();
  EXPECT_EQ(parked->error, ErrorCode::kNotCoordinator);
  EXPECT_EQ(bench.state(), "Stable");
  EXPECT_EQ(bench.shard().describe("g").members.size(), 2u);
}

TEST(ClassicUnloadTest, ParkedRequestsHearNotCoordinator) {
  ShardBench bench;
  const auto a = bench.join({});
  bench.join({});
  bench.advance(6'000);
  const JoinReply follower = *a;
  const auto synced = bench.sync(follower);
  const auto parked = bench.join({.group_id = "h"});
  Effects effects;
  bench.shard().unload(effects);
  bench.carry_out(std::move(effects));
  EXPECT_EQ(parked->error, ErrorCode::kNotCoordinator);
  if (follower.leader != follower.member_id) {
    EXPECT_EQ(synced->error, ErrorCode::kNotCoordinator);
  }
}

}  // namespace
}  // namespace barnabas::broker::groups
