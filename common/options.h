// One row per configuration option, in a constexpr table of the folder that acts on it (storage/options.h,
// network/options.h, controller/options.h, broker/options/). The rows drive server.properties,
// DescribeConfigs, the validation of alterations and docs/configuration.md. Names, types, defaults and ranges
// are Kafka's 4.3; our own keys start with "barnabas." or "admin.".
#pragma once

#include <cstdint>
#include <limits>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <variant>
#include <vector>

#include "common/result.h"

namespace barnabas {

// Kafka's ConfigDef types. A password is sensitive: its value is never shown.
enum class OptionType : std::uint8_t {
  kBoolean,
  kString,
  kInt,
  kShort,
  kLong,
  kDouble,
  kList,
  kClass,
  kPassword
};
enum class OptionScope : std::uint8_t { kBroker, kTopic, kGroup, kClientMetrics };
// Whether a broker option may change while the broker runs, and for whom. Options of the other scopes always
// may.
enum class OptionUpdate : std::uint8_t { kReadOnly, kPerBroker, kClusterWide };
// Whether a value changes what Barnabas does; an accepted one is only kept and described.
enum class OptionUse : std::uint8_t { kActs, kAccepted };

std::string_view option_type_name(OptionType type);      // "int"
std::string_view option_update_name(OptionUpdate mode);  // "read-only", "per-broker", "cluster-wide"

// What a value must satisfy beyond its type; made by the functions below.
struct OptionCheck {
  enum class Kind : std::uint8_t { kNone, kRange, kOneOf, kOneOfIgnoreCase, kListOf, kNonEmpty, kCustom };
  // Says in a whole sentence what is wrong with the (trimmed) value of a key, or nothing.
  using Custom = std::optional<std::string> (*)(std::string_view key, std::string_view value);

  Kind kind = Kind::kNone;
  double min = 0;
  double max = std::numeric_limits<double>::infinity();
  std::string_view allowed = {};  // "a, b, c", in the order of Kafka's messages; empty for any list item
  bool may_be_empty = true;       // kListOf
  Custom custom = nullptr;
  std::string_view meaning = {};  // of kCustom, for the documentation
};

constexpr OptionCheck any_value() {
  return {};
}
constexpr OptionCheck at_least(double min) {
  return {.kind = OptionCheck::Kind::kRange, .min = min};
}
constexpr OptionCheck between(double min, double max) {
  return {.kind = OptionCheck::Kind::kRange, .min = min, .max = max};
}
constexpr OptionCheck one_of(std::string_view allowed) {
  return {.kind = OptionCheck::Kind::kOneOf, .allowed = allowed};
}
constexpr OptionCheck one_of_ignoring_case(std::string_view allowed) {
  return {.kind = OptionCheck::Kind::kOneOfIgnoreCase, .allowed = allowed};
}
// Items, each one of `allowed` ("" for any); repeated ones count once.
constexpr OptionCheck list_of(std::string_view allowed) {
  return {.kind = OptionCheck::Kind::kListOf, .allowed = allowed};
}
constexpr OptionCheck filled_list_of(std::string_view allowed) {
  return {.kind = OptionCheck::Kind::kListOf, .allowed = allowed, .may_be_empty = false};
}
constexpr OptionCheck non_empty() {
  return {.kind = OptionCheck::Kind::kNonEmpty};
}
constexpr OptionCheck custom_check(OptionCheck::Custom custom, std::string_view meaning) {
  return {.kind = OptionCheck::Kind::kCustom, .custom = custom, .meaning = meaning};
}

// A key of the broker that gives the default of a topic's or group's key, or takes the place of a broker's
// key: log.retention.hours for retention.ms. `unit_ms` turns its value into ours.
struct OptionSynonym {
  std::string_view key;
  std::int64_t unit_ms = 1;
};

// One row. Constant for good.
struct Option {
  std::string_view name;
  OptionType type;
  std::optional<std::string_view> default_value;  // nullopt: no value unless one is set
  OptionCheck check;
  OptionUpdate update;
  OptionUse use;
  std::string_view documentation;  // one sentence
  OptionScope scope = OptionScope::kBroker;
  OptionSynonym synonyms[3] = {};  // strongest first, the rest empty
  bool internal = false;           // Kafka neither documents nor describes it

  constexpr bool sensitive() const { return type == OptionType::kPassword; }
};
using OptionTable = std::span<const Option>;

using OptionList = std::vector<std::string>;
using OptionValue = std::variant<bool, std::int64_t, double, std::string, OptionList>;

// The value of a text under the rules of the option's type and check. The error is Kafka's sentence:
// "Invalid value 0 for configuration num.io.threads: Value must be at least 1".
Result<OptionValue, std::string> parse_option(const Option& option, std::string_view text);
// The same value as Kafka prints it: lists with "," between items, doubles as Java does.
std::string option_text(const OptionValue& value);
// What parse_option accepts, in words for documentation: "[1,...]", "[a, b]", "" for anything.
std::string option_range(const Option& option);

// All tables as one. Immutable after construction, so any thread may read it; rows must outlive it.
class OptionRegistry {
 public:
  OptionRegistry() = default;
  explicit OptionRegistry(std::span<const OptionTable> tables);

  const Option* find(OptionScope scope, std::string_view name) const;
  // Rows of a scope in the order of their names.
  const std::vector<const Option*>& all(OptionScope scope) const;
  // The known name most like an unknown one, or nullopt when none is near.
  std::optional<std::string_view> closest(OptionScope scope, std::string_view name) const;

 private:
  static constexpr std::size_t kScopes = 4;
  std::unordered_map<std::string_view, const Option*> by_name_[kScopes];
  std::vector<const Option*> sorted_[kScopes];
};

// A double as Java prints it: 0.5, 1.0E10.
std::string java_double(double value);

// The key behind "listener.name.NAME.KEY" (or "listener.name.NAME.MECHANISM.KEY" for the few keys that Kafka
// takes per mechanism), or the key itself.
std::string_view without_listener_prefix(std::string_view key);

}  // namespace barnabas
