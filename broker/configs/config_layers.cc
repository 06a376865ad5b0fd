#include "broker/configs/config_layers.h"

#include <algorithm>
#include <array>

#include "common/assert.h"

namespace barnabas::broker {

namespace {

const std::shared_ptr<const ConfigTexts>& or_empty(const std::shared_ptr<const ConfigTexts>& texts,
                                                   const std::shared_ptr<const ConfigTexts>& empty) {
  return texts ? texts : empty;
}

std::optional<OptionValue> valid_value(const Option& option, const ConfigTexts& texts, std::string_view key) {
  const auto found = texts.find(key);
  if (found == texts.end()) return std::nullopt;
  auto value = parse_option(option, found->second);
  if (!value) return std::nullopt;
  return std::move(*value);
}

// What the first of an option's broker keys with a value says, in the option's own unit.
std::optional<OptionValue> from_broker(const ConfigLayers& layers, const Option& option) {
  bool has_units = false;
  for (const OptionSynonym& synonym : option.synonyms) has_units |= synonym.unit_ms != 1;
  for (const OptionSynonym& synonym : option.synonyms) {
    if (synonym.key.empty()) break;
    auto value = layers.find(synonym.key);
    if (!value) continue;
    if (auto* whole = std::get_if<std::int64_t>(&*value)) {
      // Any negative time stands for "no limit" where hours and minutes are taken too.
      *whole = has_units && *whole < 0 ? -1 : *whole * synonym.unit_ms;
    }
    return value;
  }
  return std::nullopt;
}

}  // namespace

ConfigLayers::ConfigLayers(const OptionRegistry& registry, std::shared_ptr<const ConfigTexts> fixed,
                           std::shared_ptr<const ConfigTexts> cluster, std::shared_ptr<const ConfigTexts> own)
    : registry_(&registry) {
  const auto empty = std::make_shared<const ConfigTexts>();
  fixed_ = or_empty(fixed, empty);
  cluster_ = or_empty(cluster, empty);
  own_ = or_empty(own, empty);
}

std::optional<OptionValue> ConfigLayers::find(std::string_view key) const {
  const std::string_view plain = without_listener_prefix(key);
  const Option* option = registry_->find(OptionScope::kBroker, plain);
  if (option == nullptr) return std::nullopt;
  for (const std::string_view name : {key, plain}) {
    for (const ConfigTexts* layer : {own_.get(), cluster_.get(), fixed_.get()}) {
      if (auto value = valid_value(*option, *layer, name)) return value;
    }
    if (plain == key) break;
  }
  if (!option->default_value) return std::nullopt;
  auto value = parse_option(*option, *option->default_value);
  ASSERT(value.has_value());
  return std::move(*value);
}

std::int64_t ConfigLayers::integer(std::string_view key) const {
  const auto value = find(key);
  ASSERT(value && std::holds_alternative<std::int64_t>(*value));
  return std::get<std::int64_t>(*value);
}

double ConfigLayers::number(std::string_view key) const {
  const auto value = find(key);
  ASSERT(value && std::holds_alternative<double>(*value));
  return std::get<double>(*value);
}

bool ConfigLayers::flag(std::string_view key) const {
  const auto value = find(key);
  ASSERT(value && std::holds_alternative<bool>(*value));
  return std::get<bool>(*value);
}

std::string ConfigLayers::text(std::string_view key) const {
  const auto value = find(key);
  ASSERT(value && std::holds_alternative<std::string>(*value));
  return std::get<std::string>(*value);
}

OptionList ConfigLayers::list(std::string_view key) const {
  const auto value = find(key);
  ASSERT(value && std::holds_alternative<OptionList>(*value));
  return std::get<OptionList>(*value);
}

bool ConfigLayers::is_set(std::string_view key) const {
  return own_->contains(key) || cluster_->contains(key) || fixed_->contains(key);
}

std::vector<std::string_view> broker_key_family(std::string_view key) {
  static constexpr std::array<std::string_view, 3> kRetention = {"log.retention.ms", "log.retention.minutes",
                                                                 "log.retention.hours"};
  static constexpr std::array<std::string_view, 2> kRoll = {"log.roll.ms", "log.roll.hours"};
  static constexpr std::array<std::string_view, 2> kJitter = {"log.roll.jitter.ms", "log.roll.jitter.hours"};
  const auto among = [key](const auto& family) { return std::ranges::find(family, key) != family.end(); };
  if (among(kRetention)) return {kRetention.begin(), kRetention.end()};
  if (among(kRoll)) return {kRoll.begin(), kRoll.end()};
  if (among(kJitter)) return {kJitter.begin(), kJitter.end()};
  if (key == "log.flush.interval.ms") return {key, "log.flush.scheduler.interval.ms"};
  const std::string_view plain = without_listener_prefix(key);
  if (plain != key) return {key, plain};
  return {key};
}

std::optional<OptionValue> resolve_option(const ConfigLayers& layers, const Option& option,
                                          const ConfigTexts& own) {
  if (auto value = valid_value(option, own, option.name)) return value;
  if (auto value = from_broker(layers, option)) return value;
  if (!option.default_value) return std::nullopt;
  auto value = parse_option(option, *option.default_value);
  ASSERT(value.has_value());
  return std::move(*value);
}

}  // namespace barnabas::broker
