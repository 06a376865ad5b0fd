#include "broker/groups/consumer/reconciliation.h"

#include <algorithm>

namespace barnabas::broker::groups::consumer {
namespace {

bool has(const Assigned& assigned, const Uuid& topic, std::int32_t partition) {
  const auto found = assigned.find(topic);
  return found != assigned.end() && found->second.contains(partition);
}

// A member that does not say what it has may have anything.
bool may_own_any(const std::optional<TopicPartitions>& owned, const Assigned& of) {
  if (!owned) return true;
  for (const auto& [topic, partitions] : *owned) {
    for (const std::int32_t partition : partitions) {
      if (has(of, topic, partition)) return true;
    }
  }
  return false;
}

Member must_revoke(Member member, std::int32_t epoch, Assigned keeps, Assigned gives_back) {
  member.state = MemberState::kUnrevokedPartitions;
  member.advance_to(epoch);
  member.assigned = std::move(keeps);
  member.pending_revocation = std::move(gives_back);
  return member;
}

// Takes the topics away that the member does not subscribe to any more, in the epoch it is in: the next
// target may be some time off.
Member without_unsubscribed(const Member& member, const Reconciliation& by) {
  const std::set<Uuid> topics = subscribed_topics(member, by.group, by.cluster);
  Assigned keeps;
  Assigned gives_back = member.pending_revocation;
  for (const auto& [topic, partitions] : member.assigned) {
    if (topics.contains(topic)) {
      keeps.emplace(topic, partitions);
    } else {
      for (const auto& [partition, since] : partitions) gives_back[topic][partition] = since;
    }
  }
  if (keeps.size() == member.assigned.size()) return member;
  if (may_own_any(by.owned, gives_back)) {
    return must_revoke(member, member.epoch, std::move(keeps), std::move(gives_back));
  }
  Member next = member;
  next.advance_to(member.epoch);
  next.assigned = std::move(keeps);
  return next;
}

Member towards_target(const Member& member, std::int32_t epoch, const Reconciliation& by) {
  const std::set<Uuid> topics = subscribed_topics(member, by.group, by.cluster);
  const auto wanted = [&](const Uuid& topic) -> const std::vector<std::int32_t>* {
    const auto found = by.target.find(topic);
    return found == by.target.end() || !topics.contains(topic) ? nullptr : &found->second;
  };
  Assigned keeps;
  Assigned gives_back;
  for (const auto& [topic, partitions] : member.assigned) {
    const auto* target = wanted(topic);
    for (const auto& [partition, since] : partitions) {
      const bool stays = target != nullptr && std::binary_search(target->begin(), target->end(), partition);
      (stays ? keeps : gives_back)[topic][partition] = since;
    }
  }
  if (!gives_back.empty() && may_own_any(by.owned, gives_back)) {
    return must_revoke(member, epoch, std::move(keeps), std::move(gives_back));
  }
  bool others_have_some = false;
  for (const auto& [topic, partitions] : by.target) {
    if (wanted(topic) == nullptr) continue;
    for (const std::int32_t partition : partitions) {
      if (has(keeps, topic, partition)) continue;
      const bool is_free =
          !by.group.partition_epoch(topic, partition) || has(member.pending_revocation, topic, partition);
      if (is_free) {
        keeps[topic][partition] = by.target_epoch;
      } else {
        others_have_some = true;
      }
    }
  }
  Member next = member;
  next.state = others_have_some ? MemberState::kUnreleasedPartitions : MemberState::kStable;
  next.advance_to(by.target_epoch);
  next.assigned = std::move(keeps);
  next.pending_revocation.clear();
  return next;
}

}  // namespace

std::optional<Member> reconcile(const Member& member, const Reconciliation& by) {
  switch (member.state) {
    case MemberState::kStable:
      if (member.epoch != by.target_epoch) return towards_target(member, member.epoch, by);
      return by.subscription_changed ? without_unsubscribed(member, by) : member;
    case MemberState::kUnrevokedPartitions:
      if (!may_own_any(by.owned, member.pending_revocation)) {
        return towards_target(member, member.epoch, by);
      }
      return by.subscription_changed ? without_unsubscribed(member, by) : member;
    case MemberState::kUnreleasedPartitions:
      return towards_target(member, member.epoch, by);
    case MemberState::kUnknown:
      if (!by.owned || !by.owned->empty()) return std::nullopt;
      return towards_target(member, by.target_epoch, by);
  }
  return member;
}

std::set<Uuid> subscribed_topics(const Member& member, const Group& group, const ClusterView& cluster) {
  std::set<Uuid> out;
  const auto add = [&](const std::set<std::string>& names) {
    for (const std::string& name : names) {
      if (const auto topic = cluster.topic(name)) out.insert(topic->id);
    }
  };
  add(member.topics);
  if (member.has_regex()) {
    if (const ResolvedRegex* resolved = group.resolved(*member.regex)) add(resolved->topics);
  }
  return out;
}

}  // namespace barnabas::broker::groups::consumer
