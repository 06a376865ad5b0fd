#include "broker/transactions/transaction_host.h"

#include "broker/coordination/shard_host_impl.h"

template class barnabas::broker::coordination::ShardHost<barnabas::broker::transactions::TransactionShard>;
