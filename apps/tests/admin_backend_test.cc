#include "apps/admin_backend.h"

#include <set>
#include <thread>

#include "apps/admin_backend/groups.h"
#include "apps/admin_backend/record_writer.h"
#include "apps/tests/running_server.h"
#include "common/text.h"
#include "protocol/error_code.h"

namespace barnabas::apps {
namespace {

using protocol::ErrorCode;
using testing::ElementsAre;
using testing::HasSubstr;

std::string kafka(ErrorCode error) {
  return std::string(protocol::error_message(error));
}

// One server for all tests; each uses topics of its own.
class AdminBackendTest : public testing::Test {
 protected:
  static void SetUpTestSuite() { running = std::make_unique<RunningServer>(); }
  static void TearDownTestSuite() { running.reset(); }

  static HttpReply get(std::string_view path) { return running->get(running->in_cluster(path)); }
  static HttpReply ask(std::string_view method, std::string_view path, const Json& body = {}) {
    return running->ask(method, running->in_cluster(path), body.is_null() ? "" : body.dump());
  }
  static void create(const std::string& topic, int partitions = 1) {
    const auto reply = ask("POST", "/topics", {{"topic_name", topic}, {"partitions_count", partitions}});
    ASSERT_EQ(reply.status, 201u) << reply.body;
  }
  static Json produce(const std::string& topic, const Json& record) {
    const auto reply = ask("POST", concat("/topics/", topic, "/records"), record);
    EXPECT_EQ(reply.status, 200u) << reply.body;
    return reply.json();
  }
  static Json produce_text(const std::string& topic, const std::string& value) {
    return produce(topic, {{"value", {{"type", "STRING"}, {"data", value}}}});
  }
  static Json read(const std::string& topic, const std::string& query) {
    const auto reply = running->get(concat("/barnabas/v1/topics/", topic, "/records?", query));
    EXPECT_EQ(reply.status, 200u) << reply.body;
    return reply.json();
  }
  static std::vector<std::string> values(const Json& page) {
    std::vector<std::string> out;
    for (const Json& record : page["data"]) out.push_back(record["value"].get<std::string>());
    return out;
  }
  // A group's coordinator loads in the background.
  static bool becomes_ready(const std::string& target) {
    for (int attempt = 0; attempt < 500; ++attempt) {
      if (running->get(target).status == 200) return true;
      std::this_thread::sleep_for(std::chrono::milliseconds(10));
    }
    return false;
  }
  static void expect_error(const HttpReply& reply, unsigned status, int code, const std::string& message) {
    EXPECT_EQ(reply.status, status);
    EXPECT_EQ(reply.json(), (Json{{"error_code", code}, {"message", message}}));
  }

