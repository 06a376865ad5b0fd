// The APIs of the share coordinator from bytes to records and back: over real partitions.
#include <gtest/gtest.h>

#include "broker/coordination/partition_log.h"
#include "broker/handlers/share_state.h"
#include "broker/internal_topics.h"
#include "broker/share/state/coordinator.h"
#include "broker/tests/support/call.h"
#include "broker/tests/support/partition_world.h"
#include "records/batch.h"

namespace barnabas::broker {
namespace {

using namespace protocol;  // NOLINT: requests and responses on every line

constexpr std::int32_t kPartitions = 3;

std::int16_t code(ErrorCode error) {
  return static_cast<std::int16_t>(error);
}

class ShareStateApis : public ::testing::Test {
 protected:
  void SetUp() override {
    world.create_topic(std::string(kShareGroupStateTopic), kPartitions);
    world.create_topic("orders", 2);
    start(records::Codec::kNone);
  }
  void TearDown() override { coordinator->shut_down(); }
  void start(records::Codec codec) {
    log_ = std::make_unique<coordination::PartitionLog>(
        *world.partitions, world.clock, std::string(kShareGroupStateTopic), 0, 1 << 20, codec);
    coordinator = std::make_unique<share::ShareStateCoordinator>(
        share::ShareStateSettings{.topic_partitions = kPartitions}, world.clock, world.scheduler, *log_);
    coordinator->set_cluster(world.image());
    coordinator->set_partition_count(kPartitions);
    for (std::int32_t i = 0; i < kPartitions; ++i)
      coordinator->on_leader(i, (*world.partitions->find(kShareGroupStateTopic, i))->leader_epoch());
    world.scheduler.run_pending();
    apis_ = std::make_unique<ApiTable>();
    add_share_state_apis(*apis_, *coordinator);
    dispatcher_ = std::make_unique<Dispatcher>(*apis_, world.clock, nullptr);
    caller = std::make_unique<testing::Caller>(*dispatcher_);
  }
  void restart(records::Codec codec = records::Codec::kNone) {
    coordinator->shut_down();
    world.restart(false);
    start(codec);
  }

  // A request for partitions of "orders"; `fill` says the rest of each.
  template <class Request, class Fill>
  Request about(std::vector<std::int32_t> partitions, Fill fill) const {
    Request request;
    request.group_id = "sg";
    auto& topic = request.topics.emplace_back();
    topic.topic_id = world.topic_id("orders");
    for (const std::int32_t number : partitions) {
      auto& partition = topic.partitions.emplace_back();
      partition.partition = number;
      fill(partition);
    }
    return request;
  }
  InitializeShareGroupStateResponse initialize(std::vector<std::int32_t> partitions) {
    return caller->call<InitializeShareGroupStateResponse>(
        about<InitializeShareGroupStateRequest>(std::move(partitions),
                                                [](auto& partition) {
                                                  partition.state_epoch = 2;
                                                  partition.start_offset = 10;
                                                }),
        0);
  }
  WriteShareGroupStateResponse write(std::int32_t partition, std::int64_t first, std::int64_t last,
                                     std::int16_t version = 1) {
    return caller->call<WriteShareGroupStateResponse>(
        about<WriteShareGroupStateRequest>({partition},
                                           [&](auto& out) {
                                             out.state_epoch = 2;
                                             out.leader_epoch = 0;
                                             out.start_offset = -1;
                                             if (version >= 1) out.delivery_complete_count = 4;
                                             auto& batch = out.state_batches.emplace_back();
                                             batch.first_offset = first;
                                             batch.last_offset = last;
                                             batch.delivery_state = 2;
                                             batch.delivery_count = 1;
                                           }),
        version);
  }
  ReadShareGroupStateResponse read(std::vector<std::int32_t> partitions, std::int32_t leader_epoch = 0) {
    return caller->call<ReadShareGroupStateResponse>(
        about<ReadShareGroupStateRequest>(std::move(partitions),
                                          [&](auto& partition) { partition.leader_epoch = leader_epoch; }),
        0);
  }
  ReadShareGroupStateSummaryResponse summary(std::int32_t partition, std::int16_t version = 1) {
    return caller->call<ReadShareGroupStateSummaryResponse>(
        about<ReadShareGroupStateSummaryRequest>({partition}, [](auto& out) { out.leader_epoch = -1; }),
        version);
  }

