// The hosts of the group coordinator's shards.
#pragma once

#include "broker/coordination/shard_table.h"
#include "broker/groups/group_shard.h"

namespace barnabas::broker::groups {

using ShardHost = coordination::ShardHost<GroupShard>;
using ShardTable = coordination::ShardTable<GroupShard>;

}  // namespace barnabas::broker::groups

extern template class barnabas::broker::coordination::ShardHost<barnabas::broker::groups::GroupShard>;
