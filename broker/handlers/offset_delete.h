// OffsetDelete (47): forgets positions of a group (KIP-496).
#pragma once

#include "broker/api/reply.h"
#include "broker/api/request_context.h"
#include "broker/groups/group_coordinator.h"
#include "broker/metadata_cache.h"
#include "protocol/messages/offset_delete_request.h"
#include "protocol/messages/offset_delete_response.h"

namespace barnabas::broker {

void handle_offset_delete(const RequestContext& context, groups::GroupCoordinator& groups,
                          const MetadataCache& metadata, protocol::OffsetDeleteRequest&& request,
                          Reply<protocol::OffsetDeleteResponse> reply);

}  // namespace barnabas::broker
