#include "broker/configs/config_validation.h"

#include <algorithm>
#include <array>

#include "broker/configs/group_configs.h"
#include "common/text.h"

namespace barnabas::broker {

namespace {

using protocol::ErrorCode;

ConfigRefusal invalid_config(std::string message) {
  return {ErrorCode::kInvalidConfig, std::move(message)};
}

ConfigRefusal invalid_request(std::string message) {
  return {ErrorCode::kInvalidRequest, std::move(message)};
}

// Known keys with valid values; `unknown` begins the sentence about other keys.
ConfigVerdict check_values(const OptionRegistry& registry, OptionScope scope, const ConfigTexts& all,
                           std::string_view unknown) {
  for (const auto& [key, value] : all) {
    if (registry.find(scope, key) == nullptr) return invalid_config(concat(unknown, key));
  }
  for (const auto& [key, value] : all) {
    const auto parsed = parse_option(*registry.find(scope, key), value);
    if (!parsed) return invalid_config(parsed.error());
  }
  return std::nullopt;
}

std::int64_t topic_integer(const ConfigLayers& layers, const ConfigTexts& all, std::string_view key) {
  return std::get<std::int64_t>(
      *resolve_option(layers, *layers.registry().find(OptionScope::kTopic, key), all));
}

// --- brokers ---

constexpr std::array<std::string_view, 10> kPerListenerOnly = {"ssl.key.password",
                                                               "ssl.keystore.certificate.chain",
                                                               "ssl.keystore.key",
                                                               "ssl.keystore.location",
                                                               "ssl.keystore.password",
                                                               "ssl.keystore.type",
                                                               "ssl.truststore.certificates",
                                                               "ssl.truststore.location",
                                                               "ssl.truststore.password",
                                                               "ssl.truststore.type"};
constexpr std::array<std::string_view, 3> kClusterWideOfListeners = {
    "max.connections", "max.connection.creation.rate", "num.network.threads"};

bool is_per_broker(const OptionRegistry& registry, std::string_view key) {
  const std::string_view plain = without_listener_prefix(key);
  if (plain != key) return std::ranges::find(kClusterWideOfListeners, plain) == kClusterWideOfListeners.end();
  const Option* option = registry.find(OptionScope::kBroker, key);
  return option != nullptr && option->update == OptionUpdate::kPerBroker;
}

ConfigVerdict refuse_keys(std::string_view sentence, const std::vector<std::string_view>& keys) {
  if (keys.empty()) return std::nullopt;
  std::string names;
  for (const std::string_view key : keys) names += concat(names.empty() ? "" : ", ", key);
  return invalid_request(concat(sentence, ": [", names, "]"));
}

template <class Wanted>
std::vector<std::string_view> keys_that(const ConfigTexts& all, Wanted wanted) {
  std::vector<std::string_view> keys;
  for (const auto& [key, value] : all) {
    if (wanted(std::string_view(key))) keys.push_back(key);
  }
  return keys;
}

ConfigVerdict check_broker_keys(const OptionRegistry& registry, bool per_broker, const ConfigTexts& all) {
  const auto is_read_only = [&](std::string_view key) {
    const Option* option = registry.find(OptionScope::kBroker, key);
    return option != nullptr && option->update == OptionUpdate::kReadOnly;
  };
  if (auto refused = refuse_keys("Cannot update these configs dynamically", keys_that(all, is_read_only))) {
    return refused;
  }
  const auto lacks_listener = [](std::string_view key) {
    return std::ranges::find(kPerListenerOnly, key) != kPerListenerOnly.end();
  };
  if (auto refused = refuse_keys(
          "These security configs can be dynamically updated only per-listener using the listener prefix",
          keys_that(all, lacks_listener))) {
    return refused;
  }
  for (const auto& [key, value] : all) {
    const Option* option = registry.find(OptionScope::kBroker, without_listener_prefix(key));
    if (option == nullptr) continue;
    const auto parsed = parse_option(*option, value);
    if (!parsed) return invalid_request(parsed.error());
  }
  if (per_broker) return std::nullopt;
  return refuse_keys("Cannot update these configs at default cluster level, broker id must be specified",
                     keys_that(all, [&](std::string_view key) { return is_per_broker(registry, key); }));
}

ConfigRefusal invalid_change(std::string_view reason) {
  return invalid_request(concat("Invalid value org.apache.kafka.common.config.ConfigException: ", reason,
                                " for configuration Invalid dynamic configuration"));
}

// A pool of threads may at most double or halve in one step.
ConfigVerdict check_threads(const ConfigLayers& before, const ConfigLayers& after) {
  constexpr std::array<std::string_view, 5> kPools = {
      "background.threads", "num.io.threads", "num.network.threads", "num.recovery.threads.per.data.dir",
      "num.replica.fetchers"};
  for (const std::string_view key : kPools) {
    const std::int64_t old_count = before.integer(key);
    const std::int64_t count = after.integer(key);
    const std::string said =
        concat("Dynamic thread count update validation failed for ", key, "=", count, ", value should ");
    if (count < old_count / 2) {
      return invalid_change(concat(said, "be at least half the current value ", old_count));
    }
    if (count > old_count * 2) {
      return invalid_change(concat(said, "not be greater than double the current value ", old_count));
    }
  }
  const std::int64_t old_cleaners = before.integer("log.cleaner.threads");
  const std::int64_t cleaners = after.integer("log.cleaner.threads");
  if (cleaners < 1) return invalid_change("Log cleaner threads should be at least 1");
  if (cleaners < old_cleaners / 2) {
    return invalid_change(
        concat("Log cleaner threads cannot be reduced to less than half the current value ", old_cleaners));
  }
  if (cleaners > old_cleaners * 2) {
    return invalid_change(concat(
        "Log cleaner threads cannot be increased to more than double the current value ", old_cleaners));
  }
  return std::nullopt;
}

ConfigVerdict check_limits(const ConfigLayers& after) {
  for (const std::string_view key : {"log.roll.ms", "log.roll.jitter.ms"}) {
    const auto value = after.find(key);
    const std::int64_t least = key == "log.roll.ms" ? 1 : 0;
    if (value && std::get<std::int64_t>(*value) < least) {
      return invalid_request(
          concat("requirement failed: ", key, " must be greater than or equal to ", least));
    }
  }
  const auto retention = after.find("log.retention.ms");
  if (retention && std::get<std::int64_t>(*retention) == 0) {
    return invalid_request(
        "requirement failed: log.retention.ms must be unlimited (-1) or, greater than or equal to 1");
  }
  const std::string overrides = after.text("max.connections.per.ip.overrides");
  if (after.integer("max.connections.per.ip") == 0 && overrides.empty()) {
    return invalid_request(
        "requirement failed: max.connections.per.ip can be set to zero only if "
        "max.connections.per.ip.overrides "
        "property is set.");
  }
  for (const std::string& entry : split(overrides, ',')) {
    const auto colon = entry.rfind(':');
    if (colon != std::string::npos && parse_number<std::int32_t>(std::string_view(entry).substr(colon + 1))) {
      continue;
    }
    return invalid_request(
        concat("Error parsing configuration property 'max.connections.per.ip.overrides': ", entry));
  }
  return std::nullopt;
}

// Sockets are bound and their threads started once: a broker that said yes and went on as before would
// mislead.
ConfigVerdict check_listeners(const ConfigLayers& before, const ConfigLayers& after) {
  std::vector<std::string_view> changed;
  for (const std::string_view key : {"listeners", "listener.security.protocol.map", "num.network.threads"}) {
    if (before.find(key) != after.find(key)) changed.push_back(key);
  }
  return refuse_keys("Cannot update these configs dynamically", changed);
}

ConfigVerdict check_local_retention(const ConfigLayers& after) {
  const ConfigTexts none;
  for (const std::string_view suffix : {"ms", "bytes"}) {
    const std::int64_t whole = topic_integer(after, none, concat("retention.", suffix));
    const std::int64_t local = after.integer(concat("log.local.retention.", suffix));
    if (local == -2 || whole == -1) continue;
    if (local == -1 || local > whole) {
      return invalid_change(concat("Invalid value ", local, " for configuration log.local.retention.", suffix,
                                   ": Value must not be more than log.retention.", suffix,
                                   " property value: ", whole));
    }
  }
  return std::nullopt;
}

// --- groups ---

std::int64_t group_integer(const ConfigLayers& layers, const ConfigTexts& all, std::string_view key) {
  return std::get<std::int64_t>(
      *resolve_option(layers, *layers.registry().find(OptionScope::kGroup, key), all));
}

// --- client metrics ---

// Whether every bracket and group of a regular expression is closed and every quantifier has something before
// it: what people get wrong. Dialects differ in the rest.
bool is_well_formed(std::string_view pattern) {
  int open_groups = 0;
  bool repeatable = false;
  for (std::size_t i = 0; i < pattern.size(); ++i) {
    const char c = pattern[i];
    if (c == '\\') {
      if (++i == pattern.size()) return false;
      repeatable = true;
    } else if (c == '[') {
      const std::size_t first = i + (pattern.substr(i + 1).starts_with('^') ? 2 : 1);
      std::size_t end = first;
      while (end < pattern.size() && (pattern[end] != ']' || end == first))
        end += pattern[end] == '\\' ? 2 : 1;
      if (end >= pattern.size()) return false;
      i = end;
      repeatable = true;
    } else if (c == '(') {
      ++open_groups;
      if (pattern.substr(i + 1).starts_with('?')) ++i;
      repeatable = false;
    } else if (c == ')') {
      if (--open_groups < 0) return false;
      repeatable = true;
    } else if (c == '*' || c == '+' || c == '?') {
      if (!repeatable) return false;
    } else {
      repeatable = c != '|';
    }
  }
  return open_groups == 0;
}

bool is_match_pattern(std::string_view item) {
  constexpr std::array<std::string_view, 6> kKeys = {"client_instance_id",    "client_id",
                                                     "client_software_name",  "client_software_version",
                                                     "client_source_address", "client_source_port"};
  const auto equals = item.find('=');
  if (equals == std::string_view::npos || item.find('=', equals + 1) != std::string_view::npos) return false;
  if (std::ranges::find(kKeys, trim(item.substr(0, equals))) == kKeys.end()) return false;
  return is_well_formed(trim(item.substr(equals + 1)));
}

}  // namespace

const Option* config_option(const OptionRegistry& registry, controller::ConfigResourceType type,
                            std::string_view key) {
  switch (type) {
    case controller::ConfigResourceType::kTopic:
      return registry.find(OptionScope::kTopic, key);
    case controller::ConfigResourceType::kBroker:
      return registry.find(OptionScope::kBroker, without_listener_prefix(key));
    case controller::ConfigResourceType::kGroup:
      return registry.find(OptionScope::kGroup, key);
    case controller::ConfigResourceType::kClientMetrics:
      return registry.find(OptionScope::kClientMetrics, key);
    case controller::ConfigResourceType::kBrokerLogger:
    case controller::ConfigResourceType::kUnknown:
      return nullptr;
  }
  return nullptr;
}

ConfigVerdict check_topic_configs(const ConfigLayers& layers, const ConfigTexts& all) {
  if (auto refused =
          check_values(layers.registry(), OptionScope::kTopic, all, "Unknown topic config name: ")) {
    return refused;
  }
  const std::int64_t min_lag = topic_integer(layers, all, "min.compaction.lag.ms");
  const std::int64_t max_lag = topic_integer(layers, all, "max.compaction.lag.ms");
  if (min_lag > max_lag) {
    return invalid_config(concat("conflict topic config setting min.compaction.lag.ms (", min_lag,
                                 ") > max.compaction.lag.ms (", max_lag, ")"));
  }
  const auto remote =
      resolve_option(layers, *layers.registry().find(OptionScope::kTopic, "remote.storage.enable"), all);
  if (std::get<bool>(*remote)) {
    return invalid_config(
        "Tiered Storage functionality is disabled in the broker. Topic cannot be configured with remote log "
        "storage.");
  }
  return std::nullopt;
}

ConfigVerdict check_broker_configs(const ConfigLayers& layers, bool per_broker, const ConfigTexts& all) {
  if (auto refused = check_broker_keys(layers.registry(), per_broker, all)) return refused;
  const auto changed = std::make_shared<const ConfigTexts>(all);
  const auto fixed = std::make_shared<const ConfigTexts>(layers.fixed());
  const ConfigLayers after(layers.registry(), fixed,
                           per_broker ? std::make_shared<const ConfigTexts>(layers.cluster()) : changed,
                           per_broker ? changed : std::make_shared<const ConfigTexts>(layers.own()));
  if (auto refused = check_limits(after)) return refused;
  if (auto refused = check_threads(layers, after)) return refused;
  if (auto refused = check_listeners(layers, after)) return refused;
  return check_local_retention(after);
}

ConfigVerdict check_group_configs(const ConfigLayers& layers, const ConfigTexts& all) {
  if (auto refused =
          check_values(layers.registry(), OptionScope::kGroup, all, "Unknown group config name: ")) {
    return refused;
  }
  for (const GroupBound& bound : group_bounds()) {
    const std::int64_t value = group_integer(layers, all, bound.key);
    if (!all.contains(bound.key)) continue;
    if (!bound.least.empty() && value < layers.integer(bound.least)) {
      return invalid_config(concat(bound.key, " must be greater than or equal to ", bound.least));
    }
    if (value > layers.integer(bound.most)) {
      return invalid_config(concat(bound.key, " must be less than or equal to ", bound.most));
    }
  }
  for (const std::string_view kind : {"consumer", "share", "streams"}) {
    const std::string heartbeat = concat(kind, ".heartbeat.interval.ms");
    const std::string session = concat(kind, ".session.timeout.ms");
    if (group_integer(layers, all, session) <= group_integer(layers, all, heartbeat)) {
      return invalid_config(concat(session, " must be greater than ", heartbeat));
    }
  }
  return std::nullopt;
}

ConfigVerdict check_client_metrics_configs(const OptionRegistry& registry, std::string_view subscription,
                                           const ConfigTexts& all) {
  constexpr std::int64_t kShortestIntervalMs = 100;
  constexpr std::int64_t kLongestIntervalMs = 3'600'000;
  if (subscription.empty()) return invalid_request("Subscription name can't be empty");
  for (const auto& [key, value] : all) {
    const Option* option = registry.find(OptionScope::kClientMetrics, key);
    if (option == nullptr) return invalid_request(concat("Unknown client metrics configuration: ", key));
    const auto parsed = parse_option(*option, value);
    if (!parsed) return invalid_config(parsed.error());
    if (key == "interval.ms") {
      const std::int64_t interval_ms = std::get<std::int64_t>(*parsed);
      if (interval_ms < kShortestIntervalMs || interval_ms > kLongestIntervalMs) {
        return invalid_request(concat("Invalid value ", interval_ms,
                                      " for interval.ms, interval must be between 100 and 3600000 (1 hour)"));
      }
    }
    if (key == "match") {
      for (const std::string& item : std::get<OptionList>(*parsed)) {
        if (!is_match_pattern(item)) return invalid_config(concat("Illegal client matching pattern: ", item));
      }
    }
  }
  return std::nullopt;
}

ConfigVerdict check_configs(const ConfigLayers& layers, const controller::ConfigResource& resource,
                            const ConfigTexts& all) {
  switch (resource.type) {
    case controller::ConfigResourceType::kTopic:
      return check_topic_configs(layers, all);
    case controller::ConfigResourceType::kBroker:
      return check_broker_configs(layers, !resource.name.empty(), all);
    case controller::ConfigResourceType::kGroup:
      return check_group_configs(layers, all);
    case controller::ConfigResourceType::kClientMetrics:
      return check_client_metrics_configs(layers.registry(), resource.name, all);
    case controller::ConfigResourceType::kBrokerLogger:
    case controller::ConfigResourceType::kUnknown:
      break;
  }
  return invalid_request(concat("Unknown resource type ", static_cast<int>(resource.type)));
}

}  // namespace barnabas::broker
