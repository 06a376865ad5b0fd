// Which partitions of which topics: what members of a consumer group have and what they should have.
#pragma once

#include <cstdint>
#include <map>
#include <vector>

#include "common/uuid.h"

namespace barnabas::broker::groups::consumer {

// Partitions are ascending and unique, topics have one at least.
using TopicPartitions = std::map<Uuid, std::vector<std::int32_t>>;

// The same with the group epoch at which the member got each partition.
using PartitionEpochs = std::map<std::int32_t, std::int32_t>;
using Assigned = std::map<Uuid, PartitionEpochs>;

}  // namespace barnabas::broker::groups::consumer
