// UnregisterBroker (64): forgets a broker that will not come back.
#pragma once

#include "broker/api/reply.h"
#include "broker/api/request_context.h"
#include "broker/handlers/admin_service.h"
#include "protocol/messages/unregister_broker_request.h"
#include "protocol/messages/unregister_broker_response.h"

namespace barnabas::broker {

void handle_unregister_broker(const RequestContext& context, const AdminService& service,
                              protocol::UnregisterBrokerRequest&& request,
                              Reply<protocol::UnregisterBrokerResponse> reply);

}  // namespace barnabas::broker
