// What a StreamsGroupHeartbeat must have before any group is looked at.
#include <algorithm>

#include "broker/groups/streams/protocol.h"
#include "common/text.h"

namespace barnabas::broker::groups::streams {
namespace {

// Keys of records hold texts of so many bytes.
constexpr std::size_t kMaxKeyTextBytes = 32'767;

bool is_blank(const std::string& text) {
  return std::all_of(text.begin(), text.end(), [](char c) { return static_cast<unsigned char>(c) <= ' '; });
}

HeartbeatReply invalid(std::string message) {
  return {ErrorCode::kInvalidRequest, std::move(message)};
}

std::optional<HeartbeatReply> refuse_unsupported(const HeartbeatCommand& command) {
  if (command.instance_id) return invalid("Static membership is not yet supported.");
  if (command.has_task_offsets) return invalid("TaskOffsets are not supported yet.");
  if (command.has_task_end_offsets) return invalid("TaskEndOffsets are not supported yet.");
  if (command.warmup && !command.warmup->empty()) return invalid("WarmupTasks are not supported yet.");
  if (!command.topology) return std::nullopt;
  for (const Subtopology& subtopology : command.topology->subtopologies) {
    if (subtopology.source_topic_regex.empty()) continue;
    return invalid("Regular expressions for source topics are not supported yet.");
  }
  return std::nullopt;
}

std::optional<HeartbeatReply> refuse_topology(const TopologyValue& topology) {
  for (const Subtopology& subtopology : topology.subtopologies) {
    for (const auto& topic : subtopology.state_changelog_topics) {
      if (topic.partitions == 0) continue;
      return HeartbeatReply(
          ErrorCode::kStreamsInvalidTopology,
          concat("Changelog topic ", topic.name, " must have an undefined partition count, but it is set to ",
                 topic.partitions, "."));
    }
  }
  if (auto fault = Topology::fault_in(topology)) {
    return HeartbeatReply(ErrorCode::kStreamsInvalidTopology, std::move(*fault));
  }
  return std::nullopt;
}

std::optional<HeartbeatReply> refuse_join(const HeartbeatCommand& command) {
  const auto has_some = [](const std::optional<TaskSet>& tasks) { return !tasks || !tasks->empty(); };
  if (command.rebalance_timeout_ms == -1) {
    return invalid("RebalanceTimeoutMs must be provided in first request.");
  }
  if (has_some(command.active)) return invalid("ActiveTasks must be empty when (re-)joining.");
  if (has_some(command.standby)) return invalid("StandbyTasks must be empty when (re-)joining.");
  if (has_some(command.warmup)) return invalid("WarmupTasks must be empty when (re-)joining.");
  if (!command.topology) return invalid("Topology must be non-null when (re-)joining.");
  return refuse_topology(*command.topology);
}

}  // namespace

std::optional<HeartbeatReply> refuse(const HeartbeatCommand& command) {
  if (auto refused = refuse_unsupported(command)) return refused;
  const std::int32_t epoch = command.member_epoch;
  if (is_blank(command.member_id)) return invalid("MemberId can't be empty.");
  if (is_blank(command.group_id)) return invalid("GroupId can't be empty.");
  if (command.rack_id && is_blank(*command.rack_id)) return invalid("RackId can't be empty.");
  if (epoch == kJoinEpoch) {
    if (auto refused = refuse_join(command)) return refused;
  } else if (epoch == kStaticLeaveEpoch) {
    return invalid("InstanceId can't be null.");
  } else if (epoch < kStaticLeaveEpoch) {
    return invalid(concat("MemberEpoch is ", epoch, ", but must be greater than or equal to -2."));
  }
  const bool says_some = command.active || command.standby || command.warmup;
  if (says_some && !(command.active && command.standby && command.warmup)) {
    return invalid("If one task-type is non-null, all must be non-null.");
  }
  if (epoch != kJoinEpoch && command.topology) {
    return invalid("Topology can only be provided when (re-)joining.");
  }
  if (std::max(command.group_id.size(), command.member_id.size()) > kMaxKeyTextBytes) {
    return invalid("GroupId or MemberId is too long.");
  }
  return std::nullopt;
}

}  // namespace barnabas::broker::groups::streams
