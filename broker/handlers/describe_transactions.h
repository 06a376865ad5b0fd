// DescribeTransactions (65): state and partitions of transactional ids (KIP-664).
#pragma once

#include "broker/api/reply.h"
#include "broker/api/request_context.h"
#include "broker/transactions/transaction_coordinator.h"
#include "protocol/messages/describe_transactions_request.h"
#include "protocol/messages/describe_transactions_response.h"

namespace barnabas::broker {

void handle_describe_transactions(const RequestContext& context,
                                  transactions::TransactionCoordinator& coordinator,
                                  protocol::DescribeTransactionsRequest&& request,
                                  Reply<protocol::DescribeTransactionsResponse> reply);

}  // namespace barnabas::broker
