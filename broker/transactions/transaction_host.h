// The hosts of the transaction coordinator's shards.
#pragma once

#include "broker/coordination/shard_table.h"
#include "broker/transactions/transaction_shard.h"

namespace barnabas::broker::transactions {

using TransactionHost = coordination::ShardHost<TransactionShard>;
using TransactionShards = coordination::ShardTable<TransactionShard>;

}  // namespace barnabas::broker::transactions

extern template class barnabas::broker::coordination::ShardHost<
    barnabas::broker::transactions::TransactionShard>;
