#include "broker/groups/consumer/offset_checks.h"

#include <algorithm>

namespace barnabas::broker::groups::consumer {
namespace {

// Members of the classic protocol know their epoch as a generation; transactions know nothing else.
ErrorCode stale(const Member& member, bool transactional) {
  return member.is_classic() || transactional ? ErrorCode::kIllegalGeneration : ErrorCode::kStaleMemberEpoch;
}

bool had_all_since(const Member& member, const CommitCommand& command, const ClusterView& cluster) {
  return std::all_of(command.topics.begin(), command.topics.end(), [&](const CommitTopic& topic) {
    Uuid id = topic.topic_id;
    if (id.is_zero()) {
      if (const auto known = cluster.topic(topic.name)) id = known->id;
    }
    return std::all_of(topic.partitions.begin(), topic.partitions.end(),
                       [&](const CommitPartition& partition) {
                         const auto since = member.epoch_of(id, partition.index);
                         return since && *since <= command.generation_id;
                       });
  });
}

}  // namespace

ErrorCode check_commit(const Protocol& groups, const Group& group, const CommitCommand& command,
                       bool transactional) {
  const std::int32_t epoch = command.generation_id;
  if (epoch < 0 && group.members().empty()) return ErrorCode::kNone;
  // Producers of old name no member.
  if (transactional && epoch == -1 && command.member_id.empty() && !command.instance_id) {
    return ErrorCode::kNone;
  }
  const Member* member = group.find(command.member_id);
  if (member == nullptr) return ErrorCode::kUnknownMemberId;
  if (!transactional && !member->is_classic() && !command.expects_group_not_found) {
    return ErrorCode::kUnsupportedVersion;
  }
  if (epoch == member->epoch) return ErrorCode::kNone;
  if (epoch > member->epoch) return stale(*member, transactional);
  return had_all_since(*member, command, *groups.cluster()) ? ErrorCode::kNone
                                                            : stale(*member, transactional);
}

ErrorCode check_fetch(const Group& group, const FetchOffsetsCommand& command) {
  if (!command.member_id && command.member_epoch < 0) return ErrorCode::kNone;
  const Member* member = group.find(command.member_id.value_or(""));
  if (member == nullptr) return ErrorCode::kUnknownMemberId;
  return command.member_epoch == member->epoch ? ErrorCode::kNone : stale(*member, false);
}

}  // namespace barnabas::broker::groups::consumer
