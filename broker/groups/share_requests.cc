// Requests to share groups among the groups of all protocols.
#include "broker/groups/group_shard.h"
#include "broker/groups/log_errors.h"
#include "common/text.h"

namespace barnabas::broker::groups {

bool GroupShard::is_no_share_group(const std::string& group_id) const {
  if (table_.find(group_id) != nullptr) return true;
  const auto other = table_.foreign.find(group_id);
  return other != table_.foreign.end() && other->second != share::kGroupType;
}

Write& GroupShard::write_share(share::Records&& records, Effects& effects) {
  Write& write = effects.add_write();
  for (share::Record& record : records) write.records.emplace_back(std::move(record));
  return write;
}

void GroupShard::write_share(share::Records&& records, Answerer<ErrorCode> answerer, Effects& effects) {
  if (records.empty()) return effects.answer(std::move(answerer), ErrorCode(ErrorCode::kNone));
  write_share(std::move(records), effects).done = [answerer = std::move(answerer)](ErrorCode error, Instant,
                                                                                   Effects& more) mutable {
    more.answer(std::move(answerer), coordinator_error(error));
  };
}

bool GroupShard::run_share_due(Instant now, Effects& effects) {
  const auto expiry = shares_.take_due(now);
  if (!expiry) return false;
  share::Records records;
  shares_.run(*expiry, records);
  if (records.empty()) return true;
  write_share(std::move(records), effects).done = [this, expiry = *expiry](ErrorCode error, Instant then,
                                                                           Effects&) {
    if (error != ErrorCode::kNone) shares_.repeat(expiry, then);
  };
  return true;
}

void GroupShard::share_heartbeat(const share::HeartbeatCommand& command,
                                 Answerer<share::HeartbeatOutcome> answerer, Instant now, Effects& effects) {
  if (is_no_share_group(command.group_id)) {
    return effects.answer(
        std::move(answerer),
        share::HeartbeatOutcome(share::HeartbeatReply(
            ErrorCode::kGroupIdNotFound, concat("Group ", command.group_id, " is not a share group."))));
  }
  share::Records records;
  share::HeartbeatOutcome outcome = shares_.heartbeat(command, now, records);
  if (records.empty()) return effects.answer(std::move(answerer), std::move(outcome));
  write_share(std::move(records), effects).done = [answerer = std::move(answerer),
                                                   outcome = std::move(outcome)](ErrorCode error, Instant,
                                                                                 Effects& more) mutable {
    if (error != ErrorCode::kNone) {
      outcome = share::HeartbeatOutcome(share::HeartbeatReply(coordinator_error(error), ""));
    }
    more.answer(std::move(answerer), std::move(outcome));
  };
}

share::Description GroupShard::describe_share(const std::string& group_id) const {
  if (const share::Group* group = shares_.find(group_id)) return shares_.describe(*group);
  share::Description out;
  out.group_id = group_id;
  out.error = ErrorCode::kGroupIdNotFound;
  out.error_message =
      concat("Group ", group_id, is_no_share_group(group_id) ? " is not a share group." : " not found.");
  return out;
}

void GroupShard::alter_share_offsets(const share::AlterOffsetsCommand& command,
                                     Answerer<share::AlterOffsetsOutcome> answerer, Instant now,
                                     Effects& effects) {
  share::AlterOffsetsOutcome outcome;
  if (is_no_share_group(command.group_id)) {
    outcome.reply.error = ErrorCode::kGroupIdNotFound;
    outcome.reply.error_message = concat("Group ", command.group_id, " is not a share group.");
    return effects.answer(std::move(answerer), std::move(outcome));
  }
  share::Records records;
  outcome = shares_.alter_offsets(command, now, records);
  write_share(
      std::move(records),
      [answerer = std::move(answerer), outcome = std::move(outcome)](ErrorCode&& error) mutable {
        if (error != ErrorCode::kNone) {
          outcome = share::AlterOffsetsOutcome();
          outcome.reply.error = error;
        }
        answerer(std::move(outcome));
      },
      effects);
}

void GroupShard::delete_share_offsets(const share::DeleteOffsetsCommand& command,
                                      Answerer<share::DeleteOffsetsOutcome> answerer, Effects& effects) {
  share::DeleteOffsetsOutcome outcome;
  if (is_no_share_group(command.group_id)) {
    outcome.reply.error = ErrorCode::kGroupIdNotFound;
    outcome.reply.error_message = concat("Group ", command.group_id, " is not a share group.");
    return effects.answer(std::move(answerer), std::move(outcome));
  }
  share::Records records;
  outcome = shares_.delete_offsets(command, records);
  write_share(
      std::move(records),
      [answerer = std::move(answerer), outcome = std::move(outcome)](ErrorCode&& error) mutable {
        if (error != ErrorCode::kNone) {
          outcome = share::DeleteOffsetsOutcome();
          outcome.reply.error = error;
        }
        answerer(std::move(outcome));
      },
      effects);
}

void GroupShard::begin_deletion(const std::string& group_id, Answerer<share::GroupDeletion> answerer,
                                Effects& effects) {
  share::Records records;
  share::GroupDeletion deletion;
  if (const share::Group* group = shares_.find(group_id)) deletion = shares_.begin_deletion(*group, records);
  write_share(
      std::move(records),
      [answerer = std::move(answerer), deletion = std::move(deletion)](ErrorCode&& error) mutable {
        if (error != ErrorCode::kNone) deletion.error = error;
        answerer(std::move(deletion));
      },
      effects);
}

void GroupShard::share_states_made(const std::string& group_id, const consumer::TopicPartitions& made,
                                   const consumer::TopicPartitions& not_made, Answerer<ErrorCode> answerer,
                                   Effects& effects) {
  share::Records records;
  shares_.states_made(group_id, made, not_made, records);
  write_share(std::move(records), std::move(answerer), effects);
}

void GroupShard::share_states_removed(const std::string& group_id, const std::vector<Uuid>& topics,
                                      Answerer<ErrorCode> answerer, Effects& effects) {
  share::Records records;
  shares_.states_removed(group_id, topics, records);
  write_share(std::move(records), std::move(answerer), effects);
}

}  // namespace barnabas::broker::groups
