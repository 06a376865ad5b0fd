// ConsumerGroupHeartbeat and ConsumerGroupDescribe among the groups of all
// protocols.
#include "broker/groups/group_shard.h"
#include "broker/groups/log_errors.h"
#include "common/logging.h"
#include "common/text.h"

namespace barnabas::broker::groups {
namespace {

const Logger logger("broker.groups.GroupShard");

}  // namespace

void GroupShard::write_consumer(const std::string& group_id, consumer::Records&& records, Effects& effects,
                                WriteDone done) {
  Write& write = effects.write ? *effects.write : effects.add_write();
  for (consumer::Record& record : records) write.records.emplace_back(std::move(record));
  auto downgrade = consumers_.take_downgrade();
  if (!downgrade) {
    write.done = std::move(done);
    return;
  }
  write.records.emplace_back(std::move(*downgrade));
  write.done = [this, group_id, done = std::move(done)](ErrorCode error, Instant then,
                                                        Effects& more) mutable {
    ClassicGroup* group = error == ErrorCode::kNone ? table_.find(group_id) : nullptr;
    if (group != nullptr && group->can_rebalance()) {
      classic_.adopt(*group,
                     concat("Downgrade group ", group_id, " from consumer to classic for member leaving."),
                     then, more);
    }
    done(error, then, more);
  };
}

void GroupShard::consumer_heartbeat(consumer::HeartbeatCommand&& command,
                                    Answerer<consumer::HeartbeatReply> answerer, Instant now,
                                    Effects& effects) {
  if (consumer::is_partial_join(command)) {
    return effects.answer(std::move(answerer), consumers_.answer_partial_join(command));
  }
  ClassicGroup* classic = table_.find(command.group_id);
  const auto other = table_.foreign.find(command.group_id);
  const bool is_other = other != table_.foreign.end() && other->second != consumer::kGroupType;
  const bool joins = command.member_epoch == consumer::kJoinEpoch;
  if (is_other || (classic != nullptr && !joins)) {
    return effects.answer(std::move(answerer), consumer::HeartbeatReply(ErrorCode::kGroupIdNotFound,
                                                                        concat("Group ", command.group_id,
                                                                               " is not a consumer group.")));
  }
  const bool upgrades = classic != nullptr && !classic->in(GroupState::kEmpty);
  consumer::Records records;
  consumer::HeartbeatReply reply = upgrades ? consumers_.upgrade(command, *classic, now, records)
                                            : consumers_.heartbeat(command, now, records);
  if (records.empty()) return effects.answer(std::move(answerer), std::move(reply));
  if (upgrades) classic_.interrupt(*classic, effects);
  if (classic != nullptr) {
    if (!upgrades) {
      logger.info("[GroupId ", command.group_id, "] Converted the empty classic group to a consumer group.");
    }
    effects.add_write().records.emplace_back(group_tombstone(command.group_id));
  }
  write_consumer(command.group_id, std::move(records), effects,
                 [answerer = std::move(answerer), reply = std::move(reply)](ErrorCode error, Instant,
                                                                            Effects& more) mutable {
                   if (error != ErrorCode::kNone) {
                     reply = consumer::HeartbeatReply(coordinator_error(error), "");
                   }
                   more.answer(std::move(answerer), std::move(reply));
                 });
}

void GroupShard::join(JoinCommand&& command, JoinAnswerer answerer, Instant now, Effects& effects) {
  if (const streams::Group* of_streams = streams_.find(command.group_id);
      of_streams != nullptr && of_streams->members().empty()) {
    return make_way(std::move(command), std::move(answerer), *of_streams, effects);
  }
  const consumer::Group* group = consumers_.find(command.group_id);
  if (group == nullptr) return classic_.join(std::move(command), std::move(answerer), now, effects);
  if (group->members().empty()) return make_way(std::move(command), std::move(answerer), *group, effects);
  join_consumer_group(command, std::move(answerer), *group, now, effects);
}

void GroupShard::make_way(JoinCommand&& command, JoinAnswerer answerer, const consumer::Group& group,
                          Effects& effects) {
  logger.info("[GroupId ", group.id(), "] Converted the empty consumer group to a classic group.");
  consumer::Records tombstones;
  group.add_tombstones(tombstones);
  const std::string group_id = group.id();
  write_consumer(group_id, std::move(tombstones), effects,
                 [this, command = std::move(command), answerer = std::move(answerer)](
                     ErrorCode error, Instant then, Effects& more) mutable {
                   if (error != ErrorCode::kNone) {
                     return more.answer(std::move(answerer), JoinReply{.error = coordinator_error(error)});
                   }
                   classic_.join(std::move(command), std::move(answerer), then, more);
                 });
}

void GroupShard::join_consumer_group(const JoinCommand& command, JoinAnswerer answerer,
                                     const consumer::Group& group, Instant now, Effects& effects) {
  consumer::Records records;
  JoinReply reply = consumers_.join_classic(command, group, now, records);
  if (records.empty()) return effects.answer(std::move(answerer), std::move(reply));
  write_consumer(command.group_id, std::move(records), effects,
                 [answerer = std::move(answerer), reply = std::move(reply)](ErrorCode error, Instant,
                                                                            Effects& more) mutable {
                   if (error != ErrorCode::kNone) reply = {.error = coordinator_error(error)};
                   more.answer(std::move(answerer), std::move(reply));
                 });
}

void GroupShard::sync(SyncCommand&& command, SyncAnswerer answerer, Instant now, Effects& effects) {
  if (const consumer::Group* group = consumers_.find(command.group_id)) {
    return effects.answer(std::move(answerer), consumers_.sync_classic(command, *group, now));
  }
  classic_.sync(std::move(command), std::move(answerer), effects);
}

ErrorCode GroupShard::heartbeat(const HeartbeatCommand& command, Instant now) {
  const consumer::Group* group = consumers_.find(command.group_id);
  return group != nullptr ? consumers_.heartbeat_classic(command, *group, now)
                          : classic_.heartbeat(command, now);
}

void GroupShard::leave(const LeaveCommand& command, Answerer<LeaveReply> answerer, Instant now,
                       Effects& effects) {
  const consumer::Group* group = consumers_.find(command.group_id);
  if (group == nullptr) return classic_.leave(command, std::move(answerer), now, effects);
  consumer::Records records;
  LeaveReply reply = consumers_.leave_classic(command, *group, now, records);
  if (records.empty()) return effects.answer(std::move(answerer), std::move(reply));
  write_consumer(command.group_id, std::move(records), effects,
                 [answerer = std::move(answerer), reply = std::move(reply)](ErrorCode error, Instant,
                                                                            Effects& more) mutable {
                   if (error != ErrorCode::kNone) reply = {.error = coordinator_error(error)};
                   more.answer(std::move(answerer), std::move(reply));
                 });
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
