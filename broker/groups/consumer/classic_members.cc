// JoinGroup, SyncGroup, Heartbeat and LeaveGroup of members that speak the
// classic protocol in a consumer group: their generation is the member's epoch.
#include <algorithm>

#include "broker/groups/consumer/classic_bridge.h"
#include "broker/groups/consumer/protocol.h"
#include "broker/groups/consumer_subscription.h"
#include "broker/groups/java_text.h"
#include "common/logging.h"

namespace barnabas::broker::groups::consumer {
namespace {

const Logger logger("broker.groups.consumer.Protocol");

bool speaks_with_all(const Group& group, const JoinCommand& command) {
  if (command.protocol_type != kConsumerProtocolType) return false;
  return std::any_of(command.protocols.begin(), command.protocols.end(), [&](const MemberProtocol& protocol) {
    const auto found = group.classic_protocols().find(protocol.name);
    const std::int32_t speakers = found == group.classic_protocols().end() ? 0 : found->second;
    return speakers == static_cast<std::int32_t>(group.classic_members());
  });
}

// kNone with the member, or why there is none.
ErrorCode find_classic(const Group& group, const std::string& member_id,
                       const std::optional<std::string>& instance_id, std::int32_t generation_id,
                       const Member*& member) {
  member = group.find(member_id);
  if (instance_id) {
    const std::string* holder = group.static_member(*instance_id);
    if (holder == nullptr) return ErrorCode::kUnknownMemberId;
    if (*holder != member_id) return ErrorCode::kFencedInstanceId;
  }
  if (member == nullptr || !member->is_classic()) return ErrorCode::kUnknownMemberId;
  return member->epoch == generation_id ? ErrorCode::kNone : ErrorCode::kIllegalGeneration;
}

// Some of what it should have others still have.
bool waits_for_others(const Group& group, const Member& member) {
  for (const auto& [topic, partitions] : group.target(member.id)) {
    const auto had = member.assigned.find(topic);
    for (const std::int32_t partition : partitions) {
      if (had != member.assigned.end() && had->second.contains(partition)) continue;
      if (group.partition_epoch(topic, partition)) return true;
    }
  }
  return false;
}

}  // namespace

JoinReply Protocol::join_classic(const JoinCommand& command, const Group& group, Instant now,
                                 Records& records) {
  if (settings_.migration == MigrationPolicy::kDisabled) {
    return {.error = ErrorCode::kInconsistentGroupProtocol, .member_id = command.member_id};
  }
  const auto limit = static_cast<std::size_t>(settings_.max_size);
  if (group.members().size() >= limit && group.find(command.member_id) == nullptr) {
    return {.error = ErrorCode::kGroupMaxSizeReached, .member_id = command.member_id};
  }
  if (!speaks_with_all(group, command)) {
    return {.error = ErrorCode::kInconsistentGroupProtocol, .member_id = command.member_id};
  }
  if (command.needs_known_member_id && command.member_id.empty() && !command.instance_id) {
    return {.error = ErrorCode::kMemberIdRequired, .member_id = Uuid::random(random_).to_string()};
  }
  const auto as_heartbeat = heartbeat_of(command, *view_());
  if (!as_heartbeat) return {.error = ErrorCode::kInconsistentGroupProtocol, .member_id = command.member_id};
  const HeartbeatReply told = heartbeat(*as_heartbeat, group, now, records);
  if (told.error != ErrorCode::kNone) return {.error = told.error, .member_id = command.member_id};
  JoinReply reply;
  reply.generation_id = told.member_epoch;
  reply.protocol_type = kConsumerProtocolType;
  reply.protocol_name = command.protocols.front().name;
  reply.member_id = told.member_id.value_or("");
  Timers& timers = soft_[group.id()].timers[reply.member_id];
  deadlines_.cancel(timers.join);
  timers.join = {};
  start_phase(timers.sync, DeadlineKind::kSync, group.id(), reply.member_id, command.rebalance_timeout_ms,
              now);
  return reply;
}

SyncReply Protocol::sync_classic(const SyncCommand& command, const Group& group, Instant now) {
  const Member* member = nullptr;
  const ErrorCode error =
      find_classic(group, command.member_id, command.instance_id, command.generation_id, member);
  if (error != ErrorCode::kNone) return {.error = error};
  const auto& protocol = member->classic->supported_protocols.front();
  if ((command.protocol_type && *command.protocol_type != kConsumerProtocolType) ||
      (command.protocol_name && *command.protocol_name != protocol.name)) {
    return {.error = ErrorCode::kInconsistentGroupProtocol};
  }
  if (group.target_epoch() > member->epoch && member->state != MemberState::kUnrevokedPartitions) {
    await_join(group, *member, now);
    return {.error = ErrorCode::kRebalanceInProgress};
  }
  Timers& timers = soft_[group.id()].timers[member->id];
  deadlines_.cancel(timers.sync);
  start_session(group.id(), member->id, member->classic->session_timeout_ms, now);
  SyncReply reply;
  reply.protocol_type = command.protocol_type;
  reply.protocol_name = command.protocol_name;
  reply.assignment = embedded_assignment(without_epochs(member->assigned), protocol.metadata, *view_());
  return reply;
}

ErrorCode Protocol::heartbeat_classic(const groups::HeartbeatCommand& command, const Group& group,
                                      Instant now) {
  const Member* member = nullptr;
  const ErrorCode error =
      find_classic(group, command.member_id, command.instance_id, command.generation_id, member);
  if (error != ErrorCode::kNone) return error;
  start_session(group.id(), member->id, member->classic->session_timeout_ms, now);
  const bool must_rejoin =
      member->epoch < group.target_epoch() || member->state == MemberState::kUnrevokedPartitions ||
      (member->state == MemberState::kUnreleasedPartitions && !waits_for_others(group, *member));
  if (!must_rejoin) return ErrorCode::kNone;
  await_join(group, *member, now);
  return ErrorCode::kRebalanceInProgress;
}

LeaveReply Protocol::leave_classic(const LeaveCommand& command, const Group& group, Instant now,
                                   Records& records) {
  LeaveReply reply;
  std::vector<const Member*> leaving;
  for (const LeavingMember& one : command.members) {
    const Member* member = group.find(one.member_id);
    ErrorCode error = ErrorCode::kNone;
    if (one.instance_id) {
      const std::string* holder = group.static_member(*one.instance_id);
      member = holder != nullptr ? group.find(*holder) : nullptr;
      const bool other = member != nullptr && !one.member_id.empty() && one.member_id != member->id;
      if (other) error = ErrorCode::kFencedInstanceId;
    }
    if (member == nullptr) error = ErrorCode::kUnknownMemberId;
    reply.members.push_back({one.member_id, one.instance_id, error});
    if (error != ErrorCode::kNone) continue;
    logger.info("[GroupId ", group.id(), "] Member ", member->id,
                " has left group through explicit `LeaveGroup` request; client "
                "reason: ",
                one.reason);
    if (std::find(leaving.begin(), leaving.end(), member) == leaving.end()) leaving.push_back(member);
  }
  if (!leaving.empty()) fence(group, leaving, now, records);
  return reply;
}

void Protocol::start_phase(coordination::Deadline& deadline, DeadlineKind kind, const std::string& group_id,
                           const std::string& member_id, std::int32_t timeout_ms, Instant now) {
  deadlines_.set(deadline, now.mono_ms + timeout_ms,
                 {.kind = kind, .group_id = group_id, .member_id = member_id});
}

void Protocol::await_join(const Group& group, const Member& member, Instant now) {
  Timers& timers = soft_[group.id()].timers[member.id];
  if (timers.join.armed()) return;
  start_phase(timers.join, DeadlineKind::kJoin, group.id(), member.id, member.rebalance_timeout_ms, now);
}

// --- Whole groups ---

std::optional<HeartbeatReply> Protocol::refuse_upgrade(const ClassicGroup& classic) const {
  const auto refused = [&](std::string_view reason) {
    return HeartbeatReply(ErrorCode::kGroupIdNotFound, concat("Cannot upgrade classic group ", classic.id(),
                                                              " to consumer group because ", reason, "."));
  };
  if (!settings_.can_upgrade()) return refused("online upgrade is disabled");
  if (!classic.uses_consumer_protocol())
    return refused("the group does not use the consumer embedded protocol");
  if (classic.size() > static_cast<std::size_t>(settings_.max_size)) {
    return refused("the group size exceeds the consumer group maximum size");
  }
  return std::nullopt;
}

HeartbeatReply Protocol::upgrade(const HeartbeatCommand& command, const ClassicGroup& classic, Instant now,
                                 Records& records) {
  if (auto refused = refuse_upgrade(classic)) return std::move(*refused);
  // Its first generation is still to come.
  if (!classic.protocol_name()) return {ErrorCode::kCoordinatorNotAvailable, ""};
  const auto group = upgraded(classic, *view_(), hashes_);
  if (!group) {
    return {ErrorCode::kGroupIdNotFound, concat("Cannot upgrade classic group ", classic.id(),
                                                " to consumer group because the embedded consumer protocol "
                                                "is malformed.")};
  }
  const std::size_t written = records.size();
  group->add_all(records);
  HeartbeatReply reply = heartbeat(command, *group, now, records);
  if (reply.error != ErrorCode::kNone) {
    records.resize(written, Record());
    forget(classic.id());
    return reply;
  }
  for (const auto& [id, member] : group->members()) {
    if (id == command.member_id) continue;
    start_session(group->id(), id, member.classic->session_timeout_ms, now);
  }
  logger.info("[GroupId ", classic.id(), "] Converted the classic group to a consumer group.");
  return reply;
}

bool Protocol::can_downgrade(const Group& group, const std::vector<const Member*>& leaving) const {
  const auto leaving_classic = std::count_if(leaving.begin(), leaving.end(),
                                             [](const Member* member) { return member->is_classic(); });
  const std::size_t staying = group.members().size() - leaving.size();
  return staying > 0 && group.classic_members() - static_cast<std::size_t>(leaving_classic) == staying &&
         settings_.can_downgrade() && staying <= static_cast<std::size_t>(settings_.max_classic_size);
}

}  // namespace barnabas::broker::groups::consumer
