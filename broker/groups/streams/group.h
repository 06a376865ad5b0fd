// A streams group of the protocol of KIP-1071: what its records say, and what follows from them.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <string_view>

#include "broker/groups/streams/member.h"
#include "broker/groups/streams/records.h"
#include "broker/groups/streams/topology.h"

namespace barnabas::broker::groups::streams {

enum class GroupState : std::uint8_t { kEmpty, kNotReady, kAssigning, kReconciling, kStable };
inline constexpr std::size_t kGroupStates = 5;
std::string_view group_state_name(GroupState state);

using Members = std::map<std::string, Member, std::less<>>;

// Changed by replay alone. Owned by the table of its shard and used under the shard's lock.
class Group {
 public:
  explicit Group(std::string id) : id_(std::move(id)) {}

  const std::string& id() const { return id_; }
  std::int32_t epoch() const { return epoch_; }
  std::uint64_t metadata_hash() const { return metadata_hash_; }
  GroupState state() const;

  // --- Topology ---
  // Null until the first member has told it.
  const std::shared_ptr<const Topology>& topology() const { return topology_; }
  // The epoch of the topology whose topics were found in order; -1 where they were not.
  std::int32_t validated_topology_epoch() const { return validated_topology_epoch_; }
  // Whether a member may read the topic.
  bool subscribes(std::string_view topic) const;

  // --- Members ---
  const Members& members() const { return members_; }
  const Member* find(std::string_view member_id) const;

  // --- Assignment ---
  std::int32_t target_epoch() const { return target_epoch_; }
  std::int64_t target_timestamp_ms() const { return target_timestamp_ms_; }
  const AssignmentConfigs& last_configs() const { return last_configs_; }
  const std::map<std::string, Tasks>& targets() const { return targets_; }
  // Empty if the member has none.
  const Tasks& target(const std::string& member_id) const;

  // --- Who has which task, or has to give it back ---
  // The process with the active task; nullptr if none has it.
  const std::string* active_process(const std::string& subtopology, std::int32_t number) const;
  bool has_standby(const std::string& process_id, const std::string& subtopology, std::int32_t number) const;
  bool has_warmup(const std::string& process_id, const std::string& subtopology, std::int32_t number) const;

  // --- Records ---
  void replay(const MemberRecord& record);
  void replay(const CurrentRecord& record);
  void replay(const TargetRecord& record);
  void replay(const TargetEpochRecord& record);
  void replay(const TopologyRecord& record);
  // That it exists; its tombstone removes the group instead.
  void replay(const EpochRecord& record);
  // Tombstones for all of it.
  void add_tombstones(Records& records) const;

 private:
  // Process ids by task. A process may pass a task from one of its members to another.
  using Processes = std::map<std::string, std::map<std::int32_t, std::multiset<std::string>>>;

  void update(Member member);
  void occupy(const AssignedTasks& tasks, const std::string& process_id);
  void release(const AssignedTasks& tasks, const std::string& process_id);

  const std::string id_;
  std::int32_t epoch_ = 1;
  std::uint64_t metadata_hash_ = 0;
  std::int32_t validated_topology_epoch_ = 0;
  AssignmentConfigs last_configs_;
  std::int32_t target_epoch_ = 1;
  std::int64_t target_timestamp_ms_ = 0;
  std::shared_ptr<const Topology> topology_;
  Members members_;
  std::map<std::string, Tasks> targets_;
  std::map<std::string, std::map<std::int32_t, std::string>> active_processes_;
  Processes standby_processes_;
  Processes warmup_processes_;
};

}  // namespace barnabas::broker::groups::streams
