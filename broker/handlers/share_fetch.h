// ShareFetch (78): hands records to a member of a share group, and takes its acknowledgements along
// (KIP-932).
#pragma once

#include "broker/api/reply.h"
#include "broker/api/request_context.h"
#include "broker/handlers/share_service.h"
#include "protocol/messages/share_fetch_request.h"
#include "protocol/messages/share_fetch_response.h"

namespace barnabas::broker {

// Answers when records can be handed out, when a partition has an error or when max_wait_ms has passed, and
// when the acknowledgements are persisted.
void handle_share_fetch(const RequestContext& context, ShareService& service,
                        protocol::ShareFetchRequest&& request, Reply<protocol::ShareFetchResponse> reply);

}  // namespace barnabas::broker
