// The APIs of transactional producers from bytes to records and markers and back: over real partitions.
#include "broker/handlers/transaction_apis.h"

#include <gtest/gtest.h>

#include "broker/coordination/partition_log.h"
#include "broker/coordination/tests/memory_log.h"
#include "broker/groups/java_text.h"
#include "broker/handlers/add_offsets_to_txn.h"
#include "broker/handlers/add_partitions_to_txn.h"
#include "broker/handlers/describe_transactions.h"
#include "broker/handlers/end_txn.h"
#include "broker/handlers/init_producer_id.h"
#include "broker/handlers/list_transactions.h"
#include "broker/internal_topics.h"
#include "broker/partition/marker_writer.h"
#include "broker/tests/support/call.h"
#include "broker/tests/support/partition_world.h"
#include "records/batch.h"

namespace barnabas::broker {
namespace {

using namespace protocol;  // NOLINT: requests and responses on every line

constexpr std::int32_t kPartitions = 4;

class TransactionApis : public ::testing::Test {
 protected:
  void SetUp() override {
    world.create_topic(std::string(kTransactionStateTopic), kPartitions);
    world.create_topic("orders", 2);
    metadata.set(world.image());
    start();
  }
  void TearDown() override {
    transactions->shut_down();
    groups->shut_down();
  }
  void start() {
    log_ = std::make_unique<coordination::PartitionLog>(*world.partitions, world.clock,
                                                        std::string(kTransactionStateTopic), -1);
    groups::GroupSettings settings;
    settings.offsets_topic_partitions = 3;
    groups = std::make_unique<groups::GroupCoordinator>(settings, world.clock, *world.random, world.scheduler,
                                                        groups_log_);
    markers_ = std::make_unique<MarkerWriter>(
        *world.partitions, world.clock,
        [](std::int32_t, const transactions::Marker&, auto ended) { ended(ErrorCode::kNone); });
    transactions = std::make_unique<transactions::TransactionCoordinator>(
        transactions::TransactionSettings{.topic_partitions = kPartitions},
        transactions::TransactionEnvironment{world.clock, world.scheduler, *log_, ids, *markers_});
    transactions->set_transaction_version(2);
    lead();
    apis_ = std::make_unique<ApiTable>();
    add_transaction_apis(*apis_, {*transactions, *groups, metadata, ids});
    dispatcher_ = std::make_unique<Dispatcher>(*apis_, world.clock, nullptr);
    caller = std::make_unique<testing::Caller>(*dispatcher_);
  }
  void lead() {
    for (std::int32_t i = 0; i < kPartitions; ++i)
      transactions->on_leader(i, (*world.partitions->find(kTransactionStateTopic, i))->leader_epoch());
    world.scheduler.run_pending();
    world.scheduler.advance_ms(0);
  }
  void restart() {
    transactions->shut_down();
    groups->shut_down();
    world.restart(false);
    start();
  }

