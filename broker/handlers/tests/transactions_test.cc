// Transactions as partitions see them, from bytes to bytes: Produce, WriteTxnMarkers, Fetch and ListOffsets
// with isolation, DescribeProducers.
#include "broker/handlers/describe_producers.h"
#include "broker/handlers/fetch.h"
#include "broker/handlers/list_offsets.h"
#include "broker/handlers/produce.h"
#include "broker/handlers/write_txn_markers.h"
#include "broker/partition/marker_writer.h"
#include "broker/tests/support/call.h"
#include "broker/tests/support/partition_world.h"
#include "broker/tests/support/scripted_gate.h"
#include "records/batch_builder.h"

namespace barnabas::broker {
namespace {

using protocol::DescribeProducersRequest;
using protocol::DescribeProducersResponse;
using protocol::ErrorCode;
using protocol::FetchRequest;
using protocol::FetchResponse;
using protocol::ListOffsetsRequest;
using protocol::ListOffsetsResponse;
using protocol::ProduceRequest;
using protocol::ProduceResponse;
using protocol::WriteTxnMarkersRequest;
using protocol::WriteTxnMarkersResponse;
using transactions::TransactionGate;

constexpr std::int16_t kOldErrors = 10, kAbortable = 11, kAdding = 12;

class NoTraffic final : public TopicTraffic {
 public:
  void produced(std::string_view, std::int64_t, std::int64_t) override {}
  void produce_failed(std::string_view, std::int64_t) override {}
  void fetched(std::string_view, std::int64_t) override {}
  void fetch_failed(std::string_view) override {}
};

ErrorCode error_of(std::int16_t code) {
  return static_cast<ErrorCode>(code);
}

struct Producer {
  std::int64_t id = 40;
  std::int16_t epoch = 0;
};

class Transactions : public ::testing::Test {
 protected:
  void SetUp() override {
    add<ProduceRequest, ProduceResponse>([this](const auto& context, auto&& request, auto reply) {
      handle_produce(context, *produce_service_, std::move(request), std::move(reply));
    });
    add<FetchRequest, FetchResponse>([this](const auto& context, auto&& request, auto reply) {
      handle_fetch(context, *fetch_service_, std::move(request), std::move(reply));
    });
    add<ListOffsetsRequest, ListOffsetsResponse>([this](const auto& context, auto&& request, auto reply) {
      handle_list_offsets(context, *world.partitions, std::move(request), std::move(reply));
    });
    add<WriteTxnMarkersRequest, WriteTxnMarkersResponse>(
        [this](const auto& context, auto&& request, auto reply) {
          handle_write_txn_markers(context, *markers_, std::move(request), std::move(reply));
        });
    add<DescribeProducersRequest, DescribeProducersResponse>(
        [this](const auto& context, auto&& request, auto reply) {
          handle_describe_producers(context, *world.partitions, std::move(request), std::move(reply));
        });
    TopicRules rules;
    storage::LogConfig log;
    log.segment_bytes = 400;  // a few batches
    rules.log = std::make_shared<storage::LogConfig>(log);
    world.create_topic("orders", 2, rules);
    connect();
  }
  template <class Request, class Response, class Handler>
  void add(Handler handler) {
    apis_.add<Request, Response>(std::move(handler));
  }
  void connect() {
    produce_service_.emplace(ProduceService{*world.partitions, world.clock, traffic_, verifier});
    fetch_service_.emplace(FetchService{*world.partitions, sessions_, world.scheduler, traffic_});
    markers_.emplace(*world.partitions, world.clock,
                     [this](std::int32_t partition, const transactions::Marker&, auto ended) {
                       ended_groups.push_back(partition);
                       ended(ErrorCode::kNone);
                     });
  }
  void restart(bool clean) {
    world.restart(clean);
    connect();
  }

