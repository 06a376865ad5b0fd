#include "bench/load/group_members.h"

#include <algorithm>
#include <stdexcept>

#include "common/random.h"
#include "common/text.h"

namespace barnabas::bench {
namespace {

constexpr double kAtOnce = 0;
constexpr double kRetrySeconds = 0.1;
constexpr double kClassicHeartbeatSeconds = 3;  // Kafka's clients' default

bool may_help_to_ask_again(std::int16_t error) {
  return error == kLoading || error == kNoCoordinator || error == kNotCoordinator;
}

std::runtime_error refused(std::string_view what, const std::string& group, std::int16_t error,
                           std::string_view message = "") {
  return std::runtime_error(concat(what, " of ", group, ": error ", error, " ", message));
}

}  // namespace

std::string Fleet::group_name(std::size_t group) const {
  return concat(shape_.prefix, "-", group);
}

// --- The consumer protocol ---

ConsumerFleet::ConsumerFleet(const Shape& shape) : Fleet(shape), members_(size()), groups_(shape.groups) {
  const auto random = system_random();
  for (Member& member : members_) member.id = Uuid::random(*random).to_string();
  for (std::size_t i = 0; i < groups_.size(); ++i) {
    groups_[i].name = group_name(i);
    groups_[i].owners.resize(static_cast<std::size_t>(shape.partitions));
  }
}

Buffer ConsumerFleet::next_request(std::size_t index) {
  Member& member = members_[index];
  ConsumerHeartbeat heartbeat{.group = groups_[group_of(index)].name,
                              .member = member.id,
                              .epoch = member.epoch,
                              .topic = shape().topic,
                              .topic_id = topic_id_};
  if (std::exchange(member.acknowledges, false)) heartbeat.owned = &member.owned;
  return consumer_heartbeat_request(static_cast<std::int32_t>(index), heartbeat);
}

double ConsumerFleet::answered(std::size_t index, ByteView bytes) {
  Member& member = members_[index];
  Group& group = groups_[group_of(index)];
  ConsumerHeartbeatAnswer answer = consumer_heartbeat_answer(bytes);
  if (may_help_to_ask_again(answer.error)) {
    member.acknowledges = true;
    return kRetrySeconds;
  }
  if (answer.error != 0) throw refused("ConsumerGroupHeartbeat", group.name, answer.error, answer.message);
  member.epoch = answer.epoch;
  if (answer.assignment) {
    std::sort(answer.assignment->begin(), answer.assignment->end());
    if (*answer.assignment != member.owned) {
      if (!answer.assignment->empty()) topic_id_ = answer.topic_id;
      own(group, member, std::move(*answer.assignment));
      member.acknowledges = true;
      return kAtOnce;
    }
  }
  return answer.interval_ms / 1e3;
}

Buffer ConsumerFleet::leave(std::size_t index) const {
  return consumer_heartbeat_request(
      static_cast<std::int32_t>(index),
      {.group = groups_[group_of(index)].name, .member = members_[index].id, .epoch = -1});
}

bool ConsumerFleet::is_served(const Member& member) const {
  const std::size_t all = static_cast<std::size_t>(shape().partitions), members = shape().members;
  return member.owned.size() >= all / members && member.owned.size() <= (all + members - 1) / members;
}

void ConsumerFleet::own(Group& group, Member& member, Partitions partitions) {
  const auto count = [&](std::int32_t partition, std::int32_t by) {
    std::int32_t& owners = group.owners.at(static_cast<std::size_t>(partition));
    group.owned_once -= owners == 1 ? 1 : 0;
    owners += by;
    group.owned_once += owners == 1 ? 1 : 0;
  };
  group.members_served -= is_served(member) ? 1 : 0;
  for (const std::int32_t partition : member.owned) count(partition, -1);
  member.owned = std::move(partitions);
  for (const std::int32_t partition : member.owned) count(partition, 1);
  group.members_served += is_served(member) ? 1 : 0;
  const bool is_settled = group.owned_once == group.owners.size() && group.members_served == shape().members;
  set_settled(std::exchange(group.is_settled, is_settled), is_settled);
}

// --- The classic protocol ---

ClassicFleet::ClassicFleet(const Shape& shape) : Fleet(shape), members_(size()), groups_(shape.groups) {
  for (std::size_t i = 0; i < groups_.size(); ++i) groups_[i].name = group_name(i);
}

ClassicMember ClassicFleet::identity(std::size_t index) const {
  const Member& member = members_[index];
  return {.group = groups_[group_of(index)].name, .member = member.id, .generation = member.generation};
}

Buffer ClassicFleet::next_request(std::size_t index) {
  const Member& member = members_[index];
  const auto correlation = static_cast<std::int32_t>(index);
  switch (member.phase) {
    case Phase::kJoin:
      return join_request(correlation, identity(index));
    case Phase::kSync:
      return sync_request(correlation, identity(index), assignment(member.to_assign));
    case Phase::kStable:
      return classic_heartbeat_request(correlation, identity(index));
  }
  return {};
}

double ClassicFleet::answered(std::size_t index, ByteView bytes) {
  Member& member = members_[index];
  const std::string& group = groups_[group_of(index)].name;
  std::int16_t error = 0;
  switch (member.phase) {
    case Phase::kJoin: {
      JoinAnswer answer = join_answer(bytes);
      error = answer.error;
      if (error == 0 || error == kMemberIdRequired) member.id = std::move(answer.member);
      if (error == kMemberIdRequired) return kAtOnce;
      if (error != 0) break;
      member.generation = answer.generation;
      member.to_assign = std::move(answer.members);
      set_phase(index, Phase::kSync);
      return kAtOnce;
    }
    case Phase::kSync: {
      error = sync_answer(bytes).error;
      if (error != 0) break;
      set_phase(index, Phase::kStable);
      return kClassicHeartbeatSeconds;
    }
    case Phase::kStable:
      error = classic_error(bytes);
      if (error == 0) return kClassicHeartbeatSeconds;
      break;
  }
  if (error == kRebalanceInProgress) {
    set_phase(index, Phase::kJoin);
    return kAtOnce;
  }
  if (may_help_to_ask_again(error)) return kRetrySeconds;
  throw refused("a request of a member", group, error);
}

Buffer ClassicFleet::leave(std::size_t index) const {
  return leave_request(static_cast<std::int32_t>(index), identity(index));
}

// A group is settled when all of its members have an assignment: the leader, and so the last generation,
// knows of everybody then, for those it does not know cannot sync.
void ClassicFleet::set_phase(std::size_t index, Phase phase) {
  Group& group = groups_[group_of(index)];
  const bool before = group.stable == shape().members;
  group.stable -= members_[index].phase == Phase::kStable ? 1 : 0;
  members_[index].phase = phase;
  group.stable += phase == Phase::kStable ? 1 : 0;
  set_settled(before, group.stable == shape().members);
}

std::vector<std::pair<std::string, Partitions>> ClassicFleet::assignment(
    const std::vector<std::string>& members) const {
  std::vector<std::pair<std::string, Partitions>> out;
  for (const std::string& member : members) out.emplace_back(member, Partitions());
  for (std::int32_t partition = 0; !out.empty() && partition < shape().partitions; ++partition) {
    out[static_cast<std::size_t>(partition) % out.size()].second.push_back(partition);
  }
  return out;
}

}  // namespace barnabas::bench
