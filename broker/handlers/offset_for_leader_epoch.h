// OffsetForLeaderEpoch (23): where an epoch ended, for clients that suspect a truncation (KIP-320).
#pragma once

#include "broker/api/reply.h"
#include "broker/api/request_context.h"
#include "broker/partition/partition_manager.h"
#include "protocol/messages/offset_for_leader_epoch_request.h"
#include "protocol/messages/offset_for_leader_epoch_response.h"

namespace barnabas::broker {

void handle_offset_for_leader_epoch(const RequestContext& context, const PartitionManager& partitions,
                                    protocol::OffsetForLeaderEpochRequest&& request,
                                    Reply<protocol::OffsetForLeaderEpochResponse> reply);

}  // namespace barnabas::broker
