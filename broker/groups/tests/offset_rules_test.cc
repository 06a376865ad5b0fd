#include <gtest/gtest.h>

#include "broker/groups/tests/shard_bench.h"

namespace barnabas::broker::groups {
namespace {

constexpr std::int64_t kDayMs = 24ll * 60 * 60 * 1'000;

const Uuid kTopicId = Uuid::reserved(150);
const Uuid kOtherId = Uuid::reserved(151);

CommitCommand commit_of(std::int64_t offset, std::optional<std::string> metadata = std::nullopt) {
  CommitCommand command;
  command.group_id = "g";
  command.topics.push_back({"t", Uuid::zero(), {{0, offset, 5, std::move(metadata)}}});
  return command;
}

TEST(OffsetCommitTest, CommitWithoutMembershipMakesASimpleGroup) {
  ShardBench bench;
  EXPECT_EQ(bench.commit("t", 0, 42), ErrorCode::kNone);
  EXPECT_EQ(bench.fetch("t", 0), 42);
  EXPECT_EQ(bench.state(), "Empty");
  const auto listed = bench.shard().list({});
  ASSERT_EQ(listed.size(), 1u);
  EXPECT_EQ(listed[0].protocol_type, "");
  EXPECT_EQ(listed[0].type, "classic");
  EXPECT_EQ(bench.records().size(), 1u);  // and no record of the group itself
}

TEST(OffsetCommitTest, EmptyGroupIdIsAGroup) {
  ShardBench bench;
  EXPECT_EQ(bench.commit("t", 0, 42, -1, "", ""), ErrorCode::kNone);
  EXPECT_EQ(bench.fetch("t", 0, ""), 42);
}

TEST(OffsetCommitTest, UnknownGroupWithAGenerationIsRefused) {
  ShardBench bench;
  CommitCommand command = commit_of(1);
  command.generation_id = 3;
  command.member_id = "m";
  EXPECT_EQ(bench.commit(command)->error, ErrorCode::kIllegalGeneration);
  command.expects_group_not_found = true;
  EXPECT_EQ(bench.commit(command)->error, ErrorCode::kGroupIdNotFound);
  EXPECT_TRUE(bench.shard().list({}).empty());
}

TEST(OffsetCommitTest, MembersCommitInTheirGeneration) {
  ShardBench bench;
  const auto members = bench.stable_group(1);
  const std::string& id = members[0].member_id;
  EXPECT_EQ(bench.commit("t", 0, 1, 1, id), ErrorCode::kNone);
  EXPECT_EQ(bench.commit("t", 0, 2, 0, id), ErrorCode::kIllegalGeneration);
  EXPECT_EQ(bench.commit("t", 0, 2, -1, id), ErrorCode::kIllegalGeneration);
  EXPECT_EQ(bench.commit("t", 0, 2, 1, "ghost"), ErrorCode::kUnknownMemberId);
  EXPECT_EQ(bench.commit("t", 0, 2), ErrorCode::kUnknownMemberId);
  EXPECT_EQ(bench.fetch("t", 0), 1);
  bench.join({});
  ASSERT_EQ(bench.state(), "PreparingRebalance");
  EXPECT_EQ(bench.commit("t", 0, 3, 1, id), ErrorCode::kNone);
  bench.join({.member_id = id});
  ASSERT_EQ(bench.state(), "CompletingRebalance");
  EXPECT_EQ(bench.commit("t", 0, 4, 2, id), ErrorCode::kRebalanceInProgress);
  EXPECT_EQ(bench.fetch("t", 0), 3);
}

TEST(OffsetCommitTest, CommitsKeepTheSessionAlive) {
  ShardBench bench;
  const auto members = bench.stable_group(1, {.session_timeout_ms = 6'000});
  for (int i = 0; i < 5; ++i) {
    bench.advance(5'000);
    EXPECT_EQ(bench.commit("t", 0, i, 1, members[0].member_id), ErrorCode::kNone);
  }
  EXPECT_EQ(bench.state(), "Stable");
}

TEST(OffsetCommitTest, MetadataIsLimitedInUtf16Units) {
  ShardBench bench({.offset_metadata_max_units = 4});
  EXPECT_EQ(bench.commit(commit_of(1, "abcd"))->topics[0].partitions[0].error, ErrorCode::kNone);
  EXPECT_EQ(bench.commit(commit_of(2, "\xC3\xA9\xC3\xA9\xC3\xA9\xC3\xA9"))->topics[0].partitions[0].error,
            ErrorCode::kNone);
  EXPECT_EQ(bench.commit(commit_of(3, "abcde"))->topics[0].partitions[0].error,
            ErrorCode::kOffsetMetadataTooLarge);
  EXPECT_EQ(bench.fetch("t", 0), 2);
}

TEST(OffsetCommitTest, AnswerWaitsForTheLog) {
  ShardBench bench;
  bench.hold_commits = true;
  const auto answered = bench.commit(commit_of(1));
  EXPECT_FALSE(answered.done());
  bench.release_commits(ErrorCode::kRequestTimedOut);
  EXPECT_EQ(answered->error, ErrorCode::kCoordinatorNotAvailable);
}

TEST(OffsetCommitTest, RefusedAppendChangesNothing) {
  ShardBench bench;
  bench.append_error = ErrorCode::kNotLeaderOrFollower;
  EXPECT_EQ(bench.commit(commit_of(1))->error, ErrorCode::kNotCoordinator);
  EXPECT_EQ(bench.fetch("t", 0), -1);
  EXPECT_TRUE(bench.shard().list({}).empty());
}

TEST(OffsetFetchTest, AnswersWhatWasCommittedAndMinusOneForTheRest) {
  ShardBench bench;
  bench.commit(commit_of(9, "note"));
  FetchOffsetsCommand command;
  command.group_id = "g";
  command.topics = std::vector<OffsetsTopic>{{"t", Uuid::zero(), {0, 1}}, {"u", Uuid::zero(), {0}}};
  const auto reply = bench.shard().offsets().fetch(command);
  ASSERT_EQ(reply.topics.size(), 2u);
  EXPECT_EQ(reply.topics[0].partitions[0].offset, 9);
  EXPECT_EQ(reply.topics[0].partitions[0].leader_epoch, 5);
  EXPECT_EQ(reply.topics[0].partitions[0].metadata, "note");
  EXPECT_EQ(reply.topics[0].partitions[1].offset, -1);
  EXPECT_EQ(reply.topics[0].partitions[1].leader_epoch, -1);
  EXPECT_EQ(reply.topics[1].partitions[0].offset, -1);
  command.group_id = "unknown";
  EXPECT_EQ(bench.shard().offsets().fetch(command).topics[0].partitions[0].offset, -1);
}

TEST(OffsetFetchTest, AllTopicsOfAGroup) {
  ShardBench bench;
  bench.commit("t", 0, 1);
  bench.commit("t", 3, 2);
  bench.commit("u", 1, 3);
  const auto reply = bench.shard().offsets().fetch({.group_id = "g", .topics = std::nullopt});
  ASSERT_EQ(reply.topics.size(), 2u);
  EXPECT_EQ(reply.topics[0].partitions.size(), 2u);
  EXPECT_EQ(reply.topics[1].partitions[0].offset, 3);
  EXPECT_TRUE(bench.shard().offsets().fetch({.group_id = "x", .topics = std::nullopt}).topics.empty());
}

TEST(OffsetFetchTest, OffsetOfAFormerTopicIsNotShown) {
  ShardBench bench;
  CommitCommand command = commit_of(7);
  command.topics[0].topic_id = kTopicId;
  bench.commit(command);
  const auto fetch = [&](const Uuid& id) {
    FetchOffsetsCommand fetch_command;
    fetch_command.group_id = "g";
    fetch_command.topics = std::vector<OffsetsTopic>{{"t", id, {0}}};
    return bench.shard().offsets().fetch(fetch_command).topics[0].partitions[0].offset;
  };
  EXPECT_EQ(fetch(kTopicId), 7);
  EXPECT_EQ(fetch(kOtherId), -1);
  EXPECT_EQ(fetch(Uuid::zero()), 7);
  bench.commit("t", 0, 8);  // without an id: shown to every id
  EXPECT_EQ(fetch(kOtherId), 8);
}

TEST(OffsetDeleteTest, OffsetsOfAGroupAreDeleted) {
  ShardBench bench;
  bench.commit("t", 0, 1);
  const auto reply = bench.delete_offsets("t", {0, 1});
  EXPECT_EQ(reply.error, ErrorCode::kNone);
  EXPECT_EQ(reply.topics[0].partitions.size(), 2u);
  EXPECT_EQ(bench.fetch("t", 0), -1);
  EXPECT_EQ(bench.records().size(), 2u);  // one tombstone, none for what was not there
  EXPECT_EQ(bench.delete_offsets("t", {0}, "unknown").error, ErrorCode::kGroupIdNotFound);
}

TEST(OffsetDeleteTest, SubscribedTopicsAreKept) {
  ShardBench bench;
  const auto members = bench.stable_group(1);
  bench.commit("t", 0, 1, 1, members[0].member_id);
  bench.commit("u", 0, 2, 1, members[0].member_id);
  EXPECT_EQ(bench.delete_offsets("t", {0}).topics[0].partitions[0].error, ErrorCode::kGroupSubscribedToTopic);
  EXPECT_EQ(bench.delete_offsets("u", {0}).topics[0].partitions[0].error, ErrorCode::kNone);
  EXPECT_EQ(bench.fetch("t", 0), 1);
  EXPECT_EQ(bench.fetch("u", 0), -1);
}

TEST(OffsetDeleteTest, OtherProtocolTypesMustBeEmpty) {
  ShardBench bench;
  bench.stable_group(1, {.protocol_type = "connect"});
  EXPECT_EQ(bench.delete_offsets("t", {0}).error, ErrorCode::kNonEmptyGroup);
}

TEST(TopicDeletionTest, OffsetsGoWithTheirTopic) {
  ShardBench bench;
  bench.commit("t", 0, 1);
  bench.commit("u", 0, 2);
  CommitCommand of_former = commit_of(3);
  of_former.group_id = "h";
  of_former.topics[0].topic_id = kOtherId;
  bench.commit(of_former);
  Effects effects;
  bench.shard().topics_deleted({{"t", kTopicId}}, effects);
  bench.carry_out(std::move(effects));
  EXPECT_EQ(bench.fetch("t", 0), -1);
  EXPECT_EQ(bench.fetch("u", 0), 2);
  EXPECT_EQ(bench.fetch("t", 0, "h"), 3);
}

TEST(GroupDeletionTest, OnlyEmptyGroupsGoWithTheirOffsets) {
  ShardBench bench;
  const auto members = bench.stable_group(1);
  bench.commit("t", 0, 1, 1, members[0].member_id);
  EXPECT_EQ(bench.delete_group(), ErrorCode::kNonEmptyGroup);
  bench.leave({{members[0].member_id, std::nullopt, ""}});
  EXPECT_EQ(bench.delete_group(), ErrorCode::kNone);
  EXPECT_EQ(bench.delete_group(), ErrorCode::kGroupIdNotFound);
  EXPECT_EQ(bench.fetch("t", 0), -1);
  EXPECT_EQ(bench.reloaded()->counts().groups, 0u);
  EXPECT_EQ(bench.reloaded()->counts().offsets, 0u);
}

TEST(GroupDeletionTest, PendingMembersOfADeletedGroupAreUnknown) {
  ShardBench bench;
  const auto pending = bench.join({.needs_known_member_id = true});
  EXPECT_EQ(bench.delete_group(), ErrorCode::kNone);
  EXPECT_EQ(bench.join({.member_id = pending->member_id})->error, ErrorCode::kUnknownMemberId);
  bench.advance(20'000);
}

class OffsetExpiryTest : public testing::Test {
 protected:
  ShardBench bench_{{.offsets_retention_ms = kDayMs, .offsets_retention_check_interval_ms = 60'000}};
};

TEST_F(OffsetExpiryTest, SimpleGroupsExpireOffsetByOffsetAndGoWithTheLast) {
  bench_.commit("t", 0, 1);
  bench_.advance(kDayMs / 2);
  bench_.commit("t", 1, 2);
  bench_.advance(kDayMs / 2);
  EXPECT_EQ(bench_.fetch("t", 0), -1);
  EXPECT_EQ(bench_.fetch("t", 1), 2);
  EXPECT_EQ(bench_.state(), "Empty");
  bench_.advance(kDayMs / 2);
  EXPECT_EQ(bench_.state(), "Dead");
}

TEST_F(OffsetExpiryTest, GroupsExpireTogetherAfterTheyBecameEmpty) {
  const auto members = bench_.stable_group(1, {.session_timeout_ms = 1'800'000});
  bench_.commit("t", 0, 1, 1, members[0].member_id);
  for (int half_hour = 0; half_hour < 30; ++half_hour) {
    bench_.advance(1'799'000);
    bench_.heartbeat(members[0].member_id, 1);
    bench_.advance(1'799'000);
    bench_.heartbeat(members[0].member_id, 1);
  }
  EXPECT_EQ(bench_.fetch("t", 0), 1);  // subscribed, so it does not expire however old it is
  bench_.leave({{members[0].member_id, std::nullopt, ""}});
  bench_.advance(kDayMs - 60'000);
  EXPECT_EQ(bench_.fetch("t", 0), 1);
  bench_.advance(120'000);
  EXPECT_EQ(bench_.fetch("t", 0), -1);
  EXPECT_EQ(bench_.state(), "Dead");
}

TEST_F(OffsetExpiryTest, StableConsumersLoseOffsetsOfTopicsTheyNoLongerRead) {
  const auto members = bench_.stable_group(1, {.session_timeout_ms = 1'800'000});
  bench_.commit("t", 0, 1, 1, members[0].member_id);
  bench_.commit("old", 0, 1, 1, members[0].member_id);
  for (int half_hour = 0; half_hour < 49; ++half_hour) {
    bench_.advance(1'799'000);
    bench_.heartbeat(members[0].member_id, 1);
  }
  EXPECT_EQ(bench_.fetch("t", 0), 1);
  EXPECT_EQ(bench_.fetch("old", 0), -1);
  EXPECT_EQ(bench_.state(), "Stable");
}

TEST_F(OffsetExpiryTest, CommitsOfOldVersionsBringTheirOwnRetention) {
  CommitCommand command = commit_of(1);
  command.retention_ms = 5 * 60'000;
  bench_.commit(command);
  bench_.advance(4 * 60'000);
  EXPECT_EQ(bench_.fetch("t", 0), 1);
  bench_.restart();
  bench_.advance(2 * 60'000);
  EXPECT_EQ(bench_.fetch("t", 0), -1);
}

TEST_F(OffsetExpiryTest, FailedRoundIsTriedAgain) {
  bench_.commit("t", 0, 1);
  bench_.append_error = ErrorCode::kKafkaStorageError;
  bench_.advance(kDayMs + 60'000);
  EXPECT_EQ(bench_.fetch("t", 0), 1);
  bench_.append_error = ErrorCode::kNone;
  bench_.advance(60'000);
  EXPECT_EQ(bench_.fetch("t", 0), -1);
}

TEST_F(OffsetExpiryTest, OffsetsOfGroupsOfOtherProtocolsNeverExpire) {
  bench_.commit("t", 0, 1);
  bench_.replay_foreign(11, "g", true);
  bench_.advance(10 * kDayMs);
  EXPECT_EQ(bench_.fetch("t", 0), 1);
  EXPECT_EQ(bench_.shard().describe("g").error_message, "Group g is not a classic group.");
  EXPECT_EQ(bench_.delete_group(), ErrorCode::kNone);
  EXPECT_EQ(bench_.fetch("t", 0), -1);
  EXPECT_TRUE(bench_.shard().list({}).empty());
}

class TransactionalOffsetsTest : public testing::Test {
 protected:
  void replay(std::int64_t offset, std::int64_t record_offset, std::int64_t producer_id) {
    OffsetRecord record = offset_tombstone("g", "t", 0);
    record.value.emplace().offset = offset;
    record.value->metadata = "";
    Effects effects;
    bench_.shard().replay(record, record_offset, producer_id, bench_.now(), effects);
  }
  FetchedOffset fetch(bool require_stable) {
    FetchOffsetsCommand command;
    command.group_id = "g";
    command.topics = std::vector<OffsetsTopic>{{"t", Uuid::zero(), {0}}};
    command.require_stable = require_stable;
    return bench_.shard().offsets().fetch(command).topics[0].partitions[0];
  }

  ShardBench bench_;
};

TEST_F(TransactionalOffsetsTest, CountWhenTheTransactionIsCommitted) {
  replay(10, 0, -1);
  replay(20, 1, 77);
  EXPECT_EQ(fetch(false).offset, 10);
  EXPECT_EQ(fetch(true).error, ErrorCode::kUnstableOffsetCommit);
  bench_.shard().replay_end_transaction(77, true);
  EXPECT_EQ(fetch(true).offset, 20);
}

TEST_F(TransactionalOffsetsTest, AreForgottenWhenItIsAborted) {
  replay(20, 1, 77);
  bench_.shard().replay_end_transaction(77, false);
  EXPECT_EQ(fetch(true).offset, -1);
  bench_.shard().replay_end_transaction(99, true);
}

TEST_F(TransactionalOffsetsTest, LaterCommitOfTheLogWins) {
  replay(20, 1, 77);
  replay(30, 2, -1);
  bench_.shard().replay_end_transaction(77, true);
  EXPECT_EQ(fetch(true).offset, 30);
}

TEST_F(TransactionalOffsetsTest, GroupWithAnOpenTransactionIsKept) {
  replay(10, 0, -1);
  replay(20, 1, 77);
  bench_.advance(30 * kDayMs);
  EXPECT_EQ(fetch(false).offset, 10);
  EXPECT_EQ(bench_.delete_group(), ErrorCode::kNone);
  EXPECT_EQ(fetch(true).offset, -1);
}

}  // namespace
}  // namespace barnabas::broker::groups
