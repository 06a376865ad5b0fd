#include "broker/handlers/describe_configs.h"

#include <algorithm>

#include "broker/configs/broker_loggers.h"
#include "broker/configs/config_describer.h"
#include "common/text.h"
#include "controller/managers/topic_name.h"

namespace barnabas::broker {
namespace {

using controller::ConfigResourceType;
using protocol::DescribeConfigsRequest;
using protocol::DescribeConfigsResponse;
using protocol::ErrorCode;

struct Refusal {
  ErrorCode error;
  std::string message;
};
using Described = Result<std::vector<DescribedConfig>, Refusal>;

std::unexpected<Refusal> refuse(ErrorCode error, std::string message) {
  return std::unexpected(Refusal{error, std::move(message)});
}

std::unexpected<Refusal> wrong_broker_name(const std::string& name, std::int32_t id,
                                           std::string_view or_else) {
  if (name.empty()) return refuse(ErrorCode::kInvalidRequest, "Broker id must not be empty");
  if (!parse_number<std::int32_t>(name)) {
    return refuse(ErrorCode::kInvalidRequest, concat("Broker id must be an integer, but it is: ", name));
  }
  return refuse(ErrorCode::kInvalidRequest,
                concat("Unexpected broker id, expected ", id, or_else, " but received ", name));
}

Described describe_topic_named(const controller::MetadataImage& image, const ConfigLayers& layers,
                               const std::string& name) {
  if (std::string reason = controller::invalid_topic_name_reason(name); !reason.empty()) {
    return refuse(ErrorCode::kInvalidTopicException, std::move(reason));
  }
  if (!image.topic(name)) return refuse(ErrorCode::kUnknownTopicOrPartition, "");
  return describe_topic(layers, *image.configs({ConfigResourceType::kTopic, name}));
}

Described describe(const controller::MetadataImage& image, const ConfigLayers& layers, std::int32_t broker_id,
                   std::int8_t type, const std::string& name) {
  switch (static_cast<ConfigResourceType>(type)) {
    case ConfigResourceType::kTopic:
      return describe_topic_named(image, layers, name);
    case ConfigResourceType::kBroker:
      if (name.empty()) return describe_broker_defaults(layers);
      if (parse_number<std::int32_t>(name) == broker_id) return describe_broker(layers);
      return wrong_broker_name(name, broker_id, " or empty string,");
    case ConfigResourceType::kBrokerLogger:
      if (parse_number<std::int32_t>(name) == broker_id) return describe_broker_loggers();
      return wrong_broker_name(name, broker_id, "");
    case ConfigResourceType::kClientMetrics:
      if (name.empty()) {
        return refuse(ErrorCode::kInvalidRequest, "Client metrics subscription name must not be empty");
      }
      return describe_client_metrics(layers.registry(),
                                     *image.configs({ConfigResourceType::kClientMetrics, name}));
    case ConfigResourceType::kGroup:
      if (name.empty()) return refuse(ErrorCode::kInvalidRequest, "Group name must not be empty");
      return describe_group(layers, *image.configs({ConfigResourceType::kGroup, name}));
    case ConfigResourceType::kUnknown:
      break;
  }
  return refuse(ErrorCode::kInvalidRequest, std::string(protocol::error_message(ErrorCode::kInvalidRequest)));
}

DescribeConfigsResponse::DescribeConfigsResourceResult as_response(const DescribedConfig& config,
                                                                   const DescribeConfigsRequest& request) {
  DescribeConfigsResponse::DescribeConfigsResourceResult result;
  result.name = config.name;
  result.value = config.value;
  result.read_only = config.read_only;
  result.is_default = config.source == ConfigSource::kDefault;
  result.config_source = static_cast<std::int8_t>(config.source);
  result.is_sensitive = config.sensitive;
  result.config_type = config_type_number(config.type);
  if (config.source != ConfigSource::kDynamicBrokerLogger) {
    result.documentation.reset();
    if (request.include_documentation && config.documentation) {
      result.documentation = std::string(*config.documentation);
    }
  }
  if (!request.include_synonyms) return result;
  for (const DescribedSynonym& synonym : config.synonyms) {
    auto& shown = result.synonyms.emplace_back();
    shown.name = synonym.name;
    shown.value = synonym.value;
    shown.source = static_cast<std::int8_t>(synonym.source);
  }
  return result;
}

bool is_wanted(const DescribeConfigsRequest::DescribeConfigsResource& resource, const std::string& key) {
  if (!resource.configuration_keys || resource.configuration_keys->empty()) return true;
  return std::ranges::find(*resource.configuration_keys, key) != resource.configuration_keys->end();
}

}  // namespace

void handle_describe_configs(const RequestContext&, const ConfigService& service,
                             DescribeConfigsRequest&& request, Reply<DescribeConfigsResponse> reply) {
  const auto image = service.metadata.get();
  const auto layers = service.configs.layers();
  DescribeConfigsResponse response;
  for (const auto& resource : request.resources) {
    auto& result = response.results.emplace_back();
    result.resource_type = resource.resource_type;
    result.resource_name = resource.resource_name;
    const Described configs =
        describe(*image, *layers, service.broker_id, resource.resource_type, resource.resource_name);
    if (!configs) {
      result.error_code = static_cast<std::int16_t>(configs.error().error);
      result.error_message = configs.error().message;
      continue;
    }
    for (const DescribedConfig& config : *configs) {
      if (is_wanted(resource, config.name)) result.configs.push_back(as_response(config, request));
    }
  }
  reply.send(response);
}

}  // namespace barnabas::broker
