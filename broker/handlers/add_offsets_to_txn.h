// AddOffsetsToTxn (25): adds the partition that keeps a group's offsets to a transaction.
#pragma once

#include "broker/api/reply.h"
#include "broker/api/request_context.h"
#include "broker/groups/group_coordinator.h"
#include "broker/transactions/transaction_coordinator.h"
#include "protocol/messages/add_offsets_to_txn_request.h"
#include "protocol/messages/add_offsets_to_txn_response.h"

namespace barnabas::broker {

void handle_add_offsets_to_txn(const RequestContext& context,
                               transactions::TransactionCoordinator& coordinator,
                               const groups::GroupCoordinator& groups,
                               protocol::AddOffsetsToTxnRequest&& request,
                               Reply<protocol::AddOffsetsToTxnResponse> reply);

}  // namespace barnabas::broker
