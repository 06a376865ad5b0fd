#include "admin/routes/call.h"
#include "admin/routes/routes.h"
#include "admin/time_text.h"
#include "common/base64.h"
#include "common/text.h"

namespace barnabas::admin {
namespace {

constexpr std::int64_t kLimitDefault = 100;
constexpr std::int64_t kLimitMax = 10'000;
constexpr std::int64_t kPageBytesMax = 4 * 1024 * 1024;

enum class Format : std::uint8_t { kText, kJson, kBase64 };

struct Question {
  RecordQuery query;
  Format key = Format::kText, value = Format::kText;
  std::string error;
};

// Reads parameters of the query and remembers the first that is wrong.
class Parameters {
 public:
  explicit Parameters(const Request& request) : request_(request) {}

  std::optional<std::int64_t> integer(std::string_view name, std::int64_t min, std::int64_t max) {
    const auto text = request_.query_value(name);
    if (!text) return std::nullopt;
    const auto number = parse_number<std::int64_t>(*text);
    if (number && *number >= min && *number <= max) return number;
    fail(concat("'", name, "' must be an integer from ", min, " to ", max, "."));
    return std::nullopt;
  }
  Format format(std::string_view name) {
    const std::string text = request_.query_value(name).value_or("text");
    if (text == "json") return Format::kJson;
    if (text == "base64") return Format::kBase64;
    if (text != "text") fail(concat("'", name, "' must be text, json or base64."));
    return Format::kText;
  }
  void fail(std::string error) {
    if (error_.empty()) error_ = std::move(error);
  }
  const std::string& error() const { return error_; }

 private:
  const Request& request_;
  std::string error_;
};

Question read_question(const Request& request) {
  Question question;
  Parameters parameters(request);
  RecordQuery& query = question.query;
  query.partition = {request.parameter("topic_name"),
                     static_cast<std::int32_t>(parameters.integer("partition", 0, INT32_MAX).value_or(0))};
  query.limit = static_cast<std::int32_t>(parameters.integer("limit", 1, kLimitMax).value_or(kLimitDefault));
  query.max_bytes = kPageBytesMax;
  int starts = 0;
  if (request.query_value("offset")) {
    query.start = FromOffset{parameters.integer("offset", 0, INT64_MAX).value_or(0)};
    ++starts;
  }
  if (const auto time = request.query_value("time")) {
    const auto ms = parse_time(*time);
    if (!ms) parameters.fail("'time' must be an ISO 8601 time or milliseconds since 1970.");
    query.start = FromTime{ms.value_or(0)};
    ++starts;
  }
  if (request.query_value("tail")) {
    query.start = FromTail{parameters.integer("tail", 0, INT64_MAX).value_or(0)};
    ++starts;
  }
  if (starts > 1) parameters.fail("Only one of 'offset', 'time' and 'tail' may be given.");
  question.key = parameters.format("key");
  question.value = parameters.format("value");
  question.error = parameters.error();
  return question;
}

// Adds `name` and `name`_format: what does not fit the wanted format is shown as text, or else as base64.
void add_content(Json& json, const std::string& name, const std::optional<Buffer>& bytes, Format format) {
  std::string_view shown = "text";
  Json content;
  if (bytes) {
    const std::string_view text = as_text(*bytes);
    const bool is_text = format != Format::kBase64 && is_utf8(text);
    content = base64_encode(*bytes, Base64::kStandard);
    shown = "base64";
    if (is_text) {
      content = std::string(text);
      shown = "text";
    }
    if (is_text && format == Format::kJson) {
      if (auto parsed = parse_json(text)) {
        content = std::move(*parsed);
        shown = "json";
      }
    }
  }
  json[name] = std::move(content);
  json[name + "_format"] = bytes ? Json(shown) : Json();
}

Json record_json(const Question& question, const Record& record) {
  Json json{{"partition_id", question.query.partition.partition},
            {"offset", record.offset},
            {"timestamp", format_time(record.timestamp_ms)},
            {"timestamp_type", record.log_append_time ? "LOG_APPEND_TIME" : "CREATE_TIME"}};
  add_content(json, "key", record.key, question.key);
  add_content(json, "value", record.value, question.value);
  json["headers"] = Json::array();
  for (const auto& [name, value] : record.headers) {
    Json header{{"name", name}};
    add_content(header, "value", value, Format::kText);
    json["headers"].push_back(std::move(header));
  }
  return json;
}

// The same question from another offset.
std::string next_url(const Request& request, std::int64_t offset) {
  std::string url = concat(request.base_url, request.path, "?offset=", offset);
  for (const auto& [name, value] : request.query) {
    if (name != "offset" && name != "time" && name != "tail")
      url += concat("&", percent_encode(name), "=", percent_encode(value));
  }
  return url;
}

void read_records(Backend& backend, RequestPtr request, Responder responder) {
  Question question = read_question(*request);
  Call call{std::move(request), std::move(responder), backend};
  if (!question.error.empty()) return call.bad_request(question.error);
  RecordQuery query = question.query;
  backend.read_records(
      std::move(query),
      then<RecordPage>(std::move(call), [question = std::move(question)](Call asked, RecordPage page) {
        Json data = Json::array();
        for (const Record& record : page.records) data.push_back(record_json(question, record));
        const bool more = page.next_offset < page.latest_offset;
        asked.send(200, {{"kind", "BarnabasRecordList"},
                         {"metadata",
                          {{"self", asked.request->base_url + asked.request->path},
                           {"next", more ? Json(next_url(*asked.request, page.next_offset)) : Json()}}},
                         {"topic_name", question.query.partition.topic},
                         {"partition_id", question.query.partition.partition},
                         {"earliest_offset", page.earliest_offset},
                         {"latest_offset", page.latest_offset},
                         {"next_offset", page.next_offset},
                         {"data", std::move(data)}});
      }));
}

}  // namespace

void add_record_routes(Router& router, Backend& backend) {
  router.add(
      {.method = "GET",
       .path = "/barnabas/v1/topics/{topic_name}/records",
       .operation_id = "readRecords",
       .summary = "Records of one partition, from an offset (the first by default), a time, or the tail.",
       .handler =
           [&backend](RequestPtr request, Responder responder) {
             read_records(backend, std::move(request), std::move(responder));
           },
       .query = {{"partition", "integer", "The partition, 0 by default."},
                 {"offset", "integer", "Start at this offset."},
                 {"time", "string", "Start at the first record not older; ISO 8601 or milliseconds."},
                 {"tail", "integer", "Start so many offsets before the end."},
                 {"limit", "integer", "At most so many records, 100 by default, 10000 at most."},
                 {"key", "string", "How keys are shown: text, json or base64."},
                 {"value", "string", "How values are shown: text, json or base64."}},
       .response_schema = "RecordDataList"});
}

}  // namespace barnabas::admin
