// AddPartitionsToTxn, its verification and EndTxn of old and new clients.
#include <gtest/gtest.h>

#include "broker/transactions/tests/transaction_bench.h"

namespace barnabas::broker::transactions {
namespace {

using enum TransactionState;

void expect_reply(const ProducerReply& reply, std::int64_t id, int epoch) {
  EXPECT_EQ(reply.error, ErrorCode::kNone);
  EXPECT_EQ(reply.producer_id, id);
  EXPECT_EQ(reply.producer_epoch, epoch);
}

ProducerReply with_epoch(const ProducerReply& reply, int epoch) {
  return {ErrorCode::kNone, reply.producer_id, static_cast<std::int16_t>(epoch)};
}

TEST(AddPartitions, BeginsATransactionAndExtendsIt) {
  TransactionBench bench;
  const ProducerReply producer = bench.init();
  bench.advance(5);
  EXPECT_EQ(bench.add(producer, {kB0}), ErrorCode::kNone);
  const std::int64_t start_ms = bench.now().wall_ms;
  bench.advance(5);
  EXPECT_EQ(bench.add(producer, {kA1, kA0}), ErrorCode::kNone);
  const TransactionMetadata& state = bench.state();
  EXPECT_EQ(state.state, kOngoing);
  EXPECT_EQ(state.partitions, (std::vector<TopicPartition>{kA0, kA1, kB0}));
  EXPECT_EQ(state.start_ms, start_ms);
  EXPECT_EQ(state.last_update_ms, start_ms + 5);
  EXPECT_EQ(state.client_version, 2);
}

TEST(AddPartitions, ThatAreInItAlreadyAreNotWrittenAgain) {
  TransactionBench bench;
  const ProducerReply producer = bench.init();
  bench.add(producer, {kA0, kB0});
  const std::size_t records = bench.log().size();
  EXPECT_EQ(bench.add(producer, {kB0}), ErrorCode::kNone);
  EXPECT_EQ(bench.log().size(), records);
}

TEST(AddPartitions, OfStrangersAndPredecessorsAreRefused) {
  TransactionBench bench;
  EXPECT_EQ(bench.add({ErrorCode::kNone, 1, 0}, {kA0}), ErrorCode::kInvalidProducerIdMapping);
  const ProducerReply producer = bench.init();
  EXPECT_EQ(bench.add({ErrorCode::kNone, 1, 0}, {kA0}), ErrorCode::kInvalidProducerIdMapping);
  EXPECT_EQ(bench.add(with_epoch(producer, 1), {kA0}), ErrorCode::kProducerFenced) << "of the future";
  bench.init();
  EXPECT_EQ(bench.add(producer, {kA0}), ErrorCode::kProducerFenced);
  EXPECT_EQ(bench.state().state, kEmpty);
}

TEST(AddPartitions, WaitForTheTransactionBefore) {
  TransactionBench bench;
  const ProducerReply producer = bench.init();
  bench.add(producer, {kA0});
  bench.hold_markers = true;
  const ProducerReply next = bench.commit(producer);
  EXPECT_EQ(bench.add(next, {kA0}), ErrorCode::kConcurrentTransactions);
  EXPECT_EQ(bench.add(producer, {kA0}), ErrorCode::kConcurrentTransactions);
  bench.deliver_markers();
  EXPECT_EQ(bench.add(next, {kA0}), ErrorCode::kNone);
  EXPECT_EQ(bench.state().partitions, std::vector<TopicPartition>{kA0});
}

TEST(AddPartitions, RefusedByTheLogLeaveNoTrace) {
  TransactionBench bench;
  const ProducerReply producer = bench.init();
  bench.append_error = ErrorCode::kNotEnoughReplicas;
  EXPECT_EQ(bench.add(producer, {kA0}), ErrorCode::kCoordinatorNotAvailable);
  EXPECT_EQ(bench.state().state, kEmpty);
  bench.append_error = ErrorCode::kNone;
  EXPECT_EQ(bench.add(producer, {kA0}), ErrorCode::kNone);
}

TEST(Verification, TellsWhichPartitionsAreInTheTransaction) {
  TransactionBench bench;
  const ProducerReply producer = bench.init();
  EXPECT_EQ(bench.verify(producer, {kA0}), (PartitionResults{{kA0, ErrorCode::kTransactionAbortable}}));
  bench.add(producer, {kA0}, 0);
  EXPECT_EQ(bench.verify(producer, {kA0, kB0}),
            (PartitionResults{{kA0, ErrorCode::kNone}, {kB0, ErrorCode::kTransactionAbortable}}));
  const std::size_t records = bench.log().size();
  EXPECT_EQ(bench.verify({ErrorCode::kNone, 9, 0}, {kA0}),
            (PartitionResults{{kA0, ErrorCode::kInvalidProducerIdMapping}}));
  EXPECT_EQ(bench.verify(producer, {kA0}, "nobody"),
            (PartitionResults{{kA0, ErrorCode::kInvalidProducerIdMapping}}));
  EXPECT_EQ(bench.verify(with_epoch(producer, 1), {kA0}),
            (PartitionResults{{kA0, ErrorCode::kProducerFenced}}));
  bench.hold_markers = true;
  bench.end(producer, true, 0);
  EXPECT_EQ(bench.verify(producer, {kA0}), (PartitionResults{{kA0, ErrorCode::kConcurrentTransactions}}));
  EXPECT_EQ(bench.log().size(), records + 1) << "verification writes nothing";
}

// --- Clients before transaction version 2 ---

TEST(EndOfOldClients, KeepsTheEpoch) {
  TransactionBench bench;
  const ProducerReply producer = bench.init();
  for (const bool commit : {true, false}) {
    bench.add(producer, {kA0, kB0}, 0);
    expect_reply(bench.end(producer, commit, 0), 1'000, 0);
    EXPECT_EQ(bench.state().state, commit ? kCompleteCommit : kCompleteAbort);
    EXPECT_TRUE(bench.state().partitions.empty());
    EXPECT_EQ(bench.written.size(), 2u);
    EXPECT_EQ(bench.written[0].marker.commit, commit);
    EXPECT_EQ(bench.written[0].marker.producer_epoch, 0);
    EXPECT_EQ(bench.written[0].marker.coordinator_epoch, 3);
    EXPECT_EQ(bench.written[0].marker.transaction_version, 0);
    EXPECT_EQ(bench.end(producer, commit, 0).error, ErrorCode::kNone) << "a retry";
    EXPECT_EQ(bench.end(producer, !commit, 0).error, ErrorCode::kInvalidTxnState);
    bench.written.clear();
  }
}

TEST(EndOfOldClients, IsRefusedWithoutATransaction) {
  TransactionBench bench;
  EXPECT_EQ(bench.end({ErrorCode::kNone, 1, 0}, true, 0).error, ErrorCode::kInvalidProducerIdMapping);
  const ProducerReply producer = bench.init();
  EXPECT_EQ(bench.end(producer, true, 0).error, ErrorCode::kInvalidTxnState);
  EXPECT_EQ(bench.end(producer, false, 0).error, ErrorCode::kInvalidTxnState);
  EXPECT_EQ(bench.end(with_epoch(producer, 1), false, 0).error, ErrorCode::kProducerFenced);
  EXPECT_EQ(bench.end({ErrorCode::kNone, 1, 0}, true, 0).error, ErrorCode::kInvalidProducerIdMapping);
}

TEST(EndOfOldClients, WhileMarkersAreWrittenAsksToComeAgain) {
  TransactionBench bench;
  const ProducerReply producer = bench.init();
  bench.add(producer, {kA0}, 0);
  bench.hold_markers = true;
  EXPECT_EQ(bench.end(producer, true, 0).error, ErrorCode::kNone) << "the decision is written";
  EXPECT_EQ(bench.end(producer, true, 0).error, ErrorCode::kConcurrentTransactions);
  bench.deliver_markers();
  EXPECT_EQ(bench.end(producer, true, 0).error, ErrorCode::kNone);
}

// --- Transaction version 2 ---

TEST(EndOfNewClients, BumpsTheEpoch) {
  TransactionBench bench;
  ProducerReply producer = bench.init();
  for (int round = 0; round < 3; ++round) {
    bench.add(producer, {kA0});
    const bool commit = round % 2 == 0;
    producer = bench.end(producer, commit);
    expect_reply(producer, 1'000, round + 1);
    EXPECT_EQ(bench.written.back().marker.producer_epoch, round + 1);
    EXPECT_EQ(bench.written.back().marker.transaction_version, 2);
    EXPECT_EQ(bench.written.back().marker.commit, commit);
  }
}

TEST(EndOfNewClients, AnswersARetryOfTheEpochBeforeAsItAnsweredThen) {
  TransactionBench bench;
  const ProducerReply producer = bench.init();
  bench.add(producer, {kA0});
  expect_reply(bench.commit(producer), 1'000, 1);
  const std::size_t records = bench.log().size();
  expect_reply(bench.commit(producer), 1'000, 1);
  EXPECT_EQ(bench.abort(producer).error, ErrorCode::kInvalidTxnState);
  EXPECT_EQ(bench.log().size(), records);
}

TEST(EndOfNewClients, ReCommitOfTheNewEpochHasNothingToCommit) {
  TransactionBench bench;
  const ProducerReply producer = bench.init();
  bench.add(producer, {kA0});
  const ProducerReply next = bench.commit(producer);
  EXPECT_EQ(bench.commit(next).error, ErrorCode::kInvalidTxnState);
  EXPECT_EQ(bench.commit(with_epoch(next, 2)).error, ErrorCode::kProducerFenced);
}

TEST(EndOfNewClients, EmptyAbortBumpsTheEpochWithoutMarkers) {
  TransactionBench bench;
  ProducerReply producer = bench.init();
  EXPECT_EQ(bench.commit(producer).error, ErrorCode::kInvalidTxnState);
  producer = bench.abort(producer);
  expect_reply(producer, 1'000, 1);
  EXPECT_EQ(bench.state().state, kCompleteAbort);
  EXPECT_EQ(bench.state().start_ms, bench.now().wall_ms);
  producer = bench.abort(producer);
  expect_reply(producer, 1'000, 2);
  bench.add(producer, {kA0});
  producer = bench.commit(producer);
  producer = bench.abort(producer);
  expect_reply(producer, 1'000, 4);
  EXPECT_EQ(bench.written.size(), 1u) << "of the commit";
}

TEST(EndOfNewClients, LastEpochEndsInANewProducerId) {
  for (const bool commit : {true, false}) {
    TransactionBench bench;
    TransactionMetadata metadata;
    metadata.producer_id = 5;
    metadata.producer_epoch = kExhaustedEpoch;
    metadata.timeout_ms = 60'000;
    bench.put("t", metadata);
    const ProducerReply producer{ErrorCode::kNone, 5, kExhaustedEpoch};
    bench.add(producer, {kA0});
    expect_reply(bench.end(producer, commit), 1'000, 0);
    EXPECT_EQ(bench.written[0].marker.producer_id, 5);
    EXPECT_EQ(bench.written[0].marker.producer_epoch, kLastEpoch);
    EXPECT_EQ(bench.state().previous_producer_id, 5);
    EXPECT_EQ(bench.state().next_producer_id, -1);
    expect_reply(bench.end(producer, commit), 1'000, 0);
    EXPECT_EQ(bench.end(producer, !commit).error, ErrorCode::kInvalidTxnState);
    bench.restart();
    expect_reply(bench.end(producer, commit), 1'000, 0);
    EXPECT_EQ(bench.end({ErrorCode::kNone, 5, 7}, commit).error, ErrorCode::kInvalidProducerIdMapping);
    EXPECT_EQ(bench.add({ErrorCode::kNone, 1'000, 0}, {kA0}), ErrorCode::kNone);
  }
}

TEST(EndOfNewClients, WhileMarkersAreWrittenAsksToComeAgain) {
  TransactionBench bench;
  const ProducerReply producer = bench.init();
  bench.add(producer, {kA0});
  bench.hold_markers = true;
  expect_reply(bench.commit(producer), 1'000, 1);
  EXPECT_EQ(bench.commit(producer).error, ErrorCode::kConcurrentTransactions);
  EXPECT_EQ(bench.abort(producer).error, ErrorCode::kConcurrentTransactions);
  bench.deliver_markers();
  expect_reply(bench.commit(producer), 1'000, 1);
}

TEST(EndOfNewClients, IsAnsweredOnlyWhenTheDecisionIsCommitted) {
  TransactionBench bench;
  const ProducerReply producer = bench.init();
  bench.add(producer, {kA0});
  bench.hold_commits = true;
  const auto answer = bench.ask_end(producer, true);
  EXPECT_FALSE(*answer);
  EXPECT_TRUE(bench.sent.empty()) << "no marker before the decision is safe";
  EXPECT_EQ(bench.add(producer, {kB0}), ErrorCode::kConcurrentTransactions);
  bench.release_commits();
  expect_reply(answer->value(), 1'000, 1);
  EXPECT_EQ(bench.written.size(), 1u);
  bench.release_commits();
  EXPECT_EQ(bench.state().state, kCompleteCommit);
}

TEST(EndOfNewClients, RefusedByTheLogLeavesTheTransactionOpen) {
  TransactionBench bench;
  const ProducerReply producer = bench.init();
  bench.add(producer, {kA0});
  bench.append_error = ErrorCode::kNotLeaderOrFollower;
  EXPECT_EQ(bench.commit(producer).error, ErrorCode::kNotCoordinator);
  EXPECT_EQ(bench.state().state, kOngoing);
  EXPECT_TRUE(bench.sent.empty());
  bench.append_error = ErrorCode::kNone;
  expect_reply(bench.commit(producer), 1'000, 1);
}

TEST(EndOfNewClients, WhoseProducerWasInitialisedUnderVersionOneBumpsAsWell) {
  TransactionBench bench({}, 1);
  const ProducerReply producer = bench.init();
  bench.add(producer, {kA0}, 0);
  expect_reply(bench.end(producer, true, 2), 1'000, 1);
}

TEST(TransactionCounts, TellStatesAndEndsSinceTheShardIsHere) {
  TransactionBench bench;
  ProducerReply producer = bench.init();
  bench.add(producer, {kA0});
  EXPECT_EQ(bench.shard().counts().ids_by_state[static_cast<std::size_t>(kOngoing)], 1u);
  producer = bench.commit(producer);
  bench.advance(0);
  bench.add(producer, {kA0});
  bench.abort(producer);
  bench.advance(0);
  const TransactionCounts counts = bench.shard().counts();
  EXPECT_EQ(counts.committed, 1u);
  EXPECT_EQ(counts.aborted, 1u);
  EXPECT_EQ(counts.ids_by_state[static_cast<std::size_t>(kOngoing)], 0u);
  EXPECT_EQ(counts.ids_by_state[static_cast<std::size_t>(kCompleteAbort)], 1u);
}

}  // namespace
}  // namespace barnabas::broker::transactions
