// Assignments of replicas given by hand, and new partitions made from assignments.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "controller/api_error.h"
#include "controller/image/metadata_image.h"
#include "controller/image/topic_image.h"
#include "controller/managers/cluster_view.h"
#include "controller/managers/placement.h"

namespace barnabas::controller {

// Kafka's checks of one partition's brokers. `replication_factor` is that of the partitions before it.
ApiError check_assignment(const MetadataImage& image, const std::vector<std::int32_t>& brokers,
                          std::optional<std::size_t> replication_factor);

// The brokers that may get new replicas.
std::vector<UsableBroker> usable_brokers(const MetadataImage& image);

// A fresh partition: active replicas are in sync, the first of them leads. None if nobody is active.
std::optional<PartitionImage> new_partition(const ClusterView& view,
                                            const std::vector<std::int32_t>& replicas);

}  // namespace barnabas::controller
