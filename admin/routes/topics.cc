#include "admin/routes/call.h"
#include "admin/routes/routes.h"
#include "common/text.h"

namespace barnabas::admin {
namespace {

Json topic_json(const Call& call, const TopicInfo& topic) {
  Json json = call.item("KafkaTopic", {"topics", topic.name}, "/topic=" + topic.name);
  json["topic_name"] = topic.name;
  json["is_internal"] = topic.internal;
  json["replication_factor"] = topic.partitions.empty() ? 0 : topic.partitions.front().replicas.size();
  json["partitions_count"] = topic.partitions.size();
  json["partitions"] = call.related({"topics", topic.name, "partitions"});
  json["configs"] = call.related({"topics", topic.name, "configs"});
  json["partition_reassignments"] = call.related({"topics", topic.name, "partitions", "-", "reassignment"});
  json["authorized_operations"] = Json::array();
  return json;
}

void list_topics(Call call) {
  Backend& backend = call.backend;
  backend.topics(then<std::vector<TopicInfo>>(std::move(call), [](Call asked, std::vector<TopicInfo> topics) {
    Json data = Json::array();
    for (const TopicInfo& topic : topics) data.push_back(topic_json(asked, topic));
    asked.send(200, asked.list("KafkaTopicList", {"topics"}, std::move(data)));
  }));
}

void get_topic(Call call) {
  Backend& backend = call.backend;
  const std::string name = call.parameter("topic_name");
  backend.topic(name, then<TopicInfo>(std::move(call), [](Call asked, const TopicInfo& topic) {
                  asked.send(200, topic_json(asked, topic));
                }));
}

// {"0": [1, 2], "1": [2, 3]}: every partition from 0 on.
void read_assignments(const Json& map, NewTopic& topic, JsonFields& fields) {
  topic.replicas_assignments.resize(map.size());
  for (const auto& [partition, replicas] : map.items()) {
    const auto number = parse_number<std::size_t>(partition);
    if (!number || *number >= map.size() || !replicas.is_array())
      return fields.fail("'replicas_assignments' must map every partition from 0 on to broker ids.");
    for (const Json& replica : replicas) {
      if (!replica.is_number_integer()) return fields.fail("'replicas_assignments' must hold broker ids.");
      topic.replicas_assignments[*number].push_back(replica.get<std::int32_t>());
    }
  }
}

NewTopic read_new_topic(JsonFields& fields) {
  NewTopic topic;
  topic.name = fields.required_text("topic_name");
  if (const auto count = fields.integer("partitions_count", INT32_MIN, INT32_MAX))
    topic.partitions_count = static_cast<std::int32_t>(*count);
  if (const auto factor = fields.integer("replication_factor", INT32_MIN, INT32_MAX))
    topic.replication_factor = static_cast<std::int32_t>(*factor);
  if (const Json* map = fields.object("replicas_assignments")) read_assignments(*map, topic, fields);
  topic.validate_only = fields.boolean("validate_only").value_or(false);
  const Json* configs = fields.array("configs");
  if (!configs) return topic;
  for (const Json& config : *configs) {
    JsonFields entry(config);
    std::string name = entry.required_text("name");
    auto value = entry.text("value");
    if (!entry.error().empty()) fields.fail(concat("'configs': ", entry.error()));
    if (value) topic.configs.emplace_back(std::move(name), std::move(*value));
  }
  return topic;
}

void create_topic(Call call) {
  const auto body = call.body();
  if (!body) return;
  JsonFields fields(*body);
  NewTopic topic = read_new_topic(fields);
  if (!fields.error().empty()) return call.bad_request(fields.error());
  Backend& backend = call.backend;
  const bool validate_only = topic.validate_only;
  backend.create_topic(
      std::move(topic), then<TopicInfo>(std::move(call), [validate_only](Call asked, const TopicInfo& made) {
        Response response = json_response(validate_only ? 200 : 201, topic_json(asked, made));
        if (!validate_only) response.headers.emplace_back("Location", asked.url({"topics", made.name}));
        asked.responder.send(std::move(response));
      }));
}

void delete_topic(Call call) {
  Backend& backend = call.backend;
  const std::string name = call.parameter("topic_name");
  backend.delete_topic(name, then<Done>(std::move(call), [](Call asked, Done) { asked.send_nothing(); }));
}

void update_topic(Call call) {
  const auto body = call.body();
  if (!body) return;
  JsonFields fields(*body);
  const auto count = fields.integer("partitions_count", INT32_MIN, INT32_MAX);
  if (!count) fields.fail("'partitions_count' is missing.");
  if (!fields.error().empty()) return call.bad_request(fields.error());
  Backend& backend = call.backend;
  const std::string name = call.parameter("topic_name");
  backend.create_partitions(
      name, static_cast<std::int32_t>(*count),
      then<Done>(std::move(call), [](Call asked, Done) { get_topic(std::move(asked)); }));
}

}  // namespace

void add_topic_routes(Router& router, Backend& backend) {
  constexpr std::string_view kTopics = "/v3/clusters/{cluster_id}/topics";
  constexpr std::string_view kTopic = "/v3/clusters/{cluster_id}/topics/{topic_name}";
  router.add({.method = "GET",
              .path = kTopics,
              .operation_id = "listTopics",
              .summary = "All topics.",
              .handler = in_cluster(backend, list_topics),
              .response_schema = "TopicDataList"});
  router.add({.method = "POST",
              .path = kTopics,
              .operation_id = "createTopic",
              .summary = "Makes a topic; validate_only tells whether it would be made.",
              .handler = in_cluster(backend, create_topic),
              .request_schema = "CreateTopicRequestData",
              .response_schema = "TopicData",
              .success_status = 201});
  router.add({.method = "GET",
              .path = kTopic,
              .operation_id = "getTopic",
              .summary = "One topic.",
              .handler = in_cluster(backend, get_topic),
              .response_schema = "TopicData"});
  router.add({.method = "PATCH",
              .path = kTopic,
              .operation_id = "updatePartitionCount",
              .summary = "Raises the number of partitions.",
              .handler = in_cluster(backend, update_topic),
              .request_schema = "UpdatePartitionCountRequestData",
              .response_schema = "TopicData"});
  router.add({.method = "DELETE",
              .path = kTopic,
              .operation_id = "deleteTopic",
              .summary = "Deletes the topic and its records.",
              .handler = in_cluster(backend, delete_topic),
              .success_status = 204});
}

}  // namespace barnabas::admin
