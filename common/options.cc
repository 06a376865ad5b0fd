#include "common/options.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>

#include "common/assert.h"
#include "common/text.h"

namespace barnabas {

namespace {

std::unexpected<std::string> invalid(std::string_view name, std::string_view value, std::string_view reason) {
  return std::unexpected(concat("Invalid value ", value, " for configuration ", name, ": ", reason));
}

std::string lower(std::string_view text) {
  std::string out(text);
  for (char& c : out) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  }
  return out;
}

std::string_view upper_type_name(OptionType type) {
  switch (type) {
    case OptionType::kInt:
      return "INT";
    case OptionType::kShort:
      return "SHORT";
    case OptionType::kLong:
      return "LONG";
    case OptionType::kDouble:
      return "DOUBLE";
    case OptionType::kBoolean:
    case OptionType::kString:
    case OptionType::kList:
    case OptionType::kClass:
    case OptionType::kPassword:
      return "";
  }
  return "";
}

// Java's Integer.parseInt and friends take one leading "+".
std::string_view without_plus(std::string_view text) {
  if (text.size() > 1 && text[0] == '+' && text[1] != '-' && text[1] != '+') text.remove_prefix(1);
  return text;
}

std::optional<std::int64_t> parse_whole(OptionType type, std::string_view text) {
  const auto value = parse_number<std::int64_t>(without_plus(text));
  if (!value) return std::nullopt;
  std::int64_t min = std::numeric_limits<std::int64_t>::min();
  std::int64_t max = std::numeric_limits<std::int64_t>::max();
  if (type == OptionType::kInt) {
    min = std::numeric_limits<std::int32_t>::min();
    max = std::numeric_limits<std::int32_t>::max();
  } else if (type == OptionType::kShort) {
    min = std::numeric_limits<std::int16_t>::min();
    max = std::numeric_limits<std::int16_t>::max();
  }
  return *value < min || *value > max ? std::nullopt : value;
}

std::optional<double> parse_double(std::string_view text) {
  text = without_plus(text);
  if (text == "NaN") return std::numeric_limits<double>::quiet_NaN();
  if (text == "Infinity") return std::numeric_limits<double>::infinity();
  if (text == "-Infinity") return -std::numeric_limits<double>::infinity();
  // Java takes a type letter behind the digits; the names above are the only words.
  if (text.size() > 1 && std::string_view("dDfF").contains(text.back())) text.remove_suffix(1);
  if (text.find_first_not_of("0123456789.eE+-") != std::string_view::npos) return std::nullopt;
  return parse_number<double>(text);
}

std::string number_text(double number) {
  if (number == std::floor(number) && std::abs(number) < 1e15)
    return concat(static_cast<std::int64_t>(number));
  return java_double(number);
}

bool is_one_of(std::string_view value, std::string_view allowed, bool ignore_case) {
  for (const std::string& item : split(allowed, ',')) {
    if (ignore_case ? lower(item) == lower(value) : item == value) return true;
  }
  return false;
}

std::optional<std::string> check_range(const Option& option, double number, std::string_view shown) {
  const OptionCheck& check = option.check;
  if (number < check.min) {
    return invalid(option.name, shown, concat("Value must be at least ", number_text(check.min))).error();
  }
  if (number > check.max) {
    return invalid(option.name, shown, concat("Value must be no more than ", number_text(check.max))).error();
  }
  return std::nullopt;
}

std::optional<std::string> check_list(const Option& option, const OptionList& items) {
  const OptionCheck& check = option.check;
  if (items.empty() && !check.may_be_empty) {
    const std::string valid =
        check.allowed.empty() ? std::string("any non-empty value") : concat("[", check.allowed, "]");
    return concat("Configuration '", option.name, "' must not be empty. Valid values include: ", valid);
  }
  for (const std::string& item : items) {
    if (item.empty()) return concat("Configuration '", option.name, "' values must not be empty.");
    if (!check.allowed.empty() && !is_one_of(item, check.allowed, false)) {
      return invalid(option.name, item, concat("String must be one of: ", check.allowed)).error();
    }
  }
  return std::nullopt;
}

// What is wrong with a value that has the option's type, or nothing.
std::optional<std::string> check_value(const Option& option, const OptionValue& value,
                                       std::string_view text) {
  const OptionCheck& check = option.check;
  switch (check.kind) {
    case OptionCheck::Kind::kNone:
      return std::nullopt;
    case OptionCheck::Kind::kRange:
      if (const auto* whole = std::get_if<std::int64_t>(&value)) {
        return check_range(option, static_cast<double>(*whole), concat(*whole));
      }
      if (const auto* number = std::get_if<double>(&value)) {
        return check_range(option, *number, java_double(*number));
      }
      return std::nullopt;
    case OptionCheck::Kind::kOneOf:
      if (is_one_of(text, check.allowed, false)) return std::nullopt;
      return invalid(option.name, text, concat("String must be one of: ", check.allowed)).error();
    case OptionCheck::Kind::kOneOfIgnoreCase:
      if (is_one_of(text, check.allowed, true)) return std::nullopt;
      return invalid(option.name, text, concat("String must be one of (case insensitive): ", check.allowed))
          .error();
    case OptionCheck::Kind::kListOf:
      if (const auto* items = std::get_if<OptionList>(&value)) return check_list(option, *items);
      return std::nullopt;
    case OptionCheck::Kind::kNonEmpty:
      if (!text.empty()) return std::nullopt;
      return invalid(option.name, text, "String must be non-empty").error();
    case OptionCheck::Kind::kCustom:
      return check.custom(option.name, text);
  }
  return std::nullopt;
}

// The first of equal items stays (KIP-1161).
void remove_repeated(OptionList& items) {
  OptionList kept;
  for (std::string& item : items) {
    if (std::ranges::find(kept, item) == kept.end()) kept.push_back(std::move(item));
  }
  items = std::move(kept);
}

// Puts the value in `value`, or says what is wrong with the text.
std::optional<std::string> parse_typed(const Option& option, std::string_view text, OptionValue& value) {
  const std::string_view trimmed = trim(text);
  const auto wrong = [&](std::string_view reason) {
    return invalid(option.name, option.sensitive() ? "[hidden]" : text, reason).error();
  };
  switch (option.type) {
    case OptionType::kBoolean: {
      const std::string word = lower(trimmed);
      if (word != "true" && word != "false") return wrong("Expected value to be either true or false");
      value = word == "true";
      return std::nullopt;
    }
    case OptionType::kInt:
    case OptionType::kShort:
    case OptionType::kLong: {
      const auto number = parse_whole(option.type, trimmed);
      if (!number) return wrong(concat("Not a number of type ", upper_type_name(option.type)));
      value = *number;
      return std::nullopt;
    }
    case OptionType::kDouble: {
      const auto number = parse_double(trimmed);
      if (!number) return wrong("Not a number of type DOUBLE");
      value = *number;
      return std::nullopt;
    }
    case OptionType::kList: {
      OptionList items = split(trimmed, ',');
      if (option.check.kind == OptionCheck::Kind::kListOf) remove_repeated(items);
      value = std::move(items);
      return std::nullopt;
    }
    case OptionType::kString:
    case OptionType::kClass:
    case OptionType::kPassword:
      value = std::string(trimmed);
      return std::nullopt;
  }
  return wrong("Unknown type");
}

// Insertions, removals, replacements and swaps of neighbours that turn one text into the other.
std::size_t edit_distance(std::string_view a, std::string_view b) {
  std::vector<std::size_t> before(b.size() + 1), previous(b.size() + 1), row(b.size() + 1);
  for (std::size_t j = 0; j <= b.size(); ++j) previous[j] = j;
  for (std::size_t i = 1; i <= a.size(); ++i) {
    row[0] = i;
    for (std::size_t j = 1; j <= b.size(); ++j) {
      const std::size_t replaced = previous[j - 1] + (a[i - 1] == b[j - 1] ? 0 : 1);
      row[j] = std::min({previous[j] + 1, row[j - 1] + 1, replaced});
      if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
        row[j] = std::min(row[j], before[j - 2] + 1);
    }
    std::swap(before, previous);
    std::swap(previous, row);
  }
  return previous[b.size()];
}

}  // namespace

