// What may fall due in a group shard.
#pragma once

#include <cstdint>
#include <string>

#include "broker/coordination/deadlines.h"

namespace barnabas::broker::groups {

enum class DeadlineKind : std::uint8_t {
  kSession,       // a member has not been heard of, or a pending member has not joined
  kInitialDelay,  // a new group has waited for further members
  kJoin,          // the rebalance time-out of the join phase
  kSync,          // the rebalance time-out of the sync phase
  kExpireOffsets  // the periodic look for what may be forgotten
};

struct DeadlineEvent {
  DeadlineKind kind{};
  std::string group_id = {};
  std::string member_id = {};       // kSession
  std::int32_t delay_ms = 0;        // kInitialDelay: the delay that ends here
  std::int32_t remaining_ms = 0;    // kInitialDelay: how much longer it may be extended
  std::int32_t generation_id = -1;  // kSync
};

using Deadline = coordination::Deadline;
using Deadlines = coordination::Deadlines<DeadlineEvent>;

}  // namespace barnabas::broker::groups
