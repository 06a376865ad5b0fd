#include "broker/handlers/alter_configs.h"
#include "broker/handlers/describe_configs.h"
#include "broker/handlers/list_config_resources.h"
#include "broker/options/all_options.h"
#include "broker/tests/support/call.h"
#include "common/clock.h"
#include "common/logging.h"
#include "common/text.h"
#include "controller/image/image_builder.h"

namespace barnabas::broker {
namespace {

using controller::AlteredResource;
using controller::ConfigResourceType;
using protocol::ErrorCode;

constexpr std::int32_t kBrokerId = 1;
constexpr std::int8_t kTopic = 2, kBroker = 4, kLogger = 8, kMetrics = 16, kGroup = 32;

// Handlers over an image with topic t1, a group and a subscription; the controller says yes, and is
// remembered.
class Configs : public ::testing::Test {
 protected:
  Configs() {
    controller::MetadataImage empty;
    controller::ImageBuilder builder(empty);
    protocol::TopicRecord topic;
    topic.name = "t1";
    topic.topic_id.bytes[0] = 1;
    EXPECT_TRUE(builder.apply(topic));
    put(builder, ConfigResourceType::kTopic, "t1", "retention.ms", "7000");
    put(builder, ConfigResourceType::kGroup, "g1", "consumer.session.timeout.ms", "46000");
    put(builder, ConfigResourceType::kClientMetrics, "cm", "match", "client_id=a");
    metadata.set(builder.build(1, 1, 1));
    configs.set_dynamic(texts({{"log.segment.bytes", "2000000"}}), texts({{"num.io.threads", "9"}}));

    apis.add<protocol::DescribeConfigsRequest, protocol::DescribeConfigsResponse>(
        [this](const auto& context, auto&& request, auto reply) {
          handle_describe_configs(context, service, std::move(request), std::move(reply));
        });
    apis.add<protocol::AlterConfigsRequest, protocol::AlterConfigsResponse>(
        [this](const auto& context, auto&& request, auto reply) {
          handle_alter_configs(context, service, std::move(request), std::move(reply));
        });
    apis.add<protocol::IncrementalAlterConfigsRequest, protocol::IncrementalAlterConfigsResponse>(
        [this](const auto& context, auto&& request, auto reply) {
          handle_incremental_alter_configs(context, service, std::move(request), std::move(reply));
        });
    apis.add<protocol::ListConfigResourcesRequest, protocol::ListConfigResourcesResponse>(
        [this](const auto& context, auto&& request, auto reply) {
          handle_list_config_resources(context, metadata, std::move(request), std::move(reply));
        });
  }
  ~Configs() override { set_log_level(LogLevel::kInfo); }

  static std::shared_ptr<const ConfigTexts> texts(ConfigTexts map) {
    return std::make_shared<const ConfigTexts>(std::move(map));
  }
  static void put(controller::ImageBuilder& builder, ConfigResourceType type, std::string name,
                  std::string key, std::string value) {
    protocol::ConfigRecord record;
    record.resource_type = static_cast<std::int8_t>(type);
    record.resource_name = std::move(name);
    record.name = std::move(key);
    record.value = std::move(value);
    EXPECT_TRUE(builder.apply(record));
  }

  protocol::DescribeConfigsResponse::DescribeConfigsResult describe(
      std::int8_t type, std::string name, std::optional<std::vector<std::string>> keys = std::nullopt,
      std::int16_t version = 4) {
    protocol::DescribeConfigsRequest request;
    request.include_synonyms = true;
    request.include_documentation = version >= 3;
    auto& resource = request.resources.emplace_back();
    resource.resource_type = type;
    resource.resource_name = std::move(name);
    resource.configuration_keys = std::move(keys);
    return caller.call<protocol::DescribeConfigsResponse>(request, version).results.at(0);
  }
  std::string describe_error(std::int8_t type, std::string name) {
    const auto result = describe(type, std::move(name));
    EXPECT_TRUE(result.configs.empty());
    return concat(result.error_code, " ", result.error_message.value_or("null"));
  }

