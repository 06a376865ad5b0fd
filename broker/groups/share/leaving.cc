// Members that leave or are not heard of.
#include "broker/groups/share/protocol.h"
#include "common/logging.h"
#include "common/text.h"

namespace barnabas::broker::groups::share {
namespace {

const Logger logger("broker.groups.share.Protocol");

// When a deadline is tried again whose records did not reach the log.
constexpr std::int64_t kRepeatMs = 500;

}  // namespace

HeartbeatReply Protocol::leave(const HeartbeatCommand& command, Records& records) {
  const Group* group = find(command.group_id);
  if (group == nullptr) {
    return {ErrorCode::kGroupIdNotFound, concat("Group ", command.group_id, " not found.")};
  }
  const Member* member = group->find(command.member_id);
  if (member == nullptr) {
    return {ErrorCode::kUnknownMemberId,
            concat("Member ", command.member_id, " is not a member of group ", group->id(), ".")};
  }
  logger.info("[GroupId ", group->id(), "] Member ", member->id, " left the share group.");
  fence(*group, *member, records);
  HeartbeatReply reply;
  reply.member_id = command.member_id;
  reply.member_epoch = command.member_epoch;
  return reply;
}

void Protocol::fence(const Group& group, const Member& member, Records& records) {
  records.push_back(current_tombstone(group.id(), member.id));
  records.push_back(target_tombstone(group.id(), member.id));
  records.push_back(member_tombstone(group.id(), member.id));
  const std::uint64_t hash = hashes_.of(group.subscriptions_with(&member, nullptr), *view_());
  records.push_back(epoch_record(group.id(), group.epoch() + 1, hash));
  logger.info("[GroupId ", group.id(), "] Bumped group epoch to ", group.epoch() + 1, " with metadata hash ",
              static_cast<std::int64_t>(hash), ".");
  cancel(group.id(), member.id);
}

void Protocol::start_session(const std::string& group_id, const std::string& member_id, Instant now) {
  coordination::Deadline& session = soft_[group_id].sessions[member_id];
  const std::int64_t at_ms = now.mono_ms + view_()->share_timing(group_id).session_timeout_ms;
  if (deadlines_.move(session, at_ms)) return;
  deadlines_.set(session, at_ms, {.group_id = group_id, .member_id = member_id});
}

void Protocol::cancel(const std::string& group_id, const std::string& member_id) {
  const auto soft = soft_.find(group_id);
  if (soft == soft_.end()) return;
  const auto session = soft->second.sessions.find(member_id);
  if (session == soft->second.sessions.end()) return;
  deadlines_.cancel(session->second);
  soft->second.sessions.erase(session);
}

void Protocol::forget(const std::string& group_id) {
  const auto soft = soft_.find(group_id);
  if (soft == soft_.end()) return;
  for (auto& [member_id, session] : soft->second.sessions) deadlines_.cancel(session);
  soft_.erase(soft);
}

void Protocol::run(const Expiry& expiry, Records& records) {
  const Group* group = find(expiry.group_id);
  if (group == nullptr) return forget(expiry.group_id);
  const Member* member = group->find(expiry.member_id);
  if (member == nullptr) return cancel(expiry.group_id, expiry.member_id);
  logger.info("[GroupId ", group->id(), "] Member ", member->id,
              " fenced from the group because the member session expired.");
  fence(*group, *member, records);
}

void Protocol::repeat(const Expiry& expiry, Instant now) {
  deadlines_.set(soft_[expiry.group_id].sessions[expiry.member_id], now.mono_ms + kRepeatMs, expiry);
}

void Protocol::loaded(Instant now) {
  for (const auto& [id, group] : groups_) {
    logger.info("Loaded share group ", id, " with ", group.members().size(), " members.");
    for (const auto& [member_id, member] : group.members()) start_session(id, member_id, now);
  }
}

}  // namespace barnabas::broker::groups::share