  static Buffer batch(Producer producer, std::int32_t sequence, const std::string& value,
                      bool transactional = true) {
    records::BatchOptions options;
    options.producer_id = producer.id;
    options.producer_epoch = producer.epoch;
    options.base_sequence = sequence;
    options.transactional = transactional;
    records::BatchBuilder builder(options);
    builder.add(1'700'000'000'000, std::nullopt, as_bytes(value));
    return builder.build();
  }
  ProduceRequest request_of(std::vector<Buffer> batches, std::int16_t acks = -1) {
    ProduceRequest request;
    request.transactional_id = "tx";
    request.acks = acks;
    auto& topic = request.topic_data.emplace_back();
    topic.name = "orders";
    topic.topic_id = world.topic_id("orders");
    for (std::size_t i = 0; i < batches.size(); ++i) {
      auto& data = topic.partition_data.emplace_back();
      data.index = static_cast<std::int32_t>(i);
      data.records = Payload::own(std::move(batches[i]));
    }
    return request;
  }
  // One batch to partition 0. What became of it.
  ErrorCode produce(Buffer bytes, std::int16_t version = kAdding) {
    const auto response = caller.call<ProduceResponse>(request_of({std::move(bytes)}), version);
    return error_of(response.responses.at(0).partition_responses.at(0).error_code);
  }
  ErrorCode write(Producer producer, std::int32_t sequence, const std::string& value) {
    return produce(batch(producer, sequence, value));
  }
  ErrorCode plain(const std::string& value) { return produce(testing::batch_of({value})); }

  static WriteTxnMarkersRequest::WritableTxnMarker marker_of(Producer producer, bool commit,
                                                             std::int32_t coordinator_epoch = 0,
                                                             std::int8_t transaction_version = 0) {
    WriteTxnMarkersRequest::WritableTxnMarker marker;
    marker.producer_id = producer.id;
    marker.producer_epoch = producer.epoch;
    marker.transaction_result = commit;
    marker.coordinator_epoch = coordinator_epoch;
    marker.transaction_version = transaction_version;
    auto& topic = marker.topics.emplace_back();
    topic.name = "orders";
    topic.partition_indexes = {0};
    return marker;
  }
  ErrorCode end(WriteTxnMarkersRequest::WritableTxnMarker marker, std::int16_t version = 2) {
    WriteTxnMarkersRequest request;
    request.markers.push_back(std::move(marker));
    const auto response = caller.call<WriteTxnMarkersResponse>(request, version);
    EXPECT_EQ(response.markers.at(0).producer_id, request.markers.at(0).producer_id);
    return error_of(response.markers.at(0).topics.at(0).partitions.at(0).error_code);
  }
  ErrorCode commit(Producer producer) { return end(marker_of(producer, true)); }
  ErrorCode abort(Producer producer) { return end(marker_of(producer, false)); }

  FetchRequest fetch_request(std::int64_t offset, std::int32_t max_wait_ms = 0) {
    FetchRequest request;
    request.max_wait_ms = max_wait_ms;
    request.min_bytes = 1;
    request.isolation_level = 1;
    auto& topic = request.topics.emplace_back();
    topic.topic = "orders";
    auto& partition = topic.partitions.emplace_back();
    partition.fetch_offset = offset;
    partition.partition_max_bytes = 1 << 20;
    return request;
  }
  FetchResponse::PartitionData fetch(std::int64_t offset) {
    return caller.call<FetchResponse>(fetch_request(offset), 12).responses.at(0).partitions.at(0);
  }
  // What a read_committed consumer delivers from `offset` on, as clients filter it: batches of an aborted
  // producer are dropped from the transaction's first offset to its abort marker.
  std::vector<std::string> committed_from(std::int64_t offset) {
    std::vector<std::string> values;
    while (true) {
      auto data = fetch(offset);
      EXPECT_EQ(data.error_code, 0);
      if (data.error_code != 0 || data.records->empty()) return values;
      EXPECT_TRUE(data.aborted_transactions.has_value());
      auto aborted = *data.aborted_transactions;
      std::set<std::int64_t> aborting;
      records::BatchSplitter splitter(data.records->contiguous());
      records::BatchView view;
      while (splitter.next(view) == records::SplitOutcome::kBatch) {
        std::erase_if(aborted, [&](const auto& entry) {
          if (entry.first_offset > view.last_offset()) return false;
          aborting.insert(entry.producer_id);
          return true;
        });
        records::BatchRecords walk(view);
        while (const auto* record = walk.next()) {
          if (view.is_control()) {
            if (!records::parse_end_transaction(*record)->committed) aborting.erase(view.producer_id());
          } else if (walk.offset() >= offset &&
                     !(view.is_transactional() && aborting.contains(view.producer_id()))) {
            values.emplace_back(as_text(*record->value));
          }
        }
        offset = std::max(offset, view.next_offset());
      }
    }
  }
  std::int64_t list(std::int8_t isolation, std::int64_t timestamp) {
    ListOffsetsRequest request;
    request.isolation_level = isolation;
    auto& topic = request.topics.emplace_back();
    topic.name = "orders";
    topic.partitions.emplace_back().timestamp = timestamp;
    return caller.call<ListOffsetsResponse>(request, 10).topics.at(0).partitions.at(0).offset;
  }
  std::int64_t list_latest(std::int8_t isolation) { return list(isolation, -1); }
  storage::Log& log() { return (*world.partitions->find("orders", 0))->log(); }

