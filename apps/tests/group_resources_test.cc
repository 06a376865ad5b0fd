// Live share and streams groups as the HTTP endpoint shows them.
#include <gtest/gtest.h>

#include <chrono>
#include <functional>
#include <thread>

#include "apps/tests/kafka_client.h"
#include "apps/tests/running_server.h"
#include "common/text.h"
#include "protocol/messages/share_group_heartbeat_request.h"
#include "protocol/messages/share_group_heartbeat_response.h"
#include "protocol/messages/streams_group_heartbeat_request.h"
#include "protocol/messages/streams_group_heartbeat_response.h"

namespace barnabas::apps {
namespace {

using protocol::ShareGroupHeartbeatRequest;
using protocol::ShareGroupHeartbeatResponse;
using protocol::StreamsGroupHeartbeatRequest;
using protocol::StreamsGroupHeartbeatResponse;

class GroupResources : public testing::Test {
 protected:
  GroupResources()
      : running_(broker::ConfigTexts{{"share.coordinator.state.topic.replication.factor", "1"},
                                     {"share.coordinator.state.topic.min.isr", "1"},
                                     {"share.coordinator.state.topic.num.partitions", "2"},
                                     {"group.share.assignment.interval.ms", "0"},
                                     {"group.streams.assignment.interval.ms", "0"},
                                     {"group.streams.initial.rebalance.delay.ms", "0"}}),
        client_(running_.kafka_port()) {
    const Json topic{{"topic_name", "orders"}, {"partitions_count", 2}};
    EXPECT_EQ(running_.ask("POST", running_.in_cluster("/topics"), topic.dump()).status, 201u);
    EXPECT_TRUE(comes([this] { return running_.get("/readyz?group=g").status == 200; }));
  }

  Json get(std::string_view path) const { return running_.get(running_.in_cluster(path)).json(); }
  static bool comes(const std::function<bool()>& condition) {
    for (int attempt = 0; attempt < 500; ++attempt) {
      if (condition()) return true;
      std::this_thread::sleep_for(std::chrono::milliseconds(10));
    }
    return false;
  }
  // One heartbeat of the one member; its epoch follows the answers.
  void beat_in_share_group() {
    ShareGroupHeartbeatRequest request;
    request.group_id = "g";
    request.member_id = "m";
    request.member_epoch = epoch_;
    if (epoch_ == 0) request.subscribed_topic_names = std::vector<std::string>{"orders"};
    const auto answer = client_.call<ShareGroupHeartbeatResponse>(request, 1);
    if (answer.error_code == 0) epoch_ = answer.member_epoch;
  }
  void beat_in_streams_group() {
    StreamsGroupHeartbeatRequest request;
    request.group_id = "g";
    request.member_id = "m";
    request.member_epoch = epoch_;
    if (epoch_ == 0) {
      request.rebalance_timeout_ms = 60'000;
      request.process_id = "p";
      request.active_tasks.emplace();
      request.standby_tasks.emplace();
      request.warmup_tasks.emplace();
      auto& part =
          request.topology.emplace(StreamsGroupHeartbeatRequest::Topology()).subtopologies.emplace_back();
      part.subtopology_id = "0";
      part.source_topics = {"orders"};
    }
    const auto answer = client_.call<StreamsGroupHeartbeatResponse>(request, 0);
    if (answer.error_code == 0) epoch_ = answer.member_epoch;
  }

  RunningServer running_;
  KafkaClient client_;
  std::int32_t epoch_ = 0;
};

TEST_F(GroupResources, ShowAShareGroupUntilItIsDeleted) {
  EXPECT_TRUE(comes([this] {
    beat_in_share_group();
    return get("/share-groups/g").value("partition_count", 0) == 2 &&
           get("/share-groups/g/consumers/m/assignments")["data"].size() == 2;
  }));
  const Json group = get("/share-groups/g");
  EXPECT_EQ(group["state"], "STABLE");
  EXPECT_EQ(group["consumer_count"], 1);
  EXPECT_EQ(get("/share-groups")["data"], Json::array({group}));
  EXPECT_EQ(get("/share-groups/g/consumers")["data"][0]["client_id"], "test");
  EXPECT_EQ(get("/consumer-groups")["data"], Json::array());
  EXPECT_EQ(get("/streams-groups/g")["error_code"], 404);
  const std::string ours = "/barnabas/v1" + running_.in_cluster("/share-groups/g/offsets").substr(3);
  EXPECT_EQ(running_.get(ours).json()["data"].size(), 2u);

  const std::string path = running_.in_cluster("/share-groups/g");
  EXPECT_EQ(running_.ask("DELETE", path).json()["error_code"], 40002);
  epoch_ = -1;
  beat_in_share_group();
  EXPECT_EQ(running_.ask("DELETE", path).status, 204u);
  EXPECT_EQ(running_.get(path).status, 404u);
}

TEST_F(GroupResources, ShowTheTasksOfAStreamsGroup) {
  EXPECT_TRUE(comes([this] {
    beat_in_streams_group();
    return get("/streams-groups/g/members/m/assignments/active")["data"].size() == 1;
  }));
  const Json group = get("/streams-groups/g");
  EXPECT_EQ(get("/streams-groups")["data"], Json::array({group}));
  EXPECT_EQ(group["state"], "STABLE");
  EXPECT_EQ(group["member_count"], 1);
  EXPECT_EQ(group["subtopology_count"], 1);
  EXPECT_EQ(get("/streams-groups/g/subtopologies/0")["source_topics"], Json::array({"orders"}));
  EXPECT_EQ(get("/streams-groups/g/members/m")["process_id"], "p");
  const Json tasks = get("/streams-groups/g/members/m/assignments/active/subtopologies/0");
  EXPECT_EQ(tasks["partition_ids"], Json::array({0, 1}));
  EXPECT_EQ(get("/streams-groups/g/members/m/target-assignments/active/subtopologies/0")["partition_ids"],
            tasks["partition_ids"]);
  EXPECT_EQ(get("/consumer-groups")["data"], Json::array());
  EXPECT_EQ(get("/share-groups/g")["error_code"], 404);
}

}  // namespace
}  // namespace barnabas::apps
