// ListOffsets (2): offsets by time, and the special times earliest, latest, largest timestamp and the tiers'.
#pragma once

#include "broker/api/reply.h"
#include "broker/api/request_context.h"
#include "broker/partition/partition_manager.h"
#include "protocol/messages/list_offsets_request.h"
#include "protocol/messages/list_offsets_response.h"

namespace barnabas::broker {

void handle_list_offsets(const RequestContext& context, const PartitionManager& partitions,
                         protocol::ListOffsetsRequest&& request, Reply<protocol::ListOffsetsResponse> reply);

}  // namespace barnabas::broker
