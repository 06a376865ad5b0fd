// ListTransactions (66): the transactional ids this broker coordinates, by filters (KIP-664, 994, 1152).
#pragma once

#include "broker/api/reply.h"
#include "broker/api/request_context.h"
#include "broker/transactions/transaction_coordinator.h"
#include "protocol/messages/list_transactions_request.h"
#include "protocol/messages/list_transactions_response.h"

namespace barnabas::broker {

// INVALID_REGULAR_EXPRESSION for a pattern that RE2 does not take.
void handle_list_transactions(const RequestContext& context,
                              transactions::TransactionCoordinator& coordinator,
                              protocol::ListTransactionsRequest&& request,
                              Reply<protocol::ListTransactionsResponse> reply);

}  // namespace barnabas::broker