  template <class Response, class Request>
  Response call(const Request& request, std::int16_t version) {
    return caller->call<Response>(request, version);
  }
  InitProducerIdResponse init(const std::string& id, std::int16_t version = 5) {
    InitProducerIdRequest request;
    request.transactional_id = id;
    request.transaction_timeout_ms = 60'000;
    return call<InitProducerIdResponse>(request, version);
  }
  static AddPartitionsToTxnRequest::AddPartitionsToTxnTransaction transaction(
      const std::string& id, const InitProducerIdResponse& producer, std::vector<std::int32_t> partitions,
      bool verify_only = false) {
    AddPartitionsToTxnRequest::AddPartitionsToTxnTransaction one;
    one.transactional_id = id;
    one.producer_id = producer.producer_id;
    one.producer_epoch = producer.producer_epoch;
    one.verify_only = verify_only;
    one.topics.emplace_back().name = "orders";
    one.topics.back().partitions = std::move(partitions);
    return one;
  }
  AddPartitionsToTxnResponse add(const std::string& id, const InitProducerIdResponse& producer,
                                 std::vector<std::int32_t> partitions, std::int16_t version) {
    AddPartitionsToTxnRequest request;
    auto one = transaction(id, producer, std::move(partitions));
    if (version >= 4) {
      request.transactions.push_back(std::move(one));
    } else {
      request.v3_and_below_transactional_id = id;
      request.v3_and_below_producer_id = one.producer_id;
      request.v3_and_below_producer_epoch = one.producer_epoch;
      request.v3_and_below_topics = std::move(one.topics);
    }
    return call<AddPartitionsToTxnResponse>(request, version);
  }
  static std::vector<ErrorCode> errors_of(const AddPartitionsToTxnResponse& response,
                                          std::size_t transaction = 0) {
    const auto& topics = response.results_by_transaction.empty()
                             ? response.results_by_topic_v3_and_below
                             : response.results_by_transaction.at(transaction).topic_results;
    std::vector<ErrorCode> errors;
    for (const auto& topic : topics) {
      for (const auto& partition : topic.results_by_partition)
        errors.push_back(static_cast<ErrorCode>(partition.partition_error_code));
    }
    return errors;
  }
  EndTxnResponse end(const std::string& id, const InitProducerIdResponse& producer, bool commit,
                     std::int16_t version) {
    EndTxnRequest request;
    request.transactional_id = id;
    request.producer_id = producer.producer_id;
    request.producer_epoch = producer.producer_epoch;
    request.committed = commit;
    return call<EndTxnResponse>(request, version);
  }
  // The markers in a partition of "orders", "C" and "A".
  std::string markers_in(std::int32_t partition) {
    const auto found = world.partitions->find("orders", partition);
    const auto read = (*found)->log().read(0, 1 << 20, true, storage::ReadBound::kLogEnd);
    const Buffer bytes = read->records.to_buffer();
    std::string out;
    records::BatchSplitter splitter(bytes);
    records::BatchView batch;
    while (splitter.next(batch) == records::SplitOutcome::kBatch) {
      records::BatchRecords walk(batch);
      while (const auto* record = walk.next()) {
        if (const auto marker = records::parse_end_transaction(*record)) out += marker->committed ? 'C' : 'A';
      }
    }
    return out;
  }
  DescribeTransactionsResponse::TransactionState describe(const std::string& id) {
    DescribeTransactionsRequest request;
    request.transactional_ids = {id};
    return call<DescribeTransactionsResponse>(request, 0).transaction_states.at(0);
  }
  static std::int16_t code(ErrorCode error) { return static_cast<std::int16_t>(error); }

  testing::PartitionWorld world;
  MetadataCache metadata;
  std::int64_t next_id = 100;
  ErrorCode id_error = ErrorCode::kNone;
  ProducerIds ids{[this](auto done) {
    if (id_error != ErrorCode::kNone) return done(unexpected(id_error));
    done(ProducerIds::Block{std::exchange(next_id, next_id + 10), 10});
  }};
  std::unique_ptr<groups::GroupCoordinator> groups;
  std::unique_ptr<transactions::TransactionCoordinator> transactions;
  std::unique_ptr<testing::Caller> caller;