  using Incremental = protocol::IncrementalAlterConfigsRequest;
  static void add(Incremental& request, std::int8_t type, std::string name, std::string key,
                  std::int8_t operation, std::optional<std::string> value) {
    auto& resource = request.resources.emplace_back();
    resource.resource_type = type;
    resource.resource_name = std::move(name);
    auto& config = resource.configs.emplace_back();
    config.name = std::move(key);
    config.config_operation = operation;
    config.value = std::move(value);
  }
  std::string alter(std::int8_t type, std::string name, std::string key, std::int8_t operation,
                    std::optional<std::string> value) {
    Incremental request;
    add(request, type, std::move(name), std::move(key), operation, std::move(value));
    const auto response = caller.call<protocol::IncrementalAlterConfigsResponse>(request, 1);
    const auto& result = response.responses.at(0);
    return concat(result.error_code, " ", result.error_message.value_or("null"));
  }

  const OptionRegistry registry = all_options();
  MetadataCache metadata;
  LiveConfigs configs{registry, {{"message.max.bytes", "2000"}}};
  std::vector<controller::AlterConfigsCommand> commands;
  controller::ApiError answer;
  ConfigService service{metadata, configs, kBrokerId,
                        [this](controller::AlterConfigsCommand command, ConfigService::Altered done) {
                          std::vector<AlteredResource> altered;
                          for (const auto& resource : command.resources) {
                            altered.emplace_back().resource = resource.resource;
                            altered.back().error = answer;
                          }
                          commands.push_back(std::move(command));
                          done(std::move(altered));
                        }};
  ApiTable apis;
  ManualClock clock;
  Dispatcher dispatcher{apis, clock, nullptr};
  testing::Caller caller{dispatcher};
};

TEST_F(Configs, DescribeAnswersTheKeysThatWereAsked) {
  const auto result =
      describe(kTopic, "t1", std::vector<std::string>{"retention.ms", "max.message.bytes", "nope"});
  EXPECT_EQ(result.error_code, 0);
  EXPECT_EQ(result.error_message, "");
  ASSERT_EQ(result.configs.size(), 2u);
  EXPECT_EQ(result.configs[0].name, "max.message.bytes");
  EXPECT_EQ(result.configs[0].value, "2000");
  EXPECT_EQ(result.configs[0].config_source, 4);
  EXPECT_EQ(result.configs[1].value, "7000");
  EXPECT_EQ(result.configs[1].config_source, 1);
  EXPECT_EQ(result.configs[1].config_type, 5);
  EXPECT_TRUE(result.configs[1].documentation.has_value());
  ASSERT_EQ(result.configs[1].synonyms.size(), 1u);
  EXPECT_EQ(result.configs[1].synonyms[0].name, "retention.ms");
}

TEST_F(Configs, DescribeWithoutKeysAnswersEverything) {
  EXPECT_EQ(describe(kTopic, "t1").configs.size(), 33u);
  EXPECT_EQ(describe(kTopic, "t1", std::vector<std::string>{}).configs.size(), 33u);
  EXPECT_EQ(describe(kTopic, "t1", std::nullopt, 1).configs.size(), 33u);
  EXPECT_GT(describe(kBroker, "1").configs.size(), 340u);
  EXPECT_EQ(describe(kBroker, "").configs.size(), 1u);
  EXPECT_EQ(describe(kGroup, "any").configs.size(), 17u);
  EXPECT_EQ(describe(kMetrics, "any").configs.size(), 3u);
}

TEST_F(Configs, DescribeLeavesOutWhatWasNotWanted) {
  protocol::DescribeConfigsRequest request;
  auto& resource = request.resources.emplace_back();
  resource.resource_type = kTopic;
  resource.resource_name = "t1";
  const auto response = caller.call<protocol::DescribeConfigsResponse>(request, 4);
  for (const auto& config : response.results.at(0).configs) {
    EXPECT_TRUE(config.synonyms.empty());
    EXPECT_FALSE(config.documentation.has_value());
  }
}

TEST_F(Configs, DescribeRefusesAsKafkaDoes) {
  EXPECT_EQ(describe_error(kTopic, "nope"), "3 ");
  EXPECT_EQ(describe_error(kTopic, "a b"),
            "17 Topic name is invalid: 'a b' contains one or more characters other than ASCII alphanumerics, "
            "'.', '_' "
            "and '-'");
  EXPECT_EQ(describe_error(kBroker, "7"),
            "42 Unexpected broker id, expected 1 or empty string, but received 7");
  EXPECT_EQ(describe_error(kBroker, "x"), "42 Broker id must be an integer, but it is: x");
  EXPECT_EQ(describe_error(kLogger, "7"), "42 Unexpected broker id, expected 1 but received 7");
  EXPECT_EQ(describe_error(kLogger, ""), "42 Broker id must not be empty");
  EXPECT_EQ(describe_error(kMetrics, ""), "42 Client metrics subscription name must not be empty");
  EXPECT_EQ(describe_error(kGroup, ""), "42 Group name must not be empty");
  EXPECT_EQ(describe_error(99, "x"), concat("42 ", protocol::error_message(ErrorCode::kInvalidRequest)));
}

TEST_F(Configs, AlterHandsToTheControllerAndBack) {
  EXPECT_EQ(alter(kTopic, "t1", "retention.ms", 0, "5"), "0 null");
  ASSERT_EQ(commands.size(), 1u);
  EXPECT_FALSE(commands[0].replace);
  ASSERT_EQ(commands[0].resources.size(), 1u);
  EXPECT_EQ(commands[0].resources[0].resource.name, "t1");
  EXPECT_EQ(commands[0].resources[0].changes.at(0).value, "5");
  answer = {ErrorCode::kInvalidConfig, "no"};
  EXPECT_EQ(alter(kTopic, "t1", "retention.ms", 1, std::nullopt), "40 no");
}

TEST_F(Configs, AlterKeepsTheOrderOfTheRequest) {
  Incremental request;
  add(request, kTopic, "", "retention.ms", 0, "5");
  add(request, kTopic, "t1", "retention.ms", 0, "5");
  add(request, 99, "x", "y", 0, "z");
  add(request, kGroup, "g1", "consumer.session.timeout.ms", 0, "45000");
  answer = {ErrorCode::kPolicyViolation, "later"};
  const auto response = caller.call<protocol::IncrementalAlterConfigsResponse>(request, 1);
  ASSERT_EQ(response.responses.size(), 4u);
  EXPECT_EQ(response.responses[0].error_message, "Default topic resources are not allowed.");
  EXPECT_EQ(response.responses[1].error_message, "later");
  EXPECT_EQ(response.responses[2].error_message, "Unknown resource type 99");
  EXPECT_EQ(response.responses[3].error_message, "later");
}

TEST_F(Configs, AlterRefusesAsKafkaDoes) {
  EXPECT_EQ(alter(kTopic, "t1", "cleanup.policy", 9, "x"), "-1 null");
  EXPECT_EQ(alter(kTopic, "t1", "cleanup.policy", 2, std::nullopt),
            "42 Null value not supported for : cleanup.policy");
  EXPECT_EQ(alter(kBroker, "7", "num.io.threads", 0, "8"),
            "42 Unexpected broker id, expected 1, but received 7");
  EXPECT_EQ(alter(kBroker, "x", "num.io.threads", 0, "8"), "42 Node id must be an integer, but it is: x");
  EXPECT_EQ(alter(kBroker, "1", "retention.x", 2, "a"), "40 Unknown config name: retention.x");
  EXPECT_EQ(alter(kBroker, "1", "num.io.threads", 2, "a"),
            "40 Config value append is not allowed for config key: num.io.threads");
  EXPECT_EQ(alter(kMetrics, "", "interval.ms", 0, "1000"), "42 Subscription name can't be empty");
  EXPECT_TRUE(commands.empty());
}

TEST_F(Configs, AlterKeepsOneMinIsrForAllBrokersUnderElr) {
  EXPECT_EQ(alter(kBroker, "1", "min.insync.replicas", 0, "2"), "0 null");
  controller::ImageBuilder builder(*metadata.get());
  protocol::FeatureLevelRecord elr;
  elr.name = controller::kElrFeature;
  elr.feature_level = 1;
  EXPECT_TRUE(builder.apply(elr));
  metadata.set(builder.build(2, 1, 1));
  EXPECT_EQ(alter(kBroker, "1", "min.insync.replicas", 0, "2"),
            "40 Broker-level min.insync.replicas cannot be altered while ELR is enabled.");
  EXPECT_EQ(alter(kBroker, "", "min.insync.replicas", 0, "2"), "0 null");
}

TEST_F(Configs, AlterRefusesRepeatedResourcesAndKeys) {
  Incremental request;
  add(request, kTopic, "t1", "retention.ms", 0, "5");
  add(request, kTopic, "t1", "retention.bytes", 0, "5");
  auto response = caller.call<protocol::IncrementalAlterConfigsResponse>(request, 1);
  for (const auto& result : response.responses) {
    EXPECT_EQ(result.error_message, "Each resource must appear at most once.");
  }
  request.resources.pop_back();
  request.resources[0].configs.push_back(request.resources[0].configs[0]);
  response = caller.call<protocol::IncrementalAlterConfigsResponse>(request, 1);
  EXPECT_EQ(response.responses.at(0).error_message, "Error due to duplicate config keys");
}

TEST_F(Configs, AlterOfTheOldKindReplaces) {
  protocol::AlterConfigsRequest request;
  request.validate_only = true;
  auto& resource = request.resources.emplace_back();
  resource.resource_type = kTopic;
  resource.resource_name = "t1";
  auto& config = resource.configs.emplace_back();
  config.name = "retention.ms";
  config.value = "7000";
  EXPECT_EQ(caller.call<protocol::AlterConfigsResponse>(request, 2).responses.at(0).error_code, 0);
  ASSERT_EQ(commands.size(), 1u);
  EXPECT_TRUE(commands[0].replace);
  EXPECT_TRUE(commands[0].validate_only);
  request.resources[0].resource_type = kLogger;
  EXPECT_EQ(caller.call<protocol::AlterConfigsResponse>(request, 2).responses.at(0).error_message,
            "Unknown resource type 8");
}

TEST_F(Configs, LoggersChangeTheLevelOfTheProcess) {
  EXPECT_EQ(alter(kLogger, "1", "root", 0, "WARN"), "0 null");
  EXPECT_FALSE(log_enabled(LogLevel::kInfo));
  const auto result = describe(kLogger, "1");
  ASSERT_EQ(result.configs.size(), 1u);
  EXPECT_EQ(result.configs[0].name, "root");
  EXPECT_EQ(result.configs[0].value, "WARN");
  EXPECT_EQ(result.configs[0].config_source, 6);
  EXPECT_EQ(alter(kLogger, "1", "root", 0, "x"),
            "40 Cannot set the log level of root to x as it is not a supported log level. Valid log levels "
            "are DEBUG, "
            "ERROR, FATAL, INFO, TRACE, WARN");
  EXPECT_EQ(alter(kLogger, "1", "nope.logger", 0, "WARN"), "40 Logger nope.logger does not exist!");
  EXPECT_EQ(alter(kLogger, "1", "root", 1, std::nullopt),
            "42 Removing the log level of the root logger is not allowed");
  EXPECT_EQ(alter(kLogger, "1", "root", 3, "WARN"),
            "42 SUBTRACT operation is not allowed for the BROKER_LOGGER resource");
  EXPECT_EQ(alter(kLogger, "7", "root", 0, "WARN"), "42 Unexpected node id. Expected 1, but received 7");
  EXPECT_FALSE(log_enabled(LogLevel::kInfo));
}

TEST_F(Configs, ListNamesResourcesOfTheWantedTypes) {
  const auto list = [this](std::vector<std::int8_t> types, std::int16_t version) {
    protocol::ListConfigResourcesRequest request;
    request.resource_types = std::move(types);
    const auto response = caller.call<protocol::ListConfigResourcesResponse>(request, version);
    std::string text = concat(response.error_code);
    for (const auto& resource : response.config_resources) {
      text += concat(" ", static_cast<int>(resource.resource_type), ":", resource.resource_name);
    }
    return text;
  };
  EXPECT_EQ(list({}, 0), "0 16:cm");
  EXPECT_EQ(list({}, 1), "0 2:t1 16:cm 32:g1");
  EXPECT_EQ(list({kGroup, kGroup}, 1), "0 32:g1");
  EXPECT_EQ(list({kTopic, 99}, 1), "35");
}

}  // namespace
}  // namespace barnabas::broker
