#include "broker/groups/streams/offset_checks.h"

#include <algorithm>

namespace barnabas::broker::groups::streams {
namespace {

bool had_all_since(const Member& member, const Topology& topology, const CommitCommand& command) {
  return std::all_of(command.topics.begin(), command.topics.end(), [&](const CommitTopic& topic) {
    const std::string* subtopology = topology.reader_of(topic.name);
    if (subtopology == nullptr) return false;
    return std::all_of(topic.partitions.begin(), topic.partitions.end(),
                       [&](const CommitPartition& partition) {
                         const auto since = member.epoch_of(*subtopology, partition.index);
                         return since && *since <= command.generation_id;
                       });
  });
}

}  // namespace

ErrorCode check_commit(const Group& group, const CommitCommand& command, bool transactional) {
  const std::int32_t epoch = command.generation_id;
  if (epoch < 0 && group.members().empty()) return ErrorCode::kNone;
  // Producers of old name no member.
  if (transactional && epoch == -1 && command.member_id.empty() && !command.instance_id) {
    return ErrorCode::kNone;
  }
  const Member* member = group.find(command.member_id);
  if (member == nullptr) return ErrorCode::kUnknownMemberId;
  if (!transactional && !command.expects_group_not_found) return ErrorCode::kUnsupportedVersion;
  if (epoch == member->epoch) return ErrorCode::kNone;
  const bool passes = epoch < member->epoch && group.topology() != nullptr &&
                      had_all_since(*member, *group.topology(), command);
  if (passes) return ErrorCode::kNone;
  return transactional ? ErrorCode::kIllegalGeneration : ErrorCode::kStaleMemberEpoch;
}

ErrorCode check_fetch(const Group& group, const FetchOffsetsCommand& command) {
  if (!command.member_id && command.member_epoch < 0) return ErrorCode::kNone;
  const Member* member = group.find(command.member_id.value_or(""));
  if (member == nullptr) return ErrorCode::kUnknownMemberId;
  return command.member_epoch == member->epoch ? ErrorCode::kNone : ErrorCode::kStaleMemberEpoch;
}

}  // namespace barnabas::broker::groups::streams
