#include "broker/share/state/host.h"

#include "broker/coordination/shard_host_impl.h"

template class barnabas::broker::coordination::ShardHost<barnabas::broker::share::ShareStateShard>;
