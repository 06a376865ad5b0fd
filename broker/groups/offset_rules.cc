#include "broker/groups/offset_rules.h"

#include <set>

#include "broker/groups/consumer/offset_checks.h"
#include "broker/groups/java_text.h"
#include "broker/groups/log_errors.h"
#include "broker/groups/streams/offset_checks.h"

namespace barnabas::broker::groups {

ErrorCode OffsetRules::check_commit(const CommitCommand& command, Instant now) {
  if (const consumer::Group* consumers = consumers_.find(command.group_id)) {
    return consumer::check_commit(consumers_, *consumers, command, false);
  }
  if (const streams::Group* of_streams = streams_.find(command.group_id)) {
    return streams::check_commit(*of_streams, command, false);
  }
  const bool without_generation = command.generation_id < 0;
  if (table_.is_share_group(command.group_id)) return ErrorCode::kGroupIdNotFound;
  ClassicGroup* group = table_.find(command.group_id);
  if (group == nullptr) {
    // A commit without membership needs no group: an administrator, or a consumer with its own assignment.
    if (without_generation) return ErrorCode::kNone;
    return command.expects_group_not_found ? ErrorCode::kGroupIdNotFound : ErrorCode::kIllegalGeneration;
  }
  if (without_generation && group->in(GroupState::kEmpty)) return ErrorCode::kNone;
  if (without_generation && command.member_id.empty() && !command.instance_id)
    return ErrorCode::kUnknownMemberId;
  const ErrorCode error = group->validate(command.member_id, command.instance_id);
  if (error != ErrorCode::kNone) return error;
  if (command.generation_id != group->generation_id()) return ErrorCode::kIllegalGeneration;
  switch (group->state()) {
    case GroupState::kCompletingRebalance:
      // The generation is right, so the member has joined, but it has no assignment to commit for.
      return ErrorCode::kRebalanceInProgress;
    case GroupState::kEmpty:
      return ErrorCode::kNone;
    case GroupState::kPreparingRebalance:
    case GroupState::kStable:
      classic_.keep_alive(*group->find(command.member_id), *group, now);
      return ErrorCode::kNone;
  }
  return ErrorCode::kNone;
}

void OffsetRules::commit(CommitCommand&& command, Answerer<CommitReply> answerer, Instant now,
                         Effects& effects) {
  CommitReply reply;
  reply.error = check_commit(command, now);
  if (reply.error != ErrorCode::kNone) return effects.answer(std::move(answerer), std::move(reply));
  std::vector<GroupRecord> records;
  for (CommitTopic& topic : command.topics) commit_topic(command, topic, now, reply, records);
  if (records.empty()) return effects.answer(std::move(answerer), std::move(reply));
  effects.add_write().records = std::move(records);
  effects.write->done = [answerer = std::move(answerer), reply = std::move(reply)](ErrorCode error, Instant,
                                                                                   Effects& more) mutable {
    if (error != ErrorCode::kNone) reply = {.error = coordinator_error(error)};
    more.answer(std::move(answerer), std::move(reply));
  };
}

// Unlike a member's own commit this one counts during a rebalance too, and proves no life.
ErrorCode OffsetRules::check_transactional_commit(const CommitCommand& command) const {
  if (const consumer::Group* consumers = consumers_.find(command.group_id)) {
    return consumer::check_commit(consumers_, *consumers, command, true);
  }
  if (const streams::Group* of_streams = streams_.find(command.group_id)) {
    return streams::check_commit(*of_streams, command, true);
  }
  if (table_.is_share_group(command.group_id)) return ErrorCode::kGroupIdNotFound;
  const bool without_generation = command.generation_id < 0;
  const ClassicGroup* group = table_.find(command.group_id);
  if (group == nullptr) return without_generation ? ErrorCode::kNone : ErrorCode::kIllegalGeneration;
  if (without_generation && group->in(GroupState::kEmpty)) return ErrorCode::kNone;
  // Clients of old name no member.
  if (without_generation && command.member_id.empty() && !command.instance_id) return ErrorCode::kNone;
  const ErrorCode error = group->validate(command.member_id, command.instance_id);
  if (error != ErrorCode::kNone) return error;
  return command.generation_id == group->generation_id() ? ErrorCode::kNone : ErrorCode::kIllegalGeneration;
}

void OffsetRules::commit_in_transaction(TransactionalCommitCommand&& command, Answerer<CommitReply> answerer,
                                        Instant now, Effects& effects) const {
  CommitReply reply;
  reply.error = check_transactional_commit(command.commit);
  if (reply.error != ErrorCode::kNone) return effects.answer(std::move(answerer), std::move(reply));
  std::vector<GroupRecord> records;
  for (CommitTopic& topic : command.commit.topics) commit_topic(command.commit, topic, now, reply, records);
  if (records.empty()) return effects.answer(std::move(answerer), std::move(reply));
  Write& write = effects.add_write();
  write.records = std::move(records);
  write.producer_id = command.producer_id;
  write.producer_epoch = command.producer_epoch;
  write.guard = command.guard;
  write.done = [answerer = std::move(answerer), reply = std::move(reply)](ErrorCode error, Instant,
                                                                          Effects& more) mutable {
    if (error != ErrorCode::kNone) reply = {.error = coordinator_error(error)};
    more.answer(std::move(answerer), std::move(reply));
  };
}

void OffsetRules::commit_topic(const CommitCommand& command, CommitTopic& topic, Instant now,
                               CommitReply& reply, std::vector<GroupRecord>& records) const {
  TopicResult& result = reply.topics.emplace_back();
  result.topic_id = topic.topic_id;
  for (CommitPartition& partition : topic.partitions) {
    const std::size_t units = partition.metadata ? utf16_length(*partition.metadata) : 0;
    if (units > static_cast<std::size_t>(settings_.offset_metadata_max_units)) {
      result.partitions.push_back({partition.index, ErrorCode::kOffsetMetadataTooLarge});
      continue;
    }
    result.partitions.push_back({partition.index, ErrorCode::kNone});
    OffsetRecord record = offset_tombstone(command.group_id, topic.name, partition.index);
    auto& value = record.value.emplace();
    value.offset = partition.offset;
    value.leader_epoch = partition.leader_epoch;
    if (partition.metadata) value.metadata = std::move(*partition.metadata);
    value.commit_timestamp = now.wall_ms;
    if (command.retention_ms != -1) value.expire_timestamp = now.wall_ms + command.retention_ms;
    value.topic_id = topic.topic_id;
    records.emplace_back(std::move(record));
  }
  result.name = std::move(topic.name);
}

FetchedOffset OffsetRules::fetch_one(const FetchOffsetsCommand& command, const std::string& topic,
                                     const Uuid& topic_id, std::int32_t partition) const {
  FetchedOffset out;
  out.index = partition;
  if (command.require_stable && offsets_.pending(command.group_id, topic, partition)) {
    out.error = ErrorCode::kUnstableOffsetCommit;
    return out;
  }
  const CommittedOffset* found = offsets_.find(command.group_id, topic, partition);
  if (found == nullptr) return out;
  // The commit was for a topic of the same name that is gone.
  if (!topic_id.is_zero() && !found->topic_id.is_zero() && topic_id != found->topic_id) return out;
  out.offset = found->offset;
  out.leader_epoch = found->leader_epoch;
  out.metadata = found->metadata;
  return out;
}

FetchOffsetsReply OffsetRules::fetch(const FetchOffsetsCommand& command) const {
  FetchOffsetsReply reply;
  reply.group_id = command.group_id;
  if (const consumer::Group* consumers = consumers_.find(command.group_id)) {
    reply.error = consumer::check_fetch(*consumers, command);
  } else if (const streams::Group* of_streams = streams_.find(command.group_id)) {
    reply.error = streams::check_fetch(*of_streams, command);
  }
  if (reply.error != ErrorCode::kNone) return reply;
  if (command.topics) {
    for (const OffsetsTopic& topic : *command.topics) {
      FetchedTopic& out = reply.topics.emplace_back();
      out.name = topic.name;
      out.topic_id = topic.topic_id;
      out.partitions.reserve(topic.partitions.size());
      for (const std::int32_t partition : topic.partitions) {
        out.partitions.push_back(fetch_one(command, topic.name, topic.topic_id, partition));
      }
    }
    return reply;
  }
  const TopicOffsets* all = offsets_.group(command.group_id);
  if (all == nullptr) return reply;
  for (const auto& [topic, partitions] : *all) {
    FetchedTopic& out = reply.topics.emplace_back();
    out.name = topic;
    for (const auto& [partition, offset] : partitions) {
      out.topic_id = offset.topic_id;
      out.partitions.push_back(fetch_one(command, topic, Uuid::zero(), partition));
    }
  }
  return reply;
}

void OffsetRules::remove(const DeleteOffsetsCommand& command, Answerer<DeleteOffsetsReply> answerer,
                         Effects& effects) {
  DeleteOffsetsReply reply;
  const ClassicGroup* group = table_.find(command.group_id);
  const consumer::Group* consumers = consumers_.find(command.group_id);
  const streams::Group* of_streams = streams_.find(command.group_id);
  const bool is_known = group != nullptr || table_.foreign.contains(command.group_id);
  if (!is_known || table_.is_share_group(command.group_id)) {
    reply.error = ErrorCode::kGroupIdNotFound;
  } else if (group != nullptr && !group->in(GroupState::kEmpty) && !group->uses_consumer_protocol()) {
    reply.error = ErrorCode::kNonEmptyGroup;
  }
  if (reply.error != ErrorCode::kNone) return effects.answer(std::move(answerer), std::move(reply));
  std::vector<GroupRecord> records;
  for (const OffsetsTopic& topic : command.topics) {
    TopicResult& result = reply.topics.emplace_back();
    result.name = topic.name;
    const bool subscribed = group != nullptr ? group->subscribes(topic.name)
                            : consumers != nullptr
                                ? consumers->subscribes(topic.name)
                                : of_streams != nullptr && of_streams->subscribes(topic.name);
    for (const std::int32_t partition : topic.partitions) {
      result.partitions.push_back(
          {partition, subscribed ? ErrorCode::kGroupSubscribedToTopic : ErrorCode::kNone});
      if (subscribed) continue;
      if (offsets_.find(command.group_id, topic.name, partition) != nullptr ||
          offsets_.pending(command.group_id, topic.name, partition)) {
        records.emplace_back(offset_tombstone(command.group_id, topic.name, partition));
      }
    }
  }
  if (records.empty()) return effects.answer(std::move(answerer), std::move(reply));
  effects.add_write().records = std::move(records);
  effects.write->done = [answerer = std::move(answerer), reply = std::move(reply)](ErrorCode error, Instant,
                                                                                   Effects& more) mutable {
    if (error != ErrorCode::kNone) reply = {.error = coordinator_error(error)};
    more.answer(std::move(answerer), std::move(reply));
  };
}

void OffsetRules::remove_all(const std::string& group_id, std::vector<GroupRecord>& records) const {
  std::set<std::pair<std::string, std::int32_t>> done;
  const auto remove_topics_of = [&](const TopicOffsets& topics) {
    for (const auto& [topic, partitions] : topics) {
      for (const auto& [partition, offset] : partitions) {
        if (done.emplace(topic, partition).second)
          records.emplace_back(offset_tombstone(group_id, topic, partition));
      }
    }
  };
  if (const TopicOffsets* topics = offsets_.group(group_id)) remove_topics_of(*topics);
  offsets_.for_each_pending(group_id, remove_topics_of);
}

void OffsetRules::remove_topics(const std::vector<DeletedTopic>& topics,
                                std::vector<GroupRecord>& records) const {
  offsets_.for_each_with_pending([&](const std::string& group_id, const TopicOffsets& offsets) {
    for (const DeletedTopic& deleted : topics) {
      const auto found = offsets.find(deleted.name);
      if (found == offsets.end()) continue;
      for (const auto& [partition, offset] : found->second) {
        if (!offset.topic_id.is_zero() && offset.topic_id != deleted.topic_id) continue;
        records.emplace_back(offset_tombstone(group_id, deleted.name, partition));
      }
    }
  });
}

bool OffsetRules::expire(const std::string& group_id, Instant now, std::vector<GroupRecord>& records) const {
  const TopicOffsets* topics = offsets_.group(group_id);
  if (topics == nullptr) return !offsets_.has_open_transactions(group_id);
  if (const consumer::Group* consumers = consumers_.find(group_id)) {
    const bool all = expire_topics(group_id, {}, now, *topics, records,
                                   [&](const std::string& topic) { return consumers->subscribes(topic); });
    return all && !offsets_.has_open_transactions(group_id);
  }
  if (const streams::Group* of_streams = streams_.find(group_id)) {
    const bool all = expire_topics(group_id, {}, now, *topics, records,
                                   [&](const std::string& topic) { return of_streams->subscribes(topic); });
    return all && !offsets_.has_open_transactions(group_id);
  }
  const ClassicGroup* group = table_.find(group_id);
  if (group == nullptr) return false;
  // From when an offset counts as unused: of an empty group since it is empty (all of it together), of
  // consumers that do not subscribe to the topic and of commits without a group since the commit.
  const bool since_empty =
      group->protocol_type() && group->in(GroupState::kEmpty) && group->state_since_ms() != -1;
  const bool since_commit =
      !group->protocol_type() || (group->in(GroupState::kEmpty) && group->state_since_ms() == -1) ||
      (group->uses_consumer_protocol() && group->knows_topics() && group->in(GroupState::kStable));
  if (!since_empty && !since_commit) return false;
  const auto since_ms = since_empty ? std::optional(group->state_since_ms()) : std::nullopt;
  const bool all = expire_topics(group_id, since_ms, now, *topics, records,
                                 [&](const std::string& topic) { return group->subscribes(topic); });
  return all && !offsets_.has_open_transactions(group_id);
}

bool OffsetRules::expire_topics(const std::string& group_id, std::optional<std::int64_t> unused_since_ms,
                                Instant now, const TopicOffsets& topics, std::vector<GroupRecord>& records,
                                const std::function<bool(const std::string&)>& subscribes) const {
  bool all_expired = true;
  for (const auto& [topic, partitions] : topics) {
    const bool subscribed = subscribes(topic);
    for (const auto& [partition, offset] : partitions) {
      const std::int64_t since_ms = unused_since_ms.value_or(offset.commit_ms);
      const bool due = offset.expire_ms != -1 ? now.wall_ms >= offset.expire_ms
                                              : now.wall_ms - since_ms >= settings_.offsets_retention_ms;
      if (!due || subscribed || offsets_.pending(group_id, topic, partition)) {
        all_expired = false;
        continue;
      }
      records.emplace_back(offset_tombstone(group_id, topic, partition));
    }
  }
  return all_expired;
}

}  // namespace barnabas::broker::groups
