#include "controller/controller.h"

#include <gtest/gtest.h>

#include <atomic>
#include <future>

#include "controller/tests/harness.h"

namespace barnabas::controller {
namespace {

using protocol::ErrorCode;
using storage::SimulatedFileSystem;
using testing::Node;

// The controller with its thread, over simulated files.
class ControllerTest : public ::testing::Test {
 protected:
  ControllerTest() : node(files) { EXPECT_TRUE(node.format()); }

  void start() {
    controller =
        std::make_unique<Controller>(node.environment, node.clock, *node.random, node.schema, node.config);
    const auto started = controller->start([this](auto image, const ImageChanges& changes) {
      published = std::move(image);
      ++publications;
      last_changes = changes;
    });
    ASSERT_TRUE(started) << started.error();
  }

  template <class Reply, class Call>
  Reply wait_for(Call call) {
    std::promise<Reply> promise;
    auto future = promise.get_future();
    call([&promise](Reply reply) { promise.set_value(std::move(reply)); });
    return future.get();
  }

  void join() {
    BrokerDescription broker;
    broker.id = 1;
    broker.directories = {node.config.directory_id};
    const auto epoch = wait_for<ApiResult<std::int64_t>>(
        [&](auto done) { controller->register_broker(broker, std::move(done)); });
    ASSERT_TRUE(epoch);
    const auto unfenced =
        wait_for<ApiError>([&](auto done) { controller->unfence_broker(1, *epoch, std::move(done)); });
    ASSERT_TRUE(unfenced.ok());
  }

  static CreateTopicsCommand topic(const std::string& name) {
    CreateTopicsCommand command;
    command.topics.emplace_back().name = name;
    return command;
  }

  SimulatedFileSystem files;
  Node node;
  std::unique_ptr<Controller> controller;
  std::shared_ptr<const MetadataImage> published;  // the controller's thread; read when it is idle
  int publications = 0;
  ImageChanges last_changes;
};

TEST_F(ControllerTest, FirstImageIsPublishedBeforeStartReturns) {
  start();
  ASSERT_TRUE(published);
  EXPECT_EQ(published->metadata_version(), 25);
  EXPECT_TRUE(last_changes.features);
  EXPECT_EQ(published, controller->image());
}

TEST_F(ControllerTest, RepliesComeAfterTheImageThatShowsThem) {
  start();
  join();
  const auto created = wait_for<std::vector<CreatedTopic>>([&](auto done) {
    controller->create_topics(topic("t"), [this, done = std::move(done)](auto reply) mutable {
      EXPECT_TRUE(published->topic("t"));
      done(std::move(reply));
    });
  });
  EXPECT_TRUE(created.front().error.ok());
  EXPECT_TRUE(last_changes.topics.at(created.front().id).created);
}

TEST_F(ControllerTest, CommandsThatWaitTogetherShareAnFsync) {
  start();
  join();
  std::atomic<int> syncs = 0;
  files.set_trace([&](const std::string& operation) { syncs += operation.starts_with("sync "); });
  constexpr int kTopics = 1000;
  std::atomic<int> left = kTopics;
  std::promise<void> all;
  for (int i = 0; i < kTopics; ++i) {
    controller->create_topics(topic("t" + std::to_string(i)), [&](auto reply) {
      EXPECT_TRUE(reply.front().error.ok());
      if (--left == 0) all.set_value();
    });
  }
  all.get_future().wait();
  EXPECT_EQ(controller->image()->topic_count(), static_cast<std::size_t>(kTopics));
  EXPECT_LT(syncs, kTopics / 2);
  controller->stop();
  files.set_trace({});
}

TEST_F(ControllerTest, StoppedControllerAnswersNotController) {
  start();
  controller->stop();
  controller->stop();
  const auto created = wait_for<std::vector<CreatedTopic>>(
      [&](auto done) { controller->create_topics(topic("t"), std::move(done)); });
  ASSERT_EQ(created.size(), 1u);
  EXPECT_EQ(created.front().error.code, ErrorCode::kNotController);
  const auto block = wait_for<ApiResult<ProducerIdBlock>>(
      [&](auto done) { controller->allocate_producer_ids(1, 1, std::move(done)); });
  EXPECT_EQ(block.error().code, ErrorCode::kNotController);
}

TEST_F(ControllerTest, EveryCommandReachesItsManager) {
  start();
  join();
  wait_for<std::vector<CreatedTopic>>(
      [&](auto done) { controller->create_topics(topic("t"), std::move(done)); });
  CreatePartitionsCommand grow;
  grow.topics.emplace_back().name = "t";
  grow.topics.back().partitions = 4;
  EXPECT_TRUE(wait_for<std::vector<NamedResult>>(
                  [&](auto done) { controller->create_partitions(grow, std::move(done)); })
                  .front()
                  .error.ok());
  EXPECT_EQ(controller->image()->topic("t")->partition_count(), 4);

  AlterConfigsCommand alter;
  alter.resources.emplace_back().resource = {ConfigResourceType::kTopic, "t"};
  alter.resources.back().changes = {{"retention.ms", ConfigOperation::kSet, "9"}};
  EXPECT_TRUE(wait_for<std::vector<AlteredResource>>(
                  [&](auto done) { controller->alter_configs(alter, std::move(done)); })
                  .front()
                  .error.ok());

  const auto quorum =
      wait_for<QuorumDescription>([&](auto done) { controller->describe_quorum(std::move(done)); });
  EXPECT_EQ(quorum.leader_id, 1);
  EXPECT_EQ(quorum.voters.size(), 1u);

  UpdateFeaturesCommand update;
  update.updates.emplace_back().name = "metadata.version";
  update.updates.back().level = 26;
  EXPECT_TRUE(wait_for<ApiResult<std::vector<NamedResult>>>(
      [&](auto done) { controller->update_features(update, std::move(done)); }));
  EXPECT_EQ(controller->image()->metadata_version(), 26);

  std::vector<DeletedTopic> gone(1);
  gone.front().name = "t";
  EXPECT_TRUE(wait_for<std::vector<DeletedTopic>>(
                  [&](auto done) { controller->delete_topics(gone, std::move(done)); })
                  .front()
                  .error.ok());
  EXPECT_EQ(controller->image()->topic_count(), 0u);
}

TEST_F(ControllerTest, BrokenDirectoryIsToldAtStart) {
  start();
  controller->stop();
  files.put("/data/__cluster_metadata-0/quorum-state", as_bytes("nonsense"));
  Controller broken(node.environment, node.clock, *node.random, node.schema, node.config);
  const auto started = broken.start({});
  ASSERT_FALSE(started);
  EXPECT_NE(started.error().find("quorum-state"), std::string::npos);
}

}  // namespace
}  // namespace barnabas::controller
