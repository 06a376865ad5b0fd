#include "broker/configs/config_describer.h"

#include <array>
#include <set>

namespace barnabas::broker {

namespace {

// Kafka defines these outside its broker options: they have no default to show and no documentation.
bool is_dynamic_only(std::string_view key) {
  return key == "leader.replication.throttled.rate" || key == "follower.replication.throttled.rate" ||
         key == "replica.alter.log.dirs.io.max.bytes.per.second";
}

std::optional<std::string> shown(bool sensitive, std::string_view value) {
  if (sensitive) return std::nullopt;
  return std::string(value);
}

// Every value that the layers hold for a family of keys. Those before the first one of `key` itself are
// dropped: log.retention.hours says nothing about a log.retention.ms that is not set.
std::vector<DescribedSynonym> synonyms_of(const ConfigLayers& layers, std::string_view key, bool sensitive) {
  std::vector<DescribedSynonym> synonyms;
  bool found = false;
  const auto add = [&](std::string_view name, std::string_view value, ConfigSource source) {
    found |= name == key;
    if (found) synonyms.push_back({std::string(name), shown(sensitive, value), source});
  };
  const std::vector<std::string_view> family = broker_key_family(key);
  const std::pair<const ConfigTexts&, ConfigSource> set_layers[] = {
      {layers.own(), ConfigSource::kDynamicBroker},
      {layers.cluster(), ConfigSource::kDynamicDefaultBroker},
      {layers.fixed(), ConfigSource::kStaticBroker}};
  for (const auto& [texts, source] : set_layers) {
    for (const std::string_view name : family) {
      const auto at = texts.find(name);
      if (at != texts.end()) add(name, at->second, source);
    }
  }
  for (const std::string_view name : family) {
    const Option* option = layers.registry().find(OptionScope::kBroker, name);
    if (option == nullptr || !option->default_value || is_dynamic_only(name)) continue;
    add(name, *option->default_value, ConfigSource::kDefault);
  }
  return synonyms;
}

// The value in force as Kafka prints it. A dynamic member of a family silences the static others.
std::optional<std::string> broker_value(const ConfigLayers& layers, const Option& option,
                                        std::string_view key) {
  bool silenced = false;
  for (const std::string_view name : broker_key_family(key)) {
    const bool dynamic = layers.own().contains(name) || layers.cluster().contains(name);
    if (name == key && dynamic) {
      silenced = false;
      break;
    }
    silenced |= dynamic && name != key;
  }
  if (silenced) {
    if (!option.default_value) return std::nullopt;
    return std::string(*option.default_value);
  }
  const auto value = layers.find(key);
  if (!value) return std::nullopt;
  return option_text(*value);
}

DescribedConfig describe_broker_key(const ConfigLayers& layers, std::string_view key) {
  const Option* exact = layers.registry().find(OptionScope::kBroker, key);
  const Option* option =
      exact != nullptr ? exact : layers.registry().find(OptionScope::kBroker, without_listener_prefix(key));
  DescribedConfig config;
  config.name = key;
  config.sensitive = option == nullptr || option->sensitive();
  config.read_only = exact == nullptr || exact->update == OptionUpdate::kReadOnly;
  if (option != nullptr) config.type = option->type;
  if (exact != nullptr && !is_dynamic_only(key)) config.documentation = exact->documentation;
  config.synonyms = synonyms_of(layers, key, config.sensitive);
  if (!config.synonyms.empty()) config.source = config.synonyms.front().source;
  if (!config.sensitive) config.value = broker_value(layers, *option, key);
  return config;
}

std::vector<DescribedSynonym> inherited(const ConfigLayers& layers, const Option& option) {
  const std::string_view key = option.synonyms[0].key;
  if (key.empty()) return {};
  return synonyms_of(layers, key, option.sensitive());
}

DescribedConfig describe_own(const Option& option, std::optional<OptionValue> value, const ConfigTexts& own,
                             ConfigSource source, std::vector<DescribedSynonym> weaker) {
  DescribedConfig config;
  config.name = option.name;
  config.sensitive = option.sensitive();
  config.type = option.type;
  config.documentation = option.documentation;
  if (value && !config.sensitive) config.value = option_text(*value);
  if (own.contains(option.name)) config.synonyms.push_back({config.name, config.value, source});
  for (DescribedSynonym& synonym : weaker) config.synonyms.push_back(std::move(synonym));
  if (!config.synonyms.empty()) config.source = config.synonyms.front().source;
  return config;
}

}  // namespace

std::vector<DescribedConfig> describe_broker(const ConfigLayers& layers) {
  std::set<std::string_view> keys;
  for (const Option* option : layers.registry().all(OptionScope::kBroker)) {
    if (!option->internal && !is_dynamic_only(option->name)) keys.insert(option->name);
  }
  for (const ConfigTexts* texts : {&layers.fixed(), &layers.cluster(), &layers.own()}) {
    for (const auto& [key, value] : *texts) keys.insert(key);
  }
  std::vector<DescribedConfig> configs;
  configs.reserve(keys.size());
  for (const std::string_view key : keys) configs.push_back(describe_broker_key(layers, key));
  return configs;
}

std::vector<DescribedConfig> describe_broker_defaults(const ConfigLayers& layers) {
  std::vector<DescribedConfig> configs;
  for (const auto& [key, value] : layers.cluster()) {
    DescribedConfig config = describe_broker_key(layers, key);
    std::erase_if(config.synonyms, [](const DescribedSynonym& synonym) {
      return synonym.source != ConfigSource::kDynamicDefaultBroker;
    });
    config.source = ConfigSource::kDynamicDefaultBroker;
    config.value = shown(config.sensitive, value);
    configs.push_back(std::move(config));
  }
  return configs;
}

std::vector<DescribedConfig> describe_topic(const ConfigLayers& layers, const ConfigTexts& own) {
  std::vector<DescribedConfig> configs;
  for (const Option* option : layers.registry().all(OptionScope::kTopic)) {
    if (option->internal && !own.contains(option->name)) continue;
    configs.push_back(describe_own(*option, resolve_option(layers, *option, own), own, ConfigSource::kTopic,
                                   inherited(layers, *option)));
  }
  return configs;
}

std::vector<DescribedConfig> describe_group(const ConfigLayers& layers, const ConfigTexts& own) {
  std::vector<DescribedConfig> configs;
  for (const Option* option : layers.registry().all(OptionScope::kGroup)) {
    std::vector<DescribedSynonym> weaker = inherited(layers, *option);
    if (option->synonyms[0].key.empty() && option->default_value) {
      weaker.push_back(
          {std::string(option->name), std::string(*option->default_value), ConfigSource::kDefault});
    }
    configs.push_back(describe_own(*option, resolve_option(layers, *option, own), own, ConfigSource::kGroup,
                                   std::move(weaker)));
  }
  return configs;
}

std::vector<DescribedConfig> describe_client_metrics(const OptionRegistry& registry, const ConfigTexts& own) {
  const ConfigLayers nothing(registry, nullptr, nullptr, nullptr);
  std::vector<DescribedConfig> configs;
  for (const Option* option : registry.all(OptionScope::kClientMetrics)) {
    configs.push_back(
        describe_own(*option, resolve_option(nothing, *option, own), own, ConfigSource::kClientMetrics, {}));
  }
  return configs;
}

std::int8_t config_type_number(std::optional<OptionType> type) {
  if (!type) return 0;
  switch (*type) {
    case OptionType::kBoolean:
      return 1;
    case OptionType::kString:
      return 2;
    case OptionType::kInt:
      return 3;
    case OptionType::kShort:
      return 4;
    case OptionType::kLong:
      return 5;
    case OptionType::kDouble:
      return 6;
    case OptionType::kList:
      return 7;
    case OptionType::kClass:
      return 8;
    case OptionType::kPassword:
      return 9;
  }
  return 0;
}

}  // namespace barnabas::broker
