#include "broker/handlers/telemetry.h"

namespace barnabas::broker {
namespace {

// zstd, lz4, gzip, snappy: in the order in which clients should try them.
const std::vector<std::int8_t> kCompressionTypes = {4, 3, 1, 2};

ClientAttributes attributes_of(const RequestContext& context, const Uuid& client_instance_id) {
  const ClientConnection& client = *context.client;
  return {client_instance_id.to_string(), context.client_id_or_empty(), client.software_name,
          client.software_version,        client.peer_address,          std::to_string(client.peer_port)};
}

}  // namespace

void handle_get_telemetry_subscriptions(const RequestContext& context, ClientMetrics& metrics,
                                        protocol::GetTelemetrySubscriptionsRequest&& request,
                                        Reply<protocol::GetTelemetrySubscriptionsResponse> reply) {
  const auto plan =
      metrics.plan_for(attributes_of(context, request.client_instance_id), request.client_instance_id);
  protocol::GetTelemetrySubscriptionsResponse response;
  response.error_code = static_cast<std::int16_t>(plan.error);
  if (plan.error == protocol::ErrorCode::kNone) {
    response.client_instance_id = plan.client_instance_id;
    response.subscription_id = plan.subscription_id;
    response.accepted_compression_types = kCompressionTypes;
    response.push_interval_ms = plan.push_interval_ms;
    response.telemetry_max_bytes = metrics.max_push_bytes();
    response.delta_temporality = true;
    response.requested_metrics = plan.metrics;
  }
  reply.send(response);
}

void handle_push_telemetry(const RequestContext& context, ClientMetrics& metrics,
                           protocol::PushTelemetryRequest&& request,
                           Reply<protocol::PushTelemetryResponse> reply) {
  protocol::PushTelemetryResponse response;
  response.error_code = static_cast<std::int16_t>(
      metrics.accept_push(attributes_of(context, request.client_instance_id),
                          {request.client_instance_id, request.subscription_id, request.terminating,
                           request.compression_type, request.metrics.size()}));
  reply.send(response);
}

}  // namespace barnabas::broker
