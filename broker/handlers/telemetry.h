// GetTelemetrySubscriptions (71) and PushTelemetry (72): clients' own metrics (KIP-714).
#pragma once

#include "broker/api/reply.h"
#include "broker/api/request_context.h"
#include "broker/telemetry/client_metrics.h"
#include "protocol/messages/get_telemetry_subscriptions_request.h"
#include "protocol/messages/get_telemetry_subscriptions_response.h"
#include "protocol/messages/push_telemetry_request.h"
#include "protocol/messages/push_telemetry_response.h"

namespace barnabas::broker {

void handle_get_telemetry_subscriptions(const RequestContext& context, ClientMetrics& metrics,
                                        protocol::GetTelemetrySubscriptionsRequest&& request,
                                        Reply<protocol::GetTelemetrySubscriptionsResponse> reply);
void handle_push_telemetry(const RequestContext& context, ClientMetrics& metrics,
                           protocol::PushTelemetryRequest&& request,
                           Reply<protocol::PushTelemetryResponse> reply);

}  // namespace barnabas::broker
