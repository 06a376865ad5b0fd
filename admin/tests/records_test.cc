// Records in and out, health, metrics and the OpenAPI document.
#include <set>

#include "admin/openapi.h"
#include "admin/tests/support.h"
#include "admin/time_text.h"
#include "common/base64.h"

namespace barnabas::admin {
namespace {

using Records = ApiTest;

constexpr std::string_view kRecords = "/v3/clusters/cluster-1/topics/orders/records";
constexpr std::string_view kRead = "/barnabas/v1/topics/orders/records";

TEST_F(Records, ProduceOneRecordWithEveryField) {
  const auto reply =
      ask("POST", kRecords,
          R"({"partition_id": 1, "headers": [{"name": "h", "value": "dmFsdWU="}, {"name": "none"}],
                             "key": {"type": "BINARY", "data": "a2V5"},
                             "value": {"type": "JSON", "data": {"a": [1, "x"]}},
                             "timestamp": "2021-02-05T19:14:42Z"})");
  EXPECT_EQ(reply.status, 200) << reply.body;
  EXPECT_EQ(reply.json(), (Json{{"error_code", 200},
                                {"cluster_id", "cluster-1"},
                                {"topic_name", "orders"},
                                {"partition_id", 1},
                                {"offset", 0},
                                {"timestamp", "2021-02-05T19:14:42.000Z"},
                                {"key", {{"size", 3}, {"type", "BINARY"}}},
                                {"value", {{"size", 13}, {"type", "JSON"}}}}));
  ASSERT_EQ(backend.produced.size(), 1u);
  const NewRecord& record = backend.produced[0];
  EXPECT_EQ(record.partition, 1);
  EXPECT_EQ(record.key, bytes("key"));
  EXPECT_EQ(record.value, bytes(R"({"a":[1,"x"]})"));
  EXPECT_EQ(record.headers, (std::vector<RecordHeader>{{"h", bytes("value")}, {"none", std::nullopt}}));
  EXPECT_EQ(record.timestamp_ms, 1'612'552'482'000);
}

TEST_F(Records, AStreamOfRecordsIsAnsweredInOrder) {
  std::string body;
  for (int number = 0; number < 50; ++number)
    body += R"({"value": {"type": "STRING", "data": ")" + std::to_string(number) + "\"}}\n";
  body += R"({"value": {"type": "BINARY", "data": "1"}} {})";
  const auto reply = ask("POST", kRecords, body);
  EXPECT_EQ(reply.status, 200);
  const auto reports = parse_json_stream(reply.body);
  ASSERT_TRUE(reports && reports->size() == 52);
  for (int number = 0; number < 50; ++number) {
    EXPECT_EQ((*reports)[static_cast<std::size_t>(number)]["offset"], number);
    EXPECT_EQ(backend.produced[static_cast<std::size_t>(number)].value, bytes(std::to_string(number)));
  }
  EXPECT_EQ((*reports)[50],
            (Json{{"error_code", 400}, {"message", "Bad Request: value: data=1 is not a base64 string."}}));
  EXPECT_EQ((*reports)[51]["offset"], 50);
  EXPECT_EQ(backend.produced[50].value, std::nullopt);
  EXPECT_FALSE((*reports)[51].contains("value"));
}

TEST_F(Records, ProduceRefusesWhatIsWrong) {
  const auto post = [&](std::string_view body) { return ask("POST", kRecords, body); };
  const auto message = [&](std::string_view body) { return post(body).json()["message"].get<std::string>(); };
  EXPECT_EQ(post(R"({"value": {"type": "AVRO", "data": 1}})").status, 400);
  EXPECT_EQ(message(R"({"value": {"type": "AVRO", "data": 1}})"),
            "Bad Request: value: The type AVRO is not supported; BINARY, JSON and STRING are.");
  EXPECT_EQ(message(R"({"partition_id": -1})"),
            "Bad Request: 'partition_id' must be an integer from 0 to 2147483647.");
  EXPECT_EQ(message(R"({"timestamp": "yesterday"})"),
            "Bad Request: timestamp: 'yesterday' is no ISO 8601 time.");
  EXPECT_EQ(message(R"({"headers": [{"name": "h", "value": "?"}]})"),
            "Bad Request: headers: '?' is not a base64 string.");
  EXPECT_EQ(message(R"({"value": {}} {"value":)"), "The body is not valid JSON (value 2, at byte 14).");
  EXPECT_TRUE(backend.produced.empty());
  EXPECT_EQ(ask("POST", kRecords, "  ").status, 422);
  const auto absent =
      ask("POST", "/v3/clusters/cluster-1/topics/absent/records", R"({"value": {"data": 1}})");
  EXPECT_EQ(absent.status, 404);
  EXPECT_EQ(absent.json()["error_code"], 40403);
}

