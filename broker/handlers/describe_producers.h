// DescribeProducers (61): what partitions know of the producers that write to them (KIP-664).
#pragma once

#include "broker/api/reply.h"
#include "broker/api/request_context.h"
#include "broker/partition/partition_manager.h"
#include "protocol/messages/describe_producers_request.h"
#include "protocol/messages/describe_producers_response.h"

namespace barnabas::broker {

void handle_describe_producers(const RequestContext& context, const PartitionManager& partitions,
                               protocol::DescribeProducersRequest&& request,
                               Reply<protocol::DescribeProducersResponse> reply);

}  // namespace barnabas::broker
