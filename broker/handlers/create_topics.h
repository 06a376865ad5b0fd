// CreateTopics (19): topics by number or by hand, with their settings.
#pragma once

#include "broker/api/reply.h"
#include "broker/api/request_context.h"
#include "broker/handlers/admin_service.h"
#include "protocol/messages/create_topics_request.h"
#include "protocol/messages/create_topics_response.h"

namespace barnabas::broker {

// Answers when the topics are committed and this broker serves them. From version 5 with their effective
// settings.
void handle_create_topics(const RequestContext& context, const AdminService& service,
                          protocol::CreateTopicsRequest&& request,
                          Reply<protocol::CreateTopicsResponse> reply);

}  // namespace barnabas::broker
