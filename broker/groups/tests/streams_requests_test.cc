// Streams groups in a shard with the groups of other protocols.
#include <gtest/gtest.h>

#include "broker/groups/streams/tests/bench.h"
#include "broker/groups/tests/shard_bench.h"

namespace barnabas::broker::groups {
namespace {

constexpr std::int64_t kDayMs = 24ll * 60 * 60 * 1'000;

class StreamsRequestsTest : public testing::Test {
 protected:
  StreamsRequestsTest() {
    const auto cluster = std::make_shared<streams::TestCluster>();
    cluster->add("t", 2);
    bench_.cluster = cluster;
  }

  Answered<streams::HeartbeatReply> heartbeat(const streams::HeartbeatCommand& command) {
    Answered<streams::HeartbeatReply> answered;
    Effects effects;
    bench_.shard().streams_heartbeat(command, answered.answerer(), bench_.now(), effects);
    bench_.carry_out(std::move(effects));
    return answered;
  }
  Answered<streams::HeartbeatReply> join(const std::string& member = "m") {
    return heartbeat(streams::joining(member));
  }
  ErrorCode commit(std::int32_t epoch, bool in_transaction = false) {
    if (in_transaction) return bench_.commit_in_transaction(7, "t", 0, 5, epoch, "m");
    CommitCommand command;
    command.group_id = "g";
    command.member_id = "m";
    command.generation_id = epoch;
    command.expects_group_not_found = true;
    command.topics.push_back({"t", Uuid(), {{0, 5, -1, std::nullopt}}});
    return bench_.commit(std::move(command))->error;
  }
  std::string kind() const {
    const auto listed = bench_.shard().list({});
    return listed.empty() ? "" : listed[0].type + " " + listed[0].state;
  }

  ShardBench bench_{{.offsets_retention_ms = kDayMs, .offsets_retention_check_interval_ms = 60'000}};
};

TEST_F(StreamsRequestsTest, ARefusedAppendLeavesNoTrace) {
  bench_.append_error = ErrorCode::kNotEnoughReplicas;
  EXPECT_EQ(join()->error, ErrorCode::kCoordinatorNotAvailable);
  EXPECT_EQ(kind(), "");
  bench_.append_error = ErrorCode::kNone;
  EXPECT_EQ(join()->error, ErrorCode::kNone);
  EXPECT_EQ(kind(), "streams Stable");
  // The expiry of a session is tried again.
  bench_.append_error = ErrorCode::kNotEnoughReplicas;
  bench_.advance(45'000);
  EXPECT_EQ(kind(), "streams Stable");
  bench_.append_error = ErrorCode::kNone;
  bench_.advance(1'000);
  EXPECT_EQ(kind(), "streams Empty");
}

TEST_F(StreamsRequestsTest, AnEmptyClassicGroupMakesWayAndKeepsItsOffsets) {
  bench_.commit("t", 0, 42);
  EXPECT_EQ(kind(), "classic Empty");
  EXPECT_EQ(join()->error, ErrorCode::kNone);
  EXPECT_EQ(kind(), "streams Stable");
  EXPECT_EQ(bench_.fetch("t", 0), 42);
  bench_.restart();
  EXPECT_EQ(kind(), "streams Stable");
  EXPECT_EQ(bench_.fetch("t", 0), 42);
}

TEST_F(StreamsRequestsTest, ALiveGroupOfAnotherKindIsNoStreamsGroup) {
  bench_.stable_group(1);
  const auto refused = join();
  EXPECT_EQ(refused->error, ErrorCode::kGroupIdNotFound);
  EXPECT_EQ(refused->error_message, "Group g is not a streams group.");
  EXPECT_EQ(kind(), "classic Stable");
}

TEST_F(StreamsRequestsTest, AnEmptyStreamsGroupMakesWayForAClassicMember) {
  join();
  EXPECT_EQ(bench_.join({})->error, ErrorCode::kInconsistentGroupProtocol);
  heartbeat(streams::beating("m", streams::kLeaveEpoch));
  const auto joined = bench_.join({});
  bench_.advance(10'000);
  ASSERT_TRUE(joined.done());
  EXPECT_EQ(joined->error, ErrorCode::kNone);
  EXPECT_EQ(kind(), "classic CompletingRebalance");
}

TEST_F(StreamsRequestsTest, OffsetsAreCommittedUnderTheMembersEpoch) {
  join();
  EXPECT_EQ(commit(2), ErrorCode::kNone);
  EXPECT_EQ(commit(3), ErrorCode::kStaleMemberEpoch);
  EXPECT_EQ(commit(2, true), ErrorCode::kNone);
  EXPECT_EQ(commit(3, true), ErrorCode::kIllegalGeneration);
  EXPECT_EQ(bench_.end_transaction(7, true), ErrorCode::kNone);
  EXPECT_EQ(bench_.fetch("t", 0), 5);
}

TEST_F(StreamsRequestsTest, OffsetsOfAReadTopicStayAndThenTheEmptyGroupGoesWithThem) {
  join();
  commit(2);
  for (int i = 0; i < 3 * 24 * 60 * 2; ++i) {
    bench_.advance(30'000);
    heartbeat(streams::beating("m", 2));
  }
  EXPECT_EQ(bench_.fetch("t", 0), 5);
  heartbeat(streams::beating("m", streams::kLeaveEpoch));
  bench_.advance(120'000);
  EXPECT_EQ(bench_.fetch("t", 0), -1);
  EXPECT_EQ(kind(), "");
  EXPECT_TRUE(bench_.reloaded()->list({}).empty());
}

TEST_F(StreamsRequestsTest, AnotherProtocolsRequestsSayWhatItIsNot) {
  join();
  EXPECT_EQ(bench_.shard().describe("g").error_message, "Group g is not a classic group.");
  EXPECT_EQ(bench_.shard().describe_consumer("g").error_message, "Group g is not a consumer group.");
  EXPECT_EQ(bench_.shard().describe_streams("h").error_message, "Group h not found.");
  EXPECT_EQ(bench_.delete_group(), ErrorCode::kNonEmptyGroup);
  heartbeat(streams::beating("m", streams::kLeaveEpoch));
  EXPECT_EQ(bench_.delete_group(), ErrorCode::kNone);
  EXPECT_EQ(kind(), "");
}

}  // namespace
}  // namespace barnabas::broker::groups
