// Consumer groups among the groups of a shard: who makes way for whom, and whose offsets are taken.
#include <gtest/gtest.h>

#include "broker/groups/tests/shard_bench.h"

namespace barnabas::broker::groups {
namespace {

constexpr std::int64_t kDayMs = 24ll * 60 * 60 * 1'000;

class ConsumerRequestsTest : public testing::Test {
 protected:
  Answered<consumer::HeartbeatReply> heartbeat(const std::string& member_id, std::int32_t epoch) {
    consumer::HeartbeatCommand command;
    command.group_id = "g";
    command.member_id = member_id;
    command.member_epoch = epoch;
    command.client_id = "client";
    command.client_host = "/127.0.0.1";
    if (epoch == consumer::kJoinEpoch) {
      command.rebalance_timeout_ms = 60'000;
      command.topics = std::vector<std::string>{"t"};
      command.owned.emplace(consumer::TopicPartitions());
    }
    Answered<consumer::HeartbeatReply> answered;
    Effects effects;
    bench_.shard().consumer_heartbeat(std::move(command), answered.answerer(), bench_.now(), effects);
    bench_.carry_out(std::move(effects));
    return answered;
  }
  ErrorCode fetch_error(const std::string& member_id, std::int32_t epoch) {
    FetchOffsetsCommand command;
    command.group_id = "g";
    command.member_id = member_id;
    command.member_epoch = epoch;
    return bench_.shard().offsets().fetch(command).error;
  }
  ErrorCode commit(const std::string& member_id, std::int32_t epoch, bool version_9 = true) {
    CommitCommand command;
    command.group_id = "g";
    command.member_id = member_id;
    command.generation_id = epoch;
    command.expects_group_not_found = version_9;
    CommitTopic& topic = command.topics.emplace_back();
    topic.name = "t";
    topic.partitions.push_back({.index = 0, .offset = 7, .leader_epoch = -1, .metadata = std::nullopt});
    return bench_.commit(std::move(command))->error;
  }
  std::string type() {
    const auto listed = bench_.shard().list({});
    return listed.empty() ? "" : listed.front().type + " " + listed.front().state;
  }