  static std::unique_ptr<RunningServer> running;
};
std::unique_ptr<RunningServer> AdminBackendTest::running;

TEST_F(AdminBackendTest, ShowsTheClusterAndItsBroker) {
  const Json clusters = running->get("/v3/clusters").json();
  EXPECT_EQ(clusters["data"][0]["cluster_id"], running->server().cluster_id());
  EXPECT_THAT(clusters["data"][0]["controller"]["related"].get<std::string>(),
              testing::EndsWith("/brokers/1"));
  const Json brokers = get("/brokers").json();
  ASSERT_EQ(brokers["data"].size(), 1u);
  EXPECT_EQ(brokers["data"][0]["broker_id"], 1);
  EXPECT_GT(brokers["data"][0]["port"], 0);
  EXPECT_EQ(get("/brokers/7").status, 404u);
}

TEST_F(AdminBackendTest, CreatesGrowsAndDeletesTopics) {
  create("life", 2);
  const Json topic = get("/topics/life").json();
  EXPECT_EQ(topic["partitions_count"], 2);
  EXPECT_EQ(topic["replication_factor"], 1);
  EXPECT_EQ(topic["is_internal"], false);
  EXPECT_EQ(ask("PATCH", "/topics/life", {{"partitions_count", 3}}).status / 100, 2u);
  const Json partitions = get("/topics/life/partitions").json();
  ASSERT_EQ(partitions["data"].size(), 3u);
  EXPECT_EQ(partitions["data"][2]["partition_id"], 2);
  EXPECT_EQ(ask("DELETE", "/topics/life").status, 204u);
  expect_error(get("/topics/life"), 404, 40403, kafka(ErrorCode::kUnknownTopicOrPartition));
  expect_error(ask("DELETE", "/topics/life"), 404, 40403, kafka(ErrorCode::kUnknownTopicOrPartition));
}

TEST_F(AdminBackendTest, RefusesTopicsWithKafkasSentences) {
  create("twice");
  expect_error(ask("POST", "/topics", {{"topic_name", "twice"}}), 400, 40002,
               "Topic 'twice' already exists.");
  expect_error(ask("POST", "/topics", {{"topic_name", "zero"}, {"partitions_count", 0}}), 400, 40002,
               "Number of partitions was set to an invalid non-positive value.");
  const auto factor = ask("POST", "/topics", {{"topic_name", "many"}, {"replication_factor", 40000}});
  EXPECT_EQ(factor.json()["error_code"], 40002) << factor.body;
  const auto grown = ask("PATCH", "/topics/twice", {{"partitions_count", 1}});
  EXPECT_EQ(grown.json()["error_code"], 40002) << grown.body;
}

TEST_F(AdminBackendTest, ValidatesTopicsWithoutCreatingThem) {
  const auto reply =
      ask("POST", "/topics", {{"topic_name", "maybe"}, {"partitions_count", 4}, {"validate_only", true}});
  EXPECT_EQ(reply.status / 100, 2u);
  EXPECT_EQ(reply.json()["partitions_count"], 4);
  EXPECT_EQ(get("/topics/maybe").status, 404u);
}

TEST_F(AdminBackendTest, GivesRecordsBackAsTheyWereProduced) {
  create("content");
  produce("content", {{"key", {{"type", "STRING"}, {"data", "k"}}},
                      {"value", {{"type", "JSON"}, {"data", {{"n", 1}}}}},
                      {"headers", {{{"name", "h"}, {"value", "aGVhZA=="}}}},
                      {"timestamp", "2026-01-02T03:04:05.006Z"}});
  const Json made = produce("content", {{"value", {{"type", "BINARY"}, {"data", "/wA="}}}});
  EXPECT_EQ(made["offset"], 1);

  const Json first = read("content", "limit=1&value=json")["data"][0];
  EXPECT_EQ(first["offset"], 0);
  EXPECT_EQ(first["key"], "k");
  EXPECT_EQ(first["value"], (Json{{"n", 1}}));
  EXPECT_EQ(first["timestamp"], "2026-01-02T03:04:05.006Z");
  EXPECT_EQ(first["headers"][0]["name"], "h");
  EXPECT_EQ(first["headers"][0]["value"], "head");
  EXPECT_EQ(read("content", "limit=1")["data"][0]["value"], R"({"n":1})");
  EXPECT_EQ(read("content", "limit=1&value=base64")["data"][0]["value"], "eyJuIjoxfQ==");

  const Json second = read("content", "offset=1")["data"][0];
  EXPECT_EQ(second["key"], nullptr);
  EXPECT_EQ(second["value"], "/wA=");
  EXPECT_EQ(second["value_format"], "base64");
}

TEST_F(AdminBackendTest, ReadsFromOffsetsTimesAndTheTail) {
  create("places");
  for (const char* value : {"a", "b", "c", "d"}) produce_text("places", value);
  produce("places",
          {{"value", {{"type", "STRING"}, {"data", "late"}}}, {"timestamp", "2026-11-23T20:00:00Z"}});

  const Json page = read("places", "offset=1&limit=2");
  EXPECT_THAT(values(page), ElementsAre("b", "c"));
  EXPECT_EQ(page["earliest_offset"], 0);
  EXPECT_EQ(page["latest_offset"], 5);
  EXPECT_EQ(page["next_offset"], 3);
  EXPECT_THAT(values(read("places", "tail=2")), ElementsAre("d", "late"));
  EXPECT_EQ(values(read("places", "tail=100")).size(), 5u);
  EXPECT_TRUE(values(read("places", "time=4102444800000")).empty());
  EXPECT_EQ(values(read("places", "time=0")).size(), 5u);
  EXPECT_TRUE(values(read("places", "offset=5")).empty());
  expect_error(running->get("/barnabas/v1/topics/places/records?offset=6"), 400, 40002,
               kafka(ErrorCode::kOffsetOutOfRange));
  const Json offsets = get("/topics/places/partitions/0/offset").json();
  EXPECT_EQ(offsets["earliest_offset"], 0);
  EXPECT_EQ(offsets["latest_offset"], 5);
}

TEST_F(AdminBackendTest, PutsRecordsWhereProducersPutThem) {
  create("spread", 3);
  const Json keyed = produce("spread", {{"key", {{"type", "STRING"}, {"data", "foobar"}}}});
  EXPECT_EQ(keyed["partition_id"], partition_of_key(as_bytes("foobar"), 3));
  std::set<int> seen;
  for (int i = 0; i < 3; ++i) seen.insert(produce_text("spread", "x")["partition_id"].get<int>());
  EXPECT_EQ(seen.size(), 3u);
  EXPECT_EQ(produce("spread", {{"partition_id", 2}})["partition_id"], 2);
}

TEST_F(AdminBackendTest, RefusesRecordsWithKafkasSentences) {
  create("small");
  const Json record{{"value", {{"type", "STRING"}, {"data", std::string(2000, 'x')}}}};
  EXPECT_EQ(ask("POST", "/topics/nowhere/records", record).json()["error_code"], 40403);
  Json elsewhere = record;
  elsewhere["partition_id"] = 9;
  EXPECT_EQ(ask("POST", "/topics/small/records", elsewhere).json()["error_code"], 40403);
  ASSERT_EQ(ask("PUT", "/topics/small/configs/max.message.bytes", {{"value", "1000"}}).status, 204u);
  const auto large = ask("POST", "/topics/small/records", record);
  EXPECT_EQ(large.status, 413u) << large.body;
  ASSERT_EQ(ask("PUT", "/topics/small/configs/cleanup.policy", {{"value", "compact"}}).status, 204u);
  const auto keyless = ask("POST", "/topics/small/records", {{"value", {{"type", "STRING"}, {"data", "x"}}}});
  EXPECT_EQ(keyless.json()["error_code"], 40002) << keyless.body;
  EXPECT_TRUE(becomes_ready("/readyz?group=g"));  // makes the internal topic
  expect_error(ask("POST", "/topics/__consumer_offsets/records", record), 400, 40002,
               "Cannot append to internal topic __consumer_offsets");
}

TEST_F(AdminBackendTest, AltersConfigsOfTopics) {
  create("settings");
  const std::string one = "/topics/settings/configs/retention.ms";
  EXPECT_EQ(get(one).json()["source"], "DEFAULT_CONFIG");
  EXPECT_EQ(ask("PUT", one, {{"value", "60000"}}).status, 204u);
  EXPECT_EQ(get(one).json()["value"], "60000");
  EXPECT_EQ(get(one).json()["source"], "DYNAMIC_TOPIC_CONFIG");
  EXPECT_EQ(ask("DELETE", one).status, 204u);
  EXPECT_EQ(get(one).json()["value"], "604800000");
  const Json changes{
      {"data", {{{"name", "retention.ms"}, {"value", "1"}}, {{"name", "nope"}, {"value", "1"}}}}};
  const auto refused = ask("POST", "/topics/settings/configs:alter", changes);
  EXPECT_EQ(refused.json()["error_code"], 40002) << refused.body;
  EXPECT_EQ(get(one).json()["value"], "604800000") << "all changes or none";
  expect_error(get("/topics/none/configs"), 404, 40403, kafka(ErrorCode::kUnknownTopicOrPartition));
}

TEST_F(AdminBackendTest, AltersConfigsOfBrokers) {
  const std::string one = "/brokers/1/configs/message.max.bytes";
  EXPECT_EQ(ask("PUT", one, {{"value", "2000000"}}).status, 204u);
  EXPECT_EQ(get(one).json()["source"], "DYNAMIC_BROKER_CONFIG");
  EXPECT_EQ(ask("DELETE", one).status, 204u);
  EXPECT_EQ(get(one).json()["source"], "DEFAULT_CONFIG");
  EXPECT_EQ(ask("PUT", "/broker-configs/message.max.bytes", {{"value", "3000000"}}).status, 204u);
  EXPECT_EQ(get("/broker-configs").json()["data"][0]["value"], "3000000");
  EXPECT_EQ(get(one).json()["source"], "DYNAMIC_DEFAULT_BROKER_CONFIG");
  EXPECT_EQ(ask("DELETE", "/broker-configs/message.max.bytes").status, 204u);
  expect_error(get("/brokers/9/configs"), 404, 404, "Broker 9 cannot be found.");
  EXPECT_EQ(ask("PUT", "/brokers/9/configs/message.max.bytes", {{"value", "1"}}).status, 404u);
}

TEST_F(AdminBackendTest, KnowsNoGroupsBeforeSomebodyJoins) {
  EXPECT_EQ(get("/consumer-groups").json()["data"], Json::array());
  expect_error(get("/consumer-groups/nobody"), 404, 404, "Group nobody not found.");
  EXPECT_EQ(get("/share-groups").json()["data"], Json::array());
  expect_error(get("/share-groups/nobody"), 404, 404, "Group nobody not found.");
  EXPECT_EQ(get("/streams-groups").json()["data"], Json::array());
  expect_error(get("/streams-groups/nobody"), 404, 404, "Group nobody not found.");
  EXPECT_EQ(ask("DELETE", "/share-groups/nobody").status, 404u);
}

TEST_F(AdminBackendTest, IsReadyForWhatExists) {
  create("ready");
  EXPECT_EQ(running->get("/livez").status, 200u);
  EXPECT_EQ(running->get("/readyz?topic=ready").status, 200u);
  const auto missing = running->get("/readyz?topic=ready&topic=unready");
  EXPECT_EQ(missing.status, 503u);
  EXPECT_EQ(missing.json()["reason"], "Topic unready does not exist.");
  EXPECT_TRUE(becomes_ready("/readyz?topic=ready&group=anyone"));
}

TEST_F(AdminBackendTest, ShowsMetricsUnderTheNamesDashboardsRead) {
  create("measured");
  produce_text("measured", "x");
  const std::string metrics = running->get("/metrics").body;
  for (const std::string_view line :
       {"kafka_server_brokertopicmetrics_messagesin_total{topic=\"measured\"} 1",
        "kafka_server_replicamanager_underreplicatedpartitions 0",
        "kafka_controller_kafkacontroller_activecontrollercount 1", "kafka_brokers 1",
        "kafka_log_log_logendoffset{partition=\"0\",topic=\"measured\"} 1",
        "kafka_topic_partitions{topic=\"measured\"} 1",
        "kafka_topic_partition_leader{partition=\"0\",topic=\"measured\"} 1",
        "kafka_topic_partition_current_offset{partition=\"0\",topic=\"measured\"} 1",
        "kafka_coordinator_group_groupmetadatamanager_numgroupsstable 0",
        "kafka_server_group_coordinator_metrics_group_count{protocol=\"consumer\"} 0",
        "kafka_server_group_coordinator_metrics_group_count{protocol=\"share\"} 0",
        "kafka_server_group_coordinator_metrics_group_count{protocol=\"streams\"} 0",
        "kafka_server_transaction_coordinator_metrics_transactions_total{result=\"committed\"} 0",
        "kafka_server_kafkaserver_brokerstate 3",
        "kafka_server_fetchsessioncache_numincrementalfetchsessions 0",
        "kafka_server_socket_server_metrics_connection_count{listener=\"PLAINTEXT\",networkProcessor=\"0\"} "
        "0"}) {
    EXPECT_THAT(metrics, HasSubstr(concat("\n", line, "\n")));
  }
  EXPECT_THAT(metrics, HasSubstr("process_resident_memory_bytes"));
  EXPECT_THAT(metrics, HasSubstr("kafka_network_requestmetrics_"));
}

TEST(ServerAddresses, NameNoHttpWhenItIsSwitchedOff) {
  RunningServer running(broker::ConfigTexts{{"admin.listeners", ""}});
  EXPECT_THAT(running.server().addresses(), ElementsAre(testing::StartsWith("PLAINTEXT://127.0.0.1:"),
                                                        testing::StartsWith("CONTROLLER://127.0.0.1:")));
}

// Numbers of Kafka's own producers, hash without the sign.
TEST(PartitionOfKey, IsThatOfKafkasProducers) {
  EXPECT_EQ(partition_of_key(as_bytes("21"), INT32_MAX), 1'173'551'340);
  EXPECT_EQ(partition_of_key(as_bytes("foobar"), INT32_MAX), 1'357'151'166);
  EXPECT_EQ(partition_of_key(as_bytes("abc"), INT32_MAX), 479'470'107);
}

TEST(AssignedPartitions, AreReadFromTheConsumerProtocolOfAnyVersion) {
  Buffer bytes{0, 9, 0, 0, 0, 1, 0, 1, 't', 0, 0, 0, 2, 0, 0, 0, 3, 0, 0, 0, 1, 255, 255, 255, 255};
  EXPECT_THAT(assigned_partitions(bytes), ElementsAre(TopicPartition{"t", 1}, TopicPartition{"t", 3}));
  bytes.resize(9);
  EXPECT_TRUE(assigned_partitions(bytes).empty());
  EXPECT_TRUE(assigned_partitions({}).empty());
}

}  // namespace
}  // namespace barnabas::apps
