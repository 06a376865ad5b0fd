#include "broker/handlers/api_versions.h"

#include <algorithm>

#include "controller/features.h"
#include "protocol/error_code.h"

namespace barnabas::broker {
namespace {

using protocol::ApiVersionsRequest;
using protocol::ApiVersionsResponse;
using protocol::ErrorCode;

constexpr std::int16_t kFirstVersionWithSoftware = 3;
constexpr std::int16_t kFirstVersionWithZeroMinimum = 4;  // KAFKA-17011

// KIP-511: letters, digits, '-' and '.', not at the ends.
bool is_software_word(const std::string& word) {
  const auto is_inner = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' || c == '.';
  };
  const auto is_edge = [](char c) { return c == '-' || c == '.'; };
  return !word.empty() && std::all_of(word.begin(), word.end(), is_inner) && !is_edge(word.front()) &&
         !is_edge(word.back());
}

bool is_telemetry(protocol::ApiKey key) {
  return key == protocol::ApiKey::kGetTelemetrySubscriptions || key == protocol::ApiKey::kPushTelemetry;
}

void add_apis(ApiVersionsResponse& response, const ApiTable& apis, bool telemetry) {
  for (const ServedApi* api : apis.all()) {
    if (is_telemetry(api->info->key) && !telemetry) continue;
    auto& range = response.api_keys.emplace_back();
    range.api_key = static_cast<std::int16_t>(api->info->key);
    range.min_version = api->min_version;
    range.max_version = api->max_version;
    // librdkafka takes a broker without Produce 0 for one that knows no codecs (KAFKA-18659).
    if (api->info->key == protocol::ApiKey::kProduce) range.min_version = 0;
  }
}

void add_features(ApiVersionsResponse& response, const controller::MetadataImage& image,
                  std::int16_t version) {
  for (const auto& [name, range] : controller::supported_features()) {
    if (range.min == 0 && version < kFirstVersionWithZeroMinimum) continue;
    auto& feature = response.supported_features.emplace_back();
    feature.name = name;
    feature.min_version = range.min;
    feature.max_version = range.max;
  }
  response.finalized_features_epoch = image.offset();
  const auto finalized = [&](std::string_view name, std::int16_t level) {
    if (level <= 0) return;
    auto& feature = response.finalized_features.emplace_back();
    feature.name = name;
    feature.min_version_level = level;
    feature.max_version_level = level;
  };
  for (const auto& [name, level] : image.features()) finalized(name, level);
  // No FeatureLevel record says it, control records do.
  finalized("kraft.version", image.kraft_version());
}

}  // namespace

void handle_api_versions(const RequestContext& context, const ApiTable& apis,
                         const controller::MetadataImage& image, bool telemetry, ApiVersionsRequest&& request,
                         Reply<ApiVersionsResponse> reply) {
  ApiVersionsResponse response;
  if (context.api_version >= kFirstVersionWithSoftware) {
    if (!is_software_word(request.client_software_name) ||
        !is_software_word(request.client_software_version)) {
      response.error_code = static_cast<std::int16_t>(ErrorCode::kInvalidRequest);
      return reply.send(response);
    }
    context.client->software_name = std::move(request.client_software_name);
    context.client->software_version = std::move(request.client_software_version);
  }
  add_apis(response, apis, telemetry);
  add_features(response, image, context.api_version);
  reply.send(response);
}

}  // namespace barnabas::broker
