// Clusters, brokers, topics, partitions and configs under /v3.
#include "admin/tests/support.h"

namespace barnabas::admin {
namespace {

constexpr std::string_view kCluster = "/v3/clusters/cluster-1";

std::string in_cluster(std::string_view path) {
  return concat(kCluster, path);
}

using Resources = ApiTest;

TEST_F(Resources, ClustersLinkToTheirParts) {
  const auto list = get("/v3/clusters");
  EXPECT_EQ(list.status, 200);
  EXPECT_EQ(list.json()["kind"], "KafkaClusterList");
  EXPECT_EQ(list.json()["metadata"], (Json{{"self", url("/v3/clusters")}, {"next", nullptr}}));
  const Json cluster = get(kCluster).json();
  EXPECT_EQ(list.json()["data"], Json::array({cluster}));
  const auto related = [&](std::string_view path) { return Json{{"related", url(in_cluster(path))}}; };
  EXPECT_EQ(cluster,
            (Json{{"kind", "KafkaCluster"},
                  {"metadata", {{"self", url(kCluster)}, {"resource_name", "crn:///kafka=cluster-1"}}},
                  {"cluster_id", "cluster-1"},
                  {"controller", related("/brokers/1")},
                  {"acls", related("/acls")},
                  {"brokers", related("/brokers")},
                  {"broker_configs", related("/broker-configs")},
                  {"consumer_groups", related("/consumer-groups")},
                  {"topics", related("/topics")},
                  {"partition_reassignments", related("/topics/-/partitions/-/reassignment")}}));
}

TEST_F(Resources, AnotherClusterIsNotFound) {
  expect_error(get("/v3/clusters/other"), 404, 404, "Cluster other cannot be found.");
  expect_error(get("/v3/clusters/other/topics"), 404, 404, "Cluster other cannot be found.");
}

TEST_F(Resources, Brokers) {
  const Json list = get(in_cluster("/brokers")).json();
  EXPECT_EQ(list["kind"], "KafkaBrokerList");
  ASSERT_EQ(list["data"].size(), 2u);
  const Json broker = get(in_cluster("/brokers/1")).json();
  EXPECT_EQ(broker, list["data"][0]);
  EXPECT_EQ(broker["kind"], "KafkaBroker");
  EXPECT_EQ(broker["metadata"]["resource_name"], "crn:///kafka=cluster-1/broker=1");
  EXPECT_EQ(broker["broker_id"], 1);
  EXPECT_EQ(broker["host"], "host-1");
  EXPECT_EQ(broker["port"], 9092);
  EXPECT_EQ(broker["rack"], "rack-a");
  EXPECT_EQ(broker["configs"]["related"], url(in_cluster("/brokers/1/configs")));
  EXPECT_EQ(broker["partition_replicas"]["related"], url(in_cluster("/brokers/1/partition-replicas")));
  EXPECT_TRUE(list["data"][1]["rack"].is_null());
  expect_error(get(in_cluster("/brokers/9")), 404, 404, "Broker 9 cannot be found.");
  EXPECT_EQ(get(in_cluster("/brokers/x")).status, 404);
  EXPECT_EQ(get(in_cluster("/brokers/2/partition-replicas")).json()["data"].size(), 6u);
}

TEST_F(Resources, Topics) {
  const Json list = get(in_cluster("/topics")).json();
  EXPECT_EQ(list["kind"], "KafkaTopicList");
  ASSERT_EQ(list["data"].size(), 3u);
  EXPECT_EQ(list["data"][0]["is_internal"], true);
  const Json topic = get(in_cluster("/topics/orders")).json();
  EXPECT_EQ(topic, list["data"][1]);
  EXPECT_EQ(topic["kind"], "KafkaTopic");
  EXPECT_EQ(topic["metadata"]["self"], url(in_cluster("/topics/orders")));
  EXPECT_EQ(topic["metadata"]["resource_name"], "crn:///kafka=cluster-1/topic=orders");
  EXPECT_EQ(topic["topic_name"], "orders");
  EXPECT_EQ(topic["replication_factor"], 2);
  EXPECT_EQ(topic["partitions_count"], 2);
  EXPECT_EQ(topic["partitions"]["related"], url(in_cluster("/topics/orders/partitions")));
  EXPECT_EQ(topic["configs"]["related"], url(in_cluster("/topics/orders/configs")));
  EXPECT_EQ(topic["partition_reassignments"]["related"],
            url(in_cluster("/topics/orders/partitions/-/reassignment")));
  expect_error(get(in_cluster("/topics/absent")), 404, 40403,
               "This server does not host this topic-partition.");
}

TEST_F(Resources, CreateTopicTakesEveryField) {
  const auto reply = ask("POST", in_cluster("/topics"),
                         R"({"topic_name": "new", "partitions_count": 3, "replication_factor": 1,
                             "configs": [{"name": "cleanup.policy", "value": "compact"}]})");
  EXPECT_EQ(reply.status, 201) << reply.body;
  EXPECT_EQ(reply.headers.at("location"), url(in_cluster("/topics/new")));
  EXPECT_EQ(reply.json()["partitions_count"], 3);
  ASSERT_TRUE(backend.created);
  EXPECT_EQ(backend.created->partitions_count, 3);
  EXPECT_EQ(backend.created->replication_factor, 1);
  EXPECT_EQ(backend.created->configs,
            (std::vector<std::pair<std::string, std::string>>{{"cleanup.policy", "compact"}}));
  const auto checked =
      ask("POST", in_cluster("/topics"),
          R"({"topic_name": "n", "replicas_assignments": {"1": [2], "0": [1, 2]}, "validate_only": true})");
  EXPECT_EQ(checked.status, 200);
  EXPECT_EQ(backend.created->replicas_assignments, (std::vector<std::vector<std::int32_t>>{{1, 2}, {2}}));
  EXPECT_TRUE(backend.created->validate_only);
}

TEST_F(Resources, CreateTopicRefusesWhatIsWrong) {
  const auto post = [&](std::string_view body) { return ask("POST", in_cluster("/topics"), body); };
  expect_error(post(R"({"topic_name": "orders"})"), 400, 40002, "Topic 'orders' already exists.");
  expect_error(post(R"({"partitions_count": 1})"), 400, 400, "'topic_name' is missing.");
  expect_error(post(R"({"topic_name": 5})"), 400, 400, "'topic_name' must be a string.");
  expect_error(post(R"({"topic_name": "x", "partitions_count": "1"})"), 400, 400,
               "'partitions_count' must be an integer from -2147483648 to 2147483647.");
  expect_error(post(R"({"topic_name": "x", "replicas_assignments": {"1": [1]}})"), 400, 400,
               "'replicas_assignments' must map every partition from 0 on to broker ids.");
  expect_error(post(R"({"topic_name": "x", "configs": [{"value": "1"}]})"), 400, 400,
               "'configs': 'name' is missing.");
  expect_error(post("[1]"), 400, 400, "A JSON object is expected.");
  expect_error(post("{"), 400, 400, "The body is not valid JSON (value 1, at byte 0).");
  expect_error(post(std::string(100'000, '[')), 400, 400, "The body is not valid JSON (value 1, at byte 0).");
  EXPECT_EQ(ask("POST", in_cluster("/topics"), "", {"Content-Type: application/json"}).status, 422);
}

TEST_F(Resources, DeleteTopicAndAddPartitions) {
  EXPECT_EQ(ask("DELETE", in_cluster("/topics/a%20b")).status, 204);
  EXPECT_EQ(backend.deleted, std::vector<std::string>{"a b"});
  expect_error(ask("DELETE", in_cluster("/topics/absent")), 404, 40403,
               "This server does not host this topic-partition.");
  const auto more = ask("PATCH", in_cluster("/topics/orders"), R"({"partitions_count": 4})");
  EXPECT_EQ(more.status, 200);
  EXPECT_EQ(more.json()["partitions_count"], 4);
  expect_error(ask("PATCH", in_cluster("/topics/orders"), R"({"partitions_count": 2})"), 400, 40002,
               "Topic already has 2 partitions.");
  expect_error(ask("PATCH", in_cluster("/topics/orders"), "{}"), 400, 400, "'partitions_count' is missing.");
}

TEST_F(Resources, PartitionsReplicasAndOffsets) {
  const Json list = get(in_cluster("/topics/orders/partitions")).json();
  EXPECT_EQ(list["kind"], "KafkaPartitionList");
  const Json partition = get(in_cluster("/topics/orders/partitions/1")).json();
  EXPECT_EQ(partition, list["data"][1]);
  EXPECT_EQ(partition["metadata"]["resource_name"], "crn:///kafka=cluster-1/topic=orders/partition=1");
  EXPECT_EQ(partition["leader"]["related"], url(in_cluster("/topics/orders/partitions/1/replicas/1")));
  EXPECT_FALSE(get(in_cluster("/topics/payments/partitions/1")).json().contains("leader"));
  expect_error(get(in_cluster("/topics/orders/partitions/2")), 404, 40403,
               "This server does not host this topic-partition.");
  EXPECT_EQ(get(in_cluster("/topics/orders/partitions/-1")).status, 404);
  const Json offsets = get(in_cluster("/topics/orders/partitions/0/offset")).json();
  EXPECT_EQ(offsets["earliest_offset"], 3);
  EXPECT_EQ(offsets["latest_offset"], 42);
  const Json replicas = get(in_cluster("/topics/orders/partitions/0/replicas")).json();
  EXPECT_EQ(replicas["kind"], "KafkaReplicaList");
  const Json replica = get(in_cluster("/topics/orders/partitions/0/replicas/2")).json();
  EXPECT_EQ(replica, replicas["data"][1]);
  EXPECT_EQ(replica["is_leader"], false);
  EXPECT_EQ(replica["is_in_sync"], false);
  EXPECT_EQ(replica["broker"]["related"], url(in_cluster("/brokers/2")));
  EXPECT_EQ(get(in_cluster("/topics/orders/partitions/0/replicas/7")).status, 404);
}

TEST_F(Resources, Reassignments) {
  const Json all = get(in_cluster("/topics/-/partitions/-/reassignment")).json();
  ASSERT_EQ(all["data"].size(), 1u);
  EXPECT_EQ(all["data"][0]["adding_replicas"], Json::array({3}));
  EXPECT_EQ(get(in_cluster("/topics/payments/partitions/-/reassignment")).json()["data"], all["data"]);
  EXPECT_EQ(get(in_cluster("/topics/payments/partitions/1/reassignment")).json(), all["data"][0]);
  EXPECT_EQ(get(in_cluster("/topics/payments/partitions/0/reassignment")).status, 404);
}

TEST_F(Resources, ConfigsOfAllKinds) {
  const Json config = get(in_cluster("/topics/orders/configs/retention.ms")).json();
  EXPECT_EQ(config["kind"], "KafkaTopicConfig");
  EXPECT_EQ(config["metadata"]["resource_name"], "crn:///kafka=cluster-1/topic=orders/config=retention.ms");
  EXPECT_EQ(config["topic_name"], "orders");
  EXPECT_EQ(config["value"], "1000");
  EXPECT_EQ(config["is_default"], false);
  EXPECT_EQ(config["source"], "DYNAMIC_TOPIC_CONFIG");
  EXPECT_EQ(
      config["synonyms"],
      Json::array({Json{{"name", "retention.ms"}, {"value", "1000"}, {"source", "DYNAMIC_TOPIC_CONFIG"}},
                   Json{{"name", "log.retention.ms"}, {"value", nullptr}, {"source", "DEFAULT_CONFIG"}}}));
  const Json secret = get(in_cluster("/topics/orders/configs/ssl.key")).json();
  EXPECT_EQ(secret["is_sensitive"], true);
  EXPECT_EQ(secret["is_read_only"], true);
  EXPECT_EQ(secret["is_default"], true);
  EXPECT_TRUE(secret["value"].is_null());
  const Json list = get(in_cluster("/topics/orders/configs")).json();
  EXPECT_EQ(list["kind"], "KafkaTopicConfigList");
  EXPECT_EQ(list["metadata"]["self"], url(in_cluster("/topics/orders/configs")));
  EXPECT_EQ(list["data"].size(), 2u);
  EXPECT_EQ(get(in_cluster("/topics/-/configs")).json()["data"].size(), 6u);
  EXPECT_EQ(get(in_cluster("/brokers/-/configs")).json()["data"].size(), 4u);
  EXPECT_EQ(get(in_cluster("/brokers/1/configs/retention.ms")).json()["broker_id"], 1);
  EXPECT_EQ(get(in_cluster("/broker-configs/retention.ms")).json()["config_type"], "BROKER");
  EXPECT_EQ(get(in_cluster("/broker-configs")).json()["kind"], "KafkaClusterConfigList");
  EXPECT_EQ(get(in_cluster("/topics/absent/configs")).status, 404);
  expect_error(get(in_cluster("/topics/orders/configs/none")), 404, 404, "Config none cannot be found.");
}

TEST_F(Resources, ConfigsAreChanged) {
  EXPECT_EQ(ask("PUT", in_cluster("/topics/orders/configs/retention.ms"), R"({"value": "5"})").status, 204);
  EXPECT_EQ(backend.altered, (ConfigResource{ConfigResource::Type::kTopic, "orders"}));
  EXPECT_EQ(backend.altered_changes.at(0).value, "5");
  EXPECT_EQ(ask("DELETE", in_cluster("/brokers/1/configs/x")).status, 204);
  EXPECT_EQ(backend.altered, (ConfigResource{ConfigResource::Type::kBroker, "1"}));
  EXPECT_EQ(backend.altered_changes.at(0).value, std::nullopt);
  const auto reply = ask("POST", in_cluster("/broker-configs:alter"),
                         R"({"data": [{"name": "a", "value": "1"}, {"name": "b", "operation": "DELETE"}],
                             "validate_only": true})");
  EXPECT_EQ(reply.status, 204) << reply.body;
  EXPECT_EQ(backend.altered, (ConfigResource{ConfigResource::Type::kBrokerDefaults, ""}));
  EXPECT_EQ(backend.altered_changes.size(), 2u);
  EXPECT_TRUE(backend.altered_validate_only);
  expect_error(ask("PUT", in_cluster("/topics/orders/configs/bad"), R"({"value": "5"})"), 400, 40002,
               "Unknown topic config name: bad");
  expect_error(ask("POST", in_cluster("/topics/orders/configs:alter"), R"({"data": [{"name": "a"}]})"), 400,
               400, "'data': 'value' is missing.");
  expect_error(ask("POST", in_cluster("/topics/orders/configs:alter"),
                   R"({"data": [{"name": "a", "operation": "ADD"}]})"),
               400, 400, "'data': 'operation' must be SET or DELETE, not 'ADD'.");
  expect_error(ask("POST", in_cluster("/brokers/1/configs:alter"), "{}"), 400, 400, "'data' is missing.");
}

TEST_F(Resources, ConsumerGroups) {
  const Json list = get(in_cluster("/consumer-groups")).json();
  EXPECT_EQ(list["kind"], "KafkaConsumerGroupList");
  const std::string group = in_cluster("/consumer-groups/group%2F1");
  const Json one = get(group).json();
  EXPECT_EQ(one, list["data"][0]);
  EXPECT_EQ(one["metadata"]["self"], url(group));
  EXPECT_EQ(one["consumer_group_id"], "group/1");
  EXPECT_EQ(one["is_simple"], false);
  EXPECT_EQ(one["partition_assignor"], "range");
  EXPECT_EQ(one["state"], "STABLE");
  EXPECT_EQ(one["type"], "CLASSIC");
  EXPECT_EQ(one["is_mixed_consumer_group"], false);
  EXPECT_EQ(one["coordinator"]["related"], url(in_cluster("/brokers/1")));
  EXPECT_EQ(one["lag_summary"]["related"], url(group + "/lag-summary"));
  EXPECT_EQ(list["data"][1]["is_simple"], true);
  EXPECT_EQ(list["data"][1]["state"], "PREPARING_REBALANCE");
  expect_error(get(in_cluster("/consumer-groups/none")), 404, 404, "Consumer Group none could not be found.");

  const Json consumers = get(group + "/consumers").json();
  const Json consumer = get(group + "/consumers/consumer-1-uuid").json();
  EXPECT_EQ(consumers["data"], Json::array({consumer}));
  EXPECT_EQ(consumer["kind"], "KafkaConsumer");
  EXPECT_EQ(consumer["instance_id"], "static-1");
  EXPECT_EQ(consumer["client_id"], "consumer-1");
  EXPECT_EQ(get(group + "/consumers/none").status, 404);
  const Json assignments = get(group + "/consumers/consumer-1-uuid/assignments").json();
  ASSERT_EQ(assignments["data"].size(), 2u);
  EXPECT_EQ(get(group + "/consumers/consumer-1-uuid/assignments/orders/partitions/1").json(),
            assignments["data"][1]);
  EXPECT_EQ(assignments["data"][1]["lag"]["related"], url(group + "/lags/orders/partitions/1"));
  EXPECT_EQ(get(group + "/consumers/consumer-1-uuid/assignments/orders/partitions/9").status, 404);
}

TEST_F(Resources, LagsAreCountedPerPartitionAndInAll) {
  const std::string group = in_cluster("/consumer-groups/group%2F1");
  const Json lags = get(group + "/lags").json();
  EXPECT_EQ(lags["kind"], "KafkaConsumerLagList");
  ASSERT_EQ(lags["data"].size(), 3u);
  const Json lag = get(group + "/lags/orders/partitions/1").json();
  EXPECT_EQ(lag, lags["data"][1]);
  EXPECT_EQ(lag["current_offset"], 1);
  EXPECT_EQ(lag["log_end_offset"], 100);
  EXPECT_EQ(lag["lag"], 99);
  EXPECT_EQ(lag["consumer_id"], "consumer-1-uuid");
  EXPECT_EQ(lag["instance_id"], "static-1");
  EXPECT_EQ(lags["data"][2]["lag"], 0) << "committed beyond the end";
  EXPECT_EQ(lags["data"][2]["consumer_id"], "") << "nobody reads it";
  EXPECT_EQ(get(group + "/lags/orders/partitions/7").status, 404);
  const Json summary = get(group + "/lag-summary").json();
  EXPECT_EQ(summary["kind"], "KafkaConsumerGroupLagSummary");
  EXPECT_EQ(summary["max_lag"], 99);
  EXPECT_EQ(summary["total_lag"], 104);
  EXPECT_EQ(summary["max_lag_topic_name"], "orders");
  EXPECT_EQ(summary["max_lag_partition_id"], 1);
  EXPECT_EQ(summary["max_lag_consumer_id"], "consumer-1-uuid");
  EXPECT_EQ(summary["max_lag_partition"]["related"], url(in_cluster("/topics/orders/partitions/1")));
  EXPECT_EQ(get(in_cluster("/consumer-groups/simple/lag-summary")).json()["total_lag"], 0);
}

TEST_F(Resources, ShareGroups) {
  const Json list = get(in_cluster("/share-groups")).json();
  EXPECT_EQ(list["kind"], "KafkaShareGroupList");
  const std::string group = in_cluster("/share-groups/shared");
  const Json one = get(group).json();
  EXPECT_EQ(one, list["data"][0]);
  EXPECT_EQ(one["kind"], "KafkaShareGroup");
  EXPECT_EQ(one["metadata"]["self"], url(group));
  EXPECT_EQ(one["share_group_id"], "shared");
  EXPECT_EQ(one["state"], "STABLE");
  EXPECT_EQ(one["consumer_count"], 1);
  EXPECT_EQ(one["partition_count"], 2);
  EXPECT_EQ(one["assigned_topic_partitions"][1]["partition_id"], 1);
  EXPECT_EQ(one["coordinator"]["related"], url(in_cluster("/brokers/1")));
  EXPECT_EQ(one["consumers"]["related"], url(group + "/consumers"));
  EXPECT_EQ(list["data"][1]["assigned_topic_partitions"], Json::array());
  expect_error(get(in_cluster("/share-groups/group%2F1")), 404, 404, "Group group/1 not found.");

  const Json consumers = get(group + "/consumers").json();
  const Json consumer = get(group + "/consumers/m-1").json();
  EXPECT_EQ(consumers["data"], Json::array({consumer}));
  EXPECT_EQ(consumer["kind"], "KafkaShareGroupConsumer");
  EXPECT_EQ(consumer["client_id"], "client-1");
  expect_error(get(group + "/consumers/none"), 404, 404, "Consumer none cannot be found.");
  const Json assignments = get(group + "/consumers/m-1/assignments").json();
  ASSERT_EQ(assignments["data"].size(), 1u);
  EXPECT_EQ(assignments["data"][0]["topic_name"], "orders");
  EXPECT_EQ(assignments["data"][0]["partition"]["related"], url(in_cluster("/topics/orders/partitions/0")));
}

TEST_F(Resources, OffsetsOfShareGroupsAreNullWhereTheyAreNotKnown) {
  const std::string groups = "/barnabas/v1" + in_cluster("/share-groups/").substr(3);
  const Json list = get(groups + "shared/offsets").json();
  ASSERT_EQ(list["data"].size(), 2u);
  EXPECT_EQ(list["metadata"]["self"], url(groups + "shared/offsets"));
  EXPECT_EQ(list["data"][0]["start_offset"], 3);
  EXPECT_EQ(list["data"][0]["lag"], 39);
  EXPECT_EQ(list["data"][1]["start_offset"], nullptr);
  EXPECT_EQ(list["data"][1]["lag"], nullptr);
  EXPECT_EQ(get(groups + "none/offsets").status, 404);
}

TEST_F(Resources, ShareGroupsAreDeletedWhenNobodyIsInThem) {
  EXPECT_EQ(ask("DELETE", in_cluster("/share-groups/unread"), "").status, 204);
  EXPECT_EQ(backend.deleted, std::vector<std::string>{"unread"});
  expect_error(ask("DELETE", in_cluster("/share-groups/shared"), ""), 400, 40002, "The group is not empty.");
  EXPECT_EQ(ask("DELETE", in_cluster("/share-groups/simple"), "").status, 404);
  EXPECT_EQ(backend.deleted.size(), 2u) << "a group of another kind is left alone";
}

TEST_F(Resources, StreamsGroups) {
  const Json list = get(in_cluster("/streams-groups")).json();
  const std::string group = in_cluster("/streams-groups/words");
  const Json one = get(group).json();
  EXPECT_EQ(list["data"], Json::array({one}));
  EXPECT_EQ(one["kind"], "KafkaStreamsGroup");
  EXPECT_EQ(one["state"], "NOT_READY");
  EXPECT_EQ(one["group_epoch"], 4);
  EXPECT_EQ(one["target_assignment_epoch"], 3);
  EXPECT_EQ(one["topology_epoch"], 2);
  EXPECT_EQ(one["member_count"], 1);
  EXPECT_EQ(one["subtopology_count"], 2);
  expect_error(get(in_cluster("/streams-groups/none")), 404, 404, "Group none not found.");

  const Json parts = get(group + "/subtopologies").json();
  ASSERT_EQ(parts["data"].size(), 2u);
  EXPECT_EQ(get(group + "/subtopologies/1").json(), parts["data"][1]);
  EXPECT_EQ(parts["data"][1]["source_topics"], Json::array({"payments"}));
  expect_error(get(group + "/subtopologies/9"), 404, 404, "Subtopology 9 cannot be found.");
  const Json lags = get("/barnabas/v1" + group.substr(3) + "/lags").json();
  ASSERT_EQ(lags["data"].size(), 3u);
  EXPECT_EQ(lags["data"][1]["lag"], 99);
  EXPECT_EQ(lags["data"][2]["lag"], 0) << "committed beyond the end";
}

TEST_F(Resources, MembersOfStreamsGroupsHaveTasksByType) {
  const std::string group = in_cluster("/streams-groups/words");
  const std::string member = group + "/members/s-1";
  const Json one = get(member).json();
  EXPECT_EQ(get(group + "/members").json()["data"], Json::array({one}));
  EXPECT_EQ(one["process_id"], "process-1");
  EXPECT_EQ(one["instance_id"], "static-1");
  EXPECT_EQ(one["target_assignment"]["related"], url(member + "/target-assignments"));
  expect_error(get(group + "/members/none"), 404, 404, "Member none cannot be found.");

  const Json links = get(member + "/assignments").json();
  EXPECT_EQ(links["kind"], "KafkaStreamsGroupMemberAssignments");
  EXPECT_EQ(links["standby_tasks"]["related"], url(member + "/assignments/standby"));
  const Json active = get(member + "/assignments/active").json();
  ASSERT_EQ(active["data"].size(), 1u);
  EXPECT_EQ(active["data"][0]["partition_ids"], Json::array({0, 1}));
  EXPECT_EQ(get(member + "/assignments/active/subtopologies/0").json(), active["data"][0]);
  EXPECT_EQ(get(member + "/assignments/warmup").json()["data"], Json::array());
  EXPECT_EQ(get(member + "/target-assignments/active").json()["data"].size(), 2u);
  EXPECT_EQ(get(member + "/target-assignments/warmup/subtopologies/1").json()["partition_ids"],
            Json::array({0}));
  EXPECT_EQ(get(member + "/assignments/active/subtopologies/7").status, 404);
  expect_error(get(member + "/assignments/lazy"), 404, 404, "Tasks of type lazy cannot be found.");
}

}  // namespace
}  // namespace barnabas::admin
