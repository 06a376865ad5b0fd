// ShareAcknowledge (79): a member of a share group says which records are done, released or rejected
// (KIP-932).
#pragma once

#include "broker/api/reply.h"
#include "broker/api/request_context.h"
#include "broker/handlers/share_service.h"
#include "protocol/messages/share_acknowledge_request.h"
#include "protocol/messages/share_acknowledge_response.h"

namespace barnabas::broker {

// Answers when everything is persisted or refused.
void handle_share_acknowledge(const RequestContext& context, ShareService& service,
                              protocol::ShareAcknowledgeRequest&& request,
                              Reply<protocol::ShareAcknowledgeResponse> reply);

}  // namespace barnabas::broker
