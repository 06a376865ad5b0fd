// DescribeCluster (60): brokers or, on a controller listener, controllers (KIP-700, KIP-919).
#pragma once

#include "broker/api/reply.h"
#include "broker/api/request_context.h"
#include "broker/handlers/admin_service.h"
#include "protocol/messages/describe_cluster_request.h"
#include "protocol/messages/describe_cluster_response.h"

namespace barnabas::broker {

void handle_describe_cluster(const RequestContext& context, const AdminService& service,
                             protocol::DescribeClusterRequest&& request,
                             Reply<protocol::DescribeClusterResponse> reply);

}  // namespace barnabas::broker
