// InitProducerId: new and known ids, recovery, exhaustion and the fencing of a predecessor.
#include <gtest/gtest.h>

#include "broker/transactions/tests/transaction_bench.h"

namespace barnabas::broker::transactions {
namespace {

void expect_reply(const ProducerReply& reply, std::int64_t id, int epoch) {
  EXPECT_EQ(reply.error, ErrorCode::kNone);
  EXPECT_EQ(reply.producer_id, id);
  EXPECT_EQ(reply.producer_epoch, epoch);
}

ProducerIdentity identity(const ProducerReply& reply) {
  return {reply.producer_id, reply.producer_epoch};
}

TransactionMetadata idle(std::int64_t producer_id, std::int16_t epoch) {
  TransactionMetadata metadata;
  metadata.producer_id = metadata.previous_producer_id = producer_id;
  metadata.producer_epoch = epoch;
  metadata.timeout_ms = 60'000;
  metadata.last_update_ms = 1'700'000'000'000;
  return metadata;
}

TEST(InitProducer, NewIdGetsAProducerWithEpochZero) {
  TransactionBench bench;
  expect_reply(bench.init("x"), 1'000, 0);
  expect_reply(bench.init("y"), 1'001, 0);
  const TransactionMetadata& state = bench.state("x");
  EXPECT_EQ(state.state, TransactionState::kEmpty);
  EXPECT_EQ(state.previous_producer_id, 1'000);
  EXPECT_EQ(state.start_ms, -1);
  EXPECT_EQ(state.last_update_ms, bench.now().wall_ms);
  EXPECT_EQ(state.timeout_ms, 60'000);
  EXPECT_EQ(state.client_version, 0);
  EXPECT_EQ(bench.log().size(), 2u);
}

TEST(InitProducer, NewIdThatNamesAForgottenProducerGetsANewOne) {
  TransactionBench bench;
  expect_reply(bench.init({.expected = ProducerIdentity{77, 12}}), 1'000, 0);
}

TEST(InitProducer, KnownIdGetsTheNextEpochAndTheNewTimeout) {
  TransactionBench bench;
  bench.init();
  expect_reply(bench.init({.timeout_ms = 5'000}), 1'000, 1);
  EXPECT_EQ(bench.state().timeout_ms, 5'000);
  expect_reply(bench.init(), 1'000, 2);
}

TEST(InitProducer, RecoveringProducerIsBumpedAndItsRetryGetsTheSameAnswer) {
  TransactionBench bench;
  const ProducerReply first = bench.init();
  expect_reply(bench.init({.expected = identity(first)}), 1'000, 1);
  expect_reply(bench.init({.expected = identity(first)}), 1'000, 1);
  expect_reply(bench.init({.expected = ProducerIdentity{1'000, 1}}), 1'000, 2);
  EXPECT_EQ(bench.init({.expected = identity(first)}).error, ErrorCode::kProducerFenced);
  EXPECT_EQ(bench.init({.expected = ProducerIdentity{1'000, 9}}).error, ErrorCode::kProducerFenced);
  EXPECT_EQ(bench.init({.expected = ProducerIdentity{999, 2}}).error, ErrorCode::kProducerFenced);
}

TEST(InitProducer, SuccessorWithoutMemoryFencesTheRecoveryOfItsPredecessor) {
  TransactionBench bench;
  const ProducerReply first = bench.init();
  bench.init();
  EXPECT_EQ(bench.init({.expected = identity(first)}).error, ErrorCode::kProducerFenced);
}

TEST(InitProducer, ExhaustedEpochsBringANewProducerIdAndTheOldOneIsKept) {
  TransactionBench bench;
  bench.put("t", idle(5, kExhaustedEpoch));
  expect_reply(bench.init(), 1'000, 0);
  EXPECT_EQ(bench.state().previous_producer_id, 5);
  EXPECT_EQ(bench.state().last_producer_epoch, -1);
}

TEST(InitProducer, RecoveryOverExhaustedEpochsCanBeRetried) {
  TransactionBench bench;
  bench.put("t", idle(5, kExhaustedEpoch));
  const ProducerIdentity last{5, kExhaustedEpoch};
  expect_reply(bench.init({.expected = last}), 1'000, 0);
  EXPECT_EQ(bench.state().last_producer_epoch, kExhaustedEpoch);
  expect_reply(bench.init({.expected = last}), 1'000, 0);
  EXPECT_EQ(bench.init({.expected = ProducerIdentity{5, 12}}).error, ErrorCode::kProducerFenced);
}

TEST(InitProducer, ExhaustedEpochsOfAnotherEpochAreFenced) {
  TransactionBench bench;
  bench.put("t", idle(5, kExhaustedEpoch));
  EXPECT_EQ(bench.init({.expected = ProducerIdentity{5, 3}}).error, ErrorCode::kProducerFenced);
}

class InitOverOngoing : public ::testing::TestWithParam<int> {};

TEST_P(InitOverOngoing, AbortsItFirstAndAsksToComeAgain) {
  TransactionBench bench({}, static_cast<std::int16_t>(GetParam()));
  const ProducerReply old = bench.init();
  ASSERT_EQ(bench.add(old, {kA0, kB0}, 0), ErrorCode::kNone);
  EXPECT_EQ(bench.init().error, ErrorCode::kConcurrentTransactions);
  EXPECT_EQ(bench.state().state, TransactionState::kCompleteAbort);
  EXPECT_EQ(bench.state().producer_epoch, 1);
  ASSERT_EQ(bench.written.size(), 2u);
  for (const auto& written : bench.written) {
    EXPECT_FALSE(written.marker.commit);
    EXPECT_EQ(written.marker.producer_epoch, 1) << "the marker overrides the epoch of the old producer";
    EXPECT_EQ(written.marker.transaction_version, GetParam() >= 2 ? GetParam() : 0);
  }
  expect_reply(bench.init(), 1'000, 2);
  EXPECT_EQ(bench.add(old, {kA0}), ErrorCode::kProducerFenced);
  EXPECT_EQ(bench.end(old, true, 0).error, ErrorCode::kProducerFenced);
  EXPECT_EQ(bench.end(old, true, 2).error, ErrorCode::kProducerFenced);
}

TEST_P(InitOverOngoing, OfTheLastEpochEndsWithANewProducer) {
  TransactionBench bench({}, static_cast<std::int16_t>(GetParam()));
  bench.put("t", idle(5, kExhaustedEpoch));
  ASSERT_EQ(bench.add({ErrorCode::kNone, 5, kExhaustedEpoch}, {kA0}, 0), ErrorCode::kNone);
  EXPECT_EQ(bench.init().error, ErrorCode::kConcurrentTransactions);
  ASSERT_EQ(bench.written.size(), 1u);
  EXPECT_EQ(bench.written[0].marker.producer_id, 5);
  EXPECT_EQ(bench.written[0].marker.producer_epoch, kLastEpoch);
  const ProducerReply next = bench.init();
  EXPECT_EQ(next.error, ErrorCode::kNone);
  EXPECT_GE(next.producer_id, 1'000);
}

TEST_P(InitOverOngoing, ThatCannotBeWrittenLeavesNoTrace) {
  TransactionBench bench({}, static_cast<std::int16_t>(GetParam()));
  const ProducerReply old = bench.init();
  ASSERT_EQ(bench.add(old, {kA0}, 0), ErrorCode::kNone);
  const TransactionMetadata before = bench.state();
  bench.append_error = ErrorCode::kNotEnoughReplicas;
  EXPECT_EQ(bench.init().error, ErrorCode::kCoordinatorNotAvailable);
  EXPECT_EQ(bench.state(), before);
  bench.append_error = ErrorCode::kNone;
  EXPECT_EQ(bench.init().error, ErrorCode::kConcurrentTransactions);
  EXPECT_EQ(bench.state().producer_epoch, 1);
}

INSTANTIATE_TEST_SUITE_P(TransactionVersions, InitOverOngoing, ::testing::Values(0, 1, 2));

TEST(InitProducer, WaitsForMarkersUnderWay) {
  TransactionBench bench;
  const ProducerReply producer = bench.init();
  bench.add(producer, {kA0});
  bench.hold_markers = true;
  const ProducerReply committed = bench.commit(producer);
  EXPECT_EQ(bench.init().error, ErrorCode::kConcurrentTransactions);
  EXPECT_EQ(bench.init({.expected = identity(committed)}).error, ErrorCode::kConcurrentTransactions);
  bench.deliver_markers();
  expect_reply(bench.init(), 1'000, 2);
}

TEST(InitProducer, WaitsForAWriteThatIsNotCommitted) {
  TransactionBench bench;
  bench.hold_commits = true;
  const auto first = bench.ask_init({});
  EXPECT_FALSE(*first);
  EXPECT_EQ(bench.init().error, ErrorCode::kConcurrentTransactions);
  bench.release_commits();
  expect_reply(first->value(), 1'000, 0);
}

TEST(InitProducer, RefusedWriteSaysWhyInTheCoordinatorsWords) {
  const std::pair<ErrorCode, ErrorCode> cases[] = {
      {ErrorCode::kNotLeaderOrFollower, ErrorCode::kNotCoordinator},
      {ErrorCode::kKafkaStorageError, ErrorCode::kNotCoordinator},
      {ErrorCode::kUnknownTopicOrPartition, ErrorCode::kCoordinatorNotAvailable},
      {ErrorCode::kNotEnoughReplicasAfterAppend, ErrorCode::kCoordinatorNotAvailable},
      {ErrorCode::kRequestTimedOut, ErrorCode::kCoordinatorNotAvailable},
      {ErrorCode::kRecordListTooLarge, ErrorCode::kUnknownServerError},
  };
  for (const auto& [log_error, answer] : cases) {
    TransactionBench bench;
    bench.append_error = log_error;
    const ProducerReply reply = bench.init();
    EXPECT_EQ(reply.error, answer);
    EXPECT_EQ(reply.producer_id, -1);
    EXPECT_EQ(reply.producer_epoch, -1);
    EXPECT_EQ(bench.shard().find("t"), nullptr);
  }
}

TEST(InitProducer, ValueVersionFollowsTheClustersTransactionVersion) {
  TransactionBench bench({}, 0);
  bench.init("old");
  bench.set_version(1);
  bench.init("new");
  EXPECT_EQ(bench.log()[0].value->at(1), 0);
  EXPECT_EQ(bench.log()[1].value->at(1), 1);
}

}  // namespace
}  // namespace barnabas::broker::transactions