  ShardBench bench_;
};

TEST_F(ConsumerRequestsTest, AnEmptyClassicGroupMakesWayAndItsOffsetsStay) {
  bench_.commit("t", 0, 42);
  EXPECT_EQ(type(), "classic Empty");
  EXPECT_EQ(heartbeat("m", 0)->error, ErrorCode::kNone);
  EXPECT_EQ(type(), "consumer Stable");
  EXPECT_EQ(bench_.fetch("t", 0), 42);
  bench_.restart();
  EXPECT_EQ(type(), "consumer Stable");
  EXPECT_EQ(bench_.fetch("t", 0), 42);
}

TEST_F(ConsumerRequestsTest, AClassicGroupWithAssignmentsOfItsOwnIsNoConsumerGroup) {
  bench_.stable_group(1);
  const auto refused = heartbeat("m", 0);
  EXPECT_EQ(refused->error, ErrorCode::kGroupIdNotFound);
  EXPECT_EQ(refused->error_message,
            "Cannot upgrade classic group g to consumer group because the embedded consumer protocol is "
            "malformed.");
  EXPECT_EQ(heartbeat("m", 3)->error_message, "Group g is not a consumer group.");
  EXPECT_EQ(type(), "classic Stable");
  EXPECT_EQ(bench_.shard().describe_consumer("g").error_message, "Group g is not a consumer group.");
  EXPECT_EQ(bench_.shard().describe_consumer("h").error_message, "Group h not found.");
}

TEST_F(ConsumerRequestsTest, AnEmptyConsumerGroupMakesWayForAClassicMember) {
  heartbeat("m", 0);
  commit("m", 2);
  heartbeat("m", consumer::kLeaveEpoch);
  EXPECT_EQ(type(), "consumer Empty");
  const auto joined = bench_.join({});
  bench_.advance(10'000);
  ASSERT_TRUE(joined.done());
  EXPECT_EQ(joined->error, ErrorCode::kNone);
  EXPECT_EQ(type(), "classic CompletingRebalance");
  EXPECT_EQ(bench_.fetch("t", 0), 7);
}

TEST_F(ConsumerRequestsTest, OffsetsAreCommittedUnderTheMembersEpoch) {
  heartbeat("m", 0);
  EXPECT_EQ(commit("m", 2), ErrorCode::kNone);
  EXPECT_EQ(commit("m", 3), ErrorCode::kStaleMemberEpoch);
  EXPECT_EQ(commit("m", 1), ErrorCode::kStaleMemberEpoch);
  EXPECT_EQ(commit("n", 2), ErrorCode::kUnknownMemberId);
  EXPECT_EQ(commit("", -1), ErrorCode::kUnknownMemberId) << "somebody is in the group";
  EXPECT_EQ(commit("m", 2, false), ErrorCode::kUnsupportedVersion);
  heartbeat("m", consumer::kLeaveEpoch);
  EXPECT_EQ(commit("", -1), ErrorCode::kNone);
}

TEST_F(ConsumerRequestsTest, TransactionsHearOfGenerations) {
  heartbeat("m", 0);
  const auto commit_in_transaction = [&](const std::string& member_id, std::int32_t epoch) {
    TransactionalCommitCommand command;
    command.commit.group_id = "g";
    command.commit.member_id = member_id;
    command.commit.generation_id = epoch;
    command.producer_id = 5;
    command.producer_epoch = 0;
    CommitTopic& topic = command.commit.topics.emplace_back();
    topic.name = "t";
    topic.partitions.push_back({.index = 0, .offset = 7, .leader_epoch = -1, .metadata = std::nullopt});
    Answered<CommitReply> answered;
    Effects effects;
    bench_.shard().offsets().commit_in_transaction(std::move(command), answered.answerer(), bench_.now(),
                                                   effects);
    bench_.carry_out(std::move(effects));
    return answered->error;
  };
  EXPECT_EQ(commit_in_transaction("m", 2), ErrorCode::kNone);
  EXPECT_EQ(commit_in_transaction("", -1), ErrorCode::kNone);
  EXPECT_EQ(commit_in_transaction("m", 1), ErrorCode::kIllegalGeneration);
  EXPECT_EQ(commit_in_transaction("m", 3), ErrorCode::kIllegalGeneration);
  EXPECT_EQ(commit_in_transaction("n", 2), ErrorCode::kUnknownMemberId);
}

TEST_F(ConsumerRequestsTest, AFetchMayAskToBeAMember) {
  heartbeat("m", 0);
  EXPECT_EQ(fetch_error("m", 2), ErrorCode::kNone);
  EXPECT_EQ(fetch_error("m", 1), ErrorCode::kStaleMemberEpoch);
  EXPECT_EQ(fetch_error("n", 2), ErrorCode::kUnknownMemberId);
}

TEST_F(ConsumerRequestsTest, OnlyAnEmptyGroupIsDeleted) {
  heartbeat("m", 0);
  commit("m", 2);
  EXPECT_EQ(bench_.delete_group(), ErrorCode::kNonEmptyGroup);
  heartbeat("m", consumer::kLeaveEpoch);
  EXPECT_EQ(bench_.delete_group(), ErrorCode::kNone);
  EXPECT_EQ(type(), "");
  EXPECT_EQ(bench_.fetch("t", 0), -1);
  bench_.restart();
  EXPECT_EQ(type(), "");
}

TEST_F(ConsumerRequestsTest, OffsetsOfSubscribedTopicsStay) {
  heartbeat("m", 0);
  commit("m", 2);
  EXPECT_EQ(bench_.delete_offsets("t", {0}).topics.at(0).partitions.at(0).error,
            ErrorCode::kGroupSubscribedToTopic);
  heartbeat("m", consumer::kLeaveEpoch);
  EXPECT_EQ(bench_.delete_offsets("t", {0}).topics.at(0).partitions.at(0).error, ErrorCode::kNone);
  EXPECT_EQ(bench_.fetch("t", 0), -1);
}

TEST_F(ConsumerRequestsTest, OffsetsExpireSinceTheirCommitAndTakeTheEmptyGroupAlong) {
  heartbeat("m", 0);
  commit("m", 2);
  heartbeat("m", consumer::kLeaveEpoch);
  bench_.advance(6 * kDayMs);
  EXPECT_EQ(bench_.fetch("t", 0), 7);
  bench_.advance(2 * kDayMs);
  EXPECT_EQ(bench_.fetch("t", 0), -1);
  EXPECT_EQ(type(), "");
}

TEST_F(ConsumerRequestsTest, AHeartbeatWhoseRecordsAreLostChangesNothing) {
  bench_.append_error = ErrorCode::kNotEnoughReplicas;
  EXPECT_EQ(heartbeat("m", 0)->error, ErrorCode::kCoordinatorNotAvailable);
  EXPECT_EQ(type(), "");
  bench_.append_error = ErrorCode::kNone;
  EXPECT_EQ(heartbeat("m", 0)->member_epoch, 2);
}

TEST_F(ConsumerRequestsTest, AnExpiryWhoseRecordsAreLostIsRepeated) {
  heartbeat("m", 0);
  bench_.append_error = ErrorCode::kNotEnoughReplicas;
  bench_.advance(46'000);
  EXPECT_EQ(type(), "consumer Stable");
  bench_.append_error = ErrorCode::kNone;
  bench_.advance(1'000);
  EXPECT_EQ(type(), "consumer Empty");
}

}  // namespace
}  // namespace barnabas::broker::groups
