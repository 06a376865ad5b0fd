// The APIs of transactional producers in the table of what is served.
#pragma once

#include "broker/api/api_table.h"
#include "broker/groups/group_coordinator.h"
#include "broker/metadata_cache.h"
#include "broker/producer_ids.h"
#include "broker/transactions/transaction_coordinator.h"

namespace barnabas::broker {

// All but the table must outlive it.
struct TransactionServices {
  transactions::TransactionCoordinator& transactions;
  const groups::GroupCoordinator& groups;
  const MetadataCache& metadata;
  ProducerIds& producer_ids;
};

// Adds InitProducerId, AddPartitionsToTxn, AddOffsetsToTxn, EndTxn, DescribeTransactions and
// ListTransactions.
void add_transaction_apis(ApiTable& apis, const TransactionServices& services);

}  // namespace barnabas::broker
