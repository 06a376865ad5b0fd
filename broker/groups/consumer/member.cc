#include "broker/groups/consumer/member.h"

#include <algorithm>

namespace barnabas::broker::groups::consumer {
namespace {

using CurrentValue = protocol::ConsumerGroupCurrentMemberAssignmentValue;

// Kafka before 4.3 wrote no epochs with the partitions: then it is the member's.
Assigned assigned_of(const std::vector<CurrentValue::TopicPartitions>& topics, std::int32_t member_epoch) {
  Assigned out;
  for (const auto& topic : topics) {
    PartitionEpochs& partitions = out[topic.topic_id];
    const auto& epochs = topic.assignment_epochs;
    const bool known = epochs && epochs->size() == topic.partitions.size();
    for (std::size_t i = 0; i < topic.partitions.size(); ++i) {
      partitions[topic.partitions[i]] = known ? (*epochs)[i] : std::max(member_epoch, 0);
    }
  }
  return out;
}

std::optional<std::int32_t> find_epoch(const Assigned& assigned, const Uuid& topic_id,
                                       std::int32_t partition) {
  const auto topic = assigned.find(topic_id);
  if (topic == assigned.end()) return std::nullopt;
  const auto found = topic->second.find(partition);
  if (found == topic->second.end()) return std::nullopt;
  return found->second;
}

}  // namespace

std::optional<std::int32_t> Member::epoch_of(const Uuid& topic_id, std::int32_t partition) const {
  if (const auto found = find_epoch(assigned, topic_id, partition)) return found;
  return find_epoch(pending_revocation, topic_id, partition);
}

void Member::apply(const protocol::ConsumerGroupMemberMetadataValue& value) {
  instance_id = value.instance_id;
  rack_id = value.rack_id;
  client_id = value.client_id;
  client_host = value.client_host;
  topics = {value.subscribed_topic_names.begin(), value.subscribed_topic_names.end()};
  regex = value.subscribed_topic_regex;
  rebalance_timeout_ms = value.rebalance_timeout_ms;
  assignor = value.server_assignor;
  classic = value.classic_member_metadata;
}

void Member::apply(const CurrentValue& value) {
  epoch = value.member_epoch;
  previous_epoch = value.previous_member_epoch;
  const bool known = value.state >= 0 && value.state <= 2;
  state = known ? static_cast<MemberState>(value.state) : MemberState::kUnknown;
  assigned = assigned_of(value.assigned_partitions, epoch);
  pending_revocation = assigned_of(value.partitions_pending_revocation, epoch);
}

}  // namespace barnabas::broker::groups::consumer
