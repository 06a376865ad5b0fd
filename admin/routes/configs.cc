#include "admin/routes/call.h"
#include "admin/routes/routes.h"
#include "common/text.h"

namespace barnabas::admin {
namespace {

using Type = ConfigResource::Type;

std::string_view source_name(ConfigSource source) {
  switch (source) {
    case ConfigSource::kDynamicTopic:
      return "DYNAMIC_TOPIC_CONFIG";
    case ConfigSource::kDynamicBroker:
      return "DYNAMIC_BROKER_CONFIG";
    case ConfigSource::kDynamicBrokerDefault:
      return "DYNAMIC_DEFAULT_BROKER_CONFIG";
    case ConfigSource::kStaticBroker:
      return "STATIC_BROKER_CONFIG";
    case ConfigSource::kDefault:
      return "DEFAULT_CONFIG";
    case ConfigSource::kUnknown:
      return "UNKNOWN";
  }
  return "UNKNOWN";
}

Json head_of(const Call& call, const ConfigResource& resource, const std::string& name) {
  switch (resource.type) {
    case Type::kTopic: {
      Json json = call.item("KafkaTopicConfig", {"topics", resource.name, "configs", name},
                            concat("/topic=", resource.name, "/config=", name));
      json["topic_name"] = resource.name;
      return json;
    }
    case Type::kBroker: {
      Json json = call.item("KafkaBrokerConfig", {"brokers", resource.name, "configs", name},
                            concat("/broker=", resource.name, "/config=", name));
      json["broker_id"] = parse_number<std::int32_t>(resource.name).value_or(-1);
      return json;
    }
    case Type::kBrokerDefaults:
      break;
  }
  Json json = call.item("KafkaClusterConfig", {"broker-configs", name}, "/broker-config=" + name);
  json["config_type"] = "BROKER";
  return json;
}

Json config_json(const Call& call, const ConfigResource& resource, const ConfigEntry& entry) {
  Json json = head_of(call, resource, entry.name);
  json["name"] = entry.name;
  json["value"] = text_or_null(entry.value);
  json["is_default"] = entry.source == ConfigSource::kDefault;
  json["is_read_only"] = entry.is_read_only;
  json["is_sensitive"] = entry.is_sensitive;
  json["source"] = source_name(entry.source);
  json["synonyms"] = Json::array();
  for (const ConfigSynonym& synonym : entry.synonyms) {
    json["synonyms"].push_back({{"name", synonym.name},
                                {"value", text_or_null(synonym.value)},
                                {"source", source_name(synonym.source)}});
  }
  return json;
}

std::string_view list_kind(Type type) {
  switch (type) {
    case Type::kTopic:
      return "KafkaTopicConfigList";
    case Type::kBroker:
      return "KafkaBrokerConfigList";
    case Type::kBrokerDefaults:
      return "KafkaClusterConfigList";
  }
  return "";
}

// Lists link to where they were asked for.
Json config_list(const Call& call, Type type, Json data) {
  Json list = call.list(list_kind(type), {}, std::move(data));
  list["metadata"]["self"] = call.request->base_url + call.request->path;
  return list;
}

ConfigResource resource_of(const Call& call, Type type) {
  if (type == Type::kTopic) return {type, call.parameter("topic_name")};
  if (type == Type::kBroker) return {type, call.parameter("broker_id")};
  return {type, ""};
}

void send_configs(Call call, Type type, std::vector<ConfigResource> resources) {
  Backend& backend = call.backend;
  backend.configs(std::move(resources),
                  then<std::vector<ResourceConfigs>>(
                      std::move(call), [type](Call asked, const std::vector<ResourceConfigs>& all) {
                        Json data = Json::array();
                        for (const ResourceConfigs& one : all)
                          for (const ConfigEntry& entry : one.entries)
                            data.push_back(config_json(asked, one.resource, entry));
                        asked.send(200, config_list(asked, type, std::move(data)));
                      }));
}

void list_all_topic_configs(Call call) {
  Backend& backend = call.backend;
  backend.topics(
      then<std::vector<TopicInfo>>(std::move(call), [](Call asked, const std::vector<TopicInfo>& topics) {
        std::vector<ConfigResource> resources;
        for (const TopicInfo& topic : topics) resources.push_back({Type::kTopic, topic.name});
        send_configs(std::move(asked), Type::kTopic, std::move(resources));
      }));
}

void list_all_broker_configs(Call call) {
  Backend& backend = call.backend;
  backend.brokers(
      then<std::vector<BrokerInfo>>(std::move(call), [](Call asked, const std::vector<BrokerInfo>& brokers) {
        std::vector<ConfigResource> resources;
        for (const BrokerInfo& broker : brokers)
          resources.push_back({Type::kBroker, std::to_string(broker.broker_id)});
        send_configs(std::move(asked), Type::kBroker, std::move(resources));
      }));
}

void get_config(Call call, Type type) {
  Backend& backend = call.backend;
  const ConfigResource resource = resource_of(call, type);
  backend.configs({resource}, then<std::vector<ResourceConfigs>>(
                                  std::move(call), [](Call asked, const std::vector<ResourceConfigs>& all) {
                                    const std::string& name = asked.parameter("name");
                                    for (const ResourceConfigs& one : all)
                                      for (const ConfigEntry& entry : one.entries)
                                        if (entry.name == name)
                                          return asked.send(200, config_json(asked, one.resource, entry));
                                    asked.not_found(concat("Config ", name, " cannot be found."));
                                  }));
}

void alter(Call call, Type type, std::vector<ConfigChange> changes, bool validate_only) {
  Backend& backend = call.backend;
  ConfigResource resource = resource_of(call, type);
  backend.alter_configs(std::move(resource), std::move(changes), validate_only,
                        then<Done>(std::move(call), [](Call asked, Done) { asked.send_nothing(); }));
}

void put_config(Call call, Type type) {
  const auto body = call.body();
  if (!body) return;
  JsonFields fields(*body);
  auto value = fields.text("value");
  if (!fields.error().empty()) return call.bad_request(fields.error());
  // An absent or null value puts the default back, as DELETE does.
  std::vector<ConfigChange> changes{{call.parameter("name"), std::move(value)}};
  alter(std::move(call), type, std::move(changes), false);
}

void delete_config(Call call, Type type) {
  std::vector<ConfigChange> changes{{call.parameter("name"), std::nullopt}};
  alter(std::move(call), type, std::move(changes), false);
}

std::optional<ConfigChange> read_change(const Json& json, std::string& error) {
  JsonFields fields(json);
  ConfigChange change{fields.required_text("name"), fields.text("value")};
  const std::string operation = fields.text("operation").value_or("SET");
  if (operation == "DELETE") {
    change.value.reset();
  } else if (operation != "SET") {
    fields.fail(concat("'operation' must be SET or DELETE, not '", operation, "'."));
  } else if (!change.value) {
    fields.fail("'value' is missing.");
  }
  error = fields.error();
  if (!error.empty()) return std::nullopt;
  return change;
}

void alter_configs(Call call, Type type) {
  const auto body = call.body();
  if (!body) return;
  JsonFields fields(*body);
  const Json* data = fields.array("data");
  if (!data) fields.fail("'data' is missing.");
  const bool validate_only = fields.boolean("validate_only").value_or(false);
  std::vector<ConfigChange> changes;
  for (std::size_t at = 0; data && at < data->size(); ++at) {
    std::string error;
    if (auto change = read_change((*data)[at], error)) {
      changes.push_back(std::move(*change));
    } else {
      fields.fail(concat("'data': ", error));
    }
  }
  if (!fields.error().empty()) return call.bad_request(fields.error());
  alter(std::move(call), type, std::move(changes), validate_only);
}

struct Paths {
  Type type;
  std::string_view list, one, alter;
  std::string_view data_schema, list_schema;
  std::string_view list_id, get_id, put_id, delete_id, alter_id;
};

void add_routes_of(Router& router, Backend& backend, const Paths& paths) {
  const Type type = paths.type;
  router.add({.method = "GET",
              .path = paths.list,
              .operation_id = paths.list_id,
              .summary = "All configs.",
              .handler = in_cluster(backend,
                                    [type](Call call) {
                                      std::vector<ConfigResource> resources{resource_of(call, type)};
                                      send_configs(std::move(call), type, std::move(resources));
                                    }),
              .response_schema = paths.list_schema});
  router.add({.method = "GET",
              .path = paths.one,
              .operation_id = paths.get_id,
              .summary = "One config.",
              .handler = in_cluster(backend, [type](Call call) { get_config(std::move(call), type); }),
              .response_schema = paths.data_schema});
  router.add({.method = "PUT",
              .path = paths.one,
              .operation_id = paths.put_id,
              .summary = "Sets one config.",
              .handler = in_cluster(backend, [type](Call call) { put_config(std::move(call), type); }),
              .request_schema = "UpdateConfigRequestData",
              .success_status = 204});
  router.add({.method = "DELETE",
              .path = paths.one,
              .operation_id = paths.delete_id,
              .summary = "Puts one config back to what stands below it.",
              .handler = in_cluster(backend, [type](Call call) { delete_config(std::move(call), type); }),
              .success_status = 204});
  router.add({.method = "POST",
              .path = paths.alter,
              .operation_id = paths.alter_id,
              .summary = "Sets and deletes several configs, all or none.",
              .handler = in_cluster(backend, [type](Call call) { alter_configs(std::move(call), type); }),
              .request_schema = "AlterConfigBatchRequestData",
              .success_status = 204});
}

}  // namespace

void add_config_routes(Router& router, Backend& backend) {
  add_routes_of(router, backend,
                {Type::kTopic, "/v3/clusters/{cluster_id}/topics/{topic_name}/configs",
                 "/v3/clusters/{cluster_id}/topics/{topic_name}/configs/{name}",
                 "/v3/clusters/{cluster_id}/topics/{topic_name}/configs:alter", "TopicConfigData",
                 "TopicConfigDataList", "listTopicConfigs", "getTopicConfig", "updateTopicConfig",
                 "deleteTopicConfig", "alterTopicConfigs"});
  add_routes_of(router, backend,
                {Type::kBroker, "/v3/clusters/{cluster_id}/brokers/{broker_id}/configs",
                 "/v3/clusters/{cluster_id}/brokers/{broker_id}/configs/{name}",
                 "/v3/clusters/{cluster_id}/brokers/{broker_id}/configs:alter", "BrokerConfigData",
                 "BrokerConfigDataList", "listBrokerConfigs", "getBrokerConfig", "updateBrokerConfig",
                 "deleteBrokerConfig", "alterBrokerConfigs"});
  add_routes_of(
      router, backend,
      {Type::kBrokerDefaults, "/v3/clusters/{cluster_id}/broker-configs",
       "/v3/clusters/{cluster_id}/broker-configs/{name}", "/v3/clusters/{cluster_id}/broker-configs:alter",
       "ClusterConfigData", "ClusterConfigDataList", "listClusterConfigs", "getClusterConfig",
       "updateClusterConfig", "deleteClusterConfig", "alterClusterConfigs"});
  router.add({.method = "GET",
              .path = "/v3/clusters/{cluster_id}/topics/-/configs",
              .operation_id = "listAllTopicConfigs",
              .summary = "The configs of all topics.",
              .handler = in_cluster(backend, list_all_topic_configs),
              .response_schema = "TopicConfigDataList"});
  router.add({.method = "GET",
              .path = "/v3/clusters/{cluster_id}/brokers/-/configs",
              .operation_id = "listAllBrokerConfigs",
              .summary = "The configs of all brokers.",
              .handler = in_cluster(backend, list_all_broker_configs),
              .response_schema = "BrokerConfigDataList"});
}

}  // namespace barnabas::admin