std::string_view option_type_name(OptionType type) {
  switch (type) {
    case OptionType::kBoolean:
      return "boolean";
    case OptionType::kString:
      return "string";
    case OptionType::kInt:
      return "int";
    case OptionType::kShort:
      return "short";
    case OptionType::kLong:
      return "long";
    case OptionType::kDouble:
      return "double";
    case OptionType::kList:
      return "list";
    case OptionType::kClass:
      return "class";
    case OptionType::kPassword:
      return "password";
  }
  return "";
}

std::string_view option_update_name(OptionUpdate mode) {
  switch (mode) {
    case OptionUpdate::kReadOnly:
      return "read-only";
    case OptionUpdate::kPerBroker:
      return "per-broker";
    case OptionUpdate::kClusterWide:
      return "cluster-wide";
  }
  return "";
}

Result<OptionValue, std::string> parse_option(const Option& option, std::string_view text) {
  Result<OptionValue, std::string> value;
  if (auto wrong = parse_typed(option, text, *value)) return std::unexpected(std::move(*wrong));
  if (auto wrong = check_value(option, *value, trim(text))) return std::unexpected(std::move(*wrong));
  return value;
}

std::string java_double(double value) {
  if (std::isnan(value)) return "NaN";
  if (std::isinf(value)) return value > 0 ? "Infinity" : "-Infinity";
  if (value == 0) return std::signbit(value) ? "-0.0" : "0.0";
  char digits[64];
  const double size = std::abs(value);
  const bool plain = size >= 1e-3 && size < 1e7;
  const auto end = std::to_chars(digits, digits + sizeof digits, value,
                                 plain ? std::chars_format::fixed : std::chars_format::scientific)
                       .ptr;
  std::string text(digits, end);
  if (plain) return text.contains('.') ? text : text + ".0";
  const std::size_t at = text.find('e');
  std::string mantissa = text.substr(0, at);
  if (!mantissa.contains('.')) mantissa += ".0";
  const auto exponent = parse_number<int>(without_plus(std::string_view(text).substr(at + 1)));
  ASSERT(exponent.has_value());
  return concat(mantissa, "E", *exponent);
}

