// What an operation on a group shard leaves to its host (coordination/effects.h).
#pragma once

#include "broker/coordination/effects.h"
#include "broker/groups/commands.h"
#include "broker/groups/group_records.h"

namespace barnabas::broker::groups {

using Effects = coordination::Effects<GroupRecord>;
using Write = coordination::Write<GroupRecord>;
using WriteDone = coordination::WriteDone<GroupRecord>;

}  // namespace barnabas::broker::groups
