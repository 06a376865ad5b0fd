// OffsetFetch (9): the positions of one group, or from version 8 on of several.
#pragma once

#include "broker/api/reply.h"
#include "broker/api/request_context.h"
#include "broker/groups/group_coordinator.h"
#include "broker/metadata_cache.h"
#include "protocol/messages/offset_fetch_request.h"
#include "protocol/messages/offset_fetch_response.h"

namespace barnabas::broker {

void handle_offset_fetch(const RequestContext& context, groups::GroupCoordinator& groups,
                         const MetadataCache& metadata, protocol::OffsetFetchRequest&& request,
                         Reply<protocol::OffsetFetchResponse> reply);

}  // namespace barnabas::broker
