// Heartbeats that say nothing new and hear nothing new: nearly all of them, once a group has settled.
#include "broker/groups/consumer/protocol.h"

namespace barnabas::broker::groups::consumer {
namespace {

// Whether all that the heartbeat says is known already. What the member has does not matter to one that has
// all that it should.
bool says_nothing_new(const HeartbeatCommand& command, const Member& member) {
  return !command.topics && !command.regex && !command.assignor && !command.rack_id && !command.classic &&
         command.rebalance_timeout_ms == -1 && command.client_id == member.client_id &&
         command.client_host == member.client_host;
}

}  // namespace

// The same answer as the rules of heartbeat.cc give, without the copies they work on.
std::optional<HeartbeatReply> Protocol::steady(const HeartbeatCommand& command, Instant now) {
  if (command.member_epoch <= kJoinEpoch) return std::nullopt;
  const auto group = groups_.find(command.group_id);
  if (group == groups_.end() || !group->second.regexes().empty()) return std::nullopt;
  const Member* member = group->second.find(command.member_id);
  if (member == nullptr || member->is_classic() || member->instance_id != command.instance_id ||
      member->epoch != command.member_epoch || !says_nothing_new(command, *member)) {
    return std::nullopt;
  }
  const std::int32_t target_epoch = group->second.target_epoch();
  if (group->second.epoch() != target_epoch || !member->is_reconciled_to(target_epoch)) return std::nullopt;
  const auto soft = soft_.find(command.group_id);
  const ClusterViewPtr cluster = view_();
  if (soft == soft_.end() || soft->second.checked_version != cluster->version() ||
      soft->second.checked_epoch > target_epoch) {
    return std::nullopt;
  }
  const auto timers = soft->second.timers.find(command.member_id);
  const Timing timing = cluster->timing(command.group_id);
  if (timers == soft->second.timers.end() ||
      !deadlines_.move(timers->second.session, now.mono_ms + timing.session_timeout_ms)) {
    return std::nullopt;
  }
  HeartbeatReply reply;
  reply.member_id = member->id;
  reply.member_epoch = member->epoch;
  reply.heartbeat_interval_ms = timing.heartbeat_interval_ms;
  return reply;
}

}  // namespace barnabas::broker::groups::consumer
