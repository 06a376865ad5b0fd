#include "broker/configs/config_validation.h"

#include "broker/configs/tests/support.h"
#include "common/text.h"

namespace barnabas::broker {
namespace {

using protocol::ErrorCode;
using Type = controller::ConfigResourceType;

// The sentences are what Kafka 4.3.1 answered to the same changes.
const ConfigLayers& defaults() {
  static const TestLayers test;
  return test.layers;
}

std::string refusal(Type type, std::string name, const ConfigTexts& all,
                    const ConfigLayers& layers = defaults()) {
  const auto refused = check_configs(layers, {type, std::move(name)}, all);
  if (!refused) return "ok";
  return concat(static_cast<int>(refused->error), " ", refused->message);
}

constexpr const char* kInvalidConfig = "40 ";
constexpr const char* kInvalidRequest = "42 ";

TEST(CheckTopicConfigs, RefusesUnknownNames) {
  EXPECT_EQ(refusal(Type::kTopic, "t", {{"foo", "1"}}),
            concat(kInvalidConfig, "Unknown topic config name: foo"));
  EXPECT_EQ(refusal(Type::kTopic, "t", {{" retention.ms", "1"}}),
            concat(kInvalidConfig, "Unknown topic config name:  retention.ms"));
  EXPECT_EQ(refusal(Type::kTopic, "t", {{"message.format.version", "2"}, {"retention.ms", "x"}}),
            concat(kInvalidConfig, "Unknown topic config name: message.format.version"));
}

TEST(CheckTopicConfigs, RefusesBadValues) {
  EXPECT_EQ(
      refusal(Type::kTopic, "t", {{"retention.ms", "-2"}}),
      concat(kInvalidConfig, "Invalid value -2 for configuration retention.ms: Value must be at least -1"));
  EXPECT_EQ(
      refusal(Type::kTopic, "t", {{"cleanup.policy", "delete,x"}}),
      concat(kInvalidConfig,
             "Invalid value x for configuration cleanup.policy: String must be one of: compact, delete"));
  EXPECT_EQ(refusal(Type::kTopic, "t", {{"min.compaction.lag.ms", "100"}, {"max.compaction.lag.ms", "50"}}),
            concat(kInvalidConfig,
                   "conflict topic config setting min.compaction.lag.ms (100) > max.compaction.lag.ms (50)"));
  EXPECT_EQ(refusal(Type::kTopic, "t", {{"remote.storage.enable", "true"}}),
            concat(kInvalidConfig,
                   "Tiered Storage functionality is disabled in the broker. Topic cannot be "
                   "configured with remote log storage."));
  EXPECT_EQ(refusal(Type::kTopic, "t", {{"cleanup.policy", "delete,delete"}, {"retention.ms", " 7 "}}), "ok");
}

TEST(CheckBrokerConfigs, RefusesReadOnlyKeys) {
  EXPECT_EQ(refusal(Type::kBroker, "1", {{"log.retention.hours", "1"}}),
            concat(kInvalidRequest, "Cannot update these configs dynamically: [log.retention.hours]"));
  EXPECT_EQ(refusal(Type::kBroker, "", {{"num.partitions", "3"}, {"node.id", "4"}}),
            concat(kInvalidRequest, "Cannot update these configs dynamically: [node.id, num.partitions]"));
}

TEST(CheckBrokerConfigs, WantsSomeKeysPerListenerOrPerBroker) {
  EXPECT_EQ(refusal(Type::kBroker, "1", {{"ssl.keystore.password", "secret"}}),
            concat(kInvalidRequest,
                   "These security configs can be dynamically updated only per-listener using the "
                   "listener prefix: [ssl.keystore.password]"));
  EXPECT_EQ(refusal(Type::kBroker, "", {{"listeners", "PLAINTEXT://:1"}}),
            concat(kInvalidRequest,
                   "Cannot update these configs at default cluster level, broker id must be "
                   "specified: [listeners]"));
  EXPECT_EQ(refusal(Type::kBroker, "", {{"listener.name.a.ssl.keystore.password", "q"}}),
            concat(kInvalidRequest,
                   "Cannot update these configs at default cluster level, broker id must be "
                   "specified: [listener.name.a.ssl.keystore.password]"));
  EXPECT_EQ(refusal(Type::kBroker, "1", {{"listener.name.a.ssl.keystore.password", "q"}}), "ok");
  EXPECT_EQ(refusal(Type::kBroker, "", {{"listener.name.a.max.connections", "10"}}), "ok");
}

TEST(CheckBrokerConfigs, RefusesBadValues) {
  EXPECT_EQ(
      refusal(Type::kBroker, "1", {{"num.io.threads", "x"}}),
      concat(kInvalidRequest, "Invalid value x for configuration num.io.threads: Not a number of type INT"));
  EXPECT_EQ(
      refusal(Type::kBroker, "1", {{"leader.replication.throttled.rate", "-1"}}),
      concat(
          kInvalidRequest,
          "Invalid value -1 for configuration leader.replication.throttled.rate: Value must be at least 0"));
  EXPECT_EQ(refusal(Type::kBroker, "1", {{"log.roll.ms", "0"}}),
            concat(kInvalidRequest, "requirement failed: log.roll.ms must be greater than or equal to 1"));
  EXPECT_EQ(refusal(Type::kBroker, "1", {{"max.connections.per.ip", "0"}}),
            concat(kInvalidRequest,
                   "requirement failed: max.connections.per.ip can be set to zero only if "
                   "max.connections.per.ip.overrides property is set."));
  EXPECT_EQ(refusal(Type::kBroker, "1",
                    {{"max.connections.per.ip", "0"}, {"max.connections.per.ip.overrides", "h:1"}}),
            "ok");
  EXPECT_EQ(refusal(Type::kBroker, "1", {{"log.retention.ms", "-5"}, {"foo", "1"}}), "ok");
}

TEST(CheckBrokerConfigs, RefusesLeapsInThreads) {
  const std::string begin =
      concat(kInvalidRequest, "Invalid value org.apache.kafka.common.config.ConfigException: ");
  const std::string end = " for configuration Invalid dynamic configuration";
  EXPECT_EQ(
      refusal(Type::kBroker, "1", {{"num.io.threads", "900"}}),
      concat(begin,
             "Dynamic thread count update validation failed for num.io.threads=900, value should not be "
             "greater than double the current value 8",
             end));
  EXPECT_EQ(
      refusal(Type::kBroker, "1", {{"log.cleaner.threads", "3"}}),
      concat(begin, "Log cleaner threads cannot be increased to more than double the current value 1", end));
  EXPECT_EQ(refusal(Type::kBroker, "", {{"num.io.threads", "16"}, {"log.cleaner.threads", "2"}}), "ok");
}

TEST(CheckBrokerConfigs, RefusesListenersThatWouldNotBeBound) {
  EXPECT_EQ(refusal(Type::kBroker, "1", {{"listeners", "PLAINTEXT://:1"}}),
            concat(kInvalidRequest, "Cannot update these configs dynamically: [listeners]"));
  EXPECT_EQ(refusal(Type::kBroker, "1", {{"num.network.threads", "6"}}),
            concat(kInvalidRequest, "Cannot update these configs dynamically: [num.network.threads]"));
  EXPECT_EQ(refusal(Type::kBroker, "1", {{"listeners", "PLAINTEXT://:9092"}}), "ok");
}

TEST(CheckBrokerConfigs, KeepsLocalRetentionWithinRetention) {
  EXPECT_EQ(
      refusal(Type::kBroker, "1", {{"log.local.retention.ms", "999999999999"}}),
      concat(kInvalidRequest,
             "Invalid value org.apache.kafka.common.config.ConfigException: Invalid value 999999999999 for "
             "configuration log.local.retention.ms: Value must not be more than log.retention.ms property "
             "value: 604800000 for configuration Invalid dynamic configuration"));
  EXPECT_EQ(
      refusal(Type::kBroker, "1", {{"log.local.retention.ms", "999999999999"}, {"log.retention.ms", "-1"}}),
      "ok");
}

TEST(CheckGroupConfigs, KeepsValuesWithinTheBrokersBounds) {
  EXPECT_EQ(refusal(Type::kGroup, "g", {{"foo", "1"}}),
            concat(kInvalidConfig, "Unknown group config name: foo"));
  const auto bound = [](std::string_view key, std::string_view value, std::string_view which,
                        std::string_view limit) {
    EXPECT_EQ(refusal(Type::kGroup, "g", {{std::string(key), std::string(value)}}),
              concat(kInvalidConfig, key, " must be ", which, " than or equal to ", limit));
  };
  bound("consumer.session.timeout.ms", "1", "greater", "group.consumer.min.session.timeout.ms");
  bound("consumer.session.timeout.ms", "100000", "less", "group.consumer.max.session.timeout.ms");
  bound("consumer.heartbeat.interval.ms", "1", "greater", "group.consumer.min.heartbeat.interval.ms");
  bound("share.record.lock.duration.ms", "100000", "less", "group.share.max.record.lock.duration.ms");
  bound("share.delivery.count.limit", "100", "less", "group.share.max.delivery.count.limit");
  bound("streams.num.standby.replicas", "5", "less", "group.streams.max.standby.replicas");
  EXPECT_EQ(refusal(Type::kGroup, "g",
                    {{"streams.heartbeat.interval.ms", "15000"}, {"streams.session.timeout.ms", "45000"}}),
            "ok");
}

TEST(CheckClientMetricsConfigs, RefusesWhatClientsCannotFollow) {
  EXPECT_EQ(refusal(Type::kClientMetrics, "", {{"interval.ms", "1000"}}),
            concat(kInvalidRequest, "Subscription name can't be empty"));
  EXPECT_EQ(refusal(Type::kClientMetrics, "m", {{"foo", "a"}}),
            concat(kInvalidRequest, "Unknown client metrics configuration: foo"));
  EXPECT_EQ(refusal(Type::kClientMetrics, "m", {{"interval.ms", "50"}}),
            concat(kInvalidRequest,
                   "Invalid value 50 for interval.ms, interval must be between 100 and 3600000 (1 hour)"));
  EXPECT_EQ(
      refusal(Type::kClientMetrics, "m", {{"interval.ms", "x"}}),
      concat(kInvalidConfig, "Invalid value x for configuration interval.ms: Not a number of type INT"));
  for (const char* bad : {"x", "client_id=[", "foo=a", "client_id=a(", "client_id=*a", "client_id=a\\",
                          "client_id=a=b", "client_id=a)"}) {
    EXPECT_EQ(refusal(Type::kClientMetrics, "m", {{"match", bad}}),
              concat(kInvalidConfig, "Illegal client matching pattern: ", bad));
  }
  for (const char* good :
       {"client_id=a", "client_id=a.*,client_source_port=[0-9]+", "client_id=(?:a|b)?c", ""}) {
    EXPECT_EQ(refusal(Type::kClientMetrics, "m", {{"match", good}}), "ok");
  }
}

TEST(CheckConfigs, RefusesOtherTypes) {
  EXPECT_EQ(refusal(Type::kUnknown, "x", {}), concat(kInvalidRequest, "Unknown resource type 0"));
}

}  // namespace
}  // namespace barnabas::broker
