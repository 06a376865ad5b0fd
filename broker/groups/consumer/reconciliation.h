// How a member gets from what it has to what it should have: it gives partitions back first, then takes the
// epoch of the target, then gets each new partition as soon as nobody else has it (KIP-848).
#pragma once

#include <functional>
#include <optional>
#include <set>

#include "broker/groups/consumer/cluster_view.h"
#include "broker/groups/consumer/group.h"

namespace barnabas::broker::groups::consumer {

struct Reconciliation {
  const Group& group;  // who has what
  const ClusterView& cluster;
  std::int32_t target_epoch;
  const TopicPartitions& target;
  bool subscription_changed;
  const std::optional<TopicPartitions>& owned;  // what the member says it has; nullopt if it does not say
};

// The member as it is from now on. nullopt if its record is of a state that this broker does not know and
// which the member can leave by joining again alone: FENCED_MEMBER_EPOCH.
std::optional<Member> reconcile(const Member& member, const Reconciliation& by);

// The topics that exist among those the member names or its regular expression stands for.
std::set<Uuid> subscribed_topics(const Member& member, const Group& group, const ClusterView& cluster);

}  // namespace barnabas::broker::groups::consumer
