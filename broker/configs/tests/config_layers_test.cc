#include "broker/configs/config_layers.h"

#include "broker/configs/build_topic_rules.h"
#include "broker/configs/config_schema.h"
#include "broker/configs/live_configs.h"
#include "broker/configs/tests/support.h"

namespace barnabas::broker {
namespace {

TEST(ConfigLayers, TakeTheStrongestValue) {
  const ConfigTexts four{{"log.segment.bytes", "4000000"}}, three{{"log.segment.bytes", "3000000"}},
      two{{"log.segment.bytes", "2000000"}};
  EXPECT_EQ(TestLayers().layers.integer("log.segment.bytes"), 1 << 30);
  EXPECT_EQ(TestLayers(four).layers.integer("log.segment.bytes"), 4'000'000);
  EXPECT_EQ(TestLayers(four, three).layers.integer("log.segment.bytes"), 3'000'000);
  EXPECT_EQ(TestLayers(four, three, two).layers.integer("log.segment.bytes"), 2'000'000);
}

TEST(ConfigLayers, PassOverInvalidDynamicValues) {
  const TestLayers test(ConfigTexts{{"num.io.threads", "9 "}}, {{"num.io.threads", "x"}},
                        {{"num.io.threads", "0"}});
  EXPECT_EQ(test.layers.integer("num.io.threads"), 9);
}

TEST(ConfigLayers, ReadEveryType) {
  const TestLayers test;
  EXPECT_TRUE(test.layers.flag("auto.create.topics.enable"));
  EXPECT_EQ(test.layers.number("log.cleaner.min.cleanable.ratio"), 0.5);
  EXPECT_EQ(test.layers.text("compression.type"), "producer");
  EXPECT_EQ(test.layers.list("log.cleanup.policy"), OptionList{"delete"});
  EXPECT_EQ(test.layers.find("log.retention.ms"), std::nullopt);
  EXPECT_EQ(test.layers.find("no.such.key"), std::nullopt);
}

TEST(ConfigLayers, PreferTheValueOfAListener) {
  const TestLayers test(
      ConfigTexts{{"max.connections", "100"}, {"listener.name.external.max.connections", "50"}});
  EXPECT_EQ(test.layers.integer("listener.name.external.max.connections"), 50);
  EXPECT_EQ(test.layers.integer("listener.name.other.max.connections"), 100);
  EXPECT_TRUE(test.layers.is_set("max.connections"));
  EXPECT_FALSE(test.layers.is_set("max.connections.per.ip"));
}

std::string topic_value(const TestLayers& test, std::string_view key, const ConfigTexts& own = {}) {
  const auto value = resolve_option(test.layers, *test.registry.find(OptionScope::kTopic, key), own);
  return value ? option_text(*value) : "none";
}

TEST(ResolveOption, PrefersTheTopicsOwnValidValue) {
  const TestLayers test(ConfigTexts{{"message.max.bytes", "2000"}});
  EXPECT_EQ(topic_value(test, "max.message.bytes"), "2000");
  EXPECT_EQ(topic_value(test, "max.message.bytes", {{"max.message.bytes", "3000"}}), "3000");
  EXPECT_EQ(topic_value(test, "max.message.bytes", {{"max.message.bytes", "x"}}), "2000");
  EXPECT_EQ(topic_value(test, "internal.segment.bytes"), "none");
}

TEST(ResolveOption, ConvertsHoursAndMinutesOfTheBroker) {
  EXPECT_EQ(topic_value(TestLayers(), "retention.ms"), "604800000");
  EXPECT_EQ(topic_value(TestLayers(ConfigTexts{{"log.retention.hours", "24"}}), "retention.ms"), "86400000");
  EXPECT_EQ(
      topic_value(TestLayers(ConfigTexts{{"log.retention.hours", "24"}, {"log.retention.minutes", "2"}}),
                  "retention.ms"),
      "120000");
  EXPECT_EQ(topic_value(TestLayers(ConfigTexts{{"log.retention.minutes", "2"}, {"log.retention.ms", "3"}}),
                        "retention.ms"),
            "3");
  EXPECT_EQ(topic_value(TestLayers(ConfigTexts{{"log.retention.hours", "-7"}}), "retention.ms"), "-1");
  EXPECT_EQ(topic_value(TestLayers(ConfigTexts{{"log.roll.hours", "1"}}), "segment.ms"), "3600000");
  EXPECT_EQ(topic_value(TestLayers(ConfigTexts{{"log.roll.jitter.hours", "1"}}), "segment.jitter.ms"),
            "3600000");
  EXPECT_EQ(topic_value(TestLayers(ConfigTexts{{"log.flush.scheduler.interval.ms", "70"}}), "flush.ms"),
            "70");
  EXPECT_EQ(topic_value(TestLayers(ConfigTexts{{"log.local.retention.ms", "-2"}}), "local.retention.ms"),
            "-2");
}

TEST(BuildTopicRules, AreKafkasDefaultsForAPlainTopic) {
  const auto rules = build_topic_rules(TestLayers().layers, {});
  const TopicRules defaults;
  EXPECT_EQ(rules->max_message_bytes, defaults.max_message_bytes);
  EXPECT_FALSE(rules->compression.codec.has_value());
  EXPECT_EQ(rules->timestamp_before_max_ms, defaults.timestamp_before_max_ms);
  EXPECT_EQ(rules->timestamp_after_max_ms, defaults.timestamp_after_max_ms);
  EXPECT_EQ(rules->log->segment_bytes, defaults.log->segment_bytes);
  EXPECT_EQ(rules->log->segment_ms, defaults.log->segment_ms);
  EXPECT_EQ(rules->log->segment_jitter_ms, defaults.log->segment_jitter_ms);
  EXPECT_EQ(rules->log->segment_index_bytes, defaults.log->segment_index_bytes);
  EXPECT_EQ(rules->log->index_interval_bytes, defaults.log->index_interval_bytes);
  EXPECT_EQ(rules->log->flush_messages, defaults.log->flush_messages);
  EXPECT_EQ(rules->log->flush_ms, defaults.log->flush_ms);
  EXPECT_EQ(rules->log->retention_bytes, defaults.log->retention_bytes);
  EXPECT_EQ(rules->log->retention_ms, defaults.log->retention_ms);
  EXPECT_EQ(rules->log->file_delete_delay_ms, defaults.log->file_delete_delay_ms);
  EXPECT_TRUE(rules->log->cleanup_delete);
  EXPECT_FALSE(rules->log->cleanup_compact);
}

TEST(BuildTopicRules, FollowTheTopicsSettings) {
  const auto rules = build_topic_rules(TestLayers(ConfigTexts{{"compression.zstd.level", "7"}}).layers,
                                       {{"cleanup.policy", "compact"},
                                        {"compression.type", "zstd"},
                                        {"message.timestamp.type", "LogAppendTime"},
                                        {"internal.segment.bytes", "1000"},
                                        {"min.insync.replicas", "2"},
                                        {"max.message.bytes", "77"}});
  EXPECT_FALSE(rules->log->cleanup_delete);
  EXPECT_TRUE(rules->log->cleanup_compact);
  EXPECT_EQ(rules->log->segment_bytes, 1000);
  EXPECT_EQ(rules->compression.codec, records::Codec::kZstd);
  EXPECT_EQ(rules->compression.level, 7);
  EXPECT_EQ(rules->timestamp_type, records::TimestampType::kLogAppendTime);
  EXPECT_EQ(rules->min_insync_replicas, 2);
  EXPECT_EQ(rules->max_message_bytes, 77);
  const auto plain = build_topic_rules(TestLayers().layers, {{"compression.type", "uncompressed"}});
  EXPECT_EQ(plain->compression.codec, records::Codec::kNone);
  const auto gzip = build_topic_rules(TestLayers().layers, {{"compression.type", "gzip"}});
  EXPECT_EQ(gzip->compression.codec, records::Codec::kGzip);
  EXPECT_FALSE(gzip->compression.level.has_value());
}

TEST(LiveConfigs, TellObserversOnlyOfChanges) {
  const OptionRegistry registry = all_options();
  LiveConfigs configs(registry, {{"num.partitions", "4"}});
  std::vector<std::int64_t> seen;
  configs.observe([&](const ConfigLayers& before, const ConfigLayers& now) {
    seen.push_back(before.integer("max.connections"));
    seen.push_back(now.integer("max.connections"));
  });
  const auto texts = [](ConfigTexts map) { return std::make_shared<const ConfigTexts>(std::move(map)); };
  configs.set_dynamic(nullptr, texts({}));
  EXPECT_TRUE(seen.empty());
  configs.set_dynamic(texts({{"max.connections", "10"}}), nullptr);
  configs.set_dynamic(texts({{"max.connections", "10"}}), nullptr);
  EXPECT_THAT(seen, testing::ElementsAre(2147483647, 10));
  EXPECT_EQ(configs.layers()->integer("num.partitions"), 4);
  EXPECT_EQ(configs.static_layers()->integer("max.connections"), 2147483647);
}

TEST(BrokerConfigSchema, AnswersTheController) {
  using Type = controller::ConfigResourceType;
  const OptionRegistry registry = all_options();
  const LiveConfigs configs(registry, {{"log.cleanup.policy", "compact"}});
  const BrokerConfigSchema schema(configs);
  EXPECT_TRUE(schema.is_list(Type::kTopic, "cleanup.policy"));
  EXPECT_FALSE(schema.is_list(Type::kTopic, "retention.ms"));
  EXPECT_FALSE(schema.is_list(Type::kTopic, "no.such.key"));
  EXPECT_EQ(schema.default_value(Type::kTopic, "cleanup.policy"), "compact");
  EXPECT_EQ(schema.default_value(Type::kBroker, "log.cleanup.policy"), "compact");
  EXPECT_EQ(schema.default_value(Type::kBroker, "log.retention.ms"), std::nullopt);
  EXPECT_EQ(schema.default_value(Type::kGroup, "no.such.key"), std::nullopt);
  EXPECT_TRUE(schema.validate({Type::kTopic, "t"}, {{"retention.ms", "5"}}).ok());
  EXPECT_EQ(schema.validate({Type::kTopic, "t"}, {{"foo", "5"}}),
            controller::ApiError(protocol::ErrorCode::kInvalidConfig, "Unknown topic config name: foo"));
}

}  // namespace
}  // namespace barnabas::broker
