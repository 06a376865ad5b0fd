// How a member gets from the tasks it has to those it should have: it gives tasks back first, then takes the
// epoch of the target, then gets each new task as soon as nobody else stands in its way (KIP-1071).
#pragma once

#include <optional>

#include "broker/groups/streams/group.h"

namespace barnabas::broker::groups::streams {

struct Reconciliation {
  const Group& group;  // who has what
  std::int32_t target_epoch;
  const Tasks& target;
  const std::optional<Tasks>& owned;  // what the member says it has; nullopt if it does not say
};

// The member as it is from now on. nullopt if its record is of a state that this broker does not know and
// which the member can leave by joining again alone: FENCED_MEMBER_EPOCH.
//
// An active task is free when no process has it; a process never has it twice, whether active, standby or
// warm-up, since there is one state directory.
std::optional<Member> reconcile(const Member& member, const Reconciliation& by);

}  // namespace barnabas::broker::groups::streams