std::string option_text(const OptionValue& value) {
  if (const auto* flag = std::get_if<bool>(&value)) return *flag ? "true" : "false";
  if (const auto* whole = std::get_if<std::int64_t>(&value)) return concat(*whole);
  if (const auto* number = std::get_if<double>(&value)) return java_double(*number);
  if (const auto* text = std::get_if<std::string>(&value)) return *text;
  std::string joined;
  for (const std::string& item : std::get<OptionList>(value)) {
    if (!joined.empty()) joined += ',';
    joined += item;
  }
  return joined;
}

std::string option_range(const Option& option) {
  const OptionCheck& check = option.check;
  switch (check.kind) {
    case OptionCheck::Kind::kNone:
      return "";
    case OptionCheck::Kind::kRange:
      if (std::isinf(check.max)) return concat("[", number_text(check.min), ",...]");
      return concat("[", number_text(check.min), ",...,", number_text(check.max), "]");
    case OptionCheck::Kind::kOneOf:
      return concat("[", check.allowed, "]");
    case OptionCheck::Kind::kOneOfIgnoreCase:
      return concat("[", check.allowed, "] in any case");
    case OptionCheck::Kind::kListOf:
      if (check.allowed.empty()) return check.may_be_empty ? "" : "at least one";
      return concat(check.may_be_empty ? "any of [" : "at least one of [", check.allowed, "]");
    case OptionCheck::Kind::kNonEmpty:
      return "not empty";
    case OptionCheck::Kind::kCustom:
      return std::string(check.meaning);
  }
  return "";
}

OptionRegistry::OptionRegistry(std::span<const OptionTable> tables) {
  for (const OptionTable table : tables) {
    for (const Option& option : table) {
      const auto scope = static_cast<std::size_t>(option.scope);
      const bool added = by_name_[scope].emplace(option.name, &option).second;
      ASSERT(added);  // two folders own one key
      sorted_[scope].push_back(&option);
    }
  }
  for (auto& rows : sorted_) {
    std::ranges::sort(rows, {}, [](const Option* option) { return option->name; });
  }
}

const Option* OptionRegistry::find(OptionScope scope, std::string_view name) const {
  const auto& names = by_name_[static_cast<std::size_t>(scope)];
  const auto found = names.find(name);
  return found == names.end() ? nullptr : found->second;
}

const std::vector<const Option*>& OptionRegistry::all(OptionScope scope) const {
  return sorted_[static_cast<std::size_t>(scope)];
}

std::optional<std::string_view> OptionRegistry::closest(OptionScope scope, std::string_view name) const {
  constexpr std::size_t kLongestName = 256;  // the distance takes time in the square of the length
  if (name.size() > kLongestName) return std::nullopt;
  const std::string wanted = lower(name);
  std::size_t best = std::max<std::size_t>(2, name.size() / 4) + 1;
  std::optional<std::string_view> closest;
  for (const Option* option : all(scope)) {
    if (option->internal) continue;
    const std::size_t distance = edit_distance(wanted, option->name);
    if (distance < best) {
      best = distance;
      closest = option->name;
    }
  }
  return closest;
}

std::string_view without_listener_prefix(std::string_view key) {
  constexpr std::string_view kPrefix = "listener.name.";
  if (!key.starts_with(kPrefix)) return key;
  const std::size_t dot = key.find('.', kPrefix.size());
  if (dot == std::string_view::npos) return key;
  const std::string_view rest = key.substr(dot + 1);
  constexpr std::array<std::string_view, 5> kPerMechanism = {
      "sasl.jaas.config", "sasl.login.callback.handler.class", "sasl.login.class",
      "sasl.server.callback.handler.class", "connections.max.reauth.ms"};
  for (const std::string_view option : kPerMechanism) {
    if (rest.ends_with(option)) return option;
  }
  return rest;
}

}  // namespace barnabas
