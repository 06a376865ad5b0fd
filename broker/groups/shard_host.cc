#include "broker/groups/shard_host.h"

#include "broker/coordination/shard_host_impl.h"

template class barnabas::broker::coordination::ShardHost<barnabas::broker::groups::GroupShard>;
