// CreatePartitions (37): more partitions for existing topics.
#pragma once

#include "broker/api/reply.h"
#include "broker/api/request_context.h"
#include "broker/handlers/admin_service.h"
#include "protocol/messages/create_partitions_request.h"
#include "protocol/messages/create_partitions_response.h"

namespace barnabas::broker {

void handle_create_partitions(const RequestContext& context, const AdminService& service,
                              protocol::CreatePartitionsRequest&& request,
                              Reply<protocol::CreatePartitionsResponse> reply);

}  // namespace barnabas::broker
