// JSON in and out. Heavy: for .cc files alone.
#pragma once

#include <cstdint>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "admin/http.h"
#include "common/result.h"

namespace barnabas::admin {

using Json = nlohmann::ordered_json;

// Compact text; bytes that are no UTF-8 are replaced.
std::string to_text(const Json& json);
Json text_or_null(const std::optional<std::string>& text);
Response json_response(int status, const Json& json);

// The values that follow each other in `text`, as one by one they come in a stream of records. The error says
// what is wrong, at which value.
Result<std::vector<Json>, std::string> parse_json_stream(std::string_view text);
// Exactly one value; nothing nests deeper than 64.
Result<Json, std::string> parse_json(std::string_view text);
bool is_utf8(std::string_view text);

// Reads the members of an object and remembers the first thing that is wrong: ask error() when all is read.
class JsonFields {
 public:
  explicit JsonFields(const Json& object);

  std::optional<std::string> text(std::string_view name);  // null counts as absent, here and below
  std::optional<std::int64_t> integer(std::string_view name, std::int64_t min, std::int64_t max);
  std::optional<bool> boolean(std::string_view name);
  const Json* array(std::string_view name);
  const Json* object(std::string_view name);
  const Json* any(std::string_view name) const;
  std::string required_text(std::string_view name);

  void fail(std::string error);
  const std::string& error() const { return error_; }

 private:
  const Json& object_;
  std::string error_;
};

}  // namespace barnabas::admin
