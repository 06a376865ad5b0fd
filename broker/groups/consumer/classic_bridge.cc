#include "broker/groups/consumer/classic_bridge.h"

#include <algorithm>

#include "broker/groups/consumer_subscription.h"
#include "protocol/messages/consumer_protocol_assignment.h"
#include "protocol/messages/consumer_protocol_subscription.h"
#include "protocol/wire/reader.h"
#include "protocol/wire/writer.h"

namespace barnabas::broker::groups::consumer {
namespace {

// Later versions only add to the end.
template <class Message>
std::optional<Message> read_embedded(ByteView bytes) {
  if (bytes.size() < 2) return std::nullopt;
  const auto version = load_be<std::int16_t>(bytes.data());
  if (version < 0) return std::nullopt;
  protocol::Reader reader(bytes.subspan(2));
  Message message;
  if (!message.decode(reader, std::min(version, Message::kMaxVersion)) || reader.failed())
    return std::nullopt;
  return message;
}

// By id, as far as the topics exist.
template <class Topics>
TopicPartitions by_id(const Topics& topics, const ClusterView& cluster) {
  TopicPartitions out;
  for (const auto& topic : topics) {
    const auto info = cluster.topic(topic.topic);
    if (!info || topic.partitions.empty()) continue;
    std::vector<std::int32_t>& partitions = out[info->id];
    partitions.insert(partitions.end(), topic.partitions.begin(), topic.partitions.end());
    std::sort(partitions.begin(), partitions.end());
    partitions.erase(std::unique(partitions.begin(), partitions.end()), partitions.end());
  }
  return out;
}

ClassicMetadata metadata_of(const std::vector<MemberProtocol>& protocols, std::int32_t session_timeout_ms) {
  ClassicMetadata out;
  out.session_timeout_ms = session_timeout_ms;
  for (const MemberProtocol& protocol : protocols) {
    auto& added = out.supported_protocols.emplace_back();
    added.name = protocol.name;
    added.metadata = protocol.metadata;
  }
  return out;
}

std::optional<std::string> rack_of(const protocol::ConsumerProtocolSubscription& subscription) {
  if (!subscription.rack_id || subscription.rack_id->empty()) return std::nullopt;
  return subscription.rack_id;
}

Assigned since(const TopicPartitions& partitions, std::int32_t epoch) {
  Assigned out;
  for (const auto& [topic, numbers] : partitions) {
    for (const std::int32_t number : numbers) out[topic][number] = epoch;
  }
  return out;
}

}  // namespace

std::optional<HeartbeatCommand> heartbeat_of(const JoinCommand& command, const ClusterView& cluster) {
  const auto subscription =
      read_embedded<protocol::ConsumerProtocolSubscription>(command.protocols.front().metadata);
  if (!subscription) return std::nullopt;
  HeartbeatCommand out;
  out.group_id = command.group_id;
  out.member_id = command.member_id;
  out.member_epoch = kJoinEpoch;
  out.instance_id = command.instance_id;
  out.rack_id = rack_of(*subscription);
  out.rebalance_timeout_ms = command.rebalance_timeout_ms;
  out.topics = subscription->topics;
  out.regex = "";
  out.owned = by_id(subscription->owned_partitions, cluster);
  out.client_id = command.client_id;
  out.client_host = command.client_host;
  out.classic = metadata_of(command.protocols, command.session_timeout_ms);
  return out;
}

TopicPartitions without_epochs(const Assigned& assigned) {
  TopicPartitions out;
  for (const auto& [topic, partitions] : assigned) {
    for (const auto& [partition, epoch] : partitions) out[topic].push_back(partition);
  }
  return out;
}

Buffer embedded_assignment(const TopicPartitions& partitions, ByteView subscription,
                           const ClusterView& cluster) {
  protocol::ConsumerProtocolAssignment assignment;
  for (const auto& [id, numbers] : partitions) {
    const auto topic = cluster.topic(id);
    if (!topic) continue;
    auto& added = assignment.assigned_partitions.emplace_back();
    added.topic = topic->name;
    added.partitions = numbers;
  }
  const std::int16_t said =
      subscription.size() < 2 ? std::int16_t{0} : load_be<std::int16_t>(subscription.data());
  const std::int16_t version =
      std::clamp<std::int16_t>(said, 0, protocol::ConsumerProtocolAssignment::kMaxVersion);
  protocol::Writer writer;
  writer.int16(version);
  assignment.encode(writer, version);
  return writer.finish_buffer();
}

std::optional<Group> upgraded(const ClassicGroup& classic, const ClusterView& cluster, TopicHashes& hashes) {
  const std::int32_t epoch = classic.generation_id();
  Group group(classic.id());
  group.start(epoch);
  for (const auto& [id, from] : classic.members()) {
    const Buffer* metadata = from.metadata(classic.protocol_name().value_or(""));
    if (metadata == nullptr) return std::nullopt;
    const auto subscription = read_embedded<protocol::ConsumerProtocolSubscription>(*metadata);
    if (!subscription) return std::nullopt;
    TopicPartitions assigned;
    if (!from.assignment.empty()) {
      const auto assignment = read_embedded<protocol::ConsumerProtocolAssignment>(from.assignment);
      if (!assignment || (assignment->user_data && !assignment->user_data->empty())) return std::nullopt;
      assigned = by_id(assignment->assigned_partitions, cluster);
    }
    Member member(id);
    member.epoch = epoch;
    member.previous_epoch = epoch;
    member.instance_id = from.instance_id;
    member.rack_id = rack_of(*subscription);
    member.rebalance_timeout_ms = from.rebalance_timeout_ms;
    member.client_id = from.client_id;
    member.client_host = from.client_host;
    member.topics = {subscription->topics.begin(), subscription->topics.end()};
    member.assigned = since(assigned, epoch);
    member.classic = metadata_of(from.protocols, from.session_timeout_ms);
    group.put(std::move(member), std::move(assigned));
  }
  group.set_metadata_hash(hashes.of(group.subscriptions(), cluster));
  return group;
}

GroupMetadataRecord downgraded(const Group& group, const std::vector<const Member*>& leaving,
                               const ClusterView& cluster, std::int64_t now_ms) {
  ClassicGroup classic(group.id(), 0, now_ms);
  for (const auto& [id, member] : group.members()) {
    if (std::find(leaving.begin(), leaving.end(), &member) != leaving.end()) continue;
    ClassicMember added;
    added.id = id;
    for (const auto& protocol : member.classic->supported_protocols) {
      added.protocols.push_back({protocol.name, protocol.metadata});
    }
    classic.add(std::move(added), kConsumerProtocolType);
  }
  GroupMetadataRecord record;
  record.key.group = group.id();
  auto& value = record.value.emplace();
  value.protocol_type = kConsumerProtocolType;
  value.generation = group.epoch();
  value.protocol = classic.vote();
  value.leader = classic.leader_or_none();
  value.current_state_timestamp = now_ms;
  for (const auto& [id, member] : classic.members()) {
    const Member& from = *group.find(id);
    auto& stored = value.members.emplace_back();
    stored.member_id = id;
    stored.group_instance_id = from.instance_id;
    stored.client_id = from.client_id;
    stored.client_host = from.client_host;
    stored.rebalance_timeout = from.rebalance_timeout_ms;
    stored.session_timeout = from.classic->session_timeout_ms;
    if (const Buffer* metadata = member.metadata(*value.protocol)) stored.subscription = *metadata;
    stored.assignment = embedded_assignment(group.target(id), stored.subscription, cluster);
  }
  return record;
}

}  // namespace barnabas::broker::groups::consumer
