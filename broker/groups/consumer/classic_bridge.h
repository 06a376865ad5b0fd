// Between the two consumer protocols: what a classic member embeds in its
// requests, and the conversion of whole groups (KIP-848, "online migration").
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "broker/groups/classic_group.h"
#include "broker/groups/consumer/cluster_view.h"
#include "broker/groups/consumer/commands.h"
#include "broker/groups/consumer/group.h"
#include "broker/groups/consumer/target_assignment.h"

namespace barnabas::broker::groups::consumer {

// A classic member's join as a heartbeat of the new protocol would say it.
// nullopt if its first protocol's metadata is no subscription.
std::optional<HeartbeatCommand> heartbeat_of(const JoinCommand& command, const ClusterView& cluster);
// What a classic member is given: an assignment in the version in which its
// subscription is.
Buffer embedded_assignment(const TopicPartitions& partitions, ByteView subscription,
                           const ClusterView& cluster);
TopicPartitions without_epochs(const Assigned& assigned);

// The same group in the new protocol. nullopt if what its members embedded
// cannot be read, or is of an assignor of the members' own, whose user data
// would be lost.
std::optional<Group> upgraded(const ClassicGroup& classic, const ClusterView& cluster, TopicHashes& hashes);
// The same group, all of whose members but `leaving` speak the classic
// protocol, as a classic one.
GroupMetadataRecord downgraded(const Group& group, const std::vector<const Member*>& leaving,
                               const ClusterView& cluster, std::int64_t now_ms);

}  // namespace barnabas::broker::groups::consumer
