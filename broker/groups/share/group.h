// A share group (KIP-932): what its records say, and what follows from them.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "broker/groups/consumer/group.h"
#include "broker/groups/share/member.h"
#include "broker/groups/share/records.h"
#include "broker/groups/share/state_partitions.h"

namespace barnabas::broker::groups::share {

enum class GroupState : std::uint8_t { kEmpty, kStable };
inline constexpr std::size_t kGroupStates = 2;
std::string_view group_state_name(GroupState state);

using Members = std::map<std::string, Member, std::less<>>;
using consumer::Subscriptions;

// Changed by replay alone. Owned by the table of its shard and used under the shard's lock.
class Group {
 public:
  explicit Group(std::string id) : id_(std::move(id)) {}

  const std::string& id() const { return id_; }
  std::int32_t epoch() const { return epoch_; }
  std::uint64_t metadata_hash() const { return metadata_hash_; }
  GroupState state() const { return members_.empty() ? GroupState::kEmpty : GroupState::kStable; }

  const Members& members() const { return members_; }
  const Member* find(std::string_view member_id) const;

  std::int32_t target_epoch() const { return target_epoch_; }
  std::int64_t target_timestamp_ms() const { return target_timestamp_ms_; }
  const std::map<std::string, TopicPartitions>& targets() const { return targets_; }
  // Empty if the member has none.
  const TopicPartitions& target(const std::string& member_id) const;

  const Subscriptions& subscriptions() const { return subscriptions_; }
  // As they would be with `after` in place of `before`; null stands for no member.
  Subscriptions subscriptions_with(const Member* before, const Member* after) const;

  // nullopt: nothing was ever initialized.
  const std::optional<StatePartitions>& states() const { return states_; }

  // Grows with each record.
  std::uint64_t revision() const { return revision_; }

  // --- Records; the tombstone of the epoch removes the group instead ---
  void replay(const Record& record, std::int64_t now_ms);
  // Tombstones for all of it.
  void add_tombstones(Records& records) const;

 private:
  void apply(const MemberRecord& record, std::int64_t now_ms);
  void apply(const EpochRecord& record, std::int64_t now_ms);
  void apply(const TargetEpochRecord& record, std::int64_t now_ms);
  void apply(const TargetRecord& record, std::int64_t now_ms);
  void apply(const CurrentRecord& record, std::int64_t now_ms);
  void apply(const StateRecord& record, std::int64_t now_ms);
  void update(Member member);

  const std::string id_;
  std::int32_t epoch_ = 1;
  std::uint64_t metadata_hash_ = 0;
  std::int32_t target_epoch_ = 1;
  std::int64_t target_timestamp_ms_ = 0;
  Members members_;
  std::map<std::string, TopicPartitions> targets_;
  Subscriptions subscriptions_;
  std::optional<StatePartitions> states_;
  std::uint64_t revision_ = 0;
};

}  // namespace barnabas::broker::groups::share
