// Produces and coordinators' records under barnabas.flush=group: nothing is acknowledged or read before its
// sync.
#include "broker/coordination/partition_log.h"
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

class NoTraffic final : public TopicTraffic {
 public:
  void produced(std::string_view, std::int64_t, std::int64_t) override {}
  void produce_failed(std::string_view, std::int64_t) override {}
  void fetched(std::string_view, std::int64_t) override {}
  void fetch_failed(std::string_view) override {}
};

class GroupCommitted : public ::testing::Test {
 protected:
  void SetUp() override {
    apis.add<ProduceRequest, ProduceResponse>([this](const auto& context, auto&& request, auto reply) {
      handle_produce(context, produce_service, std::move(request), std::move(reply));
    });
    apis.add<FetchRequest, FetchResponse>([this](const auto& context, auto&& request, auto reply) {
      handle_fetch(context, fetch_service, std::move(request), std::move(reply));
    });
    world.create_topic("orders", 2);
    partitions.apply_topic(*world.image(), "orders");
    world.scheduler.run_pending();
  }

  std::shared_ptr<testing::Outcome> produce(std::int16_t acks, std::vector<std::int32_t> to) {
    ProduceRequest request;
    request.acks = acks;
    request.timeout_ms = 1000;
    auto& topic = request.topic_data.emplace_back();
    topic.name = "orders";
    for (const std::int32_t index : to) {
      auto& data = topic.partition_data.emplace_back();
      data.index = index;
      data.records = Payload::own(testing::batch_of({"value"}));
    }
    return caller.send(request, 12);
  }
  FetchRequest fetch_request(std::int32_t max_wait_ms) {
    FetchRequest request;
    request.max_wait_ms = max_wait_ms;
    request.min_bytes = 1;
    auto& topic = request.topics.emplace_back();
    topic.topic = "orders";
    auto& partition = topic.partitions.emplace_back();
    partition.partition_max_bytes = 1 << 20;
    return request;
  }
  Partition& partition(std::int32_t index) { return **partitions.find("orders", index); }

  testing::PartitionWorld world;
  PartitionManager partitions{testing::kBrokerId, *world.logs,
                              [](const std::string&) { return std::make_shared<const TopicRules>(); },
                              &world.scheduler};
  NoTraffic traffic;
  testing::ScriptedGate gate;
  TransactionVerifier verifier{gate, world.clock, world.scheduler, {.enabled = [] { return true; }}};
  ProduceService produce_service{partitions, world.clock, traffic, verifier};
  FetchSessionCache sessions{{}, world.clock, seeded_random(2)};
  FetchService fetch_service{partitions, sessions, world.scheduler, traffic};
  ApiTable apis;
  Dispatcher dispatcher{apis, world.clock, nullptr};
  testing::Caller caller{dispatcher};
};

TEST_F(GroupCommitted, ProduceIsAnsweredWhenAllItsPartitionsAreSynced) {
  const auto one = produce(1, {0}), both = produce(-1, {0, 1});
  EXPECT_FALSE(one->answered());
  EXPECT_FALSE(both->answered());
  EXPECT_EQ(partition(0).log().high_watermark(), 0);
  world.scheduler.run_pending();
  const auto response = testing::Caller::decode<ProduceResponse>(*both, 12);
  ASSERT_EQ(response.responses.at(0).partition_responses.size(), 2u);
  for (const auto& answered : response.responses[0].partition_responses) EXPECT_EQ(answered.error_code, 0);
  EXPECT_EQ(response.responses[0].partition_responses[0].base_offset, 1);
  EXPECT_TRUE(one->response);
  EXPECT_EQ(partition(0).log().recovery_point(), 2);
  EXPECT_EQ(partition(0).log().high_watermark(), 2);
}

TEST_F(GroupCommitted, FetchSeesRecordsAfterTheirSyncAndIsWokenByIt) {
  produce(1, {0});
  const auto fetch = caller.send(fetch_request(10'000), 12);
  EXPECT_FALSE(fetch->answered());
  world.scheduler.run_pending();
  const auto response = testing::Caller::decode<FetchResponse>(*fetch, 12);
  EXPECT_EQ(response.responses.at(0).partitions.at(0).high_watermark, 1);
  EXPECT_TRUE(response.responses[0].partitions[0].records);
}

TEST_F(GroupCommitted, AcksZeroWaitsForNothingAndIsSyncedAllTheSame) {
  EXPECT_TRUE(produce(0, {0})->nothing);
  EXPECT_EQ(partition(0).log().high_watermark(), 0);
  world.scheduler.run_pending();
  EXPECT_EQ(partition(0).log().high_watermark(), 1);
}

TEST_F(GroupCommitted, RecordsThatCouldNotBeMadeDurableAreNotAcknowledged) {
  const auto waiting = produce(-1, {0});
  world.logs->set_offline(world.logs->metadata_directory(), "a test");
  world.scheduler.run_pending();
  const auto response = testing::Caller::decode<ProduceResponse>(*waiting, 12);
  const auto& answered = response.responses.at(0).partition_responses.at(0);
  EXPECT_EQ(answered.error_code, static_cast<std::int16_t>(ErrorCode::kKafkaStorageError));
  EXPECT_EQ(answered.base_offset, -1);
  EXPECT_EQ(partition(0).log().high_watermark(), 0);
}

TEST_F(GroupCommitted, CoordinatorsRecordsAreCommittedByTheirSync) {
  coordination::PartitionLog log(partitions, world.clock, "orders", 0);
  std::optional<ErrorCode> committed;
  coordination::LogBatch batch;
  const std::vector<coordination::EncodedRecord> records{{Buffer{'k'}, Buffer{'v'}}};
  batch.records = records;
  const auto first =
      log.append(0, partition(0).leader_epoch(), batch, 1000, [&](ErrorCode error) { committed = error; });
  ASSERT_TRUE(first);
  EXPECT_FALSE(committed);
  world.scheduler.run_pending();
  EXPECT_EQ(committed, ErrorCode::kNone);
}

}  // namespace
}  // namespace barnabas::broker
