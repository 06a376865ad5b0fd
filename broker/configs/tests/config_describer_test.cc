#include "broker/configs/config_describer.h"

#include "broker/configs/tests/support.h"
#include "common/text.h"

namespace barnabas::broker {
namespace {

// "value source [readonly] [sensitive] name=value:source ...", as short as tests want it.
std::string summary(const DescribedConfig& config) {
  std::string text = concat(config.value.value_or("null"), " ", static_cast<int>(config.source));
  if (config.read_only) text += " read-only";
  if (config.sensitive) text += " sensitive";
  for (const DescribedSynonym& synonym : config.synonyms) {
    text +=
        concat(" ", synonym.name, "=", synonym.value.value_or("null"), ":", static_cast<int>(synonym.source));
  }
  return text;
}

std::string find(const std::vector<DescribedConfig>& configs, std::string_view name) {
  for (const DescribedConfig& config : configs) {
    if (config.name == name) return summary(config);
  }
  return "absent";
}

// The expected texts below are what Kafka 4.3.1 answered to the same settings.
const TestLayers& scenario() {
  static const TestLayers test(
      {{"foo.bar", "1"},
       {"log.retention.hours", "24"},
       {"num.io.threads", "9 "},
       {"listener.name.plaintext.max.connections", "50"},
       {"ssl.keystore.password", "abc"},
       {"log.initial.task.delay.ms", "500"},
       {"log.flush.scheduler.interval.ms", "70000"},
       {"group.consumer.session.timeout.ms", "50000"},
       {"message.max.bytes", "2000000"}},
      {{"foo", "4"}, {"bar", "4"}, {"log.retention.ms", "5000"}, {"log.segment.bytes", "2000000"}},
      {{"foo", "3"},
       {"leader.replication.throttled.rate", "500"},
       {"listener.name.plaintext.max.connections", "60"},
       {"listener.name.plaintext.ssl.keystore.password", "q"},
       {"log.retention.ms", "6000"}});
  return test;
}

TEST(DescribeBroker, ShowsValuesSourcesAndSynonyms) {
  const auto configs = describe_broker(scenario().layers);
  EXPECT_EQ(find(configs, "num.io.threads"), "9 4 num.io.threads=9 :4 num.io.threads=8:5");
  EXPECT_EQ(find(configs, "log.segment.bytes"),
            "2000000 3 log.segment.bytes=2000000:3 log.segment.bytes=1073741824:5");
  EXPECT_EQ(find(configs, "log.retention.ms"),
            "6000 2 log.retention.ms=6000:2 log.retention.ms=5000:3 log.retention.hours=24:4 "
            "log.retention.hours=168:5");
  EXPECT_EQ(find(configs, "log.retention.hours"),
            "168 4 read-only log.retention.hours=24:4 log.retention.hours=168:5");
  EXPECT_EQ(find(configs, "log.retention.minutes"), "null 5 read-only");
  EXPECT_EQ(find(configs, "log.flush.interval.ms"), "null 5");
  EXPECT_EQ(find(configs, "broker.rack"), "null 5 read-only");
  EXPECT_EQ(find(configs, "log.initial.task.delay.ms"),
            "500 4 read-only log.initial.task.delay.ms=500:4 log.initial.task.delay.ms=30000:5");
  EXPECT_EQ(find(configs, "producer.id.expiration.check.interval.ms"), "absent");
}

TEST(DescribeBroker, HidesSensitiveAndUnknownValues) {
  const auto configs = describe_broker(scenario().layers);
  EXPECT_EQ(find(configs, "ssl.keystore.password"), "null 4 sensitive ssl.keystore.password=null:4");
  EXPECT_EQ(find(configs, "foo"), "null 2 read-only sensitive foo=null:2 foo=null:3");
  EXPECT_EQ(find(configs, "bar"), "null 3 read-only sensitive bar=null:3");
  EXPECT_EQ(find(configs, "foo.bar"), "null 4 read-only sensitive foo.bar=null:4");
  EXPECT_EQ(find(configs, "sasl.jaas.config"), "null 5 sensitive");
}

TEST(DescribeBroker, ShowsListenersKeysWithThePlainOnesBehind) {
  const auto configs = describe_broker(scenario().layers);
  EXPECT_EQ(find(configs, "listener.name.plaintext.max.connections"),
            "60 2 read-only listener.name.plaintext.max.connections=60:2 "
            "listener.name.plaintext.max.connections=50:4 max.connections=2147483647:5");
  EXPECT_EQ(find(configs, "listener.name.plaintext.ssl.keystore.password"),
            "null 2 read-only sensitive listener.name.plaintext.ssl.keystore.password=null:2 "
            "ssl.keystore.password=null:4");
}

TEST(DescribeBroker, ShowsThrottlesOnlyWhenTheyAreSet) {
  const auto configs = describe_broker(scenario().layers);
  EXPECT_EQ(find(configs, "leader.replication.throttled.rate"),
            "500 2 leader.replication.throttled.rate=500:2");
  EXPECT_EQ(find(configs, "follower.replication.throttled.rate"), "absent");
}

TEST(DescribeBroker, SortsByNameAndDocumentsWhatIsKnown) {
  const auto configs = describe_broker(scenario().layers);
  EXPECT_TRUE(std::ranges::is_sorted(configs, {}, &DescribedConfig::name));
  for (const DescribedConfig& config : configs) {
    const bool known = scenario().registry.find(OptionScope::kBroker, config.name) != nullptr &&
                       config.name != "leader.replication.throttled.rate";
    EXPECT_EQ(config.documentation.has_value(), known) << config.name;
  }
}

TEST(DescribeBrokerDefaults, ShowsOnlyWhatIsSetForTheCluster) {
  const auto configs = describe_broker_defaults(scenario().layers);
  ASSERT_EQ(configs.size(), 4u);
  EXPECT_EQ(find(configs, "bar"), "null 3 read-only sensitive bar=null:3");
  EXPECT_EQ(find(configs, "log.retention.ms"), "5000 3 log.retention.ms=5000:3");
  EXPECT_EQ(find(configs, "log.segment.bytes"), "2000000 3 log.segment.bytes=2000000:3");
}

TEST(DescribeTopic, ShowsItsOwnSettingsBeforeTheBrokers) {
  const auto configs = describe_topic(scenario().layers,
                                      {{"cleanup.policy", "delete,delete"}, {"index.interval.bytes", " 7 "}});
  EXPECT_EQ(configs.size(), 33u);
  EXPECT_EQ(find(configs, "cleanup.policy"), "delete 1 cleanup.policy=delete:1 log.cleanup.policy=delete:5");
  EXPECT_EQ(find(configs, "index.interval.bytes"),
            "7 1 index.interval.bytes=7:1 log.index.interval.bytes=4096:5");
  EXPECT_EQ(find(configs, "max.message.bytes"),
            "2000000 4 message.max.bytes=2000000:4 message.max.bytes=1048588:5");
  EXPECT_EQ(find(configs, "retention.ms"),
            "6000 2 log.retention.ms=6000:2 log.retention.ms=5000:3 log.retention.hours=24:4 "
            "log.retention.hours=168:5");
  EXPECT_EQ(find(configs, "flush.ms"), "70000 5");
  EXPECT_EQ(find(configs, "segment.ms"), "604800000 5");
  EXPECT_EQ(find(configs, "remote.storage.enable"), "false 5");
  EXPECT_EQ(find(configs, "internal.segment.bytes"), "absent");
  EXPECT_EQ(find(describe_topic(scenario().layers, {{"internal.segment.bytes", "50000"}}),
                 "internal.segment.bytes"),
            "50000 1 internal.segment.bytes=50000:1");
}

TEST(DescribeGroup, ShowsDefaultsOfTheBroker) {
  const auto configs = describe_group(scenario().layers, {{"share.auto.offset.reset", "earliest"}});
  EXPECT_EQ(configs.size(), 17u);
  EXPECT_EQ(find(configs, "consumer.session.timeout.ms"),
            "50000 4 group.consumer.session.timeout.ms=50000:4 group.consumer.session.timeout.ms=45000:5");
  EXPECT_EQ(find(configs, "share.auto.offset.reset"),
            "earliest 8 share.auto.offset.reset=earliest:8 share.auto.offset.reset=latest:5");
  EXPECT_EQ(find(configs, "share.isolation.level"),
            "read_uncommitted 5 share.isolation.level=read_uncommitted:5");
}

TEST(DescribeClientMetrics, HasNoSynonymsOfDefaults) {
  const auto configs = describe_client_metrics(scenario().registry, {{"interval.ms", "1000"}});
  EXPECT_EQ(configs.size(), 3u);
  EXPECT_EQ(find(configs, "interval.ms"), "1000 7 interval.ms=1000:7");
  EXPECT_EQ(find(configs, "match"), " 5");
}

}  // namespace
}  // namespace barnabas::broker
