#include "broker/handlers/fetch.h"
#include "broker/handlers/produce.h"
#include "broker/tests/support/call.h"
#include "broker/tests/support/partition_world.h"
#include "broker/tests/support/scripted_gate.h"

namespace barnabas::broker {
namespace {

using protocol::ErrorCode;
using protocol::FetchRequest;
using protocol::FetchResponse;
using protocol::ProduceRequest;
using protocol::ProduceResponse;
using testing::batch_of;
using testing::values_in;

class NoTraffic final : public TopicTraffic {
 public:
  void produced(std::string_view, std::int64_t, std::int64_t) override {}
  void produce_failed(std::string_view, std::int64_t) override {}
  void fetched(std::string_view, std::int64_t) override {}
  void fetch_failed(std::string_view) override {}
};

class ProduceAndFetch : public ::testing::Test {
 protected:
  void SetUp() override {
    apis.add<ProduceRequest, ProduceResponse>([this](const auto& context, auto&& request, auto reply) {
      handle_produce(context, produce_service, std::move(request), std::move(reply));
    });
    apis.add<FetchRequest, FetchResponse>([this](const auto& context, auto&& request, auto reply) {
      handle_fetch(context, service, std::move(request), std::move(reply));
    });
    world.create_topic("orders", 2);
  }

  ProduceRequest produce_request(Buffer batch, std::int16_t acks = -1, std::int32_t partition = 0) {
    ProduceRequest request;
    request.acks = acks;
    request.timeout_ms = 1000;
    auto& topic = request.topic_data.emplace_back();
    topic.name = "orders";
    topic.topic_id = world.topic_id("orders");
    auto& data = topic.partition_data.emplace_back();
    data.index = partition;
    data.records = Payload::own(std::move(batch));
    return request;
  }
  ProduceResponse::PartitionProduceResponse produce(const Buffer& batch, std::int16_t version = 12) {
    const auto response = caller.call<ProduceResponse>(produce_request(batch), version);
    return response.responses.at(0).partition_responses.at(0);
  }
  FetchRequest fetch_request(std::int64_t offset, std::int32_t max_wait_ms = 0, std::int32_t min_bytes = 1) {
    FetchRequest request;
    request.max_wait_ms = max_wait_ms;
    request.min_bytes = min_bytes;
    auto& topic = request.topics.emplace_back();
    topic.topic = "orders";
    topic.topic_id = world.topic_id("orders");
    auto& partition = topic.partitions.emplace_back();
    partition.fetch_offset = offset;
    partition.partition_max_bytes = 1 << 20;
    return request;
  }
  static const FetchResponse::PartitionData& only(const FetchResponse& response) {
    return response.responses.at(0).partitions.at(0);
  }
  static std::int16_t code(ErrorCode error) { return static_cast<std::int16_t>(error); }

