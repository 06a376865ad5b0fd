// StreamsGroupHeartbeat and StreamsGroupDescribe among the groups of all protocols.
#include "broker/groups/group_shard.h"
#include "broker/groups/log_errors.h"
#include "common/logging.h"
#include "common/text.h"

namespace barnabas::broker::groups {
namespace {

const Logger logger("broker.groups.GroupShard");

}  // namespace

void GroupShard::streams_heartbeat(const streams::HeartbeatCommand& command,
                                   Answerer<streams::HeartbeatReply> answerer, Instant now,
                                   Effects& effects) {
  const std::string& group_id = command.group_id;
  const ClassicGroup* classic = table_.find(group_id);
  const auto other = table_.foreign.find(group_id);
  const bool is_other = other != table_.foreign.end() && other->second != streams::kGroupType;
  const bool joins = command.member_epoch == streams::kJoinEpoch;
  const bool makes_way = classic != nullptr && joins && classic->in(GroupState::kEmpty);
  if (is_other || (classic != nullptr && !makes_way)) {
    return effects.answer(std::move(answerer),
                          streams::HeartbeatReply(ErrorCode::kGroupIdNotFound,
                                                  concat("Group ", group_id, " is not a streams group.")));
  }
  streams::Records records;
  streams::HeartbeatReply reply = streams_.heartbeat(command, now, records);
  if (records.empty()) return effects.answer(std::move(answerer), std::move(reply));
  Write& write = effects.add_write();
  if (makes_way) {
    logger.info("[GroupId ", group_id, "] Converted the empty classic group to a streams group.");
    write.records.emplace_back(group_tombstone(group_id));
  }
  for (streams::Record& record : records) write.records.emplace_back(std::move(record));
  write.done = [answerer = std::move(answerer), reply = std::move(reply)](ErrorCode error, Instant,
                                                                          Effects& more) mutable {
    if (error != ErrorCode::kNone) reply = streams::HeartbeatReply(coordinator_error(error), "");
    more.answer(std::move(answerer), std::move(reply));
  };
}

streams::Description GroupShard::describe_streams(const std::string& group_id) const {
  if (const streams::Group* group = streams_.find(group_id)) return streams_.describe(*group);
  streams::Description out;
  out.group_id = group_id;
  out.error = ErrorCode::kGroupIdNotFound;
  const bool is_other = table_.find(group_id) != nullptr || table_.foreign.contains(group_id);
  out.error_message = concat("Group ", group_id, is_other ? " is not a streams group." : " not found.");
  return out;
}

void GroupShard::make_way(JoinCommand&& command, JoinAnswerer answerer, const streams::Group& group,
                          Effects& effects) {
  logger.info("[GroupId ", group.id(), "] Converted the empty streams group to a classic group.");
  streams::Records tombstones;
  group.add_tombstones(tombstones);
  Write& write = effects.add_write();
  for (streams::Record& record : tombstones) write.records.emplace_back(std::move(record));
  write.done = [this, command = std::move(command), answerer = std::move(answerer)](
                   ErrorCode error, Instant then, Effects& more) mutable {
    if (error != ErrorCode::kNone) {
      return more.answer(std::move(answerer), JoinReply{.error = coordinator_error(error)});
    }
    classic_.join(std::move(command), std::move(answerer), then, more);
  };
}

bool GroupShard::run_streams_due(Instant now, Effects& effects) {
  const auto event = streams_.take_due(now);
  if (!event) return false;
  streams::Records records;
  streams_.run(*event, now, records);
  if (records.empty()) return true;
  Write& write = effects.add_write();
  for (streams::Record& record : records) write.records.emplace_back(std::move(record));
  write.done = [this, event = *event](ErrorCode error, Instant then, Effects&) {
    if (error != ErrorCode::kNone) streams_.repeat(event, then);
  };
  return true;
}

void GroupShard::replay_streams(const streams::Record& record, Effects& effects) {
  const std::string& group_id = streams::group_of(record);
  streams_.replay(record);
  if (streams_.find(group_id) == nullptr) {
    const auto known = table_.foreign.find(group_id);
    if (known != table_.foreign.end() && known->second == streams::kGroupType) table_.foreign.erase(known);
    return;
  }
  // A simple group that came from its offsets, or an empty classic one that made way.
  if (ClassicGroup* former = table_.find(group_id)) classic_.erase(*former, effects);
  table_.foreign[group_id] = streams::kGroupType;
}

}  // namespace barnabas::broker::groups
