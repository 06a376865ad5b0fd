// DeleteRecords (21): moves the log start up (KIP-107).
#pragma once

#include "broker/api/reply.h"
#include "broker/api/request_context.h"
#include "broker/partition/partition_manager.h"
#include "protocol/messages/delete_records_request.h"
#include "protocol/messages/delete_records_response.h"

namespace barnabas::broker {

void handle_delete_records(const RequestContext& context, const PartitionManager& partitions,
                           protocol::DeleteRecordsRequest&& request,
                           Reply<protocol::DeleteRecordsResponse> reply);

}  // namespace barnabas::broker