  testing::PartitionWorld world;
  testing::ScriptedGate gate;
  bool verification = true;
  TransactionVerifier verifier{
      gate, world.clock, world.scheduler, {.enabled = [this] { return verification; }}};
  std::vector<std::int32_t> ended_groups;

 private:
  NoTraffic traffic_;
  FetchSessionCache sessions_{{}, world.clock, seeded_random(2)};
  std::optional<ProduceService> produce_service_;
  std::optional<FetchService> fetch_service_;
  std::optional<MarkerWriter> markers_;
  ApiTable apis_;
  Dispatcher dispatcher_{apis_, world.clock, nullptr};

 protected:
  testing::Caller caller{dispatcher_};
};

// --- Produce ---

TEST_F(Transactions, TheCoordinatorIsAskedBeforeTheFirstWriteAlone) {
  EXPECT_EQ(write({}, 0, "a"), ErrorCode::kNone);
  ASSERT_EQ(gate.asked, 1);
  EXPECT_EQ(gate.last.transactional_id, "tx");
  EXPECT_EQ(gate.last.producer_id, 40);
  EXPECT_EQ(gate.last.mode, TransactionGate::Mode::kAdd);
  EXPECT_EQ(gate.last.partitions, (std::vector<TopicPartition>{{"orders", 0}}));
  EXPECT_EQ(write({}, 1, "b"), ErrorCode::kNone);
  EXPECT_EQ(gate.asked, 1);
  commit({});
  EXPECT_EQ(write({}, 2, "c"), ErrorCode::kNone);
  EXPECT_EQ(gate.asked, 2);
}

TEST_F(Transactions, OlderClientsHaveAddedThePartitionThemselves) {
  EXPECT_EQ(produce(batch({}, 0, "a"), kAbortable), ErrorCode::kNone);
  EXPECT_EQ(gate.last.mode, TransactionGate::Mode::kVerify);
}

TEST_F(Transactions, AWriteParksUntilTheCoordinatorAnswers) {
  gate.hold = true;
  const auto parked = caller.send(request_of({batch({}, 0, "a"), batch({}, 0, "b")}), 12);
  EXPECT_FALSE(parked->answered());
  EXPECT_EQ(log().log_end_offset(), 0);
  gate.answer(ErrorCode::kNone);
  const auto response = testing::Caller::decode<ProduceResponse>(*parked, 12);
  EXPECT_EQ(response.responses.at(0).partition_responses.at(0).error_code, 0);
  EXPECT_EQ(response.responses.at(0).partition_responses.at(1).error_code, 0);
  EXPECT_EQ(log().log_end_offset(), 1);
}

TEST_F(Transactions, AMarkerThatComesBeforeTheAnswerWins) {
  gate.hold = true;
  const auto parked = caller.send(request_of({batch({}, 0, "late")}), 12);
  ASSERT_EQ(abort({}), ErrorCode::kNone);
  gate.answer(ErrorCode::kNone);
  const auto response = testing::Caller::decode<ProduceResponse>(*parked, 12);
  EXPECT_EQ(error_of(response.responses.at(0).partition_responses.at(0).error_code),
            ErrorCode::kInvalidTxnState);
  EXPECT_EQ(log().log_end_offset(), 1);  // the marker
}

TEST_F(Transactions, AcksZeroWaitsForTheCoordinatorToo) {
  gate.hold = true;
  const auto parked = caller.send(request_of({batch({}, 0, "a")}, 0), 12);
  EXPECT_FALSE(parked->answered());
  gate.answer(ErrorCode::kNone);
  EXPECT_TRUE(parked->nothing);
  const auto refused = caller.send(request_of({batch({41}, 0, "a")}, 0), 12);
  gate.answer(ErrorCode::kInvalidTxnState);
  ASSERT_TRUE(refused->closed);
  EXPECT_THAT(*refused->closed, ::testing::HasSubstr("INVALID_TXN_STATE"));
}

TEST_F(Transactions, ErrorsOfTheCoordinatorAreThoseThatTheClientKnows) {
  const auto refused = [&](ErrorCode error, std::int16_t version) {
    gate.next = error;
    return produce(batch({}, 0, "a"), version);
  };
  EXPECT_EQ(refused(ErrorCode::kTransactionAbortable, kOldErrors), ErrorCode::kInvalidTxnState);
  EXPECT_EQ(refused(ErrorCode::kTransactionAbortable, kAbortable), ErrorCode::kTransactionAbortable);
  EXPECT_EQ(refused(ErrorCode::kTransactionAbortable, kAdding), ErrorCode::kTransactionAbortable);
  EXPECT_EQ(refused(ErrorCode::kProducerFenced, kAdding), ErrorCode::kInvalidProducerEpoch);
  EXPECT_EQ(refused(ErrorCode::kCoordinatorLoadInProgress, kAdding), ErrorCode::kNotEnoughReplicas);
  EXPECT_EQ(refused(ErrorCode::kNotCoordinator, kAbortable), ErrorCode::kNotEnoughReplicas);
  EXPECT_EQ(refused(ErrorCode::kConcurrentTransactions, kAbortable), ErrorCode::kNotEnoughReplicas);
  EXPECT_EQ(refused(ErrorCode::kInvalidProducerIdMapping, kAdding), ErrorCode::kInvalidProducerIdMapping);
  EXPECT_EQ(log().log_end_offset(), 0);
}

TEST_F(Transactions, ATransactionBeingCompletedIsWaitedForALittle) {
  gate.next = ErrorCode::kConcurrentTransactions;
  const auto parked = caller.send(request_of({batch({}, 0, "a")}), 12);
  EXPECT_FALSE(parked->answered());
  world.scheduler.advance_ms(19);
  EXPECT_EQ(gate.asked, 1);
  gate.next = ErrorCode::kNone;
  world.scheduler.advance_ms(1);
  EXPECT_EQ(gate.asked, 2);
  EXPECT_EQ(testing::Caller::decode<ProduceResponse>(*parked, 12)
                .responses.at(0)
                .partition_responses.at(0)
                .error_code,
            0);
  gate.next = ErrorCode::kConcurrentTransactions;
  const auto given_up = caller.send(request_of({batch({41}, 0, "a")}), 12);
  world.scheduler.advance_ms(100);
  EXPECT_EQ(error_of(testing::Caller::decode<ProduceResponse>(*given_up, 12)
                         .responses.at(0)
                         .partition_responses.at(0)
                         .error_code),
            ErrorCode::kConcurrentTransactions);
}

TEST_F(Transactions, TransactionalBatchesNeedATransactionalId) {
  auto request = request_of({batch({}, 0, "a"), testing::batch_of({"plain"})});
  request.transactional_id.reset();
  const auto response = caller.call<ProduceResponse>(request, 12);
  for (const auto& partition : response.responses.at(0).partition_responses)
    EXPECT_EQ(error_of(partition.error_code), ErrorCode::kTransactionalIdAuthorizationFailed);
  EXPECT_EQ(log().log_end_offset(), 0);
  request.acks = 0;
  EXPECT_TRUE(caller.send(request, 12)->closed);
}

TEST_F(Transactions, ATransactionalIdAloneMeansNothing) {
  EXPECT_EQ(plain("a"), ErrorCode::kNone);
  EXPECT_EQ(produce(batch({}, 0, "idempotent", false)), ErrorCode::kNone);
  EXPECT_EQ(gate.asked, 0);
}

TEST_F(Transactions, NobodyIsAskedForABatchThatIsCutOff) {
  const Buffer whole = batch({}, 0, "a");
  for (const std::size_t size : {std::size_t{0}, std::size_t{10}, std::size_t{61}, whole.size() - 1}) {
    EXPECT_EQ(produce(Buffer(whole.begin(), whole.begin() + static_cast<std::ptrdiff_t>(size))),
              ErrorCode::kInvalidRecord)
        << size;
  }
  EXPECT_EQ(gate.asked, 0);
}

TEST_F(Transactions, BatchesOfTwoProducersAreRefusedTogether) {
  const auto response =
      caller.call<ProduceResponse>(request_of({batch({40}, 0, "a"), batch({41}, 0, "b")}), 12);
  for (const auto& partition : response.responses.at(0).partition_responses)
    EXPECT_EQ(error_of(partition.error_code), ErrorCode::kInvalidProducerIdMapping);
}

TEST_F(Transactions, WithoutVerificationOldClientsAreBelieved) {
  verification = false;
  EXPECT_EQ(produce(batch({}, 0, "a"), kAbortable), ErrorCode::kNone);
  EXPECT_EQ(gate.asked, 0);
  EXPECT_EQ(produce(batch({41}, 0, "a"), kAdding), ErrorCode::kNone);
  EXPECT_EQ(gate.asked, 1);  // the partition has to be added all the same
}

TEST_F(Transactions, PlainWritesOfAProducerInATransactionAreRefused) {
  write({}, 0, "a");
  EXPECT_EQ(produce(batch({}, 1, "b", false)), ErrorCode::kInvalidTxnState);
}

TEST_F(Transactions, EpochsAndSequencesAreThoseOfIdempotentProducers) {
  write({40, 3}, 0, "a");
  EXPECT_EQ(write({40, 2}, 0, "old"), ErrorCode::kInvalidProducerEpoch);
  EXPECT_EQ(write({40, 3}, 5, "gap"), ErrorCode::kOutOfOrderSequenceNumber);
  EXPECT_EQ(write({41, 0}, 5, "does not begin"), ErrorCode::kOutOfOrderSequenceNumber);
}

// --- Markers ---

TEST_F(Transactions, MarkersOfOldEpochsAndOldCoordinatorsAreRefused) {
  write({40, 1}, 0, "a");
  EXPECT_EQ(commit({40, 0}), ErrorCode::kInvalidProducerEpoch);
  EXPECT_EQ(end(marker_of({40, 1}, true, 7)), ErrorCode::kNone);
  EXPECT_EQ(end(marker_of({40, 1}, true, 6)), ErrorCode::kTransactionCoordinatorFenced);
}

TEST_F(Transactions, MarkersOfTransactionVersionTwoBumpTheEpoch) {
  write({40, 1}, 0, "a");
  EXPECT_EQ(end(marker_of({40, 1}, true, 0, 2)), ErrorCode::kInvalidProducerEpoch);
  EXPECT_EQ(end(marker_of({40, 2}, true, 0, 2)), ErrorCode::kNone);
  EXPECT_EQ(end(marker_of({40, 2}, true, 0, 2)), ErrorCode::kNone);  // repeated
  EXPECT_EQ(write({40, 1}, 1, "late"), ErrorCode::kInvalidProducerEpoch);
  EXPECT_EQ(write({40, 2}, 0, "next"), ErrorCode::kNone);
  // Version 1 of the request knows no transaction version.
  EXPECT_EQ(end(marker_of({40, 2}, true, 0, 2), 1), ErrorCode::kNone);
}

TEST_F(Transactions, EveryMarkerAndPartitionHasItsResult) {
  WriteTxnMarkersRequest request;
  request.markers = {marker_of({40}, true), marker_of({41}, false)};
  request.markers[0].topics[0].partition_indexes = {0, 1, 9};
  auto& groups = request.markers[0].topics.emplace_back();
  groups.name = "__consumer_offsets";
  groups.partition_indexes = {0};
  world.create_topic("__consumer_offsets", 1);
  const auto response = caller.call<WriteTxnMarkersResponse>(request, 2);
  ASSERT_EQ(response.markers.size(), 2u);
  ASSERT_EQ(response.markers[0].topics.size(), 2u);
  const auto& orders = response.markers[0].topics[0].partitions;
  ASSERT_EQ(orders.size(), 3u);
  EXPECT_EQ(orders[0].error_code, 0);
  EXPECT_EQ(orders[1].error_code, 0);
  EXPECT_EQ(error_of(orders[2].error_code), ErrorCode::kUnknownTopicOrPartition);
  EXPECT_EQ(response.markers[0].topics[1].partitions.at(0).error_code, 0);
  EXPECT_EQ(ended_groups, std::vector<std::int32_t>{0});
  EXPECT_EQ(response.markers[1].topics.at(0).partitions.at(0).error_code, 0);
  EXPECT_TRUE(caller.call<WriteTxnMarkersResponse>(WriteTxnMarkersRequest{}, 2).markers.empty());
}

TEST_F(Transactions, AMarkerWakesThoseWhoWaitForCommittedRecords) {
  write({}, 0, "a");
  const auto waiting = caller.send(fetch_request(0, 500), 12);
  plain("b");
  EXPECT_FALSE(waiting->answered());
  commit({});
  ASSERT_TRUE(waiting->answered());
  EXPECT_EQ(committed_from(0), (std::vector<std::string>{"a", "b"}));
}

// --- Isolation ---

TEST_F(Transactions, OpenTransactionsHideWhatFollows) {
  plain("before");
  write({}, 0, "open");
  plain("after");
  EXPECT_EQ(fetch(0).last_stable_offset, 1);
  EXPECT_EQ(fetch(0).high_watermark, 3);
  EXPECT_EQ(committed_from(0), std::vector<std::string>{"before"});
  EXPECT_EQ(list_latest(1), 1);
  EXPECT_EQ(list_latest(0), 3);
  commit({});
  EXPECT_EQ(committed_from(0), (std::vector<std::string>{"before", "open", "after"}));
  EXPECT_EQ(list_latest(1), 4);
}

TEST_F(Transactions, TimesAreLookedUpBelowTheStableOffset) {
  constexpr std::int64_t kMaxTimestamp = -3, kEarliest = -2, kBatchTime = 1'700'000'000'000;
  write({}, 0, "open");
  produce(testing::batch_of({"later"}, kBatchTime + 10));
  EXPECT_EQ(list(0, kBatchTime), 0);
  EXPECT_EQ(list(1, kBatchTime), -1);
  EXPECT_EQ(list(0, kBatchTime + 1), 1);
  EXPECT_EQ(list(0, kMaxTimestamp), 1);
  EXPECT_EQ(list(1, kMaxTimestamp), -1);
  EXPECT_EQ(list(1, kEarliest), 0);
  commit({});
  EXPECT_EQ(list(1, kBatchTime), 0);
  EXPECT_EQ(list(1, kBatchTime + 1), 1);
}

// Three producers across many small segments, one aborting, one committing, one in turns.
TEST_F(Transactions, InterleavedTransactionsAcrossSegments) {
  std::vector<std::string> expected;
  Producer aborting{40}, committing{41}, turns{42};
  std::int32_t sequence = 0;
  for (int round = 0; round < 12; ++round) {
    const std::string name = std::to_string(round);
    write(aborting, sequence, "lost" + name);
    write(committing, sequence, "kept" + name);
    write(turns, sequence, "turn" + name);
    plain("plain" + name);
    ++sequence;
    abort(aborting);
    const bool keeps = round % 2 == 0;
    end(marker_of(turns, keeps));
    commit(committing);
    expected.push_back("kept" + name);
    if (keeps) expected.push_back("turn" + name);
    expected.push_back("plain" + name);
  }
  ASSERT_GT(log().segments().size(), 3u);
  EXPECT_EQ(committed_from(0), expected);

  restart(true);
  EXPECT_EQ(committed_from(0), expected);
  restart(false);
  EXPECT_EQ(committed_from(0), expected);

  // From the middle of it, and with the beginning deleted.
  const std::int64_t middle = 7 * 3;  // the first record of the fourth round
  EXPECT_EQ(committed_from(middle).front(), "kept3");
  ASSERT_TRUE(log().delete_records_before(middle));
  EXPECT_EQ(committed_from(middle).front(), "kept3");
  EXPECT_EQ(committed_from(middle).size(), committed_from(middle + 1).size());
}

TEST_F(Transactions, OpenTransactionsSurviveARestart) {
  write({40}, 0, "lost");
  write({41}, 0, "kept");
  for (const bool clean : {true, false}) {
    restart(clean);
    EXPECT_EQ(fetch(0).last_stable_offset, 0);
    EXPECT_EQ(fetch(0).high_watermark, 2);
  }
  gate.asked = 0;
  EXPECT_EQ(write({41}, 1, "more"), ErrorCode::kNone);
  EXPECT_EQ(gate.asked, 0);  // the transaction is known to be open
  abort({40});
  EXPECT_EQ(fetch(0).last_stable_offset, 1);
  commit({41});
  EXPECT_EQ(committed_from(0), (std::vector<std::string>{"kept", "more"}));
}

TEST_F(Transactions, DeletedRecordsOfAnOpenTransactionHoldTheStableOffsetNoLower) {
  write({}, 0, "open");
  plain("a");
  ASSERT_TRUE(log().delete_records_before(1));
  EXPECT_EQ(fetch(1).last_stable_offset, 1);
  EXPECT_EQ(fetch(1).log_start_offset, 1);
  commit({});
  EXPECT_EQ(committed_from(1), std::vector<std::string>{"a"});
}

TEST_F(Transactions, ReadUncommittedSeesEverythingWithoutAList) {
  write({}, 0, "open");
  auto request = fetch_request(0);
  request.isolation_level = 0;
  const auto data = caller.call<FetchResponse>(request, 12).responses.at(0).partitions.at(0);
  EXPECT_EQ(testing::values_in(data.records->contiguous()), std::vector<std::string>{"open"});
  EXPECT_FALSE(data.aborted_transactions.has_value());
}

// --- DescribeProducers ---

TEST_F(Transactions, ProducersAreDescribed) {
  write({40, 2}, 0, "a");
  write({40, 2}, 1, "b");
  write({41}, 0, "c");
  end(marker_of({41, 1}, true, 9, 2));
  DescribeProducersRequest request;
  auto& topic = request.topics.emplace_back();
  topic.name = "orders";
  topic.partition_indexes = {0, 7};
  request.topics.emplace_back().name = "not a name";
  request.topics.back().partition_indexes = {0};
  const auto response = caller.call<DescribeProducersResponse>(request, 0);
  const auto& partition = response.topics.at(0).partitions.at(0);
  ASSERT_EQ(partition.error_code, 0);
  auto producers = partition.active_producers;
  std::sort(producers.begin(), producers.end(),
            [](const auto& left, const auto& right) { return left.producer_id < right.producer_id; });
  ASSERT_EQ(producers.size(), 2u);
  EXPECT_EQ(producers[0].producer_epoch, 2);
  EXPECT_EQ(producers[0].last_sequence, 1);
  EXPECT_EQ(producers[0].last_timestamp, 1'700'000'000'000);
  EXPECT_EQ(producers[0].coordinator_epoch, -1);
  EXPECT_EQ(producers[0].current_txn_start_offset, 0);
  EXPECT_EQ(producers[1].producer_epoch, 1);
  EXPECT_EQ(producers[1].last_sequence, -1);
  EXPECT_EQ(producers[1].coordinator_epoch, 9);
  EXPECT_EQ(producers[1].current_txn_start_offset, -1);
  EXPECT_EQ(error_of(response.topics.at(0).partitions.at(1).error_code), ErrorCode::kUnknownTopicOrPartition);
  EXPECT_EQ(error_of(response.topics.at(1).partitions.at(0).error_code), ErrorCode::kInvalidTopicException);
}

}  // namespace
}  // namespace barnabas::broker
