// Offsets that count when a transaction commits: KIP-98, KIP-447.
#include <gtest/gtest.h>

#include "broker/groups/tests/shard_bench.h"

namespace barnabas::broker::groups {
namespace {

constexpr std::int64_t kDayMs = 24ll * 60 * 60 * 1'000;

TEST(CommitInTransactionTest, OffsetsCountFromTheCommitOn) {
  ShardBench bench;
  ASSERT_EQ(bench.commit("t", 0, 5), ErrorCode::kNone);
  EXPECT_EQ(bench.commit_in_transaction(40, "t", 0, 9), ErrorCode::kNone);
  EXPECT_EQ(bench.fetch("t", 0), 5);
  EXPECT_EQ(bench.fetch_stable("t", 0), ErrorCode::kUnstableOffsetCommit);
  EXPECT_EQ(bench.fetch_stable("t", 1), ErrorCode::kNone);
  EXPECT_EQ(bench.end_transaction(40, true), ErrorCode::kNone);
  EXPECT_EQ(bench.fetch("t", 0), 9);
  EXPECT_EQ(bench.fetch_stable("t", 0), ErrorCode::kNone);
}

TEST(CommitInTransactionTest, AnAbortDropsThem) {
  ShardBench bench;
  ASSERT_EQ(bench.commit("t", 0, 5), ErrorCode::kNone);
  ASSERT_EQ(bench.commit_in_transaction(40, "t", 0, 9), ErrorCode::kNone);
  ASSERT_EQ(bench.commit_in_transaction(40, "t", 1, 9), ErrorCode::kNone);
  EXPECT_EQ(bench.end_transaction(40, false), ErrorCode::kNone);
  EXPECT_EQ(bench.fetch("t", 0), 5);
  EXPECT_EQ(bench.fetch("t", 1), -1);
  EXPECT_EQ(bench.fetch_stable("t", 1), ErrorCode::kNone);
}

TEST(CommitInTransactionTest, TheEndOfOneTransactionLeavesTheOthersPending) {
  ShardBench bench;
  ASSERT_EQ(bench.commit_in_transaction(40, "t", 0, 9), ErrorCode::kNone);
  ASSERT_EQ(bench.commit_in_transaction(41, "t", 0, 11), ErrorCode::kNone);
  ASSERT_EQ(bench.commit_in_transaction(41, "t", 0, 12, -1, "", "other"), ErrorCode::kNone);
  bench.end_transaction(40, true);
  EXPECT_EQ(bench.fetch("t", 0), 9);
  EXPECT_EQ(bench.fetch_stable("t", 0), ErrorCode::kUnstableOffsetCommit);
  bench.end_transaction(41, true);
  EXPECT_EQ(bench.fetch("t", 0), 11);
  EXPECT_EQ(bench.fetch("t", 0, "other"), 12);
  EXPECT_EQ(bench.shard().committed().open_transactions(), 0u);
  EXPECT_EQ(bench.end_transaction(77, true), ErrorCode::kNone);  // with nothing pending
}

TEST(CommitInTransactionTest, ALaterPlainCommitOutlivesTheTransaction) {
  ShardBench bench;
  ASSERT_EQ(bench.commit_in_transaction(40, "t", 0, 9), ErrorCode::kNone);
  ASSERT_EQ(bench.commit("t", 0, 20), ErrorCode::kNone);
  bench.end_transaction(40, true);
  EXPECT_EQ(bench.fetch("t", 0), 20);
}

TEST(CommitInTransactionTest, PendingOffsetsSurviveARestart) {
  ShardBench bench;
  bench.commit("t", 0, 5);
  bench.commit_in_transaction(40, "t", 0, 9);
  bench.commit_in_transaction(41, "t", 1, 3);
  bench.end_transaction(41, true);
  bench.commit_in_transaction(42, "t", 2, 3);
  bench.end_transaction(42, false);
  bench.restart();
  EXPECT_EQ(bench.fetch("t", 0), 5);
  EXPECT_EQ(bench.fetch_stable("t", 0), ErrorCode::kUnstableOffsetCommit);
  EXPECT_EQ(bench.fetch("t", 1), 3);
  EXPECT_EQ(bench.fetch("t", 2), -1);
  bench.end_transaction(40, true);
  EXPECT_EQ(bench.fetch("t", 0), 9);
}

TEST(CommitInTransactionTest, MembersAreFencedByIdAndGeneration) {
  ShardBench bench;
  const auto members = bench.stable_group(1);
  const std::string& id = members[0].member_id;
  EXPECT_EQ(bench.commit_in_transaction(40, "t", 0, 1, 1, id), ErrorCode::kNone);
  EXPECT_EQ(bench.commit_in_transaction(40, "t", 0, 1, 0, id), ErrorCode::kIllegalGeneration);
  EXPECT_EQ(bench.commit_in_transaction(40, "t", 0, 1, -1, id), ErrorCode::kIllegalGeneration);
  EXPECT_EQ(bench.commit_in_transaction(40, "t", 0, 1, 1, "ghost"), ErrorCode::kUnknownMemberId);
  // Clients of old name neither.
  EXPECT_EQ(bench.commit_in_transaction(40, "t", 0, 1), ErrorCode::kNone);
}

TEST(CommitInTransactionTest, ARebalanceDoesNotRefuseThem) {
  ShardBench bench;
  const auto members = bench.stable_group(1);
  const std::string& id = members[0].member_id;
  bench.join({});
  bench.join({.member_id = id});
  ASSERT_EQ(bench.state(), "CompletingRebalance");
  EXPECT_EQ(bench.commit_in_transaction(40, "t", 0, 1, 2, id), ErrorCode::kNone);
}

TEST(CommitInTransactionTest, UnknownGroupWithAGenerationIsRefused) {
  ShardBench bench;
  EXPECT_EQ(bench.commit_in_transaction(40, "t", 0, 1, 3, "m"), ErrorCode::kIllegalGeneration);
  EXPECT_TRUE(bench.log().empty());
}

TEST(CommitInTransactionTest, RefusedAppendsLeaveNothingPending) {
  ShardBench bench;
  bench.append_error = ErrorCode::kInvalidProducerEpoch;
  EXPECT_EQ(bench.commit_in_transaction(40, "t", 0, 1), ErrorCode::kInvalidProducerEpoch);
  bench.append_error = ErrorCode::kNetworkException;
  EXPECT_EQ(bench.commit_in_transaction(40, "t", 0, 1), ErrorCode::kCoordinatorLoadInProgress);
  EXPECT_EQ(bench.fetch_stable("t", 0), ErrorCode::kNone);
  bench.append_error = ErrorCode::kNone;
  bench.commit_in_transaction(40, "t", 0, 1);
  bench.append_error = ErrorCode::kTransactionCoordinatorFenced;
  EXPECT_EQ(bench.end_transaction(40, true), ErrorCode::kTransactionCoordinatorFenced);
  EXPECT_EQ(bench.fetch_stable("t", 0), ErrorCode::kUnstableOffsetCommit);
}

TEST(CommitInTransactionTest, DeletingAGroupDropsWhatIsPending) {
  ShardBench bench;
  bench.commit_in_transaction(40, "t", 0, 9);
  EXPECT_EQ(bench.delete_group(), ErrorCode::kNone);
  EXPECT_EQ(bench.shard().committed().open_transactions(), 0u);
  bench.end_transaction(40, true);
  EXPECT_EQ(bench.fetch("t", 0), -1);
  EXPECT_EQ(bench.state(), "Dead");
  bench.restart();
  EXPECT_EQ(bench.fetch("t", 0), -1);
}

TEST(CommitInTransactionTest, DeletingAnOffsetDropsThePendingOneToo) {
  ShardBench bench;
  bench.commit_in_transaction(40, "t", 0, 9);
  bench.commit_in_transaction(40, "t", 1, 9);
  EXPECT_EQ(bench.delete_offsets("t", {0}).topics.at(0).partitions.at(0).error, ErrorCode::kNone);
  EXPECT_EQ(bench.fetch_stable("t", 0), ErrorCode::kNone);
  EXPECT_EQ(bench.fetch_stable("t", 1), ErrorCode::kUnstableOffsetCommit);
  bench.end_transaction(40, true);
  EXPECT_EQ(bench.fetch("t", 0), -1);
  EXPECT_EQ(bench.fetch("t", 1), 9);
}

TEST(CommitInTransactionTest, AGroupWithAnOpenTransactionDoesNotExpire) {
  ShardBench bench;
  bench.commit_in_transaction(40, "t", 0, 9);
  bench.advance(8 * kDayMs);
  EXPECT_EQ(bench.state(), "Empty");
  EXPECT_EQ(bench.fetch_stable("t", 0), ErrorCode::kUnstableOffsetCommit);
  bench.end_transaction(40, false);
  bench.advance(kDayMs);
  EXPECT_EQ(bench.state(), "Dead");
}

TEST(CommitInTransactionTest, RecordsAreWrittenAsKafkaWritesThem) {
  ShardBench bench;
  TransactionalCommitCommand command;
  command.producer_id = 40;
  command.commit.group_id = "txgroup";
  command.commit.topics.push_back({"tx", Uuid::zero(), {{1, 1, -1, "meta"}}});
  Answered<CommitReply> answered;
  Effects effects;
  bench.shard().offsets().commit_in_transaction(std::move(command), answered.answerer(), bench.now(),
                                                effects);
  bench.carry_out(std::move(effects));
  ASSERT_EQ(bench.log().size(), 1u);
  const auto& written = bench.log()[0];
  EXPECT_EQ(written.producer_id, 40);
  EXPECT_EQ(written.bytes.key,
            (Buffer{0, 1, 0, 7, 't', 'x', 'g', 'r', 'o', 'u', 'p', 0, 2, 't', 'x', 0, 0, 0, 1}));
  const Buffer expected{0, 4,   0,   0,   0,   0, 0, 0, 0,    1,    0xff, 0xff, 0xff, 0xff,
                        5, 'm', 'e', 't', 'a', 0, 0, 1, 0x8b, 0xcf, 0xe5, 0x68, 0,    0};
  EXPECT_EQ(written.bytes.value, expected);
}

}  // namespace
}  // namespace barnabas::broker::groups
