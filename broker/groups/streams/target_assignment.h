// The next target assignment of a streams group.
#pragma once

#include <cstdint>

#include "broker/groups/streams/group.h"
#include "broker/groups/streams/internal_topics.h"

namespace barnabas::broker::groups::streams {

// The name under which records and Kafka's assignors know the number of standby tasks.
inline constexpr std::string_view kStandbyReplicasConfig = "num.standby.replicas";

// Computes who should have what from group epoch `epoch` on, with `updated` in its place if it is not null.
// Nobody gets anything while the topology is not ready. Appends the records of what changes and of the epoch,
// and returns what `updated` should have.
Tasks assign_target(const Group& group, const Member* updated, std::int32_t epoch,
                    const ConfiguredTopology& topology, const AssignmentConfigs& configs, std::int64_t now_ms,
                    Records& records);

}  // namespace barnabas::broker::groups::streams
