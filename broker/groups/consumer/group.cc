#include "broker/groups/consumer/group.h"

#include <algorithm>

#include "common/logging.h"

namespace barnabas::broker::groups::consumer {
namespace {

const Logger logger("broker.groups.consumer.Group");

const TopicPartitions kNothing;

void add_count(Subscriptions& subscriptions, const std::string& topic, std::int32_t names,
               std::int32_t regexes) {
  SubscriptionCount& count = subscriptions[topic];
  count.by_name += names;
  count.by_regex += regexes;
  if (count.by_name <= 0 && count.by_regex <= 0) subscriptions.erase(topic);
}

}  // namespace

std::string_view group_state_name(GroupState state) {
  switch (state) {
    case GroupState::kEmpty:
      return "Empty";
    case GroupState::kAssigning:
      return "Assigning";
    case GroupState::kReconciling:
      return "Reconciling";
    case GroupState::kStable:
      return "Stable";
  }
  return "";
}

void add_to(Counts& counts, const std::string& key, std::int32_t by) {
  if ((counts[key] += by) <= 0) counts.erase(key);
}

void add_names(Subscriptions& subscriptions, const Member& member, std::int32_t by) {
  for (const std::string& topic : member.topics) add_count(subscriptions, topic, by, 0);
}

void add_regex(Subscriptions& subscriptions, const ResolvedRegex& resolved, std::int32_t by) {
  for (const std::string& topic : resolved.topics) add_count(subscriptions, topic, 0, by);
}

bool is_homogeneous(const Counts& regexes, const Subscriptions& subscriptions, std::size_t members) {
  const auto everybody = static_cast<std::int32_t>(members);
  const auto all = [&](auto same) {
    return std::all_of(subscriptions.begin(), subscriptions.end(),
                       [&](const auto& entry) { return same(entry.second); });
  };
  if (regexes.empty()) {
    return all([&](const SubscriptionCount& count) { return count.by_name == everybody; });
  }
  if (regexes.begin()->second != everybody) return false;
  return all([](const SubscriptionCount& count) { return count.by_regex == 1 && count.by_name <= 0; });
}

GroupState Group::state() const {
  if (members_.empty()) return GroupState::kEmpty;
  if (epoch_ > target_epoch_) return GroupState::kAssigning;
  const bool settled = std::all_of(members_.begin(), members_.end(), [&](const auto& entry) {
    return entry.second.is_reconciled_to(target_epoch_);
  });
  return settled ? GroupState::kStable : GroupState::kReconciling;
}

const Member* Group::find(std::string_view member_id) const {
  const auto found = members_.find(member_id);
  return found == members_.end() ? nullptr : &found->second;
}

const std::string* Group::static_member(std::string_view instance_id) const {
  const auto found = static_members_.find(instance_id);
  return found == static_members_.end() ? nullptr : &found->second;
}

const TopicPartitions& Group::target(const std::string& member_id) const {
  const auto found = targets_.find(member_id);
  return found == targets_.end() ? kNothing : found->second;
}

std::optional<std::int32_t> Group::partition_epoch(const Uuid& topic_id, std::int32_t partition) const {
  const auto topic = partition_epochs_.find(topic_id);
  if (topic == partition_epochs_.end()) return std::nullopt;
  const auto found = topic->second.find(partition);
  if (found == topic->second.end()) return std::nullopt;
  return found->second;
}

std::optional<std::string> Group::preferred(const Counts& assignors) {
  const auto most =
      std::max_element(assignors.begin(), assignors.end(),
                       [](const auto& one, const auto& other) { return one.second < other.second; });
  if (most == assignors.end()) return std::nullopt;
  return most->first;
}

std::int32_t Group::subscribers_of(const std::string& regex) const {
  const auto found = regexes_.find(regex);
  return found == regexes_.end() ? 0 : found->second;
}

const ResolvedRegex* Group::resolved(const std::string& regex) const {
  const auto found = resolved_.find(regex);
  return found == resolved_.end() ? nullptr : &found->second;
}

Subscriptions Group::subscriptions_with(const Member* before, const Member* after) const {
  Subscriptions out = subscriptions_;
  if (before != nullptr) add_names(out, *before, -1);
  if (after != nullptr) add_names(out, *after, 1);
  if (before != nullptr && before->has_regex()) {
    const bool kept = after != nullptr && after->regex == before->regex;
    const ResolvedRegex* stands_for = resolved(*before->regex);
    if (!kept && stands_for != nullptr && subscribers_of(*before->regex) == 1) {
      add_regex(out, *stands_for, -1);
    }
  }
  return out;
}

// --- Records ---

void Group::replay(const MemberRecord& record) {
  const std::string& member_id = record.key.member_id;
  if (!record.value) return remove(member_id);
  const Member* known = find(member_id);
  Member member = known != nullptr ? *known : Member(member_id);
  member.apply(*record.value);
  update(std::move(member));
}

void Group::replay(const CurrentRecord& record) {
  const Member* known = find(record.key.member_id);
  if (known == nullptr && !record.value) return;
  Member member = known != nullptr ? *known : Member(record.key.member_id);
  if (record.value) {
    member.apply(*record.value);
  } else {
    member.epoch = kLeaveEpoch;
    member.previous_epoch = kLeaveEpoch;
    member.assigned.clear();
    member.pending_revocation.clear();
  }
  update(std::move(member));
}

void Group::replay(const TargetRecord& record) {
  if (!record.value) {
    targets_.erase(record.key.member_id);
    return;
  }
  TopicPartitions target;
  for (const auto& topic : record.value->topic_partitions) {
    std::vector<std::int32_t> partitions = topic.partitions;
    std::sort(partitions.begin(), partitions.end());
    partitions.erase(std::unique(partitions.begin(), partitions.end()), partitions.end());
    if (!partitions.empty()) target[topic.topic_id] = std::move(partitions);
  }
  targets_[record.key.member_id] = std::move(target);
}

void Group::replay(const TargetEpochRecord& record) {
  target_epoch_ = record.value ? record.value->assignment_epoch : kLeaveEpoch;
  target_timestamp_ms_ = record.value ? record.value->assignment_timestamp : 0;
}

void Group::replay(const RegexRecord& record) {
  const std::string& regex = record.key.regular_expression;
  if (const auto found = resolved_.find(regex); found != resolved_.end()) {
    add_regex(subscriptions_, found->second, -1);
    resolved_.erase(found);
  }
  if (!record.value) return;
  ResolvedRegex resolved;
  resolved.topics = {record.value->topics.begin(), record.value->topics.end()};
  resolved.version = record.value->version;
  resolved.timestamp_ms = record.value->timestamp;
  add_regex(subscriptions_, resolved, 1);
  resolved_.emplace(regex, std::move(resolved));
}

void Group::replay(const EpochRecord& record) {
  if (!record.value) return;
  epoch_ = record.value->epoch;
  metadata_hash_ = static_cast<std::uint64_t>(record.value->metadata_hash);
}

void Group::add_tombstones(Records& records) const {
  for (const auto& [id, member] : members_) records.push_back(current_tombstone(id_, id));
  for (const auto& [id, member] : members_) records.push_back(target_tombstone(id_, id));
  records.push_back(target_epoch_tombstone(id_));
  for (const auto& [id, member] : members_) records.push_back(member_tombstone(id_, id));
  for (const auto& [regex, resolved] : resolved_) records.push_back(regex_tombstone(id_, regex));
  records.push_back(partition_metadata_tombstone(id_));
  records.push_back(epoch_tombstone(id_));
}

void Group::add_all(Records& records) const {
  for (const auto& [id, member] : members_) records.push_back(member_record(id_, member));
  records.push_back(epoch_record(id_, epoch_, metadata_hash_));
  for (const auto& [id, member] : members_) records.push_back(target_record(id_, id, target(id)));
  records.push_back(target_epoch_record(id_, target_epoch_, target_timestamp_ms_));
  for (const auto& [id, member] : members_) records.push_back(current_record(id_, member));
}

void Group::start(std::int32_t epoch) {
  epoch_ = epoch;
  target_epoch_ = epoch;
}

void Group::put(Member member, TopicPartitions target) {
  targets_[member.id] = std::move(target);
  update(std::move(member));
}

// --- What is counted ---

void Group::update(Member member) {
  const auto known = members_.find(member.id);
  if (known != members_.end()) {
    count(known->second, -1);
    known->second = std::move(member);
    count(known->second, 1);
    return;
  }
  std::string id = member.id;
  count(members_.emplace(std::move(id), std::move(member)).first->second, 1);
}

void Group::remove(const std::string& member_id) {
  const auto found = members_.find(member_id);
  if (found == members_.end()) return;
  const Member removed = std::move(found->second);
  members_.erase(found);
  count(removed, -1);
  if (!removed.instance_id) return;
  const auto holder = static_members_.find(*removed.instance_id);
  if (holder != static_members_.end() && holder->second == member_id) static_members_.erase(holder);
}

void Group::count(const Member& member, std::int32_t by) {
  add_names(subscriptions_, member, by);
  if (member.assignor) add_to(assignors_, *member.assignor, by);
  if (member.has_regex()) add_to(regexes_, *member.regex, by);
  if (member.classic) {
    classic_members_ += static_cast<std::size_t>(by);
    for (const auto& protocol : member.classic->supported_protocols) {
      add_to(classic_protocols_, protocol.name, by);
    }
  }
  if (by < 0) {
    release(member.assigned, member.epoch);
    release(member.pending_revocation, member.epoch);
    return;
  }
  if (member.instance_id) static_members_[*member.instance_id] = member.id;
  occupy(member.assigned, member.epoch);
  occupy(member.pending_revocation, member.epoch);
}

void Group::occupy(const Assigned& assigned, std::int32_t epoch) {
  for (const auto& [topic, partitions] : assigned) {
    auto& epochs = partition_epochs_[topic];
    for (const auto& [partition, since] : partitions) {
      const auto [place, is_free] = epochs.try_emplace(partition, epoch);
      if (is_free) continue;
      if (place->second >= epoch) {
        logger.error("[GroupId ", id_, "] Partition ", topic.to_string(), "-", partition,
                     " is given away at epoch ", epoch, " while it is still owned at epoch ", place->second,
                     ".");
      }
      place->second = std::max(place->second, epoch);
    }
  }
}

// Not what somebody else has meanwhile, which compaction and the order of records can bring about.
void Group::release(const Assigned& assigned, std::int32_t epoch) {
  for (const auto& [topic, partitions] : assigned) {
    const auto epochs = partition_epochs_.find(topic);
    if (epochs == partition_epochs_.end()) continue;
    for (const auto& [partition, since] : partitions) {
      const auto found = epochs->second.find(partition);
      if (found != epochs->second.end() && found->second == epoch) epochs->second.erase(found);
    }
    if (epochs->second.empty()) partition_epochs_.erase(epochs);
  }
}

}  // namespace barnabas::broker::groups::consumer
