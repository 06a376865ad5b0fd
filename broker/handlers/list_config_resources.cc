#include "broker/handlers/list_config_resources.h"

#include <set>

#include "common/text.h"
#include "protocol/error_code.h"

namespace barnabas::broker {
namespace {

using controller::ConfigResourceType;
using protocol::ErrorCode;
using protocol::ListConfigResourcesResponse;

bool can_be_listed(std::int8_t type) {
  switch (static_cast<ConfigResourceType>(type)) {
    case ConfigResourceType::kTopic:
    case ConfigResourceType::kBroker:
    case ConfigResourceType::kBrokerLogger:
    case ConfigResourceType::kClientMetrics:
    case ConfigResourceType::kGroup:
      return true;
    case ConfigResourceType::kUnknown:
      return false;
  }
  return false;
}

// Groups and subscriptions exist here by having configuration; topics and brokers by themselves.
std::set<std::string> names_of(const controller::MetadataImage& image, ConfigResourceType type) {
  std::set<std::string> names;
  if (type == ConfigResourceType::kTopic) {
    image.for_each_topic([&](const auto& topic) { names.insert(topic->name); });
  } else if (type == ConfigResourceType::kBroker || type == ConfigResourceType::kBrokerLogger) {
    for (const auto& [id, broker] : image.brokers()) names.insert(concat(id));
  } else {
    image.for_each_config(
        [&](const controller::ConfigResource& resource, const controller::ConfigMap& configs) {
          if (resource.type == type && !configs.empty()) names.insert(resource.name);
        });
  }
  return names;
}

}  // namespace

void handle_list_config_resources(const RequestContext& context, const MetadataCache& metadata,
                                  protocol::ListConfigResourcesRequest&& request,
                                  Reply<ListConfigResourcesResponse> reply) {
  ListConfigResourcesResponse response;
  std::set<std::int8_t> types(request.resource_types.begin(), request.resource_types.end());
  if (context.api_version == 0) {
    types = {static_cast<std::int8_t>(ConfigResourceType::kClientMetrics)};
  } else if (types.empty()) {
    for (const auto type :
         {ConfigResourceType::kTopic, ConfigResourceType::kBroker, ConfigResourceType::kBrokerLogger,
          ConfigResourceType::kClientMetrics, ConfigResourceType::kGroup}) {
      types.insert(static_cast<std::int8_t>(type));
    }
  }
  const auto image = metadata.get();
  for (const std::int8_t type : types) {
    if (!can_be_listed(type)) {
      response.error_code = static_cast<std::int16_t>(ErrorCode::kUnsupportedVersion);
      response.config_resources.clear();
      break;
    }
    for (const std::string& name : names_of(*image, static_cast<ConfigResourceType>(type))) {
      auto& resource = response.config_resources.emplace_back();
      resource.resource_name = name;
      resource.resource_type = type;
    }
  }
  reply.send(response);
}

}  // namespace barnabas::broker
