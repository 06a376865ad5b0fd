// ApiVersions (18): what this broker serves, and the cluster's features (KIP-35, KIP-511, KIP-584).
#pragma once

#include "broker/api/api_table.h"
#include "controller/image/metadata_image.h"
#include "protocol/messages/api_versions_request.h"
#include "protocol/messages/api_versions_response.h"

namespace barnabas::broker {

// Answers from `apis` itself, so nothing can be advertised that is not served. `telemetry` says whether
// somebody wants clients' metrics (KIP-714): as long as nobody does, they are not told that they might push
// some.
void handle_api_versions(const RequestContext& context, const ApiTable& apis,
                         const controller::MetadataImage& image, bool telemetry,
                         protocol::ApiVersionsRequest&& request, Reply<protocol::ApiVersionsResponse> reply);

}  // namespace barnabas::broker
