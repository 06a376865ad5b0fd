// DescribeConfigs (32): effective values, where they come from, and what they would be otherwise.
#pragma once

#include "broker/api/reply.h"
#include "broker/api/request_context.h"
#include "broker/handlers/config_service.h"
#include "protocol/messages/describe_configs_request.h"
#include "protocol/messages/describe_configs_response.h"

namespace barnabas::broker {

void handle_describe_configs(const RequestContext& context, const ConfigService& service,
                             protocol::DescribeConfigsRequest&& request,
                             Reply<protocol::DescribeConfigsResponse> reply);

}  // namespace barnabas::broker
