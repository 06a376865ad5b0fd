#include "admin/json.h"

#include "common/text.h"

namespace barnabas::admin {
namespace {

constexpr int kDepthMax = 64;  // writing JSON recurses

// Where the value that begins at `from` ends, by brackets and quotes alone; npos if it nests too deep or does
// not end.
std::size_t end_of_value(std::string_view text, std::size_t from) {
  int depth = 0;
  bool quoted = false;
  for (std::size_t at = from; at < text.size(); ++at) {
    const char letter = text[at];
    if (quoted) {
      if (letter == '\\') ++at;
      if (letter == '"') quoted = false;
    } else if (letter == '"') {
      quoted = true;
    } else if (letter == '{' || letter == '[') {
      if (++depth > kDepthMax) return std::string_view::npos;
    } else if (letter == '}' || letter == ']') {
      if (--depth <= 0) return at + 1;
    } else if (depth == 0 && std::string_view(" \t\r\n").find(letter) != std::string_view::npos) {
      return at;
    }
    if (!quoted && letter == '"' && depth == 0 && at > from) return at + 1;
  }
  return depth == 0 && !quoted ? text.size() : std::string_view::npos;
}

}  // namespace

std::string to_text(const Json& json) {
  return json.dump(-1, ' ', false, Json::error_handler_t::replace);
}

Json text_or_null(const std::optional<std::string>& text) {
  return text ? Json(*text) : Json();
}

Response json_response(int status, const Json& json) {
  Response response;
  response.status = status;
  response.body = to_text(json);
  return response;
}

Result<std::vector<Json>, std::string> parse_json_stream(std::string_view text) {
  std::vector<Json> values;
  for (std::size_t at = text.find_first_not_of(" \t\r\n"); at != std::string_view::npos;
       at = text.find_first_not_of(" \t\r\n", at)) {
    const std::size_t end = end_of_value(text, at);
    Json value = Json::value_t::discarded;
    if (end != std::string_view::npos) value = Json::parse(text.substr(at, end - at), nullptr, false);
    if (value.is_discarded())
      return unexpected(
          concat("The body is not valid JSON (value ", values.size() + 1, ", at byte ", at, ")."));
    values.push_back(std::move(value));
    at = end;
  }
  return values;
}

Result<Json, std::string> parse_json(std::string_view text) {
  auto values = parse_json_stream(text);
  if (!values) return unexpected(values.error());
  if (values->size() != 1) return unexpected(std::string("The body must be one JSON value."));
  return std::move(values->front());
}

bool is_utf8(std::string_view text) {
  for (std::size_t at = 0; at < text.size();) {
    const auto byte = static_cast<unsigned char>(text[at]);
    const std::size_t length = byte < 0x80 ? 1 : byte >= 0xf0 ? 4 : byte >= 0xe0 ? 3 : 2;
    if ((byte >= 0x80 && byte < 0xc2) || byte > 0xf4 || at + length > text.size()) return false;
    std::uint32_t point = length == 1 ? byte : byte & (0xffu >> (length + 1));
    for (std::size_t next = 1; next < length; ++next) {
      const auto more = static_cast<unsigned char>(text[at + next]);
      if ((more & 0xc0) != 0x80) return false;
      point = point << 6 | (more & 0x3f);
    }
    constexpr std::uint32_t kSmallest[] = {0, 0, 0x80, 0x800, 0x10000};
    if (point < kSmallest[length] || point > 0x10ffff || (point >= 0xd800 && point < 0xe000)) return false;
    at += length;
  }
  return true;
}

JsonFields::JsonFields(const Json& object) : object_(object) {
  if (!object.is_object()) fail("A JSON object is expected.");
}

void JsonFields::fail(std::string error) {
  if (error_.empty()) error_ = std::move(error);
}

const Json* JsonFields::any(std::string_view name) const {
  if (!object_.is_object()) return nullptr;
  const auto found = object_.find(std::string(name));
  return found == object_.end() || found->is_null() ? nullptr : &*found;
}

std::optional<std::string> JsonFields::text(std::string_view name) {
  const Json* value = any(name);
  if (!value) return std::nullopt;
  if (value->is_string()) return value->get<std::string>();
  fail(concat("'", name, "' must be a string."));
  return std::nullopt;
}

std::string JsonFields::required_text(std::string_view name) {
  auto value = text(name);
  if (!value) fail(concat("'", name, "' is missing."));
  return value.value_or("");
}

std::optional<std::int64_t> JsonFields::integer(std::string_view name, std::int64_t min, std::int64_t max) {
  const Json* value = any(name);
  if (!value) return std::nullopt;
  if (value->is_number_integer() &&
      !(value->is_number_unsigned() && value->get<std::uint64_t>() > std::uint64_t{INT64_MAX})) {
    const auto number = value->get<std::int64_t>();
    if (number >= min && number <= max) return number;
  }
  fail(concat("'", name, "' must be an integer from ", min, " to ", max, "."));
  return std::nullopt;
}

std::optional<bool> JsonFields::boolean(std::string_view name) {
  const Json* value = any(name);
  if (!value) return std::nullopt;
  if (value->is_boolean()) return value->get<bool>();
  fail(concat("'", name, "' must be true or false."));
  return std::nullopt;
}

const Json* JsonFields::array(std::string_view name) {
  const Json* value = any(name);
  if (value && !value->is_array()) {
    fail(concat("'", name, "' must be an array."));
    return nullptr;
  }
  return value;
}

const Json* JsonFields::object(std::string_view name) {
  const Json* value = any(name);
  if (value && !value->is_object()) {
    fail(concat("'", name, "' must be an object."));
    return nullptr;
  }
  return value;
}

}  // namespace barnabas::admin