 private:
  coordination::MemoryLog groups_log_;
  std::unique_ptr<coordination::PartitionLog> log_;
  std::unique_ptr<MarkerWriter> markers_;
  std::unique_ptr<ApiTable> apis_;
  std::unique_ptr<Dispatcher> dispatcher_;
};

TEST_F(TransactionApis, TransactionsEndInEveryVersion) {
  for (std::int16_t version = 0; version <= 5; ++version) {
    const std::string id = "t" + std::to_string(version);
    const auto producer = init(id, version);
    EXPECT_EQ(producer.error_code, 0);
    EXPECT_EQ(producer.producer_epoch, 0);
    EXPECT_EQ(errors_of(add(id, producer, {0, 1}, version)), std::vector(2, ErrorCode::kNone));
    const auto ended = end(id, producer, version % 2 == 0, version);
    EXPECT_EQ(ended.error_code, 0);
    EXPECT_EQ(ended.producer_id, version >= 5 ? producer.producer_id : -1);
    EXPECT_EQ(ended.producer_epoch, version >= 5 ? 1 : -1);
  }
  EXPECT_EQ(markers_in(0), "CACACA");
  EXPECT_EQ(markers_in(1), "CACACA");
}

TEST_F(TransactionApis, FencedProducersHearItInTheirVersionsWords) {
  const auto old = init("t");
  init("t");
  for (std::int16_t version = 0; version <= 5; ++version) {
    const ErrorCode fenced = version < 2 ? ErrorCode::kInvalidProducerEpoch : ErrorCode::kProducerFenced;
    EXPECT_EQ(errors_of(add("t", old, {0}, version)), std::vector{fenced});
    EXPECT_EQ(end("t", old, true, version).error_code, code(fenced));
  }
  InitProducerIdRequest request;
  request.transactional_id = "t";
  request.transaction_timeout_ms = 1;
  request.producer_id = old.producer_id;
  request.producer_epoch = old.producer_epoch;
  EXPECT_EQ(call<InitProducerIdResponse>(request, 3).error_code, code(ErrorCode::kInvalidProducerEpoch));
  EXPECT_EQ(call<InitProducerIdResponse>(request, 4).error_code, code(ErrorCode::kProducerFenced));
}

TEST_F(TransactionApis, ProducersWithoutATransactionalIdGetAnIdEach) {
  InitProducerIdRequest request;
  request.transactional_id = std::nullopt;
  const auto first = call<InitProducerIdResponse>(request, 5);
  const auto second = call<InitProducerIdResponse>(request, 5);
  EXPECT_EQ(first.error_code, 0);
  EXPECT_EQ(first.producer_epoch, 0);
  EXPECT_NE(first.producer_id, second.producer_id);
  request.producer_id = 5;
  EXPECT_EQ(call<InitProducerIdResponse>(request, 5).error_code, code(ErrorCode::kInvalidRequest));
}

TEST_F(TransactionApis, WhatEveryInitMustHaveIsChecked) {
  EXPECT_EQ(init("").error_code, code(ErrorCode::kInvalidRequest));
  InitProducerIdRequest request;
  request.transactional_id = "t";
  for (const std::int32_t timeout_ms : {0, -1, 900'001}) {
    request.transaction_timeout_ms = timeout_ms;
    const auto response = call<InitProducerIdResponse>(request, 5);
    EXPECT_EQ(response.error_code, code(ErrorCode::kInvalidTransactionTimeout)) << timeout_ms;
    EXPECT_EQ(response.producer_id, -1);
    EXPECT_EQ(response.producer_epoch, -1);
  }
  request.transaction_timeout_ms = 900'000;
  EXPECT_EQ(call<InitProducerIdResponse>(request, 5).error_code, 0);
}

TEST_F(TransactionApis, TwoPhaseCommitIsRefused) {
  std::optional<ErrorCode> error;
  const auto answer = [&](transactions::ProducerReply&& reply) { error = reply.error; };
  transactions->init_producer({.transactional_id = "t", .timeout_ms = 1, .two_phase_commit = true}, answer);
  EXPECT_EQ(error, ErrorCode::kTransactionalIdAuthorizationFailed);
  transactions->init_producer({.transactional_id = "t", .timeout_ms = 1, .keep_prepared = true}, answer);
  EXPECT_EQ(error, ErrorCode::kUnsupportedVersion);
}

TEST_F(TransactionApis, InitWaitsForAProducerIdOrSaysThatThereIsNone) {
  id_error = ErrorCode::kNotController;
  EXPECT_EQ(init("t").error_code, code(ErrorCode::kCoordinatorLoadInProgress));
  id_error = ErrorCode::kNone;
  EXPECT_EQ(init("t").error_code, 0);
}

TEST_F(TransactionApis, PartitionsThatDoNotExistKeepTheOthersOut) {
  const auto producer = init("t");
  EXPECT_EQ(errors_of(add("t", producer, {0, 9}, 3)),
            (std::vector{ErrorCode::kOperationNotAttempted, ErrorCode::kUnknownTopicOrPartition}));
  EXPECT_EQ(describe("t").transaction_state, "Empty");
}

TEST_F(TransactionApis, BrokersAddAndVerifyForSeveralTransactionsAtOnce) {
  const auto first = init("a"), second = init("b");
  AddPartitionsToTxnRequest request;
  request.transactions.push_back(transaction("a", first, {0}));
  request.transactions.push_back(transaction("b", second, {0}, true));
  request.transactions.push_back(transaction("", second, {1}));
  const auto response = call<AddPartitionsToTxnResponse>(request, 5);
  ASSERT_EQ(response.results_by_transaction.size(), 3u);
  EXPECT_EQ(response.results_by_transaction[1].transactional_id, "b");
  EXPECT_EQ(errors_of(response, 0), std::vector{ErrorCode::kNone});
  EXPECT_EQ(errors_of(response, 1), std::vector{ErrorCode::kTransactionAbortable});
  EXPECT_EQ(errors_of(response, 2), std::vector{ErrorCode::kInvalidRequest});
  EXPECT_EQ(describe("b").transaction_state, "Empty");
  EXPECT_TRUE(
      call<AddPartitionsToTxnResponse>(AddPartitionsToTxnRequest(), 5).results_by_transaction.empty());
}

TEST_F(TransactionApis, OffsetsOfAGroupAddItsPartition) {
  const auto producer = init("t");
  for (std::int16_t version = 0; version <= 4; ++version) {
    AddOffsetsToTxnRequest request;
    request.transactional_id = "t";
    request.producer_id = producer.producer_id;
    request.producer_epoch = producer.producer_epoch;
    request.group_id = "g";
    EXPECT_EQ(call<AddOffsetsToTxnResponse>(request, version).error_code, 0);
    request.producer_epoch = 7;
    EXPECT_EQ(call<AddOffsetsToTxnResponse>(request, version).error_code,
              code(version < 2 ? ErrorCode::kInvalidProducerEpoch : ErrorCode::kProducerFenced));
  }
  const auto state = describe("t");
  ASSERT_EQ(state.topics.size(), 1u);
  EXPECT_EQ(state.topics[0].topic, kGroupMetadataTopic);
  EXPECT_EQ(state.topics[0].partitions, std::vector{groups->partition_for("g")});
}

TEST_F(TransactionApis, DescribeSaysWhatIsKnown) {
  const auto producer = init("t");
  add("t", producer, {1, 0}, 5);
  const auto state = describe("t");
  EXPECT_EQ(state.error_code, 0);
  EXPECT_EQ(state.transaction_state, "Ongoing");
  EXPECT_EQ(state.transaction_timeout_ms, 60'000);
  EXPECT_EQ(state.transaction_start_time_ms, world.clock.wall_ms());
  EXPECT_EQ(state.producer_id, producer.producer_id);
  ASSERT_EQ(state.topics.size(), 1u);
  EXPECT_EQ(state.topics[0].partitions, (std::vector{0, 1}));
  EXPECT_EQ(describe("nobody").error_code, code(ErrorCode::kTransactionalIdNotFound));
  EXPECT_EQ(describe("").error_code, code(ErrorCode::kInvalidRequest));
}

TEST_F(TransactionApis, ListFiltersByPatternAndState) {
  for (const char* id : {"red-1", "red-2", "blue-1"}) init(id);
  add("red-2", init("red-2"), {0}, 5);
  const auto list = [&](const ListTransactionsRequest& request, std::int16_t version = 2) {
    std::vector<std::string> listed;
    for (auto& one : call<ListTransactionsResponse>(request, version).transaction_states)
      listed.push_back(one.transactional_id);
    std::sort(listed.begin(), listed.end());
    return listed;
  };
  using Names = std::vector<std::string>;
  ListTransactionsRequest request;
  for (std::int16_t version = 0; version <= 2; ++version)
    EXPECT_EQ(list(request, version), (Names{"blue-1", "red-1", "red-2"}));
  request.transactional_id_pattern = "red-.";
  EXPECT_EQ(list(request), (Names{"red-1", "red-2"}));
  request.transactional_id_pattern = "red";
  EXPECT_EQ(list(request), Names{}) << "the whole id has to match";
  request.transactional_id_pattern = "";
  EXPECT_EQ(list(request).size(), 3u);
  request.state_filters = {"Ongoing", "Sleeping"};
  EXPECT_EQ(list(request), Names{"red-2"});
  EXPECT_EQ(call<ListTransactionsResponse>(request, 2).unknown_state_filters, Names{"Sleeping"});
  request.state_filters = {"Sleeping"};
  EXPECT_EQ(list(request), Names{});
  request.transactional_id_pattern = "(";
  EXPECT_EQ(call<ListTransactionsResponse>(request, 2).error_code,
            code(ErrorCode::kInvalidRegularExpression));
}

TEST_F(TransactionApis, StateSurvivesAKill) {
  const auto producer = init("t");
  add("t", producer, {0}, 5);
  restart();
  EXPECT_EQ(describe("t").transaction_state, "Ongoing");
  EXPECT_EQ(end("t", producer, true, 5).producer_epoch, 1);
  EXPECT_EQ(markers_in(0), "C");
  restart();
  EXPECT_EQ(describe("t").transaction_state, "CompleteCommit");
  EXPECT_EQ(end("t", producer, true, 5).producer_epoch, 1) << "the retry of the lost answer";
  EXPECT_EQ(markers_in(0), "C");
}

TEST_F(TransactionApis, WhoeverDoesNotCoordinateSaysSo) {
  const auto producer = init("t");
  for (std::int32_t i = 0; i < kPartitions; ++i) transactions->on_resign(i);
  const std::int16_t other = code(ErrorCode::kNotCoordinator);
  EXPECT_EQ(init("t").error_code, other);
  EXPECT_EQ(errors_of(add("t", producer, {0}, 5)), std::vector{ErrorCode::kNotCoordinator});
  EXPECT_EQ(end("t", producer, true, 5).error_code, other);
  EXPECT_EQ(describe("t").error_code, other);
  EXPECT_TRUE(call<ListTransactionsResponse>(ListTransactionsRequest(), 2).transaction_states.empty());
  for (std::int32_t i = 0; i < kPartitions; ++i) transactions->on_leader(i, 9);
  const std::int16_t loading = code(ErrorCode::kCoordinatorLoadInProgress);
  EXPECT_EQ(init("t").error_code, loading);
  EXPECT_EQ(call<ListTransactionsResponse>(ListTransactionsRequest(), 2).error_code, loading);
}

TEST_F(TransactionApis, GateVerifiesAndAdds) {
  const auto producer = init("t");
  using Gate = transactions::TransactionGate;
  const auto check = [&](Gate::Mode mode, std::int16_t epoch) {
    std::vector<Gate::Result> answer;
    transactions->check("t", producer.producer_id, epoch, mode, {{"orders", 1}},
                        [&](std::vector<Gate::Result> results) { answer = std::move(results); });
    EXPECT_EQ(answer.at(0).first, (TopicPartition{"orders", 1}));
    return answer.at(0).second;
  };
  EXPECT_EQ(check(Gate::Mode::kVerify, 0), ErrorCode::kTransactionAbortable);
  EXPECT_EQ(check(Gate::Mode::kAdd, 0), ErrorCode::kNone);
  EXPECT_EQ(check(Gate::Mode::kVerify, 0), ErrorCode::kNone);
  EXPECT_EQ(check(Gate::Mode::kAdd, 1), ErrorCode::kProducerFenced);
  EXPECT_EQ(describe("t").transaction_state, "Ongoing");
}

TEST_F(TransactionApis, TimedOutTransactionsGetTheirMarkers) {
  const auto producer = init("t");
  add("t", producer, {0}, 5);
  world.scheduler.advance_ms(71'000);
  EXPECT_EQ(describe("t").transaction_state, "CompleteAbort");
  EXPECT_EQ(markers_in(0), "A");
}

}  // namespace
}  // namespace barnabas::broker
