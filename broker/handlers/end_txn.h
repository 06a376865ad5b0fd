// EndTxn (26): commits or aborts a transaction (KIP-98, KIP-890).
#pragma once

#include "broker/api/reply.h"
#include "broker/api/request_context.h"
#include "broker/transactions/transaction_coordinator.h"
#include "protocol/messages/end_txn_request.h"
#include "protocol/messages/end_txn_response.h"

namespace barnabas::broker {

// From version 5 on the answer names the producer id and epoch of the next transaction.
void handle_end_txn(const RequestContext& context, transactions::TransactionCoordinator& coordinator,
                    protocol::EndTxnRequest&& request, Reply<protocol::EndTxnResponse> reply);

}  // namespace barnabas::broker
