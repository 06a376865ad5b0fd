// DescribeTopicPartitions (75): partitions page by page, with eligible leaders (KIP-966).
#pragma once

#include "broker/api/reply.h"
#include "broker/api/request_context.h"
#include "broker/handlers/admin_service.h"
#include "protocol/messages/describe_topic_partitions_request.h"
#include "protocol/messages/describe_topic_partitions_response.h"

namespace barnabas::broker {

void handle_describe_topic_partitions(const RequestContext& context, const AdminService& service,
                                      protocol::DescribeTopicPartitionsRequest&& request,
                                      Reply<protocol::DescribeTopicPartitionsResponse> reply);

}  // namespace barnabas::broker
