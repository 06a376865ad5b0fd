// The next target assignment of a consumer group, and the hash by which it knows that its topics changed.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <unordered_map>

#include "broker/groups/consumer/assignor.h"
#include "broker/groups/consumer/cluster_view.h"
#include "broker/groups/consumer/group.h"

namespace barnabas::broker::groups::consumer {

// Hashes of topics, kept as long as the topics are the same. Used under the shard's lock.
class TopicHashes {
 public:
  // Over those of the topics that exist: id, name, partitions and where their replicas stand (Kafka 4.1+).
  std::uint64_t of(const Subscriptions& subscriptions, const ClusterView& cluster);

 private:
  struct Entry {
    std::shared_ptr<const void> identity;
    std::uint64_t hash = 0;
  };
  std::unordered_map<std::string, Entry> entries_;
};

// Computes who should have what from group epoch `epoch` on, with `updated` in its place (or in that of the
// static member it replaces) or without one if it is null. Appends the records of what changes and of the
// epoch, and returns what `updated` should have.
TopicPartitions assign_target(const Group& group, const Member* updated, std::int32_t epoch, bool homogeneous,
                              const Assignor& assignor, const ClusterView& cluster, std::int64_t now_ms,
                              Records& records);

}  // namespace barnabas::broker::groups::consumer
