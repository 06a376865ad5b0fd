// ConsumerGroupHeartbeat and ConsumerGroupDescribe among the groups of all protocols.
#include "broker/groups/group_shard.h"
#include "broker/groups/log_errors.h"
#include "common/logging.h"
#include "common/text.h"

namespace barnabas::broker::groups {
namespace {

const Logger logger("broker.groups.GroupShard");

}  // namespace

void GroupShard::consumer_heartbeat(consumer::HeartbeatCommand&& command,
                                    Answerer<consumer::HeartbeatReply> answerer, Instant now,
                                    Effects& effects) {
  const ClassicGroup* classic = table_.find(command.group_id);
  const auto other = table_.foreign.find(command.group_id);
  const bool is_other = other != table_.foreign.end() && other->second != consumer::kGroupType;
  const bool joins = command.member_epoch == consumer::kJoinEpoch;
  const bool makes_way = joins && classic != nullptr && classic->in(GroupState::kEmpty);
  if (is_other || (classic != nullptr && !makes_way)) {
    return effects.answer(std::move(answerer), consumer::HeartbeatReply(ErrorCode::kGroupIdNotFound,
                                                                        concat("Group ", command.group_id,
                                                                               " is not a consumer group.")));
  }
  consumer::Records records;
  consumer::HeartbeatReply reply = consumers_.heartbeat(command, now, records);
  if (records.empty()) return effects.answer(std::move(answerer), std::move(reply));
  Write& write = effects.add_write();
  if (makes_way) {
    logger.info("[GroupId ", command.group_id, "] Converted the empty classic group to a consumer group.");
    write.records.emplace_back(group_tombstone(command.group_id));
  }
  for (consumer::Record& record : records) write.records.emplace_back(std::move(record));
  write.done = [answerer = std::move(answerer), reply = std::move(reply)](ErrorCode error, Instant,
                                                                          Effects& more) mutable {
    if (error != ErrorCode::kNone) reply = consumer::HeartbeatReply(coordinator_error(error), "");
    more.answer(std::move(answerer), std::move(reply));
  };
}

void GroupShard::join(JoinCommand&& command, JoinAnswerer answerer, Instant now, Effects& effects) {
  const consumer::Group* group = consumers_.find(command.group_id);
  if (group == nullptr || !group->members().empty()) {
    return classic_.join(std::move(command), std::move(answerer), now, effects);
  }
  logger.info("[GroupId ", command.group_id, "] Converted the empty consumer group to a classic group.");
  Write& write = effects.add_write();
  consumer::Records tombstones;
  group->add_tombstones(tombstones);
  for (consumer::Record& record : tombstones) write.records.emplace_back(std::move(record));
  write.done = [this, command = std::move(command), answerer = std::move(answerer)](
                   ErrorCode error, Instant then, Effects& more) mutable {
    if (error != ErrorCode::kNone) {
      return more.answer(std::move(answerer), JoinReply{.error = coordinator_error(error)});
    }
    classic_.join(std::move(command), std::move(answerer), then, more);
  };
}

consumer::Description GroupShard::describe_consumer(const std::string& group_id) const {
  if (const consumer::Group* group = consumers_.find(group_id)) return consumers_.describe(*group);
  consumer::Description out;
  out.group_id = group_id;
  out.error = ErrorCode::kGroupIdNotFound;
  const bool is_other = table_.find(group_id) != nullptr || table_.foreign.contains(group_id);
  out.error_message = concat("Group ", group_id, is_other ? " is not a consumer group." : " not found.");
  return out;
}

}  // namespace barnabas::broker::groups
