// The hosts of the share coordinator's shards.
#pragma once

#include "broker/coordination/shard_table.h"
#include "broker/share/state/shard.h"

namespace barnabas::broker::share {

using ShareStateHost = coordination::ShardHost<ShareStateShard>;
using ShareStateShards = coordination::ShardTable<ShareStateShard>;

}  // namespace barnabas::broker::share

extern template class barnabas::broker::coordination::ShardHost<barnabas::broker::share::ShareStateShard>;