TEST_F(Records, ABatchTellsSuccessesFromFailures) {
  const auto reply = ask("POST", std::string(kRecords) + ":batch",
                         R"({"entries": [{"id": "1", "value": {"type": "STRING", "data": "a"}},
                                         {"id": "2", "value": {"type": "BINARY", "data": "!"}}]})");
  EXPECT_EQ(reply.status, 207) << reply.body;
  const Json json = reply.json();
  ASSERT_EQ(json["successes"].size(), 1u);
  EXPECT_EQ(json["successes"][0]["id"], "1");
  EXPECT_EQ(json["successes"][0]["offset"], 0);
  EXPECT_EQ(json["failures"],
            Json::array({Json{{"id", "2"},
                              {"error_code", 400},
                              {"message", "Bad Request: value: data=! is not a base64 string."}}}));
  expect_error(ask("POST", std::string(kRecords) + ":batch", R"({"entries": []})"), 422, 42208,
               "Payload error. Empty batch.");
  EXPECT_EQ(ask("POST", std::string(kRecords) + ":batch", R"({"entries": [{}]})").status, 422);
}

TEST_F(Records, ReadShowsRecordsAndWhereToGoOn) {
  const Json page = get(concat(kRead, "?partition=1&offset=2&limit=2&value=json&key=base64")).json();
  EXPECT_EQ(backend.asked->partition, (TopicPartition{"orders", 1}));
  EXPECT_EQ(std::get<FromOffset>(backend.asked->start).offset, 2);
  EXPECT_EQ(backend.asked->limit, 2);
  EXPECT_EQ(page["kind"], "BarnabasRecordList");
  EXPECT_EQ(page["metadata"]["next"],
            url(concat(kRead, "?offset=2&partition=1&limit=2&value=json&key=base64")));
  EXPECT_EQ(page["latest_offset"], 5);
  EXPECT_EQ(page["next_offset"], 2);
  ASSERT_EQ(page["data"].size(), 2u);
  EXPECT_EQ(
      page["data"][1],
      (Json{{"partition_id", 1},
            {"offset", 1},
            {"timestamp", "2023-11-14T22:13:20.001Z"},
            {"timestamp_type", "CREATE_TIME"},
            {"key", "azE="},
            {"key_format", "base64"},
            {"value", {{"n", 1}}},
            {"value_format", "json"},
            {"headers", Json::array({Json{{"name", "h"}, {"value", "v"}, {"value_format", "text"}}})}}));
  EXPECT_TRUE(get(kRead).json()["metadata"]["next"].is_null()) << "all five fit";
}

TEST_F(Records, ReadStartsByTimeOrTail) {
  EXPECT_EQ(get(concat(kRead, "?time=2023-11-14T22:13:20.5%2B01:00")).status, 200);
  EXPECT_EQ(std::get<FromTime>(backend.asked->start).timestamp_ms, 1'699'996'400'500);
  EXPECT_EQ(get(concat(kRead, "?time=123")).status, 200);
  EXPECT_EQ(std::get<FromTime>(backend.asked->start).timestamp_ms, 123);
  EXPECT_EQ(get(concat(kRead, "?tail=10")).status, 200);
  EXPECT_EQ(std::get<FromTail>(backend.asked->start).count, 10);
  EXPECT_EQ(backend.asked->limit, 100);
}

TEST_F(Records, WhatIsNoTextIsShownAsBase64) {
  backend.records = {{0, 0, true, std::nullopt, Buffer{0xff, 0xfe}, {}},
                     {1, 0, true, bytes(""), bytes("no json"), {}}};
  const Json data = get(concat(kRead, "?value=json")).json()["data"];
  EXPECT_TRUE(data[0]["key"].is_null());
  EXPECT_TRUE(data[0]["key_format"].is_null());
  EXPECT_EQ(data[0]["value"], "//4=");
  EXPECT_EQ(data[0]["value_format"], "base64");
  EXPECT_EQ(data[0]["timestamp_type"], "LOG_APPEND_TIME");
  EXPECT_EQ(data[1]["key"], "");
  EXPECT_EQ(data[1]["value"], "no json");
  EXPECT_EQ(data[1]["value_format"], "text");
}

TEST_F(Records, ReadRefusesWhatIsWrong) {
  expect_error(get(concat(kRead, "?offset=x")), 400, 400,
               "'offset' must be an integer from 0 to 9223372036854775807.");
  expect_error(get(concat(kRead, "?limit=0")), 400, 400, "'limit' must be an integer from 1 to 10000.");
  expect_error(get(concat(kRead, "?offset=1&tail=1")), 400, 400,
               "Only one of 'offset', 'time' and 'tail' may be given.");
  expect_error(get(concat(kRead, "?time=soon")), 400, 400,
               "'time' must be an ISO 8601 time or milliseconds since 1970.");
  expect_error(get(concat(kRead, "?key=xml")), 400, 400, "'key' must be text, json or base64.");
  expect_error(get("/barnabas/v1/topics/absent/records"), 404, 40403,
               "This server does not host this topic-partition.");
}

