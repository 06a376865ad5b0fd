// ListGroups, DescribeGroups, DeleteGroups, and what goes when a topic is deleted.
#include <algorithm>

#include "broker/groups/consumer_subscription.h"
#include "broker/groups/group_shard.h"
#include "broker/groups/java_text.h"
#include "broker/groups/log_errors.h"
#include "common/logging.h"

namespace barnabas::broker::groups {
namespace {

const Logger logger("broker.groups.GroupShard");

bool passes(const std::vector<std::string>& filter, std::string_view value) {
  return filter.empty() || std::find(filter.begin(), filter.end(), value) != filter.end();
}

}  // namespace

std::vector<GroupListing> GroupShard::list(const GroupFilter& filter) const {
  std::vector<GroupListing> out;
  const auto add = [&](const std::string& id, std::string protocol_type, std::string_view state,
                       std::string_view type) {
    // A client that asks for NotReady means what Kafka's coordinator calls not_ready.
    const bool is_state =
        passes(filter.states, folded(state)) || (state == "NotReady" && passes(filter.states, "not_ready"));
    if (!is_state || !passes(filter.types, type)) return;
    out.push_back({id, std::move(protocol_type), std::string(state), std::string(type)});
  };
  for (const auto& [id, group] : table_.groups()) {
    add(id, group.protocol_type().value_or(""), group_state_name(group.state()), "classic");
  }
  for (const auto& [id, group] : consumers_.groups()) {
    add(id, std::string(kConsumerProtocolType), consumer::group_state_name(group.state()),
        consumer::kGroupType);
  }
  for (const auto& [id, group] : shares_.groups()) {
    add(id, std::string(share::kGroupType), share::group_state_name(group.state()), share::kGroupType);
  }
  for (const auto& [id, group] : streams_.groups()) {
    add(id, std::string(streams::kProtocolType), streams::group_state_name(group.state()),
        streams::kGroupType);
  }
  return out;
}

GroupDescription GroupShard::describe(const std::string& group_id) const {
  GroupDescription out;
  out.group_id = group_id;
  const ClassicGroup* group = table_.find(group_id);
  if (group == nullptr) {
    out.error = ErrorCode::kGroupIdNotFound;
    out.error_message = table_.foreign.contains(group_id)
                            ? concat("Group ", group_id, " is not a classic group.")
                            : concat("Group ", group_id, " not found.");
    out.state = "Dead";
    return out;
  }
  out.state = group_state_name(group->state());
  out.protocol_type = group->protocol_type().value_or("");
  const bool stable = group->in(GroupState::kStable);
  if (stable) out.protocol = group->protocol_name().value_or("");
  for (const auto& [id, member] : group->members()) {
    DescribedMember& described = out.members.emplace_back();
    described.member_id = id;
    described.instance_id = member.instance_id;
    described.client_id = member.client_id;
    described.client_host = member.client_host;
    described.assignment = member.assignment;
    const Buffer* metadata = stable ? member.metadata(out.protocol) : nullptr;
    if (metadata != nullptr) described.metadata = *metadata;
  }
  return out;
}

void GroupShard::delete_groups(const std::vector<std::string>& group_ids,
                               Answerer<std::vector<DeletedGroup>> answerer, Effects& effects) {
  std::vector<DeletedGroup> results;
  std::vector<GroupRecord> records;
  for (const std::string& id : group_ids) {
    DeletedGroup& result = results.emplace_back(DeletedGroup{id, ErrorCode::kNone});
    const ClassicGroup* group = table_.find(id);
    const consumer::Group* consumers = consumers_.find(id);
    const share::Group* of_share = shares_.find(id);
    const streams::Group* of_streams = streams_.find(id);
    if (of_share != nullptr && !of_share->members().empty()) {
      result.error = ErrorCode::kNonEmptyGroup;
    } else if (of_share != nullptr) {
      offset_rules_.remove_all(id, records);
      share::Records tombstones;
      of_share->add_tombstones(tombstones);
      for (share::Record& record : tombstones) records.emplace_back(std::move(record));
    } else if (of_streams != nullptr && !of_streams->members().empty()) {
      result.error = ErrorCode::kNonEmptyGroup;
    } else if (of_streams != nullptr) {
      offset_rules_.remove_all(id, records);
      streams::Records tombstones;
      of_streams->add_tombstones(tombstones);
      for (streams::Record& record : tombstones) records.emplace_back(std::move(record));
    } else if (consumers != nullptr && !consumers->members().empty()) {
      result.error = ErrorCode::kNonEmptyGroup;
    } else if (consumers != nullptr) {
      offset_rules_.remove_all(id, records);
      consumer::Records tombstones;
      consumers->add_tombstones(tombstones);
      for (consumer::Record& record : tombstones) records.emplace_back(std::move(record));
    } else if (group == nullptr) {
      result.error = ErrorCode::kGroupIdNotFound;
    } else if (!group->in(GroupState::kEmpty)) {
      result.error = ErrorCode::kNonEmptyGroup;
    } else {
      offset_rules_.remove_all(id, records);
      records.emplace_back(group_tombstone(id));
    }
  }
  if (records.empty()) return effects.answer(std::move(answerer), std::move(results));
  logger.info("Deleting groups with ", records.size(), " tombstones.");
  effects.add_write().records = std::move(records);
  effects.write->done = [answerer = std::move(answerer), results = std::move(results)](
                            ErrorCode error, Instant, Effects& more) mutable {
    if (error != ErrorCode::kNone) {
      for (DeletedGroup& result : results) result.error = coordinator_error(error);
    }
    more.answer(std::move(answerer), std::move(results));
  };
}

void GroupShard::topics_deleted(const std::vector<DeletedTopic>& topics, Effects& effects) const {
  std::vector<GroupRecord> records;
  offset_rules_.remove_topics(topics, records);
  std::vector<Uuid> ids;
  for (const DeletedTopic& topic : topics) ids.push_back(topic.topic_id);
  share::Records of_shares;
  shares_.topics_deleted(ids, of_shares);
  for (share::Record& record : of_shares) records.emplace_back(std::move(record));
  if (records.empty()) return;
  logger.info("Removing ", records.size(), " offsets of deleted topics and what share groups kept of them.");
  Write& write = effects.add_write();
  write.records = std::move(records);
  write.atomic = false;
  write.done = [](ErrorCode error, Instant, Effects&) {
    if (error != ErrorCode::kNone) logger.warn("Offsets of deleted topics could not be removed.");
  };
}

GroupCounts GroupShard::counts() const {
  GroupCounts out;
  for (const auto& [id, group] : table_.groups())
    ++out.classic_by_state[static_cast<std::size_t>(group.state())];
  for (const auto& [id, group] : consumers_.groups())
    ++out.consumer_by_state[static_cast<std::size_t>(group.state())];
  for (const auto& [id, group] : shares_.groups())
    ++out.share_by_state[static_cast<std::size_t>(group.state())];
  out.consumer_rebalances = consumers_.rebalances();
  out.share_rebalances = shares_.rebalances();
  for (const auto& [id, group] : streams_.groups())
    ++out.streams_by_state[static_cast<std::size_t>(group.state())];
  out.streams_rebalances = streams_.rebalances();
  out.groups = table_.groups().size() + table_.foreign.size();
  out.offsets = offsets_.size();
  return out;
}

}  // namespace barnabas::broker::groups
