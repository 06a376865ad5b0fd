#include "broker/groups/streams/records.h"

#include "broker/groups/streams/member.h"

namespace barnabas::broker::groups::streams {
namespace {

using CurrentTasks = protocol::StreamsGroupCurrentMemberAssignmentValue::TaskIds;
using TargetTasks = protocol::StreamsGroupTargetAssignmentMemberValue::TaskIds;

template <class TaskIds>
std::vector<TaskIds> listed(const TaskSet& tasks) {
  std::vector<TaskIds> out;
  out.reserve(tasks.size());
  for (const auto& [subtopology, numbers] : tasks) {
    TaskIds& added = out.emplace_back();
    added.subtopology_id = subtopology;
    added.partitions.assign(numbers.begin(), numbers.end());
  }
  return out;
}

std::vector<CurrentTasks> listed(const TaskEpochs& tasks) {
  std::vector<CurrentTasks> out;
  out.reserve(tasks.size());
  for (const auto& [subtopology, numbers] : tasks) {
    CurrentTasks& added = out.emplace_back();
    added.subtopology_id = subtopology;
    for (const auto& [number, epoch] : numbers) {
      added.partitions.push_back(number);
      added.assignment_epochs->push_back(epoch);
    }
  }
  return out;
}

}  // namespace

Record epoch_record(const std::string& group_id, std::int32_t epoch, std::uint64_t metadata_hash,
                    std::int32_t validated_topology_epoch, const AssignmentConfigs& configs) {
  auto record = of_group<EpochRecord>(group_id);
  auto& value = record.value.emplace();
  value.epoch = epoch;
  value.metadata_hash = static_cast<std::int64_t>(metadata_hash);
  value.validated_topology_epoch = validated_topology_epoch;
  for (const auto& [key, text] : configs) {
    auto& added = value.last_assignment_configs->emplace_back();
    added.key = key;
    added.value = text;
  }
  return record;
}
Record epoch_tombstone(const std::string& group_id) {
  return of_group<EpochRecord>(group_id);
}

Record member_record(const std::string& group_id, const Member& member) {
  auto record = of_member<MemberRecord>(group_id, member.id);
  auto& value = record.value.emplace();
  value.instance_id = member.instance_id;
  value.rack_id = member.rack_id;
  value.client_id = member.client_id;
  value.client_host = member.client_host;
  value.rebalance_timeout_ms = member.rebalance_timeout_ms;
  value.topology_epoch = member.topology_epoch;
  value.process_id = member.process_id;
  if (member.endpoint) {
    value.user_endpoint = protocol::StreamsGroupMemberMetadataValue::Endpoint();
    value.user_endpoint->host = member.endpoint->host;
    value.user_endpoint->port = member.endpoint->port;
  }
  for (const auto& [key, text] : member.client_tags) {
    auto& added = value.client_tags.emplace_back();
    added.key = key;
    added.value = text;
  }
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

Record target_record(const std::string& group_id, const std::string& member_id, const Tasks& tasks) {
  auto record = of_member<TargetRecord>(group_id, member_id);
  auto& value = record.value.emplace();
  value.active_tasks = listed<TargetTasks>(tasks.active);
  value.standby_tasks = listed<TargetTasks>(tasks.standby);
  value.warmup_tasks = listed<TargetTasks>(tasks.warmup);
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
  value.active_tasks = listed(member.assigned.active);
  value.standby_tasks = listed<CurrentTasks>(member.assigned.standby);
  value.warmup_tasks = listed<CurrentTasks>(member.assigned.warmup);
  value.active_tasks_pending_revocation = listed(member.pending_revocation.active);
  value.standby_tasks_pending_revocation = listed<CurrentTasks>(member.pending_revocation.standby);
  value.warmup_tasks_pending_revocation = listed<CurrentTasks>(member.pending_revocation.warmup);
  return record;
}
Record current_tombstone(const std::string& group_id, const std::string& member_id) {
  return of_member<CurrentRecord>(group_id, member_id);
}

Record topology_record(const std::string& group_id, protocol::StreamsGroupTopologyValue value) {
  auto record = of_group<TopologyRecord>(group_id);
  record.value = std::move(value);
  return record;
}
Record topology_tombstone(const std::string& group_id) {
  return of_group<TopologyRecord>(group_id);
}

const std::string& group_of(const Record& record) {
  return std::visit([](const auto& one) -> const std::string& { return one.key.group_id; }, record);
}

coordination::EncodedRecord encode(const Record& record) {
  return std::visit([](const auto& one) { return encode_keyed(one); }, record);
}

bool is_streams_key(std::int16_t key_type) {
  return key_type == EpochRecord::Value::kRecordType ||
         (key_type >= MemberRecord::Value::kRecordType && key_type <= TopologyRecord::Value::kRecordType);
}

std::optional<Record> decode(ByteView key, std::optional<ByteView> value) {
  std::optional<Record> found;
  if (key.size() < 2) return found;
  const auto type = load_be<std::int16_t>(key.data());
  decode_keyed<EpochRecord>(type, key, value, found);
  decode_keyed<MemberRecord>(type, key, value, found);
  decode_keyed<TargetEpochRecord>(type, key, value, found);
  decode_keyed<TargetRecord>(type, key, value, found);
  decode_keyed<CurrentRecord>(type, key, value, found);
  decode_keyed<TopologyRecord>(type, key, value, found);
  return found;
}

}  // namespace barnabas::broker::groups::streams
