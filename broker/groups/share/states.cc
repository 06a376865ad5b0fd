// States of share partitions: where groups start to read, what is made and what is removed. Every change is
// written before the persister is asked for it, so that a restart in between is noticed.
#include <algorithm>

#include "broker/groups/share/protocol.h"
#include "common/logging.h"
#include "common/text.h"

namespace barnabas::broker::groups::share {
namespace {

const Logger logger("broker.groups.share.Protocol");

// One topic of AlterShareGroupOffsets: what is valid of it goes into `starting` and `out`.
AlteredTopic alter_topic(const AlterTopic& topic, const consumer::ClusterView& cluster, StateTopics& starting,
                         Initialization& out) {
  AlteredTopic altered;
  altered.name = topic.name;
  const auto info = cluster.topic(topic.name);
  if (info) altered.topic_id = info->id;
  std::vector<std::int32_t> valid;
  for (const NewOffset& offset : topic.partitions) {
    const bool exists = info && offset.partition >= 0 && offset.partition < info->partitions;
    altered.partitions.push_back(
        {offset.partition, exists ? ErrorCode::kNone : ErrorCode::kUnknownTopicOrPartition});
    if (!exists) continue;
    valid.push_back(offset.partition);
    out.states.push_back({info->id, offset.partition, offset.start_offset});
  }
  if (!valid.empty()) add_topics(starting, {{info->id, {topic.name, ascending(std::move(valid))}}});
  return altered;
}

}  // namespace

AlterOffsetsOutcome Protocol::alter_offsets(const AlterOffsetsCommand& command, Instant,
                                            Records& records) const {
  AlterOffsetsOutcome out;
  const Group* group = find(command.group_id);
  if (group != nullptr && !group->members().empty()) {
    out.reply.error = ErrorCode::kNonEmptyGroup;
    return out;
  }
  const ClusterViewPtr cluster = view_();
  StateTopics starting;
  for (const AlterTopic& topic : command.topics) {
    out.reply.topics.push_back(alter_topic(topic, *cluster, starting, out.initialization));
  }
  if (starting.empty()) return out;
  StatePartitions next;
  if (group != nullptr && group->states()) next = *group->states();
  next.start(starting);
  records.push_back(state_record(command.group_id, next));
  out.initialization.state_epoch = group != nullptr ? group->epoch() : Group(command.group_id).epoch();
  return out;
}

DeleteOffsetsOutcome Protocol::delete_offsets(const DeleteOffsetsCommand& command, Records& records) const {
  DeleteOffsetsOutcome out;
  const Group* group = find(command.group_id);
  if (group == nullptr) {
    out.reply.error = ErrorCode::kGroupIdNotFound;
    out.reply.error_message = concat("Group ", command.group_id, " not found.");
    return out;
  }
  if (!group->members().empty()) {
    out.reply.error = ErrorCode::kNonEmptyGroup;
    return out;
  }
  if (!group->states()) return out;
  const ClusterViewPtr cluster = view_();
  StatePartitions next = *group->states();
  for (const std::string& name : command.topics) {
    const auto topic = cluster->topic(name);
    if (!topic) {
      out.reply.topics.push_back({.name = name, .error = ErrorCode::kUnknownTopicOrPartition});
      continue;
    }
    if (const auto found = next.initialized.find(topic->id); found != next.initialized.end()) {
      out.states[topic->id] = found->second.partitions;
      next.initialized.erase(found);
      next.deleting[topic->id] = name;
    } else if (next.deleting.contains(topic->id)) {
      out.states[topic->id] = all_partitions(topic->partitions);
    } else {
      out.reply.topics.push_back({.name = name,
                                  .error = ErrorCode::kUnknownTopicOrPartition,
                                  .error_message = "There is no offset information to delete."});
    }
  }
  if (!out.states.empty()) records.push_back(state_record(group->id(), next));
  return out;
}

void Protocol::states_removed(const std::string& group_id, const std::vector<Uuid>& topics,
                              Records& records) const {
  const Group* group = find(group_id);
  if (group == nullptr || !group->states()) return;
  StatePartitions next = *group->states();
  for (const Uuid& topic : topics) next.deleting.erase(topic);
  records.push_back(state_record(group_id, next));
}

GroupDeletion Protocol::begin_deletion(const Group& group, Records& records) const {
  GroupDeletion out;
  if (!group.members().empty()) {
    out.error = ErrorCode::kNonEmptyGroup;
    return out;
  }
  if (!group.states()) return out;
  const ClusterViewPtr cluster = view_();
  StateTopics going = group.states()->initialized;
  add_topics(going, group.states()->initializing);
  // What an earlier deletion did not bring to its end.
  for (const auto& [id, name] : group.states()->deleting) {
    if (const auto topic = cluster->topic(id)) {
      add_topics(going, {{id, {topic->name, all_partitions(topic->partitions)}}});
    }
  }
  out.states = partitions_of(going);
  if (out.states.empty()) return out;
  StatePartitions next;
  for (const auto& [id, topic] : going) next.deleting[id] = topic.name;
  records.push_back(state_record(group.id(), next));
  return out;
}

void Protocol::states_made(const std::string& group_id, const TopicPartitions& made,
                           const TopicPartitions& not_made, Records& records) const {
  const Group* group = find(group_id);
  if (group == nullptr || !group->states()) return;  // deleted meanwhile
  StatePartitions next = *group->states();
  next.made(made, *view_());
  next.not_made(not_made);
  if (!not_made.empty()) {
    logger.warn("[GroupId ", group_id, "] States of ", not_made.size(),
                " topics could not be initialized; a later heartbeat asks again.");
  }
  if (next != *group->states()) records.push_back(state_record(group_id, next));
}

void Protocol::topics_deleted(const std::vector<Uuid>& topics, Records& records) const {
  for (const auto& [group_id, group] : groups_) {
    if (!group.states()) continue;
    StatePartitions next = *group.states();
    std::size_t gone = 0;
    for (const Uuid& topic : topics) {
      gone += next.initializing.erase(topic) + next.initialized.erase(topic) + next.deleting.erase(topic);
    }
    if (gone > 0) records.push_back(state_record(group_id, next));
  }
}

}  // namespace barnabas::broker::groups::share
