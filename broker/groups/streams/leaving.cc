// Members that leave or are not heard of, and the deadlines of streams groups.
#include "broker/groups/streams/protocol.h"
#include "broker/groups/streams/target_assignment.h"
#include "common/logging.h"
#include "common/text.h"

namespace barnabas::broker::groups::streams {
namespace {

const Logger logger("broker.groups.streams.Protocol");

// When a deadline is tried again whose records did not reach the log.
constexpr std::int64_t kRepeatMs = 500;

}  // namespace

HeartbeatReply Protocol::leave(const HeartbeatCommand& command, const Group& group, Records& records) {
  if (command.shuts_application_down) ask_to_shut_down(group.id(), command.member_id);
  const Member* member = group.find(command.member_id);
  if (member == nullptr) {
    return {ErrorCode::kUnknownMemberId,
            concat("Member ", command.member_id, " is not a member of group ", group.id(), ".")};
  }
  logger.info("[GroupId ", group.id(), "][MemberId ", member->id, "] Member ", member->id,
              " left the streams group.");
  HeartbeatReply reply;
  reply.member_id = member->id;
  reply.member_epoch = command.member_epoch;
  fence(group, *member, records);
  return reply;
}

void Protocol::fence(const Group& group, const Member& member, Records& records) {
  const std::string member_id = member.id;
  records.push_back(current_tombstone(group.id(), member_id));
  records.push_back(target_tombstone(group.id(), member_id));
  records.push_back(member_tombstone(group.id(), member_id));
  records.push_back(epoch_record(group.id(), group.epoch() + 1, group.metadata_hash(),
                                 group.validated_topology_epoch(), group.last_configs()));
  cancel(group.id(), member_id);
}

void Protocol::ask_to_shut_down(const std::string& group_id, const std::string& member_id) {
  auto& asked = soft_[group_id].shut_down_by;
  if (asked) return;
  logger.info("[GroupId ", group_id, "][MemberId ", member_id,
              "] Shutdown requested for the streams application.");
  asked = member_id;
}

bool Protocol::is_too_early(const Group& group, const GroupConfig& config, Instant now) {
  const std::int64_t last_ms = group.target_timestamp_ms();
  const std::int32_t interval_ms = config.assignment_interval_ms;
  return last_ms != 0 && interval_ms != 0 && now.wall_ms < last_ms + interval_ms;
}

// Nobody asks at this moment, so the members hear of it with their next heartbeats.
void Protocol::assign_after_delay(const Group& group, Instant now, Records& records) {
  if (group.members().empty()) {
    logger.info("[GroupId ", group.id(), "] Skipping delayed target assignment: group is empty");
    return;
  }
  const auto topology = soft_[group.id()].topology;
  if (topology == nullptr || group.epoch() <= group.target_epoch()) return;
  if (is_too_early(group, view_()->streams_config(group.id()), now)) return;
  assign_target(group, nullptr, group.epoch(), *topology, group.last_configs(), now.wall_ms, records);
  logger.info("[GroupId ", group.id(), "] Computed a new target assignment for epoch ", group.epoch(),
              " with 'sticky' assignor.");
}

// --- Deadlines ---

void Protocol::start_session(const std::string& group_id, const std::string& member_id,
                             std::int32_t timeout_ms, Instant now) {
  coordination::Deadline& session = soft_[group_id].timers[member_id].session;
  const std::int64_t at_ms = now.mono_ms + timeout_ms;
  if (deadlines_.move(session, at_ms)) return;
  deadlines_.set(session, at_ms,
                 {.kind = DeadlineKind::kSession, .group_id = group_id, .member_id = member_id});
}

void Protocol::start_rebalance(const std::string& group_id, const Member& member, Instant now) {
  coordination::Deadline& rebalance = soft_[group_id].timers[member.id].rebalance;
  if (member.state != MemberState::kUnrevokedTasks) return deadlines_.cancel(rebalance);
  deadlines_.set(rebalance, now.mono_ms + member.rebalance_timeout_ms,
                 {.kind = DeadlineKind::kRebalance,
                  .group_id = group_id,
                  .member_id = member.id,
                  .member_epoch = member.epoch});
}

void Protocol::cancel(const std::string& group_id, const std::string& member_id) {
  const auto soft = soft_.find(group_id);
  if (soft == soft_.end()) return;
  const auto timers = soft->second.timers.find(member_id);
  if (timers == soft->second.timers.end()) return;
  deadlines_.cancel(timers->second.session);
  deadlines_.cancel(timers->second.rebalance);
  soft->second.timers.erase(timers);
}

void Protocol::forget(const std::string& group_id) {
  const auto soft = soft_.find(group_id);
  if (soft == soft_.end()) return;
  for (auto& [member_id, timers] : soft->second.timers) {
    deadlines_.cancel(timers.session);
    deadlines_.cancel(timers.rebalance);
  }
  deadlines_.cancel(soft->second.initial_delay);
  soft_.erase(soft);
}

void Protocol::run(const DeadlineEvent& event, Instant now, Records& records) {
  const Group* group = find(event.group_id);
  if (group == nullptr) return forget(event.group_id);
  if (event.kind == DeadlineKind::kInitialDelay) {
    soft_[event.group_id].initial_delay = {};
    return assign_after_delay(*group, now, records);
  }
  const Member* member = group->find(event.member_id);
  if (member == nullptr) return cancel(event.group_id, event.member_id);
  if (event.kind == DeadlineKind::kRebalance) {
    if (member->epoch != event.member_epoch) return;
    logger.info("[GroupId ", group->id(), "] Member ", member->id,
                " fenced from the group because it failed to transition from epoch ", member->epoch,
                " within ", member->rebalance_timeout_ms, "ms.");
  } else {
    logger.info("[GroupId ", group->id(), "] Streams member ", member->id,
                " fenced from the group because the member session expired.");
  }
  fence(*group, *member, records);
}

void Protocol::repeat(const DeadlineEvent& event, Instant now) {
  SoftState& soft = soft_[event.group_id];
  coordination::Deadline& deadline = event.kind == DeadlineKind::kInitialDelay ? soft.initial_delay
                                     : event.kind == DeadlineKind::kSession
                                         ? soft.timers[event.member_id].session
                                         : soft.timers[event.member_id].rebalance;
  deadlines_.set(deadline, now.mono_ms + kRepeatMs, event);
}

void Protocol::loaded(Instant now) {
  for (const auto& [id, group] : groups_) {
    logger.info("Loaded streams group ", id, " with ", group.members().size(), " members.");
    const std::int32_t session_timeout_ms = view_()->streams_config(id).session_timeout_ms;
    for (const auto& [member_id, member] : group.members()) {
      start_session(id, member_id, session_timeout_ms, now);
      start_rebalance(id, member, now);
    }
  }
}

}  // namespace barnabas::broker::groups::streams
