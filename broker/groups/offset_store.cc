#include "broker/groups/offset_store.h"

namespace barnabas::broker::groups {
namespace {

CommittedOffset from_record(const protocol::OffsetCommitValue& value, std::int64_t record_offset) {
  CommittedOffset out;
  out.offset = value.offset;
  out.leader_epoch = value.leader_epoch;
  out.metadata = value.metadata;
  out.commit_ms = value.commit_timestamp;
  out.expire_ms = value.expire_timestamp;
  out.topic_id = value.topic_id;
  out.record_offset = record_offset;
  return out;
}

template <class Groups>
const CommittedOffset* find_in(const Groups& groups, const std::string& group_id, const std::string& topic,
                               std::int32_t partition) {
  const auto group = groups.find(group_id);
  if (group == groups.end()) return nullptr;
  const auto partitions = group->second.find(topic);
  if (partitions == group->second.end()) return nullptr;
  const auto found = partitions->second.find(partition);
  return found == partitions->second.end() ? nullptr : &found->second;
}

}  // namespace

void OffsetStore::replay(const OffsetRecord& record, std::int64_t record_offset, std::int64_t producer_id) {
  const auto& [group_id, topic, partition] =
      std::tie(record.key.group, record.key.topic, record.key.partition);
  if (!record.value) {
    if (erase(committed_, group_id, topic, partition)) --size_;
    erase_pending(group_id, topic, partition);
    return;
  }
  if (producer_id == -1) {
    put(group_id, topic, partition, from_record(*record.value, record_offset));
    return;
  }
  pending_[producer_id][group_id][topic][partition] = from_record(*record.value, record_offset);
  open_[group_id].insert(producer_id);
}

void OffsetStore::replay_end(std::int64_t producer_id, bool committed) {
  auto ended = pending_.extract(producer_id);
  if (ended.empty()) return;
  for (auto& [group_id, topics] : ended.mapped()) {
    const auto producers = open_.find(group_id);
    producers->second.erase(producer_id);
    if (producers->second.empty()) open_.erase(producers);
    if (!committed) continue;
    for (auto& [topic, partitions] : topics) {
      for (auto& [partition, offset] : partitions) {
        // Compaction keeps records, not their order in time: the later record of the log wins.
        const CommittedOffset* existing = find(group_id, topic, partition);
        if (existing != nullptr && existing->record_offset >= offset.record_offset) continue;
        put(group_id, topic, partition, std::move(offset));
      }
    }
  }
}

const TopicOffsets* OffsetStore::group(const std::string& group_id) const {
  const auto found = committed_.find(group_id);
  return found == committed_.end() ? nullptr : &found->second;
}

const CommittedOffset* OffsetStore::find(const std::string& group_id, const std::string& topic,
                                         std::int32_t partition) const {
  return find_in(committed_, group_id, topic, partition);
}

bool OffsetStore::pending(const std::string& group_id, const std::string& topic,
                          std::int32_t partition) const {
  const auto producers = open_.find(group_id);
  if (producers == open_.end()) return false;
  for (const std::int64_t producer_id : producers->second) {
    const auto groups = pending_.find(producer_id);
    if (groups != pending_.end() && find_in(groups->second, group_id, topic, partition) != nullptr)
      return true;
  }
  return false;
}

void OffsetStore::put(const std::string& group_id, const std::string& topic, std::int32_t partition,
                      CommittedOffset offset) {
  const auto [place, is_new] = committed_[group_id][topic].insert_or_assign(partition, std::move(offset));
  if (is_new) ++size_;
}

void OffsetStore::erase_pending(const std::string& group_id, const std::string& topic,
                                std::int32_t partition) {
  const auto producers = open_.find(group_id);
  if (producers == open_.end()) return;
  std::erase_if(producers->second, [&](std::int64_t producer_id) {
    const auto groups = pending_.find(producer_id);
    erase(groups->second, group_id, topic, partition);
    if (groups->second.contains(group_id)) return false;
    if (groups->second.empty()) pending_.erase(groups);
    return true;
  });
  if (producers->second.empty()) open_.erase(producers);
}

bool OffsetStore::erase(Groups& groups, const std::string& group_id, const std::string& topic,
                        std::int32_t partition) {
  const auto group = groups.find(group_id);
  if (group == groups.end()) return false;
  const auto partitions = group->second.find(topic);
  if (partitions == group->second.end() || partitions->second.erase(partition) == 0) return false;
  if (partitions->second.empty()) group->second.erase(partitions);
  if (group->second.empty()) groups.erase(group);
  return true;
}

}  // namespace barnabas::broker::groups
