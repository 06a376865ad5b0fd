// The groups of a shard as records make them, and what they tell of themselves.
#include "broker/groups/consumer/protocol.h"

namespace barnabas::broker::groups::consumer {

const Group* Protocol::find(std::string_view group_id) const {
  const auto found = groups_.find(group_id);
  return found == groups_.end() ? nullptr : &found->second;
}

void Protocol::replay(const Record& record) {
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
  std::visit([&](const auto& one) { found->second.replay(one); }, record);
}

std::vector<DescribedTopic> Protocol::named(const TopicPartitions& partitions,
                                            const ClusterView& cluster) const {
  std::vector<DescribedTopic> out;
  for (const auto& [id, numbers] : partitions) {
    if (const auto topic = cluster.topic(id)) out.push_back({id, topic->name, numbers});
  }
  return out;
}

Description Protocol::describe(const Group& group) const {
  const ClusterViewPtr cluster = view_();
  Description out;
  out.group_id = group.id();
  out.state = group_state_name(group.state());
  out.epoch = group.epoch();
  out.target_epoch = group.target_epoch();
  out.assignor = Group::preferred(group.assignors()).value_or(settings_.assignors.front());
  out.members.reserve(group.members().size());
  for (const auto& [id, member] : group.members()) {
    DescribedMember& described = out.members.emplace_back();
    described.member_id = id;
    described.instance_id = member.instance_id;
    described.rack_id = member.rack_id;
    described.epoch = member.epoch;
    described.client_id = member.client_id;
    described.client_host = member.client_host;
    described.topics.assign(member.topics.begin(), member.topics.end());
    described.regex = member.regex;
    described.is_classic = member.is_classic();
    // What it has to give back it still has.
    TopicPartitions has;
    for (const Assigned* some : {&member.assigned, &member.pending_revocation}) {
      for (const auto& [topic, partitions] : *some) {
        for (const auto& [partition, since] : partitions) has[topic].push_back(partition);
      }
    }
    described.assignment = named(has, *cluster);
    described.target = named(group.target(id), *cluster);
  }
  return out;
}

}  // namespace barnabas::broker::groups::consumer
