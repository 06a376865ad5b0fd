#include "broker/groups/streams/member.h"

namespace barnabas::broker::groups::streams {
namespace {

using CurrentValue = protocol::StreamsGroupCurrentMemberAssignmentValue;
using TaskIdsList = std::vector<CurrentValue::TaskIds>;

// Kafka before 4.3 wrote no epochs with the tasks: then it is the member's.
TaskEpochs with_epochs(const TaskIdsList& list, std::int32_t member_epoch) {
  TaskEpochs out;
  for (const auto& tasks : list) {
    const auto& epochs = tasks.assignment_epochs;
    const bool known = epochs && epochs->size() == tasks.partitions.size();
    for (std::size_t i = 0; i < tasks.partitions.size(); ++i) {
      out[tasks.subtopology_id][tasks.partitions[i]] = known ? (*epochs)[i] : member_epoch;
    }
  }
  return out;
}

TaskSet numbers(const TaskIdsList& list) {
  TaskSet out;
  for (const auto& tasks : list) {
    if (tasks.partitions.empty()) continue;
    out[tasks.subtopology_id].insert(tasks.partitions.begin(), tasks.partitions.end());
  }
  return out;
}

std::optional<std::int32_t> find_epoch(const TaskEpochs& tasks, const std::string& subtopology,
                                       std::int32_t number) {
  const auto found = tasks.find(subtopology);
  if (found == tasks.end()) return std::nullopt;
  const auto task = found->second.find(number);
  if (task == found->second.end()) return std::nullopt;
  return task->second;
}

}  // namespace

std::optional<std::int32_t> Member::epoch_of(const std::string& subtopology, std::int32_t number) const {
  if (const auto found = find_epoch(assigned.active, subtopology, number)) return found;
  return find_epoch(pending_revocation.active, subtopology, number);
}

void Member::apply(const protocol::StreamsGroupMemberMetadataValue& value) {
  instance_id = value.instance_id;
  rack_id = value.rack_id;
  client_id = value.client_id;
  client_host = value.client_host;
  rebalance_timeout_ms = value.rebalance_timeout_ms;
  topology_epoch = value.topology_epoch;
  process_id = value.process_id;
  endpoint.reset();
  if (value.user_endpoint) endpoint = Endpoint{value.user_endpoint->host, value.user_endpoint->port};
  client_tags.clear();
  for (const auto& tag : value.client_tags) client_tags[tag.key] = tag.value;
}

void Member::apply(const CurrentValue& value) {
  epoch = value.member_epoch;
  previous_epoch = value.previous_member_epoch;
  const bool known = value.state >= static_cast<std::int8_t>(MemberState::kStable) &&
                     value.state <= static_cast<std::int8_t>(MemberState::kUnreleasedTasks);
  state = known ? static_cast<MemberState>(value.state) : MemberState::kUnknown;
  assigned = {with_epochs(value.active_tasks, epoch), numbers(value.standby_tasks),
              numbers(value.warmup_tasks)};
  pending_revocation = {with_epochs(value.active_tasks_pending_revocation, epoch),
                        numbers(value.standby_tasks_pending_revocation),
                        numbers(value.warmup_tasks_pending_revocation)};
}

}  // namespace barnabas::broker::groups::streams
