// What DescribeConfigs says about options: values, sources, synonyms, documentation, as Kafka 4.3 does.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "broker/configs/config_layers.h"

namespace barnabas::broker {

struct DescribedSynonym {
  std::string name;
  std::optional<std::string> value;  // nothing: sensitive
  ConfigSource source = ConfigSource::kDefault;
};

struct DescribedConfig {
  std::string name;
  std::optional<std::string> value;  // nothing: sensitive, unknown or without a value
  ConfigSource source = ConfigSource::kDefault;
  bool read_only = false;
  bool sensitive = false;
  std::vector<DescribedSynonym> synonyms;  // strongest first; the source of the first is the value's own
  std::optional<OptionType> type;          // nothing: a key nobody knows
  std::optional<std::string_view> documentation;
};

// All in the order of their names. Keys nobody knows are listed as sensitive, for they may hold anything.

// The broker itself: every option, and every further key that some layer sets.
std::vector<DescribedConfig> describe_broker(const ConfigLayers& layers);
// The cluster-wide defaults of brokers: only the keys that are set there.
std::vector<DescribedConfig> describe_broker_defaults(const ConfigLayers& layers);
std::vector<DescribedConfig> describe_topic(const ConfigLayers& layers, const ConfigTexts& own);
std::vector<DescribedConfig> describe_group(const ConfigLayers& layers, const ConfigTexts& own);
std::vector<DescribedConfig> describe_client_metrics(const OptionRegistry& registry, const ConfigTexts& own);

// The number DescribeConfigs gives to a type; 0 for none.
std::int8_t config_type_number(std::optional<OptionType> type);

}  // namespace barnabas::broker
