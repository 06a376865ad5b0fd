// Which share partitions of a group have state, are about to have it, or are about to lose it (KIP-932,
// ShareGroupStatePartitionMetadata). The states themselves are the share coordinator's.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "broker/groups/consumer/assignment.h"
#include "broker/groups/consumer/cluster_view.h"
#include "protocol/messages/share_group_state_partition_metadata_value.h"

namespace barnabas::broker::groups::share {

using consumer::TopicPartitions;

struct StateTopic {
  std::string name = {};
  std::vector<std::int32_t> partitions = {};  // ascending, unique
  bool operator==(const StateTopic&) const = default;
};
using StateTopics = std::map<Uuid, StateTopic>;

// Plain data.
struct StatePartitions {
  StateTopics initializing = {};
  StateTopics initialized = {};
  std::map<Uuid, std::string> deleting = {};
  // When this was written, or loaded: what is being initialized is not asked for again too soon. In no
  // record.
  std::int64_t since_ms = 0;

  bool empty() const { return initializing.empty() && initialized.empty() && deleting.empty(); }
  // A topic that is initialized again is not deleted any more.
  void start(const StateTopics& topics);
  // The persister has made these, or could not.
  void made(const TopicPartitions& partitions, const consumer::ClusterView& cluster);
  void not_made(const TopicPartitions& partitions);
  void apply(const protocol::ShareGroupStatePartitionMetadataValue& value, std::int64_t now_ms);
  bool operator==(const StatePartitions&) const = default;
};

std::vector<std::int32_t> ascending(std::vector<std::int32_t> numbers);
// Adds to `to` what is in `more`.
void add_topics(StateTopics& to, const StateTopics& more);
// 0 to count - 1.
std::vector<std::int32_t> all_partitions(std::int32_t count);
TopicPartitions partitions_of(const StateTopics& topics);
// As records name a topic that is gone.
std::string name_of(const Uuid& topic_id, const consumer::ClusterView& cluster);

}  // namespace barnabas::broker::groups::share
