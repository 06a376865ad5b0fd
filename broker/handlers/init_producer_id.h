// InitProducerId (22): an id for an idempotent producer (KIP-98).
#pragma once

#include "broker/api/reply.h"
#include "broker/api/request_context.h"
#include "broker/producer_ids.h"
#include "protocol/messages/init_producer_id_request.h"
#include "protocol/messages/init_producer_id_response.h"

namespace barnabas::broker {

// A producer without a transactional id always gets a new id with epoch 0, even one that names its old id.
// Transactional ids need a transaction coordinator, which this broker does not have: INVALID_REQUEST.
void handle_init_producer_id(const RequestContext& context, ProducerIds& ids,
                             protocol::InitProducerIdRequest&& request,
                             Reply<protocol::InitProducerIdResponse> reply);

}  // namespace barnabas::broker
