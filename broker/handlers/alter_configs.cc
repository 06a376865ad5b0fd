#include "broker/handlers/alter_configs.h"

#include <algorithm>
#include <map>
#include <set>

#include "broker/configs/broker_loggers.h"
#include "broker/configs/config_validation.h"
#include "common/text.h"
#include "controller/managers/topic_name.h"

namespace barnabas::broker {
namespace {

using controller::AlterResource;
using controller::ApiError;
using controller::ConfigChange;
using controller::ConfigOperation;
using controller::ConfigResource;
using controller::ConfigResourceType;
using protocol::ErrorCode;

// One resource of a request and what became of it.
struct Alteration {
  std::int8_t type = 0;  // as sent: may be no ConfigResourceType
  AlterResource wanted;
  bool has_unknown_operation = false;
  std::optional<ApiError> outcome;  // none: the controller's to decide
};

ApiError invalid_request(std::string message) {
  return {ErrorCode::kInvalidRequest, std::move(message)};
}

std::optional<ApiError> as_error(ConfigVerdict verdict) {
  if (!verdict) return std::nullopt;
  return ApiError(verdict->error, std::move(verdict->message));
}

// The old AlterConfigs calls a missing value one too; a deletion needs none.
std::optional<ApiError> check_changes(const std::vector<ConfigChange>& changes) {
  std::string without_value;
  std::set<std::string_view> names;
  bool repeated = false;
  for (const ConfigChange& change : changes) {
    repeated |= !names.insert(change.name).second;
    if (change.operation == ConfigOperation::kDelete || change.value) continue;
    without_value += concat(without_value.empty() ? "" : ", ", change.name);
  }
  if (repeated) return invalid_request("Error due to duplicate config keys");
  if (!without_value.empty())
    return invalid_request(concat("Null value not supported for : ", without_value));
  return std::nullopt;
}

std::optional<ApiError> check_broker_name(const std::string& name, std::int32_t broker_id) {
  const auto id = parse_number<std::int32_t>(name);
  if (!id) return invalid_request(concat("Node id must be an integer, but it is: ", name));
  if (*id == broker_id) return std::nullopt;
  return invalid_request(concat("Unexpected broker id, expected ", broker_id, ", but received ", name));
}

std::optional<ApiError> check_broker_lists(const OptionRegistry& registry, const AlterResource& wanted) {
  for (const ConfigChange& change : wanted.changes) {
    const bool append = change.operation == ConfigOperation::kAppend;
    if (!append && change.operation != ConfigOperation::kSubtract) continue;
    const Option* option = config_option(registry, ConfigResourceType::kBroker, change.name);
    if (option == nullptr)
      return ApiError(ErrorCode::kInvalidConfig, concat("Unknown config name: ", change.name));
    if (option->type == OptionType::kList) continue;
    return ApiError(ErrorCode::kInvalidConfig, concat("Config value ", append ? "append" : "subtract",
                                                      " is not allowed for config key: ", change.name));
  }
  return std::nullopt;
}

// Eligible leader replicas (KIP-966) need one value that all brokers share.
std::optional<ApiError> check_min_isr(const controller::MetadataImage& image, const AlterResource& wanted) {
  if (wanted.resource.name.empty() || !image.elr_enabled()) return std::nullopt;
  const auto is_min_isr = [](const ConfigChange& change) { return change.name == "min.insync.replicas"; };
  if (std::ranges::none_of(wanted.changes, is_min_isr)) return std::nullopt;
  return ApiError(ErrorCode::kInvalidConfig,
                  "Broker-level min.insync.replicas cannot be altered while ELR is enabled.");
}

std::optional<ApiError> check_broker(const ConfigService& service, const AlterResource& wanted) {
  if (!wanted.resource.name.empty()) {
    if (auto error = check_broker_name(wanted.resource.name, service.broker_id)) return error;
  }
  if (auto error = check_broker_lists(service.configs.layers()->registry(), wanted)) return error;
  return check_min_isr(*service.metadata.get(), wanted);
}

// Changes of the log level are made here and now.
ApiError alter_loggers(const ConfigService& service, const AlterResource& wanted, bool validate_only) {
  const auto id = parse_number<std::int32_t>(wanted.resource.name);
  if (!id) return invalid_request(concat("Node id must be an integer, but it is: ", wanted.resource.name));
  if (*id != service.broker_id) {
    return invalid_request(
        concat("Unexpected node id. Expected ", service.broker_id, ", but received ", wanted.resource.name));
  }
  for (const ConfigChange& change : wanted.changes) {
    if (auto error = as_error(check_logger_change(change))) return *error;
  }
  if (validate_only) return {};
  for (const ConfigChange& change : wanted.changes) apply_logger_change(change);
  return {};
}

std::optional<ApiError> check_topic(const std::string& name) {
  if (name.empty()) return invalid_request("Default topic resources are not allowed.");
  std::string reason = controller::invalid_topic_name_reason(name);
  if (reason.empty()) return std::nullopt;
  return ApiError(ErrorCode::kInvalidTopicException, std::move(reason));
}

// What can be said without the controller; nothing if it is to decide.
std::optional<ApiError> check_here(const ConfigService& service, const Alteration& alteration, bool replace,
                                   bool validate_only) {
  if (alteration.has_unknown_operation) return ApiError(ErrorCode::kUnknownServerError, "");
  const AlterResource& wanted = alteration.wanted;
  if (auto error = check_changes(wanted.changes)) return error;
  switch (static_cast<ConfigResourceType>(alteration.type)) {
    case ConfigResourceType::kTopic:
      return check_topic(wanted.resource.name);
    case ConfigResourceType::kBroker:
      return check_broker(service, wanted);
    case ConfigResourceType::kBrokerLogger:
      if (replace) break;
      return alter_loggers(service, wanted, validate_only);
    case ConfigResourceType::kClientMetrics:
      if (wanted.resource.name.empty()) return invalid_request("Subscription name can't be empty");
      return std::nullopt;
    case ConfigResourceType::kGroup:
      return std::nullopt;
    case ConfigResourceType::kUnknown:
      break;
  }
  return invalid_request(concat("Unknown resource type ", static_cast<int>(alteration.type)));
}

void refuse_repeated(std::vector<Alteration>& alterations) {
  std::map<std::pair<std::int8_t, std::string_view>, int> times;
  for (const Alteration& alteration : alterations)
    ++times[{alteration.type, alteration.wanted.resource.name}];
  for (Alteration& alteration : alterations) {
    if (times[{alteration.type, alteration.wanted.resource.name}] == 1) continue;
    alteration.outcome = invalid_request("Each resource must appear at most once.");
  }
}

template <class Response>
Response build_response(const std::vector<Alteration>& alterations) {
  Response response;
  for (const Alteration& alteration : alterations) {
    auto& result = response.responses.emplace_back();
    result.resource_type = alteration.type;
    result.resource_name = alteration.wanted.resource.name;
    result.error_code = static_cast<std::int16_t>(alteration.outcome->code);
    result.error_message = alteration.outcome->nullable_message();
    if (alteration.outcome->code == ErrorCode::kUnknownServerError) result.error_message.reset();
  }
  return response;
}

// Puts the controller's answers to the alterations that had none, in order.
void take_outcomes(std::vector<Alteration>& alterations, std::vector<controller::AlteredResource>&& altered) {
  auto next = altered.begin();
  for (Alteration& alteration : alterations) {
    if (alteration.outcome) continue;
    alteration.outcome =
        next != altered.end() ? std::move((next++)->error) : ApiError(ErrorCode::kUnknownServerError, "");
  }
}

template <class Response>
void alter(const ConfigService& service, std::vector<Alteration> alterations, bool replace,
           bool validate_only, Reply<Response> reply) {
  refuse_repeated(alterations);
  controller::AlterConfigsCommand command;
  command.replace = replace;
  command.validate_only = validate_only;
  for (Alteration& alteration : alterations) {
    if (!alteration.outcome) alteration.outcome = check_here(service, alteration, replace, validate_only);
    if (!alteration.outcome) command.resources.push_back(alteration.wanted);
  }
  if (command.resources.empty()) {
    reply.send(build_response<Response>(alterations));
    return;
  }
  service.alter(std::move(command), [alterations = std::move(alterations), reply = std::move(reply)](
                                        std::vector<controller::AlteredResource> altered) mutable {
    take_outcomes(alterations, std::move(altered));
    reply.send(build_response<Response>(alterations));
  });
}

template <class Resource>
Alteration begin_alteration(const Resource& resource) {
  Alteration alteration;
  alteration.type = resource.resource_type;
  alteration.wanted.resource =
      ConfigResource(static_cast<ConfigResourceType>(resource.resource_type), resource.resource_name);
  return alteration;
}

}  // namespace

void handle_alter_configs(const RequestContext&, const ConfigService& service,
                          protocol::AlterConfigsRequest&& request,
                          Reply<protocol::AlterConfigsResponse> reply) {
  std::vector<Alteration> alterations;
  for (auto& resource : request.resources) {
    Alteration& alteration = alterations.emplace_back(begin_alteration(resource));
    for (auto& config : resource.configs) {
      alteration.wanted.changes.emplace_back(std::move(config.name), ConfigOperation::kSet,
                                             std::move(config.value));
    }
  }
  alter(service, std::move(alterations), true, request.validate_only, std::move(reply));
}

void handle_incremental_alter_configs(const RequestContext&, const ConfigService& service,
                                      protocol::IncrementalAlterConfigsRequest&& request,
                                      Reply<protocol::IncrementalAlterConfigsResponse> reply) {
  constexpr std::int8_t kLastOperation = static_cast<std::int8_t>(ConfigOperation::kSubtract);
  std::vector<Alteration> alterations;
  for (auto& resource : request.resources) {
    Alteration& alteration = alterations.emplace_back(begin_alteration(resource));
    for (auto& config : resource.configs) {
      alteration.has_unknown_operation |=
          config.config_operation < 0 || config.config_operation > kLastOperation;
      alteration.wanted.changes.emplace_back(std::move(config.name),
                                             static_cast<ConfigOperation>(config.config_operation),
                                             std::move(config.value));
    }
  }
  alter(service, std::move(alterations), false, request.validate_only, std::move(reply));
}

}  // namespace barnabas::broker
