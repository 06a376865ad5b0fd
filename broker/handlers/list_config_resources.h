// ListConfigResources (74): which resources have, or could have, configuration (KIP-1142; version 0 was
// ListClientMetricsResources).
#pragma once

#include "broker/api/reply.h"
#include "broker/api/request_context.h"
#include "broker/metadata_cache.h"
#include "protocol/messages/list_config_resources_request.h"
#include "protocol/messages/list_config_resources_response.h"

namespace barnabas::broker {

void handle_list_config_resources(const RequestContext& context, const MetadataCache& metadata,
                                  protocol::ListConfigResourcesRequest&& request,
                                  Reply<protocol::ListConfigResourcesResponse> reply);

}  // namespace barnabas::broker
