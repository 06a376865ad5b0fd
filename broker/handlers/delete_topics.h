// DeleteTopics (20): by name, from version 6 by id too.
#pragma once

#include "broker/api/reply.h"
#include "broker/api/request_context.h"
#include "broker/handlers/admin_service.h"
#include "protocol/messages/delete_topics_request.h"
#include "protocol/messages/delete_topics_response.h"

namespace barnabas::broker {

void handle_delete_topics(const RequestContext& context, const AdminService& service,
                          protocol::DeleteTopicsRequest&& request,
                          Reply<protocol::DeleteTopicsResponse> reply);

}  // namespace barnabas::broker
