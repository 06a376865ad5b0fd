#include "controller/managers/assignment.h"

#include <algorithm>

#include "common/text.h"

namespace barnabas::controller {

using protocol::ErrorCode;

ApiError check_assignment(const MetadataImage& image, const std::vector<std::int32_t>& brokers,
                          std::optional<std::size_t> replication_factor) {
  const auto wrong = [](auto&&... parts) {
    return ApiError(ErrorCode::kInvalidReplicaAssignment,
                    concat("The manual partition assignment includes ", parts...));
  };
  if (brokers.empty()) return wrong("an empty replica list.");
  std::vector<std::int32_t> sorted = brokers;
  std::sort(sorted.begin(), sorted.end());
  std::int32_t previous = -1;
  for (const std::int32_t broker : sorted) {
    if (!image.broker(broker)) return wrong("broker ", broker, ", but no such broker is registered.");
    if (broker == previous) return wrong("the broker ", previous, " more than once.");
    previous = broker;
  }
  if (replication_factor && *replication_factor != brokers.size()) {
    return wrong("a partition with ", brokers.size(),
                 " replica(s), but this is not consistent with previous partitions, which have ",
                 *replication_factor, " replica(s).");
  }
  return {};
}

std::vector<UsableBroker> usable_brokers(const MetadataImage& image) {
  std::vector<UsableBroker> usable;
  for (const auto& [id, broker] : image.brokers()) {
    if (!broker->in_controlled_shutdown) usable.push_back({id, broker->rack, broker->fenced});
  }
  return usable;
}

std::optional<PartitionImage> new_partition(const ClusterView& view,
                                            const std::vector<std::int32_t>& replicas) {
  PartitionImage partition;
  partition.replicas = replicas;
  for (const std::int32_t replica : replicas) {
    partition.directories.push_back(view.default_directory(replica));
    if (view.image().broker_active(replica)) partition.isr.push_back(replica);
  }
  if (partition.isr.empty()) return std::nullopt;
  partition.leader = partition.isr.front();
  return partition;
}

}  // namespace barnabas::controller
