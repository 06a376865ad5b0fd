// The groups of a shard as records make them, and what they tell of themselves.
#include "broker/groups/share/protocol.h"
#include "broker/groups/share/simple_assignor.h"

namespace barnabas::broker::groups::share {

const Group* Protocol::find(std::string_view group_id) const {
  const auto found = groups_.find(group_id);
  return found == groups_.end() ? nullptr : &found->second;
}

void Protocol::replay(const Record& record, Instant now) {
  const std::string& group_id = group_of(record);
  const auto* epoch = std::get_if<EpochRecord>(&record);
  if (epoch != nullptr && !epoch->value) {
    groups_.erase(group_id);
    return forget(group_id);
  }
  const bool is_tombstone = std::visit([](const auto& one) { return !one.value; }, record);
  auto found = groups_.find(group_id);
  if (found == groups_.end()) {
    if (is_tombstone) return;  // the last trace of a group that is gone
    found = groups_.try_emplace(group_id, group_id).first;
  }
  found->second.replay(record, now.wall_ms);
}

TopicPartitions Protocol::initialized(const std::string& group_id) const {
  const Group* group = find(group_id);
  return group != nullptr && group->states() ? partitions_of(group->states()->initialized)
                                             : TopicPartitions();
}

Description Protocol::describe(const Group& group) const {
  const ClusterViewPtr cluster = view_();
  Description out;
  out.group_id = group.id();
  out.state = group_state_name(group.state());
  out.epoch = group.epoch();
  out.target_epoch = group.target_epoch();
  out.assignor = kSimpleAssignor;
  out.members.reserve(group.members().size());
  for (const auto& [id, member] : group.members()) {
    DescribedMember& described = out.members.emplace_back();
    described.member_id = id;
    described.rack_id = member.rack_id;
    described.epoch = member.epoch;
    described.client_id = member.client_id;
    described.client_host = member.client_host;
    described.topics.assign(member.topics.begin(), member.topics.end());
    for (const auto& [topic_id, partitions] : member.assigned) {
      if (const auto topic = cluster->topic(topic_id)) {
        described.assignment.push_back({topic_id, topic->name, partitions});
      }
    }
  }
  return out;
}

}  // namespace barnabas::broker::groups::share
