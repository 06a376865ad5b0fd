#include <atomic>
#include <mutex>

#include "admin/routes/call.h"
#include "admin/routes/routes.h"
#include "admin/time_text.h"
#include "common/base64.h"
#include "common/text.h"

namespace barnabas::admin {
namespace {

constexpr std::size_t kBatchEntriesMax = 10'000;

// The key or the value of a record, and how it was written.
struct Content {
  std::string type;
  std::optional<Buffer> bytes;
};

Buffer to_buffer(std::string_view text) {
  return Buffer(text.begin(), text.end());
}

Content read_content(JsonFields& fields, std::string_view name) {
  Content content;
  const Json* given = fields.object(name);
  if (!given) return content;
  JsonFields inner(*given);
  content.type = inner.text("type").value_or("JSON");
  const Json* data = inner.any("data");
  if (content.type == "JSON") {
    if (data) content.bytes = to_buffer(to_text(*data));
  } else if (content.type == "STRING" || content.type == "BINARY") {
    if (auto text = inner.text("data")) {
      content.bytes = content.type == "STRING" ? to_buffer(*text) : base64_decode(*text, Base64::kStandard);
      if (!content.bytes) inner.fail(concat("data=", *text, " is not a base64 string."));
    }
  } else {
    inner.fail(concat("The type ", content.type, " is not supported; BINARY, JSON and STRING are."));
  }
  if (!inner.error().empty()) fields.fail(concat(name, ": ", inner.error()));
  return content;
}

void read_headers(JsonFields& fields, NewRecord& record) {
  const Json* headers = fields.array("headers");
  for (std::size_t at = 0; headers && at < headers->size(); ++at) {
    JsonFields header((*headers)[at]);
    std::string name = header.required_text("name");
    std::optional<Buffer> value;
    if (const auto text = header.text("value")) {
      value = base64_decode(*text, Base64::kStandard);
      if (!value) header.fail(concat("'", *text, "' is not a base64 string."));
    }
    if (!header.error().empty()) fields.fail(concat("headers: ", header.error()));
    record.headers.emplace_back(std::move(name), std::move(value));
  }
}

// One record of the body, or what is wrong with it.
struct Entry {
  std::string id;  // batches only
  NewRecord record;
  std::string key_type, value_type;
  std::string error;
};

Entry read_entry(const std::string& topic, const Json& json) {
  Entry entry;
  JsonFields fields(json);
  entry.record.topic = topic;
  if (const auto partition = fields.integer("partition_id", 0, INT32_MAX))
    entry.record.partition = static_cast<std::int32_t>(*partition);
  if (const auto timestamp = fields.text("timestamp")) {
    entry.record.timestamp_ms = parse_time(*timestamp);
    if (!entry.record.timestamp_ms) fields.fail(concat("timestamp: '", *timestamp, "' is no ISO 8601 time."));
  }
  read_headers(fields, entry.record);
  Content key = read_content(fields, "key"), value = read_content(fields, "value");
  entry.record.key = std::move(key.bytes);
  entry.record.value = std::move(value.bytes);
  entry.key_type = std::move(key.type);
  entry.value_type = std::move(value.type);
  entry.error = fields.error();
  return entry;
}

Json content_json(const std::string& type, std::size_t bytes) {
  return {{"size", bytes}, {"type", type}};
}

// The answers of all entries of one request; the last that arrives sends them. Answers come from any thread.
class Collector {
 public:
  Collector(Call call, std::size_t count, bool batch)
      : call_(std::move(call)), results_(count), left_(count + 1), batch_(batch) {}

  void set(std::size_t index, Json result) {
    {
      const std::scoped_lock lock(mutex_);
      results_[index] = std::move(result);
    }
    arrived();
  }

  void arrived() {
    if (--left_ == 0) send();
  }

  const ClusterInfo& cluster() const { return call_.cluster; }

 private:
  void send() {
    const std::scoped_lock lock(mutex_);
    if (!batch_) return send_stream();
    Json successes = Json::array(), failures = Json::array();
    for (Json& result : results_) {
      const bool good = result["error_code"] == 200;
      if (good) result.erase("error_code");
      (good ? successes : failures).push_back(std::move(result));
    }
    call_.send(207, {{"successes", std::move(successes)}, {"failures", std::move(failures)}});
  }

  void send_stream() {
    Response response;
    for (const Json& result : results_) {
      if (!response.body.empty()) response.body += "\n";
      response.body += to_text(result);
    }
    // A single record that failed is a failed request; in a stream each report has its own code.
    if (results_.size() == 1 && results_.front()["error_code"] != 200)
      response.status = results_.front()["error_code"].get<int>() >= 40000
                            ? results_.front()["error_code"].get<int>() / 100
                            : results_.front()["error_code"].get<int>();
    call_.responder.send(std::move(response));
  }

