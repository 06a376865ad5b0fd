// ElectLeaders (43): the preferred replica back, or anyone at all (KIP-460).
#pragma once

#include "broker/api/reply.h"
#include "broker/api/request_context.h"
#include "broker/handlers/admin_service.h"
#include "protocol/messages/elect_leaders_request.h"
#include "protocol/messages/elect_leaders_response.h"

namespace barnabas::broker {

void handle_elect_leaders(const RequestContext& context, const AdminService& service,
                          protocol::ElectLeadersRequest&& request,
                          Reply<protocol::ElectLeadersResponse> reply);

}  // namespace barnabas::broker