  testing::PartitionWorld world;
  std::unique_ptr<share::ShareStateCoordinator> coordinator;
  std::unique_ptr<testing::Caller> caller;

 private:
  std::unique_ptr<coordination::PartitionLog> log_;
  std::unique_ptr<ApiTable> apis_;
  std::unique_ptr<Dispatcher> dispatcher_;
};

TEST_F(ShareStateApis, ServeTheVersionsThatKafkaServes) {
  ApiTable apis;
  add_share_state_apis(apis, *coordinator);
  std::vector<std::tuple<int, int, int>> served;
  for (const ServedApi* api : apis.all())
    served.emplace_back(static_cast<int>(api->info->key), api->min_version, api->max_version);
  EXPECT_EQ(served, (std::vector<std::tuple<int, int, int>>{
                        {83, 0, 0}, {84, 0, 0}, {85, 0, 1}, {86, 0, 0}, {87, 0, 1}}));
}

TEST_F(ShareStateApis, KeepStatesOverARestart) {
  const auto initialized = initialize({0, 1});
  ASSERT_EQ(initialized.results.size(), 1u);
  ASSERT_EQ(initialized.results[0].partitions.size(), 2u);
  EXPECT_EQ(initialized.results[0].topic_id, world.topic_id("orders"));
  EXPECT_EQ(initialized.results[0].partitions[1].partition, 1);
  EXPECT_EQ(initialized.results[0].partitions[1].error_code, 0);
  EXPECT_EQ(initialized.results[0].partitions[1].error_message, std::nullopt);
  EXPECT_EQ(write(1, 12, 15).results[0].partitions[0].error_code, 0);
  restart();
  const auto states = read({0, 1});
  const auto& first = states.results[0].partitions[0];
  EXPECT_EQ(first.state_epoch, 2);
  EXPECT_EQ(first.start_offset, 10);
  EXPECT_TRUE(first.state_batches.empty());
  const auto& second = states.results[0].partitions[1];
  ASSERT_EQ(second.state_batches.size(), 1u);
  EXPECT_EQ(second.state_batches[0].first_offset, 12);
  EXPECT_EQ(second.state_batches[0].last_offset, 15);
  EXPECT_EQ(second.state_batches[0].delivery_state, 2);
  EXPECT_EQ(second.state_batches[0].delivery_count, 1);
}

TEST_F(ShareStateApis, TellSummariesOfBothVersions) {
  initialize({0});
  write(0, 12, 15);
  read({0}, 6);
  for (const std::int16_t version : {0, 1}) {
    const auto told = summary(0, version).results[0].partitions[0];
    EXPECT_EQ(told.error_code, 0);
    EXPECT_EQ(told.state_epoch, 2);
    EXPECT_EQ(told.leader_epoch, 6);
    EXPECT_EQ(told.start_offset, 10);
    EXPECT_EQ(told.delivery_complete_count, version == 0 ? -1 : 4);
  }
  EXPECT_EQ(summary(1).results[0].partitions[0].start_offset, -1) << "never initialized";
}

TEST_F(ShareStateApis, WritersThatCountNothingLeaveNoCount) {
  initialize({0});
  write(0, 12, 15, 0);
  EXPECT_EQ(summary(0).results[0].partitions[0].delivery_complete_count, -1);
}

TEST_F(ShareStateApis, NameErrorsByPartition) {
  initialize({0});
  const auto states = read({0, 1});
  EXPECT_EQ(states.results[0].partitions[0].error_code, 0);
  const auto& refused = states.results[0].partitions[1];
  EXPECT_EQ(refused.error_code, code(ErrorCode::kInvalidRequest));
  EXPECT_EQ(refused.error_message, "Read operation on uninitialized share partition not allowed.");
  EXPECT_EQ(refused.start_offset, 0);
  const auto fenced = read({0}, 5).results[0].partitions[0].error_code;
  EXPECT_EQ(fenced, 0);
  EXPECT_EQ(write(0, 1, 2).results[0].partitions[0].error_code, code(ErrorCode::kFencedLeaderEpoch));
}

TEST_F(ShareStateApis, Delete) {
  initialize({0, 1});
  const auto request = about<DeleteShareGroupStateRequest>({0, 2}, [](auto&) {});
  const auto deleted = caller->call<DeleteShareGroupStateResponse>(request, 0);
  EXPECT_EQ(deleted.results[0].partitions[0].error_code, 0);
  EXPECT_EQ(deleted.results[0].partitions[1].error_code, code(ErrorCode::kUnknownTopicOrPartition));
  restart();
  EXPECT_EQ(read({0}).results[0].partitions[0].error_code, code(ErrorCode::kInvalidRequest));
  EXPECT_EQ(read({1}).results[0].partitions[0].error_code, 0);
}

TEST_F(ShareStateApis, AnswerIncompleteRequestsWithoutResults) {
  auto request = about<ReadShareGroupStateRequest>({0}, [](auto&) {});
  request.group_id.clear();
  EXPECT_TRUE(caller->call<ReadShareGroupStateResponse>(request, 0).results.empty());
  request.group_id = "sg";
  request.topics.emplace_back().topic_id = Uuid::reserved(120);
  EXPECT_TRUE(caller->call<ReadShareGroupStateResponse>(request, 0).results.empty());
  request.topics.clear();
  EXPECT_TRUE(caller->call<ReadShareGroupStateResponse>(request, 0).results.empty());
  // Initialization alone passes over topics without partitions.
  auto some = about<InitializeShareGroupStateRequest>({0}, [](auto&) {});
  some.topics.emplace_back().topic_id = Uuid::reserved(120);
  EXPECT_EQ(caller->call<InitializeShareGroupStateResponse>(some, 0).results.size(), 1u);
}

TEST_F(ShareStateApis, WriteBatchesInTheCodecThatTheTopicWasGiven) {
  restart(records::Codec::kLz4);
  initialize({0});
  const std::int32_t at = coordinator->partition_for({"sg", world.topic_id("orders"), 0});
  const auto& written = (*world.partitions->find(kShareGroupStateTopic, at))->log();
  const Buffer bytes = written.read(0, 1 << 20, true, storage::ReadBound::kLogEnd)->records.to_buffer();
  records::BatchSplitter splitter(bytes);
  records::BatchView batch;
  ASSERT_EQ(splitter.next(batch), records::SplitOutcome::kBatch);
  EXPECT_EQ(batch.codec(), records::Codec::kLz4);
  EXPECT_EQ(batch.base_sequence(), 0);
  restart();
  EXPECT_EQ(read({0}).results[0].partitions[0].start_offset, 10);
}

TEST_F(ShareStateApis, PruningTheLogLeavesTheState) {
  initialize({0});
  initialize({0});
  write(0, 12, 15);
  const std::int32_t at = coordinator->partition_for({"sg", world.topic_id("orders"), 0});
  coordination::PartitionLog pruned(*world.partitions, world.clock, std::string(kShareGroupStateTopic), 0);
  ASSERT_TRUE(pruned.prune(at, 1));
  EXPECT_EQ((*world.partitions->find(kShareGroupStateTopic, at))->log().log_start_offset(), 1);
  EXPECT_FALSE(pruned.prune(at, 100)) << "beyond its end";
  restart();
  EXPECT_EQ(read({0}).results[0].partitions[0].state_batches.size(), 1u);
}

}  // namespace
}  // namespace barnabas::broker
