// OffsetCommit (8): a group's positions in partitions that exist.
#pragma once

#include "broker/api/reply.h"
#include "broker/api/request_context.h"
#include "broker/groups/group_coordinator.h"
#include "broker/metadata_cache.h"
#include "protocol/messages/offset_commit_request.h"
#include "protocol/messages/offset_commit_response.h"

namespace barnabas::broker {

void handle_offset_commit(const RequestContext& context, groups::GroupCoordinator& groups,
                          const MetadataCache& metadata, protocol::OffsetCommitRequest&& request,
                          Reply<protocol::OffsetCommitResponse> reply);

}  // namespace barnabas::broker
