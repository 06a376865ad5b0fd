#include "controller/managers/configs.h"

#include <algorithm>
#include <iterator>
#include <set>

#include "common/text.h"

namespace barnabas::controller {

using protocol::ErrorCode;

namespace {

constexpr std::string_view kMinIsr = "min.insync.replicas";

std::vector<std::string> list_items(const std::string& text) {
  std::vector<std::string> items;
  for (std::string& item : split(text, ',')) {
    if (!item.empty()) items.push_back(std::move(item));
  }
  return items;
}

std::string joined(const std::vector<std::string>& items) {
  std::string text;
  for (const std::string& item : items) {
    if (!text.empty()) text += ',';
    text += item;
  }
  return text;
}

std::string_view operation_name(ConfigOperation operation) {
  switch (operation) {
    case ConfigOperation::kSet:
      return "SET";
    case ConfigOperation::kDelete:
      return "DELETE";
    case ConfigOperation::kAppend:
      return "APPEND";
    case ConfigOperation::kSubtract:
      return "SUBTRACT";
  }
  return "UNKNOWN";
}

protocol::ConfigRecord config_record(const ConfigResource& resource, const std::string& name,
                                     std::optional<std::string> value) {
  protocol::ConfigRecord record;
  record.resource_type = static_cast<std::int8_t>(resource.type);
  record.resource_name = resource.name;
  record.name = name;
  record.value = std::move(value);
  return record;
}

}  // namespace

ApiError ConfigManager::check_resource(const MetadataImage& image, const ConfigResource& resource) const {
  switch (resource.type) {
    case ConfigResourceType::kTopic:
      if (!image.topic(resource.name)) {
        return {ErrorCode::kUnknownTopicOrPartition,
                concat("The topic '", resource.name, "' does not exist.")};
      }
      return {};
    case ConfigResourceType::kBroker: {
      if (resource.name.empty()) return {};
      const auto id = parse_number<std::int32_t>(resource.name);
      if (!id) {
        return {ErrorCode::kInvalidRequest,
                concat("Broker id must be an integer, but it is: ", resource.name)};
      }
      if (image.broker(*id) || image.controllers().contains(*id)) return {};
      return {ErrorCode::kBrokerIdNotRegistered, concat("No node with id ", *id, " found.")};
    }
    case ConfigResourceType::kGroup:
      if (resource.name.empty()) {
        return {ErrorCode::kInvalidRequest, "Default group resources are not allowed."};
      }
      return {};
    case ConfigResourceType::kClientMetrics:
      if (resource.name.empty()) {
        return {ErrorCode::kInvalidRequest, "Default client metrics resources are not allowed."};
      }
      return {};
    case ConfigResourceType::kBrokerLogger:
    case ConfigResourceType::kUnknown:
      break;
  }
  return {ErrorCode::kInvalidRequest,
          concat("Unexpected resource type ", static_cast<int>(resource.type), ".")};
}

ApiError ConfigManager::apply(const ConfigResource& resource, const ConfigChange& change,
                              ConfigMap& settings) const {
  if (change.operation == ConfigOperation::kDelete) {
    settings.erase(change.name);
    return {};
  }
  if (!change.value) {
    return {ErrorCode::kInvalidConfig,
            concat("Null value not supported for ",
                   resource.type == ConfigResourceType::kTopic ? "topic " : "", "configs: ", change.name)};
  }
  if (change.operation == ConfigOperation::kSet) {
    settings[change.name] = *change.value;
    return {};
  }
  if (!schema_.is_list(resource.type, change.name)) {
    return {ErrorCode::kInvalidConfig, concat("Can't ", operation_name(change.operation), " to key ",
                                              change.name, " because its type is not LIST.")};
  }
  const auto held = settings.find(change.name);
  std::vector<std::string> items = list_items(
      held != settings.end() ? held->second : schema_.default_value(resource.type, change.name).value_or(""));
  for (const std::string& item : list_items(*change.value)) {
    const auto found = std::find(items.begin(), items.end(), item);
    if (change.operation == ConfigOperation::kAppend) {
      if (found == items.end()) items.push_back(item);
    } else if (found != items.end()) {
      items.erase(found);
    }
  }
  settings[change.name] = joined(items);
  return {};
}

ApiError ConfigManager::alter_one(const MetadataImage& image, const AlterResource& alteration, bool replace,
                                  MetadataRecords& records) const {
  const ConfigResource& resource = alteration.resource;
  if (ApiError error = check_resource(image, resource); !error.ok()) return error;
  const auto before = image.configs(resource);
  ConfigMap after = replace ? ConfigMap() : *before;
  std::set<std::string> named;
  for (const ConfigChange& change : alteration.changes) {
    if (!named.insert(change.name).second) {
      return {ErrorCode::kInvalidRequest, "Error due to duplicate config keys"};
    }
    if (ApiError error = apply(resource, change, after); !error.ok()) return error;
  }
  const bool clears_cluster_min_isr = resource.type == ConfigResourceType::kBroker && resource.name.empty() &&
                                      before->contains(kMinIsr) && !after.contains(kMinIsr);
  if (image.elr_enabled() && clears_cluster_min_isr) {
    return {ErrorCode::kInvalidConfig,
            "Cluster-level min.insync.replicas cannot be removed while ELR is enabled."};
  }
  if (ApiError error = schema_.validate(resource, after); !error.ok()) return error;

  bool min_isr_changed = false;
  for (const auto& [name, value] : *before) {
    if (after.contains(name)) continue;
    records.emplace_back(config_record(resource, name, std::nullopt));
    min_isr_changed |= name == kMinIsr;
  }
  for (const auto& [name, value] : after) {
    const auto old = before->find(name);
    if (old != before->end() && old->second == value) continue;
    records.emplace_back(config_record(resource, name, value));
    min_isr_changed |= name == kMinIsr;
  }
  const bool of_topic = resource.type == ConfigResourceType::kTopic;
  const bool of_cluster = resource.type == ConfigResourceType::kBroker && resource.name.empty();
  if (image.elr_enabled() && min_isr_changed && (of_topic || of_cluster)) {
    protocol::ClearElrRecord cleared;
    if (of_topic) cleared.topic_name = resource.name;
    records.emplace_back(std::move(cleared));
  }
  return {};
}

Decision<std::vector<AlteredResource>> ConfigManager::alter(const MetadataImage& image,
                                                            const AlterConfigsCommand& command) const {
  Decision<std::vector<AlteredResource>> decision;
  for (const AlterResource& alteration : command.resources) {
    AlteredResource& altered = decision.reply.emplace_back();
    altered.resource = alteration.resource;
    altered.error = alter_one(image, alteration, command.replace, decision.records);
  }
  if (command.validate_only) decision.records.clear();
  return decision;
}

}  // namespace barnabas::controller
