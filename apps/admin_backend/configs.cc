#include "apps/admin_backend/configs.h"

#include <set>

#include "apps/admin_backend/errors.h"
#include "broker/broker.h"
#include "broker/configs/config_describer.h"
#include "common/text.h"
#include "controller/managers/topic_name.h"

namespace barnabas::apps {
namespace {

using controller::ConfigResourceType;
using protocol::ErrorCode;
using Type = admin::ConfigResource::Type;
using Described = Result<std::vector<broker::DescribedConfig>, admin::BackendError>;

std::unexpected<admin::BackendError> no_such_broker(const std::string& name) {
  return not_found(concat("Broker ", name, " cannot be found."));
}

bool is_this_broker(const broker::Broker& broker, const std::string& name) {
  return parse_number<std::int32_t>(name) == broker.identity().node_id;
}

admin::ConfigSource source_of(broker::ConfigSource source) {
  switch (source) {
    case broker::ConfigSource::kTopic:
      return admin::ConfigSource::kDynamicTopic;
    case broker::ConfigSource::kDynamicBroker:
      return admin::ConfigSource::kDynamicBroker;
    case broker::ConfigSource::kDynamicDefaultBroker:
      return admin::ConfigSource::kDynamicBrokerDefault;
    case broker::ConfigSource::kStaticBroker:
      return admin::ConfigSource::kStaticBroker;
    case broker::ConfigSource::kDefault:
      return admin::ConfigSource::kDefault;
    case broker::ConfigSource::kDynamicBrokerLogger:
    case broker::ConfigSource::kClientMetrics:
    case broker::ConfigSource::kGroup:
      break;
  }
  return admin::ConfigSource::kUnknown;
}

admin::ConfigEntry entry_of(broker::DescribedConfig&& config) {
  admin::ConfigEntry entry;
  entry.name = std::move(config.name);
  entry.value = std::move(config.value);
  entry.is_read_only = config.read_only;
  entry.is_sensitive = config.sensitive;
  entry.source = source_of(config.source);
  for (broker::DescribedSynonym& synonym : config.synonyms)
    entry.synonyms.push_back({std::move(synonym.name), std::move(synonym.value), source_of(synonym.source)});
  return entry;
}

Described describe(broker::Broker& broker, const controller::MetadataImage& image,
                   const broker::ConfigLayers& layers, const admin::ConfigResource& resource) {
  switch (resource.type) {
    case Type::kTopic:
      if (!image.topic(resource.name)) return refuse(ErrorCode::kUnknownTopicOrPartition);
      return describe_topic(layers, *image.configs({ConfigResourceType::kTopic, resource.name}));
    case Type::kBroker:
      if (!is_this_broker(broker, resource.name)) return no_such_broker(resource.name);
      return describe_broker(layers);
    case Type::kBrokerDefaults:
      break;
  }
  return describe_broker_defaults(layers);
}

// What the controller cannot see: the checks that IncrementalAlterConfigs makes before it asks it.
std::optional<admin::BackendError> check(broker::Broker& broker, const admin::ConfigResource& resource,
                                         const std::vector<admin::ConfigChange>& changes) {
  std::set<std::string_view> names;
  for (const admin::ConfigChange& change : changes) {
    if (!names.insert(change.name).second)
      return backend_error(ErrorCode::kInvalidRequest, "Error due to duplicate config keys");
  }
  if (resource.type == Type::kTopic) {
    std::string reason = controller::invalid_topic_name_reason(resource.name);
    if (!reason.empty()) return backend_error(ErrorCode::kInvalidTopicException, std::move(reason));
  }
  if (resource.type != Type::kBroker) return std::nullopt;
  if (!is_this_broker(broker, resource.name)) return no_such_broker(resource.name).error();
  if (names.contains("min.insync.replicas") && broker.metadata().get()->elr_enabled()) {
    return backend_error(ErrorCode::kInvalidConfig,
                         "Broker-level min.insync.replicas cannot be altered while ELR is enabled.");
  }
  return std::nullopt;
}

}  // namespace

Result<std::vector<admin::ResourceConfigs>, admin::BackendError> describe_configs(
    broker::Broker& broker, std::vector<admin::ConfigResource> resources) {
  const auto image = broker.metadata().get();
  const auto layers = broker.configs().layers();
  std::vector<admin::ResourceConfigs> all;
  for (admin::ConfigResource& resource : resources) {
    Described configs = describe(broker, *image, *layers, resource);
    if (!configs) return unexpected(std::move(configs.error()));
    admin::ResourceConfigs& shown = all.emplace_back();
    shown.resource = std::move(resource);
    for (broker::DescribedConfig& config : *configs) shown.entries.push_back(entry_of(std::move(config)));
  }
  return all;
}

void alter_configs(broker::Broker& broker, admin::ConfigResource resource,
                   std::vector<admin::ConfigChange> changes, bool validate_only,
                   admin::Answer<admin::Done> answer) {
  if (auto refused = check(broker, resource, changes)) return answer(unexpected(std::move(*refused)));
  controller::AlterConfigsCommand command;
  command.validate_only = validate_only;
  controller::AlterResource& wanted = command.resources.emplace_back();
  wanted.resource = {resource.type == Type::kTopic ? ConfigResourceType::kTopic : ConfigResourceType::kBroker,
                     std::move(resource.name)};
  for (admin::ConfigChange& change : changes) {
    const auto operation =
        change.value ? controller::ConfigOperation::kSet : controller::ConfigOperation::kDelete;
    wanted.changes.emplace_back(std::move(change.name), operation, std::move(change.value));
  }
  broker.controller().alter_configs(
      std::move(command),
      [answer = std::move(answer)](std::vector<controller::AlteredResource> altered) mutable {
        if (altered.empty()) return answer(refuse(ErrorCode::kNotController));
        const controller::ApiError& error = altered.front().error;
        if (!error.ok()) return answer(refuse(error));
        answer(admin::Done{});
      });
}

}  // namespace barnabas::apps
