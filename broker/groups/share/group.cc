#include "broker/groups/share/group.h"

namespace barnabas::broker::groups::share {
namespace {

const TopicPartitions kNothing;

void add_names(Subscriptions& subscriptions, const Member& member, std::int32_t by) {
  for (const std::string& topic : member.topics) {
    consumer::SubscriptionCount& count = subscriptions[topic];
    count.by_name += by;
    if (count.by_name <= 0) subscriptions.erase(topic);
  }
}

}  // namespace

std::string_view group_state_name(GroupState state) {
  switch (state) {
    case GroupState::kEmpty:
      return "Empty";
    case GroupState::kStable:
      return "Stable";
  }
  return "";
}

const Member* Group::find(std::string_view member_id) const {
  const auto found = members_.find(member_id);
  return found == members_.end() ? nullptr : &found->second;
}

const TopicPartitions& Group::target(const std::string& member_id) const {
  const auto found = targets_.find(member_id);
  return found == targets_.end() ? kNothing : found->second;
}

Subscriptions Group::subscriptions_with(const Member* before, const Member* after) const {
  Subscriptions out = subscriptions_;
  // A member that only joins now is not counted yet.
  if (before != nullptr && find(before->id) != nullptr) add_names(out, *before, -1);
  if (after != nullptr) add_names(out, *after, 1);
  return out;
}

void Group::replay(const Record& record, std::int64_t now_ms) {
  ++revision_;
  std::visit([&](const auto& one) { apply(one, now_ms); }, record);
}

void Group::apply(const MemberRecord& record, std::int64_t) {
  const Member* known = find(record.key.member_id);
  if (!record.value) {
    if (known == nullptr) return;
    add_names(subscriptions_, *known, -1);
    members_.erase(record.key.member_id);
    return;
  }
  Member member = known != nullptr ? *known : Member(record.key.member_id);
  member.apply(*record.value);
  update(std::move(member));
}

void Group::apply(const EpochRecord& record, std::int64_t) {
  if (!record.value) return;
  epoch_ = record.value->epoch;
  metadata_hash_ = static_cast<std::uint64_t>(record.value->metadata_hash);
}

void Group::apply(const TargetEpochRecord& record, std::int64_t) {
  target_epoch_ = record.value ? record.value->assignment_epoch : kLeaveEpoch;
  target_timestamp_ms_ = record.value ? record.value->assignment_timestamp : 0;
}

void Group::apply(const TargetRecord& record, std::int64_t) {
  if (!record.value) {
    targets_.erase(record.key.member_id);
    return;
  }
  TopicPartitions target;
  for (const auto& topic : record.value->topic_partitions) {
    auto partitions = ascending(topic.partitions);
    if (!partitions.empty()) target[topic.topic_id] = std::move(partitions);
  }
  targets_[record.key.member_id] = std::move(target);
}

void Group::apply(const CurrentRecord& record, std::int64_t) {
  const Member* known = find(record.key.member_id);
  if (known == nullptr && !record.value) return;
  Member member = known != nullptr ? *known : Member(record.key.member_id);
  if (record.value) {
    member.apply(*record.value);
  } else {
    member.epoch = kLeaveEpoch;
    member.previous_epoch = kLeaveEpoch;
    member.assigned.clear();
  }
  update(std::move(member));
}

void Group::apply(const StateRecord& record, std::int64_t now_ms) {
  states_.reset();
  if (!record.value) return;
  StatePartitions states;
  states.apply(*record.value, now_ms);
  states_ = std::move(states);
}

void Group::add_tombstones(Records& records) const {
  for (const auto& [id, member] : members_) records.push_back(current_tombstone(id_, id));
  for (const auto& [id, member] : members_) records.push_back(target_tombstone(id_, id));
  records.push_back(target_epoch_tombstone(id_));
  for (const auto& [id, member] : members_) records.push_back(member_tombstone(id_, id));
  records.push_back(state_tombstone(id_));
  records.push_back(epoch_tombstone(id_));
}

void Group::update(Member member) {
  const auto known = members_.find(member.id);
  if (known != members_.end()) {
    add_names(subscriptions_, known->second, -1);
    known->second = std::move(member);
    add_names(subscriptions_, known->second, 1);
    return;
  }
  std::string id = member.id;
  add_names(subscriptions_, members_.emplace(std::move(id), std::move(member)).first->second, 1);
}

}  // namespace barnabas::broker::groups::share
