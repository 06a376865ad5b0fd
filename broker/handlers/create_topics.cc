#include "broker/handlers/create_topics.h"

#include <map>
#include <memory>
#include <string>

#include "broker/configs/config_describer.h"
#include "controller/commands.h"

namespace barnabas::broker {
namespace {

using controller::CreatedTopic;
using controller::CreateTopicsCommand;
using protocol::CreateTopicsRequest;
using protocol::CreateTopicsResponse;
using protocol::ErrorCode;

constexpr std::int16_t kFirstVersionWithConfigs = 5;

controller::CreateTopic to_command(CreateTopicsRequest::CreatableTopic&& topic, bool cap) {
  controller::CreateTopic wanted;
  wanted.cap_replication_factor = cap;
  wanted.name = std::move(topic.name);
  wanted.partitions = topic.num_partitions;
  wanted.replication_factor = topic.replication_factor;
  for (auto& assignment : topic.assignments) {
    auto& brokers = wanted.assignments.emplace_back();
    brokers.partition = assignment.partition_index;
    brokers.brokers = std::move(assignment.broker_ids);
  }
  for (auto& config : topic.configs)
    wanted.configs.emplace_back(std::move(config.name), std::move(config.value));
  return wanted;
}

void add_configs(CreateTopicsResponse::CreatableTopicResult& result, const ConfigLayers& layers,
                 const controller::ConfigMap& own) {
  result.configs.emplace();
  for (const DescribedConfig& config : describe_topic(layers, own)) {
    auto& shown = result.configs->emplace_back();
    shown.name = config.name;
    shown.value = config.value;
    shown.read_only = config.read_only;
    shown.config_source = static_cast<std::int8_t>(config.source);
    shown.is_sensitive = config.sensitive;
  }
}

void add_result(CreateTopicsResponse& response, const CreatedTopic& created, const ConfigLayers& layers,
                std::int16_t version) {
  auto& result = response.topics.emplace_back();
  result.name = created.name;
  result.error_code = static_cast<std::int16_t>(created.error.code);
  result.error_message = created.error.nullable_message();
  if (!created.error.ok()) return;
  result.topic_id = created.id;
  result.num_partitions = created.partitions;
  result.replication_factor = created.replication_factor;
  if (version >= kFirstVersionWithConfigs) add_configs(result, layers, created.configs);
}

}  // namespace

void handle_create_topics(const RequestContext& context, const AdminService& service,
                          CreateTopicsRequest&& request, Reply<CreateTopicsResponse> reply) {
  std::map<std::string, int> times;
  for (const auto& topic : request.topics) ++times[topic.name];
  const bool cap = service.configs.layers()->flag("barnabas.replication.factor.cap");
  CreateTopicsCommand command;
  command.validate_only = request.validate_only;
  CreateTopicsResponse response;
  for (auto& topic : request.topics) {
    int& named = times[topic.name];
    if (named == 1) {
      command.topics.push_back(to_command(std::move(topic), cap));
    } else if (named > 1) {
      named = 0;  // one answer for all of the name
      auto& result = response.topics.emplace_back();
      result.name = topic.name;
      result.error_code = static_cast<std::int16_t>(ErrorCode::kInvalidRequest);
      result.error_message = "Duplicate topic name.";
    }
  }
  if (command.topics.empty()) return reply.send(response);
  service.controller.create_topics(
      std::move(command),
      [layers = service.configs.layers(), response = std::move(response), reply = std::move(reply),
       version = context.api_version](std::vector<CreatedTopic> topics) mutable {
        for (const CreatedTopic& created : topics) add_result(response, created, *layers, version);
        reply.send(response);
      });
}

}  // namespace barnabas::broker
