// DescribeQuorum (55): the quorum of the metadata log (KIP-836).
#pragma once

#include "broker/api/reply.h"
#include "broker/api/request_context.h"
#include "broker/handlers/admin_service.h"
#include "protocol/messages/describe_quorum_request.h"
#include "protocol/messages/describe_quorum_response.h"

namespace barnabas::broker {

void handle_describe_quorum(const RequestContext& context, const AdminService& service,
                            protocol::DescribeQuorumRequest&& request,
                            Reply<protocol::DescribeQuorumResponse> reply);

}  // namespace barnabas::broker
