// Members that leave or are not heard of, and the deadlines of consumer groups.
#include "broker/groups/consumer/classic_bridge.h"
#include "broker/groups/consumer/protocol.h"
#include "broker/groups/consumer/regexes.h"
#include "common/logging.h"
#include "common/text.h"

namespace barnabas::broker::groups::consumer {
namespace {

const Logger logger("broker.groups.consumer.Protocol");

// When a deadline is tried again whose records did not reach the log.
constexpr std::int64_t kRepeatMs = 500;

// For the members that come back within milliseconds.
constexpr std::size_t kRememberedLeavers = 16;

}  // namespace

void add_member_tombstones(const std::string& group_id, const std::string& member_id, Records& records) {
  records.push_back(current_tombstone(group_id, member_id));
  records.push_back(target_tombstone(group_id, member_id));
  records.push_back(member_tombstone(group_id, member_id));
}

void Protocol::leave(const HeartbeatCommand& command, const Group& group, Instant now, HeartbeatReply& reply,
                     Records& records) {
  const Member* member = group.find(command.member_id);
  if (command.instance_id) {
    const std::string* holder = group.static_member(*command.instance_id);
    member = holder != nullptr ? group.find(*holder) : nullptr;
    if (member == nullptr) {
      reply = {ErrorCode::kUnknownMemberId, concat("Instance id ", *command.instance_id, " is unknown.")};
      return;
    }
    if (member->id != command.member_id) {
      reply = {ErrorCode::kFencedInstanceId,
               concat("Static member ", command.member_id, " with instance id ", *command.instance_id,
                      " was fenced by member ", member->id, ".")};
      return;
    }
  }
  if (member == nullptr) {
    reply = {ErrorCode::kUnknownMemberId,
             concat("Member ", command.member_id, " is not a member of group ", group.id(), ".")};
    return;
  }
  reply.member_id = member->id;
  reply.member_epoch = command.member_epoch;
  if (command.member_epoch == kLeaveEpoch) {
    logger.info("[GroupId ", group.id(), "] Member ", member->id, " left the consumer group.");
    std::deque<std::string>& left = soft_[group.id()].left;
    left.push_back(member->id);
    if (left.size() > kRememberedLeavers) left.pop_front();
    return fence(group, {member}, now, records);
  }
  logger.info("[GroupId ", group.id(), "] Static member ", member->id, " with instance id ",
              *member->instance_id, " temporarily left the consumer group.");
  Member away = *member;
  away.epoch = kStaticLeaveEpoch;
  away.pending_revocation.clear();
  for (auto& [topic, partitions] : away.assigned) {
    for (auto& [partition, since] : partitions) since = 0;
  }
  records.push_back(current_record(group.id(), away));
}

void Protocol::fence(const Group& group, const std::vector<const Member*>& members, Instant now,
                     Records& records) {
  if (can_downgrade(group, members)) {
    group.add_tombstones(records);
    downgrade_ = downgraded(group, members, *view_(), now.wall_ms);
    logger.info("[GroupId ", group.id(), "] Converted the consumer group to a classic group.");
    return;
  }
  Subscriptions subscriptions = group.subscriptions();
  Counts regexes;
  for (const Member* member : members) {
    add_member_tombstones(group.id(), member->id, records);
    add_names(subscriptions, *member, -1);
    if (member->has_regex()) add_to(regexes, *member->regex, 1);
    cancel(group.id(), member->id);
  }
  for (const auto& [regex, leaving] : regexes) {
    if (group.subscribers_of(regex) != leaving) continue;
    records.push_back(regex_tombstone(group.id(), regex));
    if (const ResolvedRegex* resolved = group.resolved(regex)) add_regex(subscriptions, *resolved, -1);
  }
  const std::uint64_t hash = hashes_.of(subscriptions, *view_());
  records.push_back(epoch_record(group.id(), group.epoch() + 1, hash));
  logger.info("[GroupId ", group.id(), "] Bumped group epoch to ", group.epoch() + 1, " with metadata hash ",
              static_cast<std::int64_t>(hash), ".");
}

void Protocol::resolve(const Group& group, Instant now, Records& records) {
  const ClusterViewPtr cluster = view_();
  Subscriptions subscriptions = group.subscriptions();
  bool raise = false;
  for (const auto& [regex, resolved] : resolve_regexes(group.regexes(), *cluster, now.wall_ms)) {
    const ResolvedRegex* before = group.resolved(regex);
    if (before == nullptr ? !resolved.topics.empty() : before->topics != resolved.topics) {
      raise = true;
      if (before != nullptr) add_regex(subscriptions, *before, -1);
      add_regex(subscriptions, resolved, 1);
    }
    records.push_back(regex_record(group.id(), regex, resolved));
  }
  const std::uint64_t hash = hashes_.of(subscriptions, *cluster);
  if (!raise && hash == group.metadata_hash()) return;
  const std::int32_t epoch = group.epoch() + 1;
  records.push_back(epoch_record(group.id(), epoch, hash));
  logger.info("[GroupId ", group.id(), "] Bumped group epoch to ", epoch, " with metadata hash ",
              static_cast<std::int64_t>(hash), ".");
  SoftState& soft = soft_[group.id()];
  soft.checked_version = cluster->version();
  soft.checked_epoch = epoch;
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
  if (member.state != MemberState::kUnrevokedPartitions || member.is_classic()) {
    return deadlines_.cancel(rebalance);
  }
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
  cancel(timers->second);
  soft->second.timers.erase(timers);
}

void Protocol::cancel(Timers& timers) {
  deadlines_.cancel(timers.session);
  deadlines_.cancel(timers.rebalance);
  deadlines_.cancel(timers.join);
  deadlines_.cancel(timers.sync);
}

void Protocol::forget(const std::string& group_id) {
  const auto soft = soft_.find(group_id);
  if (soft == soft_.end()) return;
  for (auto& [member_id, timers] : soft->second.timers) {
    cancel(timers);
  }
  deadlines_.cancel(soft->second.regexes);
  soft_.erase(soft);
}

void Protocol::run(const DeadlineEvent& event, Instant now, Records& records) {
  const Group* group = find(event.group_id);
  if (group == nullptr) return forget(event.group_id);
  if (event.kind == DeadlineKind::kRegexes) {
    soft_[event.group_id].regexes = {};
    return resolve(*group, now, records);
  }
  const Member* member = group->find(event.member_id);
  if (member == nullptr) return cancel(event.group_id, event.member_id);
  if (event.kind == DeadlineKind::kRebalance) {
    if (member->epoch != event.member_epoch) return;
    logger.info("[GroupId ", group->id(), "] Member ", member->id,
                " fenced from the group because it failed to transition from epoch ", member->epoch,
                " within ", member->rebalance_timeout_ms, "ms.");
  } else {
    logger.info("[GroupId ", group->id(), "] Member ", member->id, " fenced from the group because ",
                event.kind == DeadlineKind::kJoin
                    ? "the classic member failed to join within the rebalance timeout."
                : event.kind == DeadlineKind::kSync ? "the member failed to sync within timeout."
                                                    : "the member session expired.");
  }
  fence(*group, {member}, now, records);
}

void Protocol::repeat(const DeadlineEvent& event, Instant now) {
  SoftState& soft = soft_[event.group_id];
  coordination::Deadline* deadline = &soft.regexes;
  if (event.kind != DeadlineKind::kRegexes) {
    Timers& timers = soft.timers[event.member_id];
    deadline = event.kind == DeadlineKind::kSession     ? &timers.session
               : event.kind == DeadlineKind::kRebalance ? &timers.rebalance
               : event.kind == DeadlineKind::kJoin      ? &timers.join
                                                        : &timers.sync;
  }
  deadlines_.set(*deadline, now.mono_ms + kRepeatMs, event);
}

void Protocol::loaded(Instant now) {
  for (const auto& [id, group] : groups_) {
    logger.info("Loaded consumer group ", id, " with ", group.members().size(), " members.");
    for (const auto& [member_id, member] : group.members()) {
      start_session(id, member_id, view_()->timing(id).session_timeout_ms, now);
      start_rebalance(id, member, now);
    }
  }
}

}  // namespace barnabas::broker::groups::consumer