  Call call_;
  std::mutex mutex_;
  std::vector<Json> results_;
  std::atomic<std::size_t> left_;
  const bool batch_;
};

Json report(const Entry& entry, const std::string& cluster_id, const ProducedRecord& made) {
  Json json = Json::object();
  if (!entry.id.empty()) json["id"] = entry.id;
  json["error_code"] = 200;
  json["cluster_id"] = cluster_id;
  json["topic_name"] = entry.record.topic;
  json["partition_id"] = made.partition;
  json["offset"] = made.offset;
  json["timestamp"] = format_time(made.timestamp_ms);
  return json;
}

Json failure(const std::string& id, int code, const std::string& message) {
  Json json = Json::object();
  if (!id.empty()) json["id"] = id;
  json["error_code"] = code;
  json["message"] = message;
  return json;
}

// All entries are handed over in order before any answer is waited for.
void produce_all(Call call, std::vector<Entry> entries, bool batch) {
  Backend& backend = call.backend;
  const auto collector = std::make_shared<Collector>(std::move(call), entries.size(), batch);
  for (std::size_t index = 0; index < entries.size(); ++index) {
    Entry& entry = entries[index];
    if (!entry.error.empty()) {
      collector->set(index, failure(entry.id, 400, "Bad Request: " + entry.error));
      continue;
    }
    NewRecord record = std::move(entry.record);
    entry.record.topic = record.topic;
    Json key, value;
    if (record.key) key = content_json(entry.key_type, record.key->size());
    if (record.value) value = content_json(entry.value_type, record.value->size());
    backend.produce(std::move(record), [collector, index, entry = std::move(entry), key = std::move(key),
                                        value = std::move(value)](
                                           Result<ProducedRecord, BackendError> made) mutable {
      if (!made) {
        const Json error = Json::parse(backend_error(made.error()).body);
        return collector->set(index, failure(entry.id, error["error_code"].get<int>(), made.error().message));
      }
      Json json = report(entry, collector->cluster().cluster_id, *made);
      if (!key.is_null()) json["key"] = std::move(key);
      if (!value.is_null()) json["value"] = std::move(value);
      collector->set(index, std::move(json));
    });
  }
  collector->arrived();
}

void produce_stream(Call call) {
  auto values = parse_json_stream(call.request->body);
  if (!values) return call.bad_request(values.error());
  if (values->empty())
    return call.responder.send(
        error_response(422, "Payload error. Request body is empty. Data is required."));
  std::vector<Entry> entries;
  for (const Json& value : *values) entries.push_back(read_entry(call.parameter("topic_name"), value));
  produce_all(std::move(call), std::move(entries), false);
}

void produce_batch(Call call) {
  const auto body = call.body();
  if (!body) return;
  JsonFields fields(*body);
  const Json* given = fields.array("entries");
  if (!given || given->empty()) fields.fail("Payload error. Empty batch.");
  if (given && given->size() > kBatchEntriesMax) fields.fail("Payload error. Too many entries in batch.");
  std::vector<Entry> entries;
  for (std::size_t at = 0; fields.error().empty() && at < given->size(); ++at) {
    JsonFields item((*given)[at]);
    std::string id = item.required_text("id");
    if (id.empty() || id.size() > 80) item.fail("Payload error. 'id' must have 1 to 80 characters.");
    fields.fail(item.error());
    entries.push_back(read_entry(call.parameter("topic_name"), (*given)[at]));
    entries.back().id = std::move(id);
  }
  if (!fields.error().empty()) return call.responder.send(error_response(422, 42208, fields.error()));
  produce_all(std::move(call), std::move(entries), true);
}

}  // namespace

void add_produce_routes(Router& router, Backend& backend) {
  router.add(
      {.method = "POST",
       .path = "/v3/clusters/{cluster_id}/topics/{topic_name}/records",
       .operation_id = "produceRecord",
       .summary = "Appends records: one JSON object, or several after each other, each with its own report.",
       .handler = in_cluster(backend, produce_stream),
       .request_schema = "ProduceRequest",
       .response_schema = "ProduceResponse"});
  router.add({.method = "POST",
              .path = "/v3/clusters/{cluster_id}/topics/{topic_name}/records:batch",
              .operation_id = "produceRecordsBatch",
              .summary = "Appends the records of a list.",
              .handler = in_cluster(backend, produce_batch),
              .request_schema = "ProduceBatchRequest",
              .response_schema = "ProduceBatchResponse",
              .success_status = 207});
}

}  // namespace barnabas::admin
