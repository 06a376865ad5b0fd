#include "broker/groups/streams/group.h"

#include <algorithm>

#include "common/logging.h"

namespace barnabas::broker::groups::streams {
namespace {

const Logger logger("broker.groups.streams.Group");

const Tasks kNothing = {};

using TargetList = std::vector<protocol::StreamsGroupTargetAssignmentMemberValue::TaskIds>;
using Processes = std::map<std::string, std::map<std::int32_t, std::multiset<std::string>>>;

TaskSet task_set(const TargetList& list) {
  TaskSet out;
  for (const auto& tasks : list) {
    if (tasks.partitions.empty()) continue;
    out[tasks.subtopology_id].insert(tasks.partitions.begin(), tasks.partitions.end());
  }
  return out;
}

bool contains(const Processes& processes, const std::string& process_id, const std::string& subtopology,
              std::int32_t number) {
  const auto found = processes.find(subtopology);
  if (found == processes.end()) return false;
  const auto task = found->second.find(number);
  return task != found->second.end() && task->second.contains(process_id);
}

void add(Processes& processes, const TaskSet& tasks, const std::string& process_id) {
  for (const auto& [subtopology, numbers] : tasks) {
    for (const std::int32_t number : numbers) processes[subtopology][number].insert(process_id);
  }
}

void remove(Processes& processes, const TaskSet& tasks, const std::string& process_id) {
  for (const auto& [subtopology, numbers] : tasks) {
    const auto found = processes.find(subtopology);
    if (found == processes.end()) continue;
    for (const std::int32_t number : numbers) {
      const auto task = found->second.find(number);
      if (task == found->second.end()) continue;
      if (const auto one = task->second.find(process_id); one != task->second.end()) task->second.erase(one);
      if (task->second.empty()) found->second.erase(task);
    }
    if (found->second.empty()) processes.erase(found);
  }
}

}  // namespace

std::string_view group_state_name(GroupState state) {
  switch (state) {
    case GroupState::kEmpty:
      return "Empty";
    case GroupState::kNotReady:
      return "NotReady";
    case GroupState::kAssigning:
      return "Assigning";
    case GroupState::kReconciling:
      return "Reconciling";
    case GroupState::kStable:
      return "Stable";
  }
  return "";
}

GroupState Group::state() const {
  if (members_.empty()) return GroupState::kEmpty;
  if (topology_ == nullptr || topology_->epoch() != validated_topology_epoch_) return GroupState::kNotReady;
  if (epoch_ > target_epoch_) return GroupState::kAssigning;
  const bool settled = std::all_of(members_.begin(), members_.end(), [&](const auto& entry) {
    return entry.second.is_reconciled_to(target_epoch_);
  });
  return settled ? GroupState::kStable : GroupState::kReconciling;
}

bool Group::subscribes(std::string_view topic) const {
  return !members_.empty() && topology_ != nullptr && topology_->reader_of(topic) != nullptr;
}

const Member* Group::find(std::string_view member_id) const {
  const auto found = members_.find(member_id);
  return found == members_.end() ? nullptr : &found->second;
}

const Tasks& Group::target(const std::string& member_id) const {
  const auto found = targets_.find(member_id);
  return found == targets_.end() ? kNothing : found->second;
}

const std::string* Group::active_process(const std::string& subtopology, std::int32_t number) const {
  const auto found = active_processes_.find(subtopology);
  if (found == active_processes_.end()) return nullptr;
  const auto task = found->second.find(number);
  return task == found->second.end() ? nullptr : &task->second;
}

bool Group::has_standby(const std::string& process_id, const std::string& subtopology,
                        std::int32_t number) const {
  return contains(standby_processes_, process_id, subtopology, number);
}

bool Group::has_warmup(const std::string& process_id, const std::string& subtopology,
                       std::int32_t number) const {
  return contains(warmup_processes_, process_id, subtopology, number);
}

// --- Records ---

void Group::replay(const MemberRecord& record) {
  const std::string& member_id = record.key.member_id;
  if (!record.value) {
    const auto found = members_.find(member_id);
    if (found == members_.end()) return;
    release(found->second.assigned, found->second.process_id);
    release(found->second.pending_revocation, found->second.process_id);
    members_.erase(found);
    return;
  }
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
  targets_[record.key.member_id] = {task_set(record.value->active_tasks),
                                    task_set(record.value->standby_tasks),
                                    task_set(record.value->warmup_tasks)};
}

void Group::replay(const TargetEpochRecord& record) {
  target_epoch_ = record.value ? record.value->assignment_epoch : kLeaveEpoch;
  target_timestamp_ms_ = record.value ? record.value->assignment_timestamp : 0;
}

void Group::replay(const TopologyRecord& record) {
  topology_ = record.value ? std::make_shared<const Topology>(*record.value) : nullptr;
}

void Group::replay(const EpochRecord& record) {
  if (!record.value) return;
  epoch_ = record.value->epoch;
  metadata_hash_ = static_cast<std::uint64_t>(record.value->metadata_hash);
  validated_topology_epoch_ = record.value->validated_topology_epoch;
  last_configs_.clear();
  if (!record.value->last_assignment_configs) return;
  for (const auto& config : *record.value->last_assignment_configs) last_configs_[config.key] = config.value;
}

void Group::add_tombstones(Records& records) const {
  for (const auto& [id, member] : members_) records.push_back(current_tombstone(id_, id));
  for (const auto& [id, member] : members_) records.push_back(target_tombstone(id_, id));
  records.push_back(target_epoch_tombstone(id_));
  for (const auto& [id, member] : members_) records.push_back(member_tombstone(id_, id));
  records.push_back(epoch_tombstone(id_));
  records.push_back(topology_tombstone(id_));
}

// --- Who has what ---

void Group::update(Member member) {
  const auto known = members_.find(member.id);
  if (known != members_.end()) {
    release(known->second.assigned, known->second.process_id);
    release(known->second.pending_revocation, known->second.process_id);
    known->second = std::move(member);
    occupy(known->second.assigned, known->second.process_id);
    occupy(known->second.pending_revocation, known->second.process_id);
    return;
  }
  std::string id = member.id;
  const Member& added = members_.emplace(std::move(id), std::move(member)).first->second;
  occupy(added.assigned, added.process_id);
  occupy(added.pending_revocation, added.process_id);
}

void Group::occupy(const AssignedTasks& tasks, const std::string& process_id) {
  for (const auto& [subtopology, numbers] : tasks.active) {
    for (const auto& [number, epoch] : numbers) {
      auto [place, is_free] = active_processes_[subtopology].try_emplace(number, process_id);
      if (is_free) continue;
      logger.debug("[GroupId ", id_, "] Setting the process ID of ", subtopology, "-", number, " to ",
                   process_id, " even though the partition is still owned by process ID ", place->second);
      place->second = process_id;
    }
  }
  add(standby_processes_, tasks.standby, process_id);
  add(warmup_processes_, tasks.warmup, process_id);
}

// Not what another process has meanwhile, which compaction and the order of records can bring about.
void Group::release(const AssignedTasks& tasks, const std::string& process_id) {
  for (const auto& [subtopology, numbers] : tasks.active) {
    const auto processes = active_processes_.find(subtopology);
    if (processes == active_processes_.end()) continue;
    for (const auto& [number, epoch] : numbers) {
      const auto found = processes->second.find(number);
      if (found != processes->second.end() && found->second == process_id) processes->second.erase(found);
    }
    if (processes->second.empty()) active_processes_.erase(processes);
  }
  remove(standby_processes_, tasks.standby, process_id);
  remove(warmup_processes_, tasks.warmup, process_id);
}

}  // namespace barnabas::broker::groups::streams
