// A consumer group of the protocol of KIP-848: what its records say, and what follows from them.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "broker/groups/consumer/member.h"
#include "broker/groups/consumer/records.h"
#include "protocol/error_code.h"

namespace barnabas::broker::groups::consumer {

enum class GroupState : std::uint8_t { kEmpty, kAssigning, kReconciling, kStable };
inline constexpr std::size_t kGroupStates = 4;
std::string_view group_state_name(GroupState state);

// How many members name a topic, and how many regular expressions stand for it.
struct SubscriptionCount {
  std::int32_t by_name = 0;
  std::int32_t by_regex = 0;
};
using Subscriptions = std::map<std::string, SubscriptionCount>;
using Counts = std::map<std::string, std::int32_t>;
using Members = std::map<std::string, Member, std::less<>>;

// Adds to a count; what falls to zero goes.
void add_to(Counts& counts, const std::string& key, std::int32_t by);
void add_names(Subscriptions& subscriptions, const Member& member, std::int32_t by);
void add_regex(Subscriptions& subscriptions, const ResolvedRegex& resolved, std::int32_t by);
// Whether all members subscribe to the same topics, as far as the counts can tell.
bool is_homogeneous(const Counts& regexes, const Subscriptions& subscriptions, std::size_t members);

// Changed by replay alone. Owned by the table of its shard and used under
// the shard's lock.
class Group {
 public:
  explicit Group(std::string id) : id_(std::move(id)) {}

  const std::string& id() const { return id_; }
  std::int32_t epoch() const { return epoch_; }
  std::uint64_t metadata_hash() const { return metadata_hash_; }
  GroupState state() const;

  // --- Members ---
  const Members& members() const { return members_; }
  const Member* find(std::string_view member_id) const;
  const std::string* static_member(std::string_view instance_id) const;
  std::size_t classic_members() const { return classic_members_; }
  // Classic protocol -> members that speak it.
  const Counts& classic_protocols() const { return classic_protocols_; }

  // --- Assignment ---
  std::int32_t target_epoch() const { return target_epoch_; }
  std::int64_t target_timestamp_ms() const { return target_timestamp_ms_; }
  const std::map<std::string, TopicPartitions>& targets() const { return targets_; }
  // Empty if the member has none.
  const TopicPartitions& target(const std::string& member_id) const;
  // The epoch of the member that has the partition or has to give it back; nullopt if it is free.
  std::optional<std::int32_t> partition_epoch(const Uuid& topic_id, std::int32_t partition) const;
  // The assignor that most members ask for; nullopt if none does.
  static std::optional<std::string> preferred(const Counts& assignors);
  const Counts& assignors() const { return assignors_; }

  // --- Subscriptions ---
  const Subscriptions& subscriptions() const { return subscriptions_; }
  bool subscribes(const std::string& topic) const { return subscriptions_.contains(topic); }
  bool homogeneous() const { return is_homogeneous(regexes_, subscriptions_, members_.size()); }
  // Regular expression -> members that subscribe with it.
  const Counts& regexes() const { return regexes_; }
  std::int32_t subscribers_of(const std::string& regex) const;
  const std::map<std::string, ResolvedRegex>& resolved() const { return resolved_; }
  const ResolvedRegex* resolved(const std::string& regex) const;
  // As they would be with `after` in place of `before`; null stands for no member.
  Subscriptions subscriptions_with(const Member* before, const Member* after) const;
  bool has_partition_metadata() const { return has_partition_metadata_; }

  // --- Records ---
  void replay(const MemberRecord& record);
  void replay(const CurrentRecord& record);
  void replay(const TargetRecord& record);
  void replay(const TargetEpochRecord& record);
  void replay(const RegexRecord& record);
  void replay(const PartitionMetadataRecord& record) { has_partition_metadata_ = record.value.has_value(); }
  // That it exists; its tombstone removes the group instead.
  void replay(const EpochRecord& record);
  // Tombstones for all of it.
  void add_tombstones(Records& records) const;
  // For a group that was made of a classic one: all that it is.
  void add_all(Records& records) const;

  // --- Conversion, before the group is in any table ---
  void start(std::int32_t epoch);
  void put(Member member, TopicPartitions target);
  void set_metadata_hash(std::uint64_t hash) { metadata_hash_ = hash; }

 private:
  void update(Member member);
  void remove(const std::string& member_id);
  // Enters a member into everything that is counted, or takes it out.
  void count(const Member& member, std::int32_t by);
  void occupy(const Assigned& assigned, std::int32_t epoch);
  void release(const Assigned& assigned, std::int32_t epoch);

  const std::string id_;
  std::int32_t epoch_ = 1;
  std::uint64_t metadata_hash_ = 0;
  std::int32_t target_epoch_ = 1;
  std::int64_t target_timestamp_ms_ = 0;
  Members members_;
  std::map<std::string, std::string, std::less<>> static_members_;  // instance id -> member id
  std::map<std::string, TopicPartitions> targets_;
  Subscriptions subscriptions_;
  Counts assignors_;
  Counts regexes_;
  std::map<std::string, ResolvedRegex> resolved_;
  Counts classic_protocols_;
  std::size_t classic_members_ = 0;
  std::unordered_map<Uuid, std::unordered_map<std::int32_t, std::int32_t>> partition_epochs_;
  bool has_partition_metadata_ = false;
};

}  // namespace barnabas::broker::groups::consumer
