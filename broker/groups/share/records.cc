#include "broker/groups/share/records.h"

#include "broker/groups/share/member.h"
#include "broker/groups/share/state_partitions.h"

namespace barnabas::broker::groups::share {
namespace {

template <class Topic>
std::vector<Topic> topics_of(const TopicPartitions& partitions) {
  std::vector<Topic> out;
  out.reserve(partitions.size());
  for (const auto& [topic, numbers] : partitions) {
    Topic& added = out.emplace_back();
    added.topic_id = topic;
    added.partitions = numbers;
  }
  return out;
}

std::vector<protocol::ShareGroupStatePartitionMetadataValue::TopicPartitionsInfo> infos_of(
    const StateTopics& topics) {
  std::vector<protocol::ShareGroupStatePartitionMetadataValue::TopicPartitionsInfo> out;
  out.reserve(topics.size());
  for (const auto& [id, topic] : topics) {
    auto& added = out.emplace_back();
    added.topic_id = id;
    added.topic_name = topic.name;
    added.partitions = topic.partitions;
  }
  return out;
}

}  // namespace

Record epoch_record(const std::string& group_id, std::int32_t epoch, std::uint64_t metadata_hash) {
  auto record = of_group<EpochRecord>(group_id);
  auto& value = record.value.emplace();
  value.epoch = epoch;
  value.metadata_hash = static_cast<std::int64_t>(metadata_hash);
  return record;
}
Record epoch_tombstone(const std::string& group_id) {
  return of_group<EpochRecord>(group_id);
}

Record member_record(const std::string& group_id, const Member& member) {
  auto record = of_member<MemberRecord>(group_id, member.id);
  auto& value = record.value.emplace();
  value.rack_id = member.rack_id;
  value.client_id = member.client_id;
  value.client_host = member.client_host;
  value.subscribed_topic_names.assign(member.topics.begin(), member.topics.end());
  return record;
}
Record member_tombstone(const std::string& group_id, const std::string& member_id) {
  return of_member<MemberRecord>(group_id, member_id);
}

Record target_epoch_record(const std::string& group_id, std::int32_t epoch, std::int64_t timestamp_ms) {
  auto record = of_group<TargetEpochRecord>(group_id);
  auto& value = record.value.emplace();
  value.assignment_epoch = epoch;
  value.assignment_timestamp = timestamp_ms;
  return record;
}
Record target_epoch_tombstone(const std::string& group_id) {
  return of_group<TargetEpochRecord>(group_id);
}

Record target_record(const std::string& group_id, const std::string& member_id,
                     const TopicPartitions& partitions) {
  auto record = of_member<TargetRecord>(group_id, member_id);
  record.value.emplace().topic_partitions =
      topics_of<protocol::ShareGroupTargetAssignmentMemberValue::TopicPartition>(partitions);
  return record;
}
Record target_tombstone(const std::string& group_id, const std::string& member_id) {
  return of_member<TargetRecord>(group_id, member_id);
}

Record current_record(const std::string& group_id, const Member& member) {
  auto record = of_member<CurrentRecord>(group_id, member.id);
  auto& value = record.value.emplace();
  value.member_epoch = member.epoch;
  value.previous_member_epoch = member.previous_epoch;
  value.state = 0;
  value.assigned_partitions =
      topics_of<protocol::ShareGroupCurrentMemberAssignmentValue::TopicPartitions>(member.assigned);
  return record;
}
Record current_tombstone(const std::string& group_id, const std::string& member_id) {
  return of_member<CurrentRecord>(group_id, member_id);
}

Record state_record(const std::string& group_id, const StatePartitions& states) {
  auto record = of_group<StateRecord>(group_id);
  auto& value = record.value.emplace();
  value.initializing_topics = infos_of(states.initializing);
  value.initialized_topics = infos_of(states.initialized);
  for (const auto& [id, name] : states.deleting) {
    auto& added = value.deleting_topics.emplace_back();
    added.topic_id = id;
    added.topic_name = name;
  }
  return record;
}
Record state_tombstone(const std::string& group_id) {
  return of_group<StateRecord>(group_id);
}

const std::string& group_of(const Record& record) {
  return std::visit([](const auto& one) -> const std::string& { return one.key.group_id; }, record);
}

coordination::EncodedRecord encode(const Record& record) {
  return std::visit([](const auto& one) { return encode_keyed(one); }, record);
}

bool is_share_key(std::int16_t key_type) {
  return key_type >= MemberRecord::Value::kRecordType && key_type <= StateRecord::Value::kRecordType;
}

std::optional<Record> decode(ByteView key, std::optional<ByteView> value) {
  std::optional<Record> found;
  if (key.size() < 2) return found;
  const auto type = load_be<std::int16_t>(key.data());
  decode_keyed<MemberRecord>(type, key, value, found);
  decode_keyed<EpochRecord>(type, key, value, found);
  decode_keyed<TargetEpochRecord>(type, key, value, found);
  decode_keyed<TargetRecord>(type, key, value, found);
  decode_keyed<CurrentRecord>(type, key, value, found);
  decode_keyed<StateRecord>(type, key, value, found);
  return found;
}

}  // namespace barnabas::broker::groups::share
