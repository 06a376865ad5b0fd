// AddPartitionsToTxn (24): a producer's partitions for its transaction, or those of several transactions that
// another broker asks for (KIP-98, KIP-890).
#pragma once

#include "broker/api/reply.h"
#include "broker/api/request_context.h"
#include "broker/metadata_cache.h"
#include "broker/transactions/transaction_coordinator.h"
#include "protocol/messages/add_partitions_to_txn_request.h"
#include "protocol/messages/add_partitions_to_txn_response.h"

namespace barnabas::broker {

// A transaction with a partition that does not exist gets none: UNKNOWN_TOPIC_OR_PARTITION for that one,
// OPERATION_NOT_ATTEMPTED for the others.
void handle_add_partitions_to_txn(const RequestContext& context,
                                  transactions::TransactionCoordinator& coordinator,
                                  const MetadataCache& metadata,
                                  protocol::AddPartitionsToTxnRequest&& request,
                                  Reply<protocol::AddPartitionsToTxnResponse> reply);

}  // namespace barnabas::broker
