// The assignor of share groups: every partition goes to as few members as it takes to give each member
// something to read, so that a partition is shared only where members outnumber partitions (KIP-932).
#pragma once

#include <string_view>

#include "broker/groups/consumer/assignor.h"

namespace barnabas::broker::groups::share {

inline constexpr std::string_view kSimpleAssignor = "simple";

// Of `assignable` alone. Every partition that somebody subscribes to is given to somebody; partitions are
// spread evenly over the members (over those of each topic where subscriptions differ), and what a member had
// before it keeps as far as that allows. As Kafka 4.3's SimpleAssignor balances, moving no more than it does.
consumer::GroupAssignment assign_simple(const consumer::GroupSpec& group,
                                        const consumer::TopicPartitions& assignable);

}  // namespace barnabas::broker::groups::share
