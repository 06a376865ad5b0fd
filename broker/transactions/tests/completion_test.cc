// What happens between the decision and the last record: markers, restarts, time-outs, expiry; and queries.
#include <gtest/gtest.h>

#include <limits>

#include "broker/transactions/tests/transaction_bench.h"

namespace barnabas::broker::transactions {
namespace {

using enum TransactionState;

TEST(Partitions, WhoseRecordWasNotConfirmedAreWrittenAgain) {
  TransactionBench bench;
  const ProducerReply producer = bench.init();
  bench.hold_commits = true;
  std::optional<ErrorCode> answer;
  bench.ask_add(producer, {kA0}, [&](ErrorCode&& error) { answer = error; });
  bench.release_commits(ErrorCode::kKafkaStorageError);
  EXPECT_EQ(answer, ErrorCode::kNotCoordinator);
  EXPECT_EQ(bench.verify(producer, {kA0})[0].second, ErrorCode::kConcurrentTransactions);
  bench.hold_commits = false;
  const std::size_t before = bench.log().size();
  EXPECT_EQ(bench.add(producer, {kA0}), ErrorCode::kNone);
  EXPECT_EQ(bench.log().size(), before + 1);
  EXPECT_EQ(bench.verify(producer, {kA0})[0].second, ErrorCode::kNone);
}

TEST(Markers, GoToEveryPartitionOfTheTransaction) {
  TransactionBench bench;
  const ProducerReply producer = bench.init();
  bench.add(producer, {kA0, kA1});
  bench.add(producer, {kB0});
  bench.commit(producer);
  ASSERT_EQ(bench.sent.size(), 1u);
  EXPECT_EQ(bench.sent[0].partitions, (std::vector<TopicPartition>{kA0, kA1, kB0}));
  EXPECT_EQ(bench.sent[0].marker.producer_id, producer.producer_id);
}

TEST(Markers, ThatFailAreSentAgainToThoseAlone) {
  const ErrorCode retriable[] = {ErrorCode::kNotLeaderOrFollower, ErrorCode::kNotEnoughReplicas,
                                 ErrorCode::kKafkaStorageError,   ErrorCode::kCoordinatorLoadInProgress,
                                 ErrorCode::kNotCoordinator,      ErrorCode::kUnknownServerError};
  for (const ErrorCode error : retriable) {
    TransactionBench bench;
    const ProducerReply producer = bench.init();
    bench.add(producer, {kA0, kB0});
    int failures = 3;
    bench.marker_result = [&](const TopicPartition& partition, const Marker&) {
      return partition == kB0 && failures-- > 0 ? error : ErrorCode::kNone;
    };
    const ProducerReply next = bench.commit(producer);
    EXPECT_EQ(bench.state().state, kPrepareCommit);
    EXPECT_EQ(bench.add(next, {kA0}), ErrorCode::kConcurrentTransactions);
    bench.advance(1'000);
    EXPECT_EQ(bench.state().state, kCompleteCommit) << protocol::error_name(error);
    EXPECT_EQ(bench.sent.size(), 4u);
    EXPECT_EQ(bench.sent.back().partitions, std::vector<TopicPartition>{kB0});
    EXPECT_EQ(bench.written.size(), 2u);
  }
}

TEST(Markers, OfAFencedCoordinatorWaitForALaterEpoch) {
  TransactionBench bench;
  const ProducerReply producer = bench.init();
  bench.add(producer, {kA0, kB0});
  bench.marker_result = [&](const TopicPartition& partition, const Marker& marker) {
    return partition == kB0 && marker.coordinator_epoch < 9 ? ErrorCode::kTransactionCoordinatorFenced
                                                            : ErrorCode::kNone;
  };
  const ProducerReply next = bench.commit(producer);
  bench.advance(60'000);
  EXPECT_EQ(bench.sent.size(), 1u);
  EXPECT_EQ(bench.state().state, kPrepareCommit);
  EXPECT_EQ(bench.add(next, {kA0}), ErrorCode::kConcurrentTransactions);
  bench.shard().led(9);
  bench.advance(0);
  EXPECT_EQ(bench.state().state, kCompleteCommit);
  ASSERT_EQ(bench.sent.size(), 2u);
  EXPECT_EQ(bench.sent[1].partitions, std::vector<TopicPartition>{kB0});
}

TEST(Markers, AreRepeatedLessAndLessOften) {
  TransactionBench bench;
  const ProducerReply producer = bench.init();
  bench.add(producer, {kA0});
  bool broken = true;
  bench.marker_result = [&](const TopicPartition&, const Marker&) {
    return broken ? ErrorCode::kKafkaStorageError : ErrorCode::kNone;
  };
  bench.commit(producer);
  bench.advance(60'000);
  EXPECT_GE(bench.sent.size(), 60u);
  EXPECT_LE(bench.sent.size(), 70u);
  broken = false;
  bench.advance(1'000);
  EXPECT_EQ(bench.state().state, kCompleteCommit);
}

TEST(Markers, OfPartitionsThatAreGoneOrFurtherOnCountAsWritten) {
  for (const ErrorCode error : {ErrorCode::kUnknownTopicOrPartition, ErrorCode::kUnsupportedForMessageFormat,
                                ErrorCode::kInvalidProducerEpoch, ErrorCode::kProducerFenced}) {
    TransactionBench bench;
    const ProducerReply producer = bench.init();
    bench.add(producer, {kA0, kB0});
    bench.marker_result = [&](const TopicPartition& partition, const Marker&) {
      return partition == kB0 ? error : ErrorCode::kNone;
    };
    bench.commit(producer);
    EXPECT_EQ(bench.state().state, kCompleteCommit);
    EXPECT_EQ(bench.sent.size(), 1u);
  }
}

TEST(Markers, OfAnEarlierAttemptChangeNothing) {
  TransactionBench bench;
  const ProducerReply producer = bench.init();
  bench.add(producer, {kA0});
  bench.hold_markers = true;
  const ProducerReply next = bench.commit(producer);
  const auto late = bench.held;
  bench.deliver_markers();
  bench.add(next, {kA0, kB0});
  bench.abort(next);
  TransactionShard::Effects effects;
  bench.shard().markers_written("t", late[0].marker, {{kA0, ErrorCode::kNone}, {kB0, ErrorCode::kNone}},
                                bench.now(), effects);
  EXPECT_TRUE(effects.answers.empty() && !effects.write);
  EXPECT_EQ(bench.state().state, kPrepareAbort);
  bench.deliver_markers();
  EXPECT_EQ(bench.state().state, kCompleteAbort);
}

TEST(Markers, CarryTheEpochOfTheCoordinatorThatSendsThem) {
  TransactionBench bench;
  const ProducerReply producer = bench.init();
  bench.add(producer, {kA0});
  bench.shard().led(9);
  bench.commit(producer);
  EXPECT_EQ(bench.written[0].marker.coordinator_epoch, 9);
}

TEST(Completion, IsTriedAgainUntilTheLogTakesIt) {
  TransactionBench bench;
  const ProducerReply producer = bench.init();
  bench.add(producer, {kA0});
  bench.hold_markers = true;
  bench.commit(producer);
  bench.append_error = ErrorCode::kNotEnoughReplicas;
  bench.deliver_markers();
  bench.advance(5'000);
  EXPECT_EQ(bench.state().state, kPrepareCommit);
  bench.append_error = ErrorCode::kNone;
  bench.advance(1'000);
  EXPECT_EQ(bench.state().state, kCompleteCommit);
  EXPECT_EQ(bench.sent.size(), 1u);
}

TEST(Completion, OfADecisionThatCouldNotBeConfirmedWritesItAgainBeforeAnyMarker) {
  TransactionBench bench;
  const ProducerReply producer = bench.init();
  bench.add(producer, {kA0});
  bench.hold_commits = true;
  const auto answer = bench.ask_end(producer, true);
  bench.hold_commits = false;
  bench.append_error = ErrorCode::kNotEnoughReplicas;
  bench.release_commits(ErrorCode::kRequestTimedOut);
  EXPECT_EQ(answer->value().error, ErrorCode::kCoordinatorNotAvailable);
  bench.advance(3'000);
  EXPECT_TRUE(bench.sent.empty());
  bench.append_error = ErrorCode::kNone;
  bench.advance(1'000);
  EXPECT_EQ(bench.state().state, kCompleteCommit);
  EXPECT_EQ(bench.written.size(), 1u);
  EXPECT_EQ(bench.commit(producer).producer_epoch, 1) << "the client's retry hears what was decided";
}

// --- Restarts ---

TEST(Restart, AfterTheDecisionSendsEveryMarkerAgain) {
  for (const bool commit : {true, false}) {
    for (const std::int16_t version : {std::int16_t{0}, std::int16_t{2}}) {
      TransactionBench bench;
      const ProducerReply producer = bench.init();
      bench.add(producer, {kA0, kB0}, version);
      bench.hold_markers = true;
      bench.end(producer, commit, version);
      const auto lost = bench.held;
      bench.restart();
      bench.hold_markers = false;
      bench.advance(0);
      EXPECT_EQ(bench.state().state, commit ? kCompleteCommit : kCompleteAbort);
      ASSERT_EQ(bench.written.size(), 2u);
      EXPECT_EQ(bench.written[0].marker.commit, commit);
      EXPECT_EQ(bench.written[0].marker.producer_epoch, lost[0].marker.producer_epoch);
      EXPECT_EQ(bench.written[0].marker.transaction_version, version);
    }
  }
}

TEST(Restart, AtEveryRecordOfATransactionLeavesItWhereItWas) {
  TransactionBench whole;
  ProducerReply producer = whole.init();
  whole.add(producer, {kA0});
  whole.add(producer, {kB0});
  producer = whole.commit(producer);
  whole.add(producer, {kA1});
  whole.abort(producer);
  ASSERT_EQ(whole.log().size(), 8u);
  const TransactionState after[] = {kEmpty,          kOngoing, kOngoing,       kCompleteCommit,
                                    kCompleteCommit, kOngoing, kCompleteAbort, kCompleteAbort};
  for (std::size_t records = 1; records <= whole.log().size(); ++records) {
    TransactionBench bench;
    bench.log().assign(whole.log().begin(), whole.log().begin() + static_cast<std::ptrdiff_t>(records));
    bench.restart();
    bench.advance(0);
    EXPECT_EQ(bench.state().state, after[records - 1]) << records;
    EXPECT_EQ(bench.state().last_producer_epoch, -1);
    const ProducerReply current{ErrorCode::kNone, bench.state().producer_id, bench.state().producer_epoch};
    if (after[records - 1] == kOngoing) {
      EXPECT_EQ(bench.commit(current).producer_epoch, current.producer_epoch + 1);
    }
    EXPECT_EQ(bench.init().error, ErrorCode::kNone) << "nothing hangs";
  }
}

TEST(Restart, KeepsWhatANewClientNeedsUnderTransactionVersionZeroToo) {
  TransactionBench bench({}, 0);
  TransactionMetadata metadata;
  metadata.producer_id = 5;
  metadata.producer_epoch = kExhaustedEpoch;
  metadata.timeout_ms = 60'000;
  bench.put("t", metadata);
  const ProducerReply producer{ErrorCode::kNone, 5, kExhaustedEpoch};
  bench.add(producer, {kA0}, 2);
  bench.hold_markers = true;
  EXPECT_EQ(bench.commit(producer).producer_id, 1'000);
  bench.restart();
  bench.hold_markers = false;
  bench.advance(0);
  EXPECT_EQ(bench.state().producer_id, 1'000);
  EXPECT_EQ(bench.state().producer_epoch, 0);
  EXPECT_EQ(bench.written.back().marker.transaction_version, 2);
  EXPECT_EQ(bench.log().back().value->at(1), 0) << "a complete transaction needs no more than version 0";
}

TEST(Restart, KeepsRetriesOfEndTxnRecognisable) {
  TransactionBench bench;
  const ProducerReply producer = bench.init();
  bench.add(producer, {kA0});
  bench.commit(producer);
  bench.restart();
  EXPECT_EQ(bench.commit(producer).error, ErrorCode::kNone);
  EXPECT_EQ(bench.commit(producer).producer_epoch, 1);
  EXPECT_EQ(bench.abort(producer).error, ErrorCode::kInvalidTxnState);
}

TEST(Restart, OfATransactionOfOnePartitionThatNobodyHasSinceCompletes) {
  TransactionBench bench;
  TransactionMetadata prepared;
  prepared.producer_id = 5;
  prepared.producer_epoch = 1;
  prepared.timeout_ms = 60'000;
  prepared.state = kPrepareAbort;
  bench.put("t", prepared);
  bench.restart();
  bench.advance(0);
  EXPECT_EQ(bench.state().state, kCompleteAbort);
  EXPECT_TRUE(bench.sent.empty());
}

// --- Time-outs (KIP-98, KIP-588) ---

class Timeouts : public ::testing::TestWithParam<int> {};

TEST_P(Timeouts, AbortWithinOneInterval) {
  const TransactionSettings settings;
  TransactionBench bench(settings, static_cast<std::int16_t>(GetParam()));
  const ProducerReply producer = bench.init({.timeout_ms = 15'000});
  const std::int16_t client_version = GetParam() >= 2 ? 2 : 0;
  bench.add(producer, {kA0}, client_version);
  bench.advance(14'999);
  bench.add(producer, {kB0}, client_version);
  EXPECT_EQ(bench.state().state, kOngoing);
  bench.advance(settings.abort_check_interval_ms + 2);
  EXPECT_EQ(bench.state().state, kCompleteAbort);
  EXPECT_EQ(bench.written.size(), 2u);
  EXPECT_EQ(bench.state().producer_epoch, 1);
  EXPECT_EQ(bench.end(producer, true, client_version).error,
            client_version == 2 ? ErrorCode::kInvalidTxnState : ErrorCode::kProducerFenced)
      << "the abort looks to a new client like its own";
  EXPECT_EQ(bench.add(producer, {kA0}, client_version), ErrorCode::kProducerFenced);
  // KIP-588: the producer that was too slow recovers.
  const ProducerReply recovered =
      bench.init({.expected = ProducerIdentity{producer.producer_id, producer.producer_epoch}});
  EXPECT_EQ(recovered.error, GetParam() >= 2 ? ErrorCode::kNone : ErrorCode::kProducerFenced);
  EXPECT_EQ(bench.init().error, ErrorCode::kNone);
}

INSTANTIATE_TEST_SUITE_P(TransactionVersions, Timeouts, ::testing::Values(0, 1, 2));

TEST(TimeoutRules, CountFromTheStartThroughARestart) {
  TransactionBench bench;
  const ProducerReply producer = bench.init({.timeout_ms = 15'000});
  bench.add(producer, {kA0});
  bench.advance(12'000);
  bench.restart();
  bench.advance(10'000);
  EXPECT_EQ(bench.state().state, kCompleteAbort);
}

TEST(TimeoutRules, OfTheLastEpochFetchAProducerId) {
  TransactionBench bench;
  TransactionMetadata metadata;
  metadata.producer_id = 5;
  metadata.producer_epoch = kExhaustedEpoch;
  metadata.timeout_ms = 1'000;
  bench.put("t", metadata);
  bench.add({ErrorCode::kNone, 5, kExhaustedEpoch}, {kA0});
  bench.producer_id_error = ErrorCode::kCoordinatorLoadInProgress;
  bench.advance(11'000);
  EXPECT_EQ(bench.state().state, kOngoing);
  bench.producer_id_error = ErrorCode::kNone;
  bench.advance(10'000);
  EXPECT_EQ(bench.state().state, kCompleteAbort);
  EXPECT_EQ(bench.state().producer_id, 1'000);
  EXPECT_EQ(bench.state().producer_epoch, 0);
}

TEST(TimeoutRules, DoNotConcernTwoPhaseCommitsNorEndedTransactions) {
  TransactionBench bench;
  const ProducerReply forever =
      bench.init(TransactionBench::Init{.id = "2pc", .timeout_ms = std::numeric_limits<std::int32_t>::max()});
  bench.add(forever, {kA0}, 2, "2pc");
  const ProducerReply producer = bench.init({.timeout_ms = 1'000});
  bench.add(producer, {kA0});
  bench.commit(producer);
  bench.advance(30ll * 24 * 3'600 * 1'000);
  EXPECT_EQ(bench.state("2pc").state, kOngoing);
  EXPECT_EQ(bench.written.size(), 1u);
}

TEST(TimeoutRules, RefusedByTheLogAreTriedAtTheNextLook) {
  TransactionBench bench;
  const ProducerReply producer = bench.init({.timeout_ms = 1'000});
  bench.add(producer, {kA0});
  bench.append_error = ErrorCode::kNotEnoughReplicas;
  bench.advance(10'000);
  EXPECT_EQ(bench.state().state, kOngoing);
  bench.append_error = ErrorCode::kNone;
  bench.advance(10'000);
  EXPECT_EQ(bench.state().state, kCompleteAbort);
  EXPECT_EQ(bench.state().producer_epoch, 1);
}

// --- Expiry ---

TEST(Expiry, ForgetsIdsThatNobodyUsesAndKeepsOpenTransactions) {
  TransactionSettings settings;
  settings.id_expiration_ms = 3 * 3'600'000;
  TransactionBench bench(settings);
  bench.init("idle");
  const ProducerReply ended = bench.init("ended");
  bench.add(ended, {kA0}, 2, "ended");
  bench.end(ended, true, 2, "ended");
  const ProducerReply open = bench.init(
      TransactionBench::Init{.id = "open", .timeout_ms = std::numeric_limits<std::int32_t>::max()});
  bench.add(open, {kA0}, 2, "open");
  bench.advance(2 * 3'600'000 + 1);
  bench.init("busy");
  bench.advance(3'600'000);
  EXPECT_EQ(bench.shard().find("idle"), nullptr);
  EXPECT_EQ(bench.shard().find("ended"), nullptr);
  EXPECT_NE(bench.shard().find("open"), nullptr);
  EXPECT_NE(bench.shard().find("busy"), nullptr);
  EXPECT_FALSE(bench.log().back().value) << "a tombstone";
  bench.restart();
  EXPECT_EQ(bench.shard().size(), 2u);
  EXPECT_EQ(bench.init("idle").producer_epoch, 0);
}

TEST(Expiry, RefusedByTheLogIsTriedAgain) {
  TransactionSettings settings;
  settings.id_expiration_ms = 1'000;
  TransactionBench bench(settings);
  bench.init();
  bench.append_error = ErrorCode::kNotEnoughReplicas;
  bench.advance(3'600'000);
  EXPECT_EQ(bench.shard().size(), 1u);
  bench.append_error = ErrorCode::kNone;
  bench.advance(3'600'000);
  EXPECT_EQ(bench.shard().size(), 0u);
}

// --- Queries ---

std::vector<std::string> names(std::vector<TransactionListing> listed) {
  std::vector<std::string> ids;
  for (auto& one : listed) ids.push_back(std::move(one.transactional_id));
  std::sort(ids.begin(), ids.end());
  return ids;
}

TEST(Queries, ListByStateProducerDurationAndName) {
  TransactionBench bench;
  const ProducerReply empty = bench.init("empty");
  const ProducerReply open = bench.init("open");
  bench.add(open, {kA0}, 2, "open");
  bench.advance(100);
  const auto list = [&](const TransactionFilter& filter) {
    return names(bench.shard().list(filter, bench.now()));
  };
  using Names = std::vector<std::string>;
  EXPECT_EQ(list({}), (Names{"empty", "open"}));
  EXPECT_EQ(list({.states = {kOngoing}, .any_state = false}), Names{"open"});
  EXPECT_EQ(list({.any_state = false}), Names{}) << "only states that do not exist";
  EXPECT_EQ(list({.producer_ids = {empty.producer_id}}), Names{"empty"});
  EXPECT_EQ(list({.longer_than_ms = 99}), (Names{"empty", "open"}));
  EXPECT_EQ(list({.longer_than_ms = 100}), Names{"empty"}) << "which never had a transaction";
  EXPECT_EQ(list({.matches = [](std::string_view id) { return id.starts_with("o"); }}), Names{"open"});
}

TEST(Queries, DescribeWhatIsKnown) {
  TransactionBench bench;
  const ProducerReply producer = bench.init();
  bench.add(producer, {kA0});
  EXPECT_EQ(bench.shard().describe("nobody").error, ErrorCode::kTransactionalIdNotFound);
  const TransactionDescription description = bench.shard().describe("t");
  EXPECT_EQ(description.error, ErrorCode::kNone);
  EXPECT_EQ(description.metadata, bench.state());
}

}  // namespace
}  // namespace barnabas::broker::transactions
