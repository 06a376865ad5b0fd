// UpdateFeatures (57): finalized feature levels (KIP-584).
#pragma once

#include "broker/api/reply.h"
#include "broker/api/request_context.h"
#include "broker/handlers/admin_service.h"
#include "protocol/messages/update_features_request.h"
#include "protocol/messages/update_features_response.h"

namespace barnabas::broker {

void handle_update_features(const RequestContext& context, const AdminService& service,
                            protocol::UpdateFeaturesRequest&& request,
                            Reply<protocol::UpdateFeaturesResponse> reply);

}  // namespace barnabas::broker
