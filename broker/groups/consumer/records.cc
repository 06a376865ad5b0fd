#include "broker/groups/consumer/records.h"

#include "broker/groups/consumer/member.h"

namespace barnabas::broker::groups::consumer {
namespace {

using CurrentValue = protocol::ConsumerGroupCurrentMemberAssignmentValue;

std::vector<CurrentValue::TopicPartitions> with_epochs(const Assigned& assigned) {
  std::vector<CurrentValue::TopicPartitions> out;
  out.reserve(assigned.size());
  for (const auto& [topic, partitions] : assigned) {
    auto& added = out.emplace_back();
    added.topic_id = topic;
    for (const auto& [partition, epoch] : partitions) {
      added.partitions.push_back(partition);
      added.assignment_epochs->push_back(epoch);
    }
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
Record partition_metadata_tombstone(const std::string& group_id) {
  return of_group<PartitionMetadataRecord>(group_id);
}

Record member_record(const std::string& group_id, const Member& member) {
  auto record = of_member<MemberRecord>(group_id, member.id);
  auto& value = record.value.emplace();
  value.instance_id = member.instance_id;
  value.rack_id = member.rack_id;
  value.client_id = member.client_id;
  value.client_host = member.client_host;
  value.subscribed_topic_names.assign(member.topics.begin(), member.topics.end());
  value.subscribed_topic_regex = member.regex;
  value.rebalance_timeout_ms = member.rebalance_timeout_ms;
  value.server_assignor = member.assignor;
  value.classic_member_metadata = member.classic;
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
  auto& value = record.value.emplace();
  value.topic_partitions.reserve(partitions.size());
  for (const auto& [topic, numbers] : partitions) {
    auto& added = value.topic_partitions.emplace_back();
    added.topic_id = topic;
    added.partitions = numbers;
  }
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
  value.state = static_cast<std::int8_t>(member.state);
  value.assigned_partitions = with_epochs(member.assigned);
  value.partitions_pending_revocation = with_epochs(member.pending_revocation);
  return record;
}
Record current_tombstone(const std::string& group_id, const std::string& member_id) {
  return of_member<CurrentRecord>(group_id, member_id);
}

Record regex_record(const std::string& group_id, const std::string& regex, const ResolvedRegex& resolved) {
  auto record = of_group<RegexRecord>(group_id);
  record.key.regular_expression = regex;
  auto& value = record.value.emplace();
  value.topics.assign(resolved.topics.begin(), resolved.topics.end());
  value.version = resolved.version;
  value.timestamp = resolved.timestamp_ms;
  return record;
}
Record regex_tombstone(const std::string& group_id, const std::string& regex) {
  auto record = of_group<RegexRecord>(group_id);
  record.key.regular_expression = regex;
  return record;
}

const std::string& group_of(const Record& record) {
  return std::visit([](const auto& one) -> const std::string& { return one.key.group_id; }, record);
}

coordination::EncodedRecord encode(const Record& record) {
  return std::visit([](const auto& one) { return encode_keyed(one); }, record);
}

bool is_consumer_key(std::int16_t key_type) {
  return (key_type >= EpochRecord::Value::kRecordType && key_type <= CurrentRecord::Value::kRecordType) ||
         key_type == RegexRecord::Value::kRecordType;
}

std::optional<Record> decode(ByteView key, std::optional<ByteView> value) {
  std::optional<Record> found;
  if (key.size() < 2) return found;
  const auto type = load_be<std::int16_t>(key.data());
  decode_keyed<EpochRecord>(type, key, value, found);
  decode_keyed<PartitionMetadataRecord>(type, key, value, found);
  decode_keyed<MemberRecord>(type, key, value, found);
  decode_keyed<TargetEpochRecord>(type, key, value, found);
  decode_keyed<TargetRecord>(type, key, value, found);
  decode_keyed<CurrentRecord>(type, key, value, found);
  decode_keyed<RegexRecord>(type, key, value, found);
  return found;
}

}  // namespace barnabas::broker::groups::consumer
