// The next target assignment of a share group.
#pragma once

#include <cstdint>

#include "broker/groups/consumer/cluster_view.h"
#include "broker/groups/share/group.h"

namespace barnabas::broker::groups::share {

// Computes who should have what from group epoch `epoch` on, with `updated` in its place. Only partitions
// whose state is initialized are assigned. Appends the records of what changes and of the epoch, and returns
// what `updated` should have.
TopicPartitions assign_target(const Group& group, const Member& updated, std::int32_t epoch, bool homogeneous,
                              const consumer::ClusterView& cluster, std::int64_t now_ms, Records& records);

// Whether a partition that is initialized and subscribed to is assigned to nobody, or the other way around.
// Topics that are gone do not count, even while the group's record still names them.
bool assignment_pending(const Group& group, const consumer::ClusterView& cluster);

// What of `target` is of topics that the member subscribes to and that exist.
TopicPartitions subscribed_part(const TopicPartitions& target, const Member& member,
                                const consumer::ClusterView& cluster);

}  // namespace barnabas::broker::groups::share
