// The broker's own options in layers: default < static < cluster-wide dynamic < dynamic of this broker.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "common/options.h"

namespace barnabas::broker {

using ConfigTexts =
    std::map<std::string, std::string, std::less<>>;  // controller::ConfigMap is the same type

// Where a value comes from, as DescribeConfigs numbers it.
enum class ConfigSource : std::int8_t {
  kTopic = 1,
  kDynamicBroker = 2,
  kDynamicDefaultBroker = 3,
  kStaticBroker = 4,
  kDefault = 5,
  kDynamicBrokerLogger = 6,
  kClientMetrics = 7,
  kGroup = 8,
};

// Immutable; replaced as a whole when a layer changes (LiveConfigs), so any thread may hold and read one.
// Dynamic values that are invalid, because another version wrote them, are passed over.
class ConfigLayers {
 public:
  // `registry` outlives the object. Static values are valid: check_static_configs (config_validation.h).
  ConfigLayers(const OptionRegistry& registry, std::shared_ptr<const ConfigTexts> fixed,
               std::shared_ptr<const ConfigTexts> cluster, std::shared_ptr<const ConfigTexts> own);

  const OptionRegistry& registry() const { return *registry_; }
  const ConfigTexts& fixed() const { return *fixed_; }
  const ConfigTexts& cluster() const { return *cluster_; }
  const ConfigTexts& own() const { return *own_; }

  // The strongest valid value of a broker option, or nothing if even its default is none. Keys may have a
  // listener's prefix, whose value goes before the plain key's.
  std::optional<OptionValue> find(std::string_view key) const;
  // The same for options that always have a value; the key must be one of the registry and of that type.
  std::int64_t integer(std::string_view key) const;
  double number(std::string_view key) const;
  bool flag(std::string_view key) const;
  std::string text(std::string_view key) const;
  OptionList list(std::string_view key) const;

  // Whether any layer but the default sets the key.
  bool is_set(std::string_view key) const;

 private:
  const OptionRegistry* registry_;
  std::shared_ptr<const ConfigTexts> fixed_;
  std::shared_ptr<const ConfigTexts> cluster_;
  std::shared_ptr<const ConfigTexts> own_;
};

// The broker keys that can stand for a key, strongest first: log.retention.ms, .minutes, .hours for each of
// the three; a listener's key and then the plain one; otherwise the key alone.
std::vector<std::string_view> broker_key_family(std::string_view key);

// The value of a topic's or group's option: its own (if valid), else what the broker's options say, else the
// default. Nothing only where an option has no default.
std::optional<OptionValue> resolve_option(const ConfigLayers& layers, const Option& option,
                                          const ConfigTexts& own);

}  // namespace barnabas::broker