  testing::PartitionWorld world;
  NoTraffic traffic;
  testing::ScriptedGate gate;
  TransactionVerifier verifier{gate, world.clock, world.scheduler, {.enabled = [] { return true; }}};
  ProduceService produce_service{*world.partitions, world.clock, traffic, verifier};
  FetchSessionCache sessions{{}, world.clock, seeded_random(2)};
  FetchService service{*world.partitions, sessions, world.scheduler, traffic};
  ApiTable apis;
  Dispatcher dispatcher{apis, world.clock, nullptr};
  testing::Caller caller{dispatcher};
};

TEST_F(ProduceAndFetch, WhatIsProducedIsFetchedAtEveryVersion) {
  for (std::int16_t version = 3; version <= 13; ++version) {
    const auto written = produce(batch_of({"a", "b"}), version);
    EXPECT_EQ(written.error_code, 0) << "version " << version;
    EXPECT_EQ(written.base_offset, (version - 3) * 2);
  }
  for (std::int16_t version = 4; version <= 18; ++version) {
    const auto response = caller.call<FetchResponse>(fetch_request(20), version);
    const auto& partition = only(response);
    EXPECT_EQ(partition.high_watermark, 22);
    ASSERT_TRUE(partition.records);
    EXPECT_EQ(values_in(partition.records->contiguous()), (std::vector<std::string>{"a", "b"})) << version;
  }
}

TEST_F(ProduceAndFetch, AcksZeroIsNotAnswered) {
  const auto outcome = caller.send(produce_request(batch_of({"a"}), 0), 12);
  EXPECT_TRUE(outcome->nothing);
  EXPECT_EQ(only(caller.call<FetchResponse>(fetch_request(0), 12)).high_watermark, 1);
}

TEST_F(ProduceAndFetch, AFailureWithAcksZeroClosesTheConnection) {
  const auto outcome = caller.send(produce_request(batch_of({"a"}), 0, 9), 12);
  ASSERT_TRUE(outcome->closed);
  EXPECT_THAT(*outcome->closed, ::testing::HasSubstr("UNKNOWN_TOPIC_OR_PARTITION for orders-9"));
}

TEST_F(ProduceAndFetch, OtherAcksAreRefused) {
  const auto response = caller.call<ProduceResponse>(produce_request(batch_of({"a"}), 2), 12);
  EXPECT_EQ(response.responses.at(0).partition_responses.at(0).error_code,
            code(ErrorCode::kInvalidRequiredAcks));
}

TEST_F(ProduceAndFetch, UnknownTopicsHaveTheErrorOfTheirVersion) {
  auto request = produce_request(batch_of({"a"}));
  request.topic_data[0].name = "nobody";
  request.topic_data[0].topic_id = Uuid::reserved(77);
  const auto by_name = caller.call<ProduceResponse>(request, 12);
  EXPECT_EQ(by_name.responses.at(0).partition_responses.at(0).error_code,
            code(ErrorCode::kUnknownTopicOrPartition));
  const auto by_id = caller.call<ProduceResponse>(request, 13);
  EXPECT_EQ(by_id.responses.at(0).partition_responses.at(0).error_code, code(ErrorCode::kUnknownTopicId));
}

TEST_F(ProduceAndFetch, ACorruptBatchIsRefusedAndNothingIsAppended) {
  Buffer batch = batch_of({"abc"});
  batch.back() ^= 1;
  EXPECT_EQ(produce(batch).error_code, code(ErrorCode::kCorruptMessage));
  EXPECT_EQ(only(caller.call<FetchResponse>(fetch_request(0), 12)).high_watermark, 0);
}

TEST_F(ProduceAndFetch, RecordsWithoutKeyInACompactedTopicAreNamed) {
  TopicRules rules;
  storage::LogConfig log;
  log.cleanup_compact = true;
  log.cleanup_delete = false;
  rules.log = std::make_shared<storage::LogConfig>(log);
  world.create_topic("compacted", 1, rules);
  auto request = produce_request(batch_of({"a", "b"}));
  request.topic_data[0].name = "compacted";
  const auto response = caller.call<ProduceResponse>(request, 12);
  const auto& partition = response.responses.at(0).partition_responses.at(0);
  EXPECT_EQ(partition.error_code, code(ErrorCode::kInvalidRecord));
  ASSERT_EQ(partition.record_errors.size(), 2u);
  EXPECT_EQ(partition.record_errors[1].batch_index, 1);
}

TEST_F(ProduceAndFetch, TheBrokersOwnTopicsCannotBeWritten) {
  world.create_topic("__consumer_offsets", 1);
  auto request = produce_request(batch_of({"a"}));
  request.topic_data[0].name = "__consumer_offsets";
  const auto response = caller.call<ProduceResponse>(request, 12);
  EXPECT_EQ(response.responses.at(0).partition_responses.at(0).error_code,
            code(ErrorCode::kInvalidTopicException));
}

TEST_F(ProduceAndFetch, LogAppendTimeIsStampedAndTold) {
  TopicRules rules;
  rules.timestamp_type = records::TimestampType::kLogAppendTime;
  world.create_topic("stamped", 1, rules);
  auto request = produce_request(batch_of({"a"}, 5));
  request.topic_data[0].name = "stamped";
  const auto response = caller.call<ProduceResponse>(request, 12);
  EXPECT_EQ(response.responses.at(0).partition_responses.at(0).log_append_time_ms, world.clock.wall_ms());
}

TEST_F(ProduceAndFetch, AFetchAtTheEndWaitsForData) {
  const auto waiting = caller.send(fetch_request(0, 500), 12);
  EXPECT_FALSE(waiting->answered());
  produce(batch_of({"late"}));
  ASSERT_TRUE(waiting->answered());
  const auto response = testing::Caller::decode<FetchResponse>(*waiting, 12);
  EXPECT_EQ(values_in(only(response).records->contiguous()), std::vector<std::string>{"late"});
  EXPECT_EQ(world.scheduler.timers(), 0u);
}

TEST_F(ProduceAndFetch, AFetchThatFindsNothingIsAnsweredWhenItsTimeIsOver) {
  const auto waiting = caller.send(fetch_request(0, 500), 12);
  world.scheduler.advance_ms(499);
  EXPECT_FALSE(waiting->answered());
  EXPECT_EQ(service.waiting->value(), 1);
  world.scheduler.advance_ms(1);
  EXPECT_EQ(service.waiting->value(), 0);
  const auto response = testing::Caller::decode<FetchResponse>(*waiting, 12);
  EXPECT_TRUE(only(response).records->empty());
  EXPECT_EQ((*world.partitions->find("orders", 0))->watchers().size(), 0u);
}

TEST_F(ProduceAndFetch, AFetchWaitsForItsMinimumOfBytes) {
  const Buffer batch = batch_of({std::string(100, 'x')});
  const auto waiting = caller.send(fetch_request(0, 500, static_cast<std::int32_t>(batch.size()) * 2), 12);
  produce(batch);
  EXPECT_FALSE(waiting->answered());
  produce(batch);
  EXPECT_TRUE(waiting->answered());
}

TEST_F(ProduceAndFetch, FetchBeyondTheEndReturnsOffsetOutOfRangeAtOnce) {
  const auto response = caller.call<FetchResponse>(fetch_request(1, 500), 12);
  EXPECT_EQ(only(response).error_code, code(ErrorCode::kOffsetOutOfRange));
  EXPECT_EQ(only(response).high_watermark, -1);
}

TEST_F(ProduceAndFetch, TheFirstBatchComesWholeWhateverTheLimit) {
  produce(batch_of({std::string(1000, 'x')}));
  produce(batch_of({std::string(1000, 'y')}));
  auto request = fetch_request(0);
  request.topics[0].partitions[0].partition_max_bytes = 10;
  const auto response = caller.call<FetchResponse>(request, 12);
  EXPECT_EQ(values_in(only(response).records->contiguous()).size(), 1u);
}

TEST_F(ProduceAndFetch, TheTotalLimitStopsAfterTheFirstBatch) {
  produce(batch_of({std::string(1000, 'x')}));
  auto second = produce_request(batch_of({std::string(1000, 'y')}), -1, 1);
  caller.call<ProduceResponse>(second, 12);
  auto request = fetch_request(0);
  auto& other = request.topics[0].partitions.emplace_back();
  other.partition = 1;
  other.partition_max_bytes = 1 << 20;
  request.max_bytes = 500;
  const auto response = caller.call<FetchResponse>(request, 12);
  EXPECT_FALSE(response.responses.at(0).partitions.at(0).records->empty());
  EXPECT_TRUE(response.responses.at(0).partitions.at(1).records->empty());
}

TEST_F(ProduceAndFetch, LeaderEpochsAreChecked) {
  auto request = fetch_request(0, 500);
  request.topics[0].partitions[0].current_leader_epoch = 1;
  EXPECT_EQ(only(caller.call<FetchResponse>(request, 12)).error_code, code(ErrorCode::kUnknownLeaderEpoch));
}

TEST_F(ProduceAndFetch, DeletingTheTopicEndsTheWait) {
  const auto waiting = caller.send(fetch_request(0, 500), 12);
  world.delete_topic("orders");
  const auto response = testing::Caller::decode<FetchResponse>(*waiting, 12);
  EXPECT_EQ(only(response).error_code, code(ErrorCode::kUnknownTopicOrPartition));
}

TEST_F(ProduceAndFetch, AnIncrementalFetchNamesOnlyPartitionsWithNews) {
  auto opening = fetch_request(0);
  opening.session_epoch = 0;
  auto& other = opening.topics[0].partitions.emplace_back();
  other.partition = 1;
  other.partition_max_bytes = 1 << 20;
  const auto opened = caller.call<FetchResponse>(opening, 13);
  ASSERT_NE(opened.session_id, 0);
  EXPECT_EQ(opened.responses.at(0).partitions.size(), 2u);

  FetchRequest next;
  next.session_id = opened.session_id;
  next.session_epoch = 1;
  next.max_wait_ms = 500;
  next.min_bytes = 1;
  const auto waiting = caller.send(next, 13);
  EXPECT_FALSE(waiting->answered());
  caller.call<ProduceResponse>(produce_request(batch_of({"x"}), -1, 1), 12);
  const auto response = testing::Caller::decode<FetchResponse>(*waiting, 13);
  ASSERT_EQ(response.responses.size(), 1u);
  ASSERT_EQ(response.responses[0].partitions.size(), 1u);
  EXPECT_EQ(response.responses[0].partitions[0].partition_index, 1);
}

TEST_F(ProduceAndFetch, AFollowerOfNobodyIsRefused) {
  auto request = fetch_request(0);
  request.replica_id = 5;
  EXPECT_EQ(caller.call<FetchResponse>(request, 12).error_code, code(ErrorCode::kClusterAuthorizationFailed));
}

}  // namespace
}  // namespace barnabas::broker
