#include "broker/options/all_options.h"

#include "common/text.h"

namespace barnabas::broker {
namespace {

constexpr OptionScope kScopes[] = {OptionScope::kBroker, OptionScope::kTopic, OptionScope::kGroup,
                                   OptionScope::kClientMetrics};

std::size_t count(const OptionRegistry& options, OptionScope scope) {
  return static_cast<std::size_t>(std::ranges::count_if(options.all(scope), [](const Option* option) {
    return !option->name.starts_with("barnabas.") && !option->name.starts_with("admin.");
  }));
}

// As many as Kafka 4.3.1 defines: 360 static ones of the broker and 3 that are dynamic only.
TEST(AllOptions, HoldsEveryOptionOfKafka) {
  const OptionRegistry options = all_options();
  EXPECT_EQ(count(options, OptionScope::kBroker), 363u);
  EXPECT_EQ(count(options, OptionScope::kTopic), 34u);
  EXPECT_EQ(count(options, OptionScope::kGroup), 17u);
  EXPECT_EQ(count(options, OptionScope::kClientMetrics), 3u);
  EXPECT_EQ(
      std::ranges::count_if(options.all(OptionScope::kBroker),
                            [](const Option* option) { return option->update != OptionUpdate::kReadOnly; }),
      102);
}

TEST(AllOptions, HaveDefaultsThatPassTheirOwnChecks) {
  const OptionRegistry options = all_options();
  for (const OptionScope scope : kScopes) {
    for (const Option* option : options.all(scope)) {
      if (!option->default_value) continue;
      const auto value = parse_option(*option, *option->default_value);
      ASSERT_TRUE(value) << value.error();
      EXPECT_EQ(option_text(*value), *option->default_value) << option->name;
    }
  }
}

TEST(AllOptions, AreDescribedInOneSentence) {
  const OptionRegistry options = all_options();
  for (const OptionScope scope : kScopes) {
    for (const Option* option : options.all(scope)) {
      EXPECT_TRUE(option->documentation.ends_with('.')) << option->name;
      EXPECT_LE(option->documentation.size(), 120u) << option->name;
      EXPECT_EQ(option->documentation.find(". "), std::string_view::npos) << option->name;
    }
  }
}

TEST(AllOptions, HaveSynonymsThatExistAndMeanTheSame) {
  const OptionRegistry options = all_options();
  for (const OptionScope scope : kScopes) {
    for (const Option* option : options.all(scope)) {
      for (const OptionSynonym& synonym : option->synonyms) {
        if (synonym.key.empty()) break;
        const Option* broker_option = options.find(OptionScope::kBroker, synonym.key);
        ASSERT_NE(broker_option, nullptr) << synonym.key;
        EXPECT_EQ(option->use, broker_option->use) << option->name << " and " << synonym.key;
      }
    }
  }
}

TEST(AllOptions, ChecksWhatOnlySomeOptionsAsk) {
  const OptionRegistry options = all_options();
  const auto error = [&](OptionScope scope, std::string_view key, std::string_view value) {
    const auto parsed = parse_option(*options.find(scope, key), value);
    return parsed ? "none" : parsed.error();
  };
  EXPECT_EQ(error(OptionScope::kTopic, "compression.gzip.level", "10"),
            "Invalid value 10 for configuration compression.gzip.level: Value must be between 1 and 9 or "
            "equal to -1");
  EXPECT_EQ(error(OptionScope::kBroker, "compression.gzip.level", "-1"), "none");
  const std::string_view throttled = "leader.replication.throttled.replicas";
  for (const char* good : {"*", "0:1,1:2", ""})
    EXPECT_EQ(error(OptionScope::kTopic, throttled, good), "none");
  EXPECT_EQ(
      error(OptionScope::kTopic, throttled, "x"),
      "Invalid value [x] for configuration leader.replication.throttled.replicas: "
      "leader.replication.throttled.replicas must be the literal '*' or a list of replicas in the following "
      "format: [partitionId]:[brokerId],[partitionId]:[brokerId],...");
  for (const char* good : {"earliest", "latest", "by_duration:PT1H", "by_duration:P1DT2H3M4.5S"}) {
    EXPECT_EQ(error(OptionScope::kGroup, "share.auto.offset.reset", good), "none") << good;
  }
  for (const char* bad : {"EARLIEST", "by_duration:", "by_duration:P", "by_duration:PT", "by_duration:P1H",
                          "by_duration:PT1D", "by_duration:PT1M1H", "by_duration:-PT1H", "by_duration:PT1"}) {
    EXPECT_NE(error(OptionScope::kGroup, "share.auto.offset.reset", bad), "none") << bad;
  }
  EXPECT_EQ(error(OptionScope::kBroker, "controller.quorum.voters", "1@a:1,2@b:2"), "none");
  EXPECT_EQ(error(OptionScope::kBroker, "controller.quorum.voters", "x@a:1"),
            "Failed to parse voter ID as an integer from x");
  EXPECT_EQ(
      error(OptionScope::kBroker, "controller.quorum.voters", "1@a"),
      "Failed to parse host name from entry 1@a for the configuration controller.quorum.voters. Each entry "
      "should be in the form `{id}@{host}:{port}`.");
  EXPECT_EQ(error(OptionScope::kBroker, "controller.quorum.bootstrap.servers", "a:x"),
            "Failed to parse host name from a:x for the configuration controller.quorum.bootstrap.servers. "
            "Each entry "
            "should be in the form \"{host}:{port}\"");
}

}  // namespace
}  // namespace barnabas::broker