TEST_F(Records, HealthAndMetrics) {
  EXPECT_EQ(get("/livez").status, 200);
  const auto ready = get("/readyz?topic=orders&topic=payments&group=g");
  EXPECT_EQ(ready.status, 200);
  EXPECT_EQ(ready.json(), (Json{{"ready", true}, {"reason", "2 topics, 1 groups"}}));
  const auto waiting = get("/readyz?topic=absent");
  EXPECT_EQ(waiting.status, 503);
  EXPECT_EQ(waiting.json()["reason"], "The topic absent does not exist.");
  const auto metrics = get("/metrics");
  EXPECT_EQ(metrics.headers.at("content-type"), "text/plain; version=0.0.4; charset=utf-8");
  EXPECT_EQ(metrics.body, "# TYPE up gauge\nup 1\n");
}

void collect_references(const Json& json, std::set<std::string>& references) {
  if (json.is_object() && json.contains("$ref")) references.insert(json["$ref"].get<std::string>());
  if (json.is_structured())
    for (const Json& inner : json) collect_references(inner, references);
}

TEST_F(Records, OpenApiHasEveryRouteAndEverySchemaItNames) {
  const Json document = get("/openapi.json").json();
  EXPECT_EQ(document["openapi"], "3.0.3");
  std::set<std::string> ids;
  for (const Route& route : router.routes()) {
    std::string method(route.method);
    for (char& letter : method) letter = static_cast<char>(std::tolower(letter));
    const Json& path = document["paths"][std::string(route.path)];
    ASSERT_TRUE(path.contains(method)) << route.path;
    const Json& operation = path[method];
    EXPECT_TRUE(ids.insert(operation["operationId"].get<std::string>()).second) << "operation ids are unique";
    EXPECT_TRUE(operation["responses"].contains(std::to_string(route.success_status)));
    const auto in_path = std::count(route.path.begin(), route.path.end(), '{');
    const std::size_t parameters = operation.contains("parameters") ? operation["parameters"].size() : 0;
    EXPECT_EQ(parameters, static_cast<std::size_t>(in_path) + route.query.size()) << route.path;
  }
  std::set<std::string> references;
  collect_references(document, references);
  EXPECT_GT(references.size(), 40u);
  constexpr std::string_view kPrefix = "#/components/schemas/";
  for (const std::string& reference : references) {
    ASSERT_TRUE(reference.starts_with(kPrefix));
    EXPECT_TRUE(document["components"]["schemas"].contains(reference.substr(kPrefix.size()))) << reference;
  }
  for (const SchemaRow& row : openapi_schemas())
    EXPECT_TRUE(references.contains(concat(kPrefix, row.name))) << row.name << " is used by nothing";
}

TEST(Times, AreReadAndShown) {
  EXPECT_EQ(format_time(0), "1970-01-01T00:00:00.000Z");
  EXPECT_EQ(format_time(-1), "1969-12-31T23:59:59.999Z");
  for (const std::int64_t ms : {std::int64_t{0}, std::int64_t{1'700'000'000'123}, std::int64_t{-86'400'001}})
    EXPECT_EQ(parse_time(format_time(ms)), ms);
  EXPECT_EQ(parse_time("2024-02-29T00:00:00Z"), 1'709'164'800'000);
  for (const char* bad : {"", "2023-02-29T00:00:00Z", "2024-02-29", "2024-02-29T00:00:00",
                          "2024-02-29T24:00:00Z", "2024-02-29T00:00:00Zx", "2024-02-29T00:00:00+1:00"})
    EXPECT_EQ(parse_time(bad), std::nullopt) << bad;
}

TEST(JsonText, KnowsUtf8AndRefusesDeepNesting) {
  EXPECT_TRUE(is_utf8("plain, \xc3\xbc, \xe2\x82\xac, \xf0\x9f\x98\x80"));
  for (const char* bad :
       {"\xff", "\xc3", "\xc0\x80", "\xe0\x80\x80", "\xed\xa0\x80", "\xf5\x80\x80\x80", "\x80"})
    EXPECT_FALSE(is_utf8(bad));
  EXPECT_TRUE(parse_json(std::string(64, '[') + std::string(64, ']')).has_value());
  EXPECT_FALSE(parse_json(std::string(65, '[') + std::string(65, ']')).has_value());
  EXPECT_FALSE(parse_json("1 2").has_value());
  EXPECT_FALSE(parse_json("\"open").has_value());
  EXPECT_EQ(*parse_json(R"( "a \" } b" )"), "a \" } b");
  EXPECT_EQ(parse_json_stream("1 \"a\"{}[]null")->size(), 5u);
}

}  // namespace
}  // namespace barnabas::admin
