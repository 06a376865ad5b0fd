// InitProducerId (22): an id and an epoch for a producer (KIP-98, 360, 939).
#pragma once

#include "broker/api/reply.h"
#include "broker/api/request_context.h"
#include "broker/producer_ids.h"
#include "broker/transactions/transaction_coordinator.h"
#include "protocol/messages/init_producer_id_request.h"
#include "protocol/messages/init_producer_id_response.h"

namespace barnabas::broker {

// A producer without a transactional id always gets a new id with epoch 0, even one that names its old id.
void handle_init_producer_id(const RequestContext& context, ProducerIds& ids,
                             transactions::TransactionCoordinator& coordinator,
                             protocol::InitProducerIdRequest&& request,
                             Reply<protocol::InitProducerIdResponse> reply);

}  // namespace barnabas::broker
