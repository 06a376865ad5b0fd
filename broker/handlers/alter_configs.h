// AlterConfigs (33) and IncrementalAlterConfigs (44): checked here for what this broker knows, decided and
// stored by the controller.
#pragma once

#include "broker/api/reply.h"
#include "broker/api/request_context.h"
#include "broker/handlers/config_service.h"
#include "protocol/messages/alter_configs_request.h"
#include "protocol/messages/alter_configs_response.h"
#include "protocol/messages/incremental_alter_configs_request.h"
#include "protocol/messages/incremental_alter_configs_response.h"

namespace barnabas::broker {

// Both answer when the controller has; at once if nothing is left for it.
void handle_alter_configs(const RequestContext& context, const ConfigService& service,
                          protocol::AlterConfigsRequest&& request,
                          Reply<protocol::AlterConfigsResponse> reply);
void handle_incremental_alter_configs(const RequestContext& context, const ConfigService& service,
                                      protocol::IncrementalAlterConfigsRequest&& request,
                                      Reply<protocol::IncrementalAlterConfigsResponse> reply);

}  // namespace barnabas::broker
