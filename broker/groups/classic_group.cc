#include "broker/groups/classic_group.h"

#include <algorithm>

#include "broker/groups/consumer_subscription.h"
#include "broker/groups/java_text.h"
#include "common/assert.h"
#include "common/logging.h"

namespace barnabas::broker::groups {
namespace {

const Logger logger("broker.groups.ClassicGroup");

bool may_follow(GroupState from, GroupState to) {
  switch (to) {
    case GroupState::kEmpty:
      return from == GroupState::kPreparingRebalance;
    case GroupState::kPreparingRebalance:
      return from != GroupState::kPreparingRebalance;
    case GroupState::kCompletingRebalance:
      return from == GroupState::kPreparingRebalance;
    case GroupState::kStable:
      return from == GroupState::kCompletingRebalance;
  }
  return false;
}

// Where Java's HashMap of `entries` keys would come to this one: the order Kafka settles ties in.
std::uint32_t java_bucket(const std::string& name, std::size_t entries) {
  std::uint32_t capacity = 16;
  while (entries * 4 > capacity * 3ull) capacity *= 2;
  const auto hash = static_cast<std::uint32_t>(java_hash(name));
  return (hash ^ hash >> 16) & (capacity - 1);
}

}  // namespace

std::string_view group_state_name(GroupState state) {
  switch (state) {
    case GroupState::kEmpty:
      return "Empty";
    case GroupState::kPreparingRebalance:
      return "PreparingRebalance";
    case GroupState::kCompletingRebalance:
      return "CompletingRebalance";
    case GroupState::kStable:
      return "Stable";
  }
  return "";
}

const Buffer* ClassicMember::metadata(std::string_view protocol) const {
  for (const MemberProtocol& mine : protocols) {
    if (mine.name == protocol) return &mine.metadata;
  }
  return nullptr;
}

ClassicGroup::ClassicGroup(std::string id, std::uint64_t incarnation, std::int64_t now_ms)
    : id_(std::move(id)), incarnation_(incarnation), state_since_ms_(now_ms) {}

ClassicGroup::ClassicGroup(std::string id, std::uint64_t incarnation,
                           const protocol::GroupMetadataValue& value)
    : id_(std::move(id)),
      incarnation_(incarnation),
      state_since_ms_(value.current_state_timestamp),
      generation_id_(value.generation),
      protocol_name_(value.protocol),
      leader_(value.leader) {
  for (const auto& stored : value.members) {
    ClassicMember member;
    member.id = stored.member_id;
    member.instance_id = stored.group_instance_id;
    member.client_id = stored.client_id;
    member.client_host = stored.client_host;
    member.session_timeout_ms = stored.session_timeout;
    member.rebalance_timeout_ms =
        stored.rebalance_timeout == -1 ? stored.session_timeout : stored.rebalance_timeout;
    member.protocols.push_back({protocol_name_.value_or(""), stored.subscription});
    member.assignment = stored.assignment;
    const bool doubled =
        members_.contains(member.id) || (member.instance_id && static_members_.contains(*member.instance_id));
    if (doubled) {
      logger.warn("The record of group ", id_, " names member ", member.id, " twice.");
      continue;
    }
    add(std::move(member), value.protocol_type);
  }
  protocol_type_.reset();
  if (!value.protocol_type.empty()) protocol_type_ = value.protocol_type;
  if (!members_.empty()) state_ = GroupState::kStable;
  if (leader_ && !members_.empty() && !members_.contains(*leader_)) leader_ = members_.begin()->first;
  find_topics();
}

void ClassicGroup::transition_to(GroupState state, std::int64_t now_ms) {
  ASSERT(may_follow(state_, state));
  previous_state_ = state_;
  state_ = state;
  state_since_ms_ = now_ms;
}

bool ClassicGroup::uses_consumer_protocol() const {
  return protocol_type_ && *protocol_type_ == kConsumerProtocolType;
}

ClassicMember* ClassicGroup::find(std::string_view member_id) {
  const auto found = members_.find(member_id);
  return found == members_.end() ? nullptr : &found->second;
}

const ClassicMember* ClassicGroup::find(std::string_view member_id) const {
  const auto found = members_.find(member_id);
  return found == members_.end() ? nullptr : &found->second;
}

const std::string* ClassicGroup::static_member(std::string_view instance_id) const {
  const auto found = static_members_.find(instance_id);
  return found == static_members_.end() ? nullptr : &found->second;
}

ClassicMember& ClassicGroup::add(ClassicMember member, std::string_view protocol_type) {
  ASSERT(!members_.contains(member.id));
  if (member.instance_id) {
    const bool fresh = static_members_.emplace(*member.instance_id, member.id).second;
    ASSERT(fresh);
  }
  if (members_.empty()) protocol_type_ = protocol_type;
  if (!leader_) leader_ = member.id;
  count_protocols(member, 1);
  if (member.awaits_join()) ++awaiting_join_;
  std::string id = member.id;
  return members_.emplace(std::move(id), std::move(member)).first->second;
}

std::optional<ClassicMember> ClassicGroup::remove(std::string_view member_id) {
  const auto found = members_.find(member_id);
  if (found == members_.end()) return std::nullopt;
  ClassicMember removed = std::move(found->second);
  members_.erase(found);
  count_protocols(removed, -1);
  if (removed.awaits_join()) --awaiting_join_;
  if (removed.instance_id) static_members_.erase(*removed.instance_id);
  pending_sync.erase(removed.id);
  if (is_leader(removed.id)) {
    leader_ = members_.empty() ? std::nullopt : std::optional(members_.begin()->first);
  }
  return removed;
}

ClassicMember& ClassicGroup::replace_static(const std::string& old_id, const std::string& new_id,
                                            ClassicMember& replaced) {
  const auto found = members_.find(old_id);
  ASSERT(found != members_.end() && found->second.instance_id && !members_.contains(new_id));
  replaced = std::move(found->second);
  members_.erase(found);
  if (replaced.awaits_join()) --awaiting_join_;
  ClassicMember member;
  member.id = new_id;
  member.instance_id = replaced.instance_id;
  member.client_id = replaced.client_id;
  member.client_host = replaced.client_host;
  member.rebalance_timeout_ms = replaced.rebalance_timeout_ms;
  member.session_timeout_ms = replaced.session_timeout_ms;
  member.protocols = replaced.protocols;
  member.assignment = replaced.assignment;
  static_members_[*member.instance_id] = new_id;
  if (is_leader(old_id)) leader_ = new_id;
  if (pending_sync.erase(old_id) > 0) pending_sync.insert(new_id);
  return members_.emplace(new_id, std::move(member)).first->second;
}

void ClassicGroup::update(ClassicMember& member, std::vector<MemberProtocol> protocols,
                          std::int32_t rebalance_timeout_ms, std::int32_t session_timeout_ms) {
  count_protocols(member, -1);
  member.protocols = std::move(protocols);
  count_protocols(member, 1);
  member.rebalance_timeout_ms = rebalance_timeout_ms;
  member.session_timeout_ms = session_timeout_ms;
}

ErrorCode ClassicGroup::validate(std::string_view member_id,
                                 const std::optional<std::string>& instance_id) const {
  if (instance_id) {
    const std::string* holder = static_member(*instance_id);
    if (holder == nullptr) return ErrorCode::kUnknownMemberId;
    if (*holder != member_id) return ErrorCode::kFencedInstanceId;
  }
  return members_.contains(member_id) ? ErrorCode::kNone : ErrorCode::kUnknownMemberId;
}

JoinAnswerer ClassicGroup::park_join(ClassicMember& member, JoinAnswerer answerer) {
  if (member.awaits_join()) --awaiting_join_;
  if (answerer) ++awaiting_join_;
  return std::exchange(member.waiting_join, std::move(answerer));
}

bool ClassicGroup::elect_joined_leader() {
  if (!leader_) return false;
  const ClassicMember* current = find(*leader_);
  if (current != nullptr && current->awaits_join()) return true;
  for (const auto& [id, member] : members_) {
    if (!member.awaits_join()) continue;
    logger.info("Member ", id, " leads group ", id_, " now, because leader ", *leader_,
                " did not rejoin before the rebalance time-out.");
    leader_ = id;
    return true;
  }
  return false;
}

std::int32_t ClassicGroup::rebalance_timeout_ms() const {
  std::int32_t longest = 0;
  for (const auto& [id, member] : members_) longest = std::max(longest, member.rebalance_timeout_ms);
  return longest;
}

void ClassicGroup::count_protocols(const ClassicMember& member, int by) {
  if (members_.empty() && by > 0) supporters_.clear();
  for (auto it = member.protocols.begin(); it != member.protocols.end(); ++it) {
    const bool repeated = std::any_of(member.protocols.begin(), it, [&](const MemberProtocol& earlier) {
      return earlier.name == it->name;
    });
    if (!repeated) supporters_[it->name] += by;
  }
  std::erase_if(supporters_, [](const auto& entry) { return entry.second <= 0; });
}

bool ClassicGroup::supports(std::string_view protocol_type,
                            const std::vector<MemberProtocol>& protocols) const {
  if (in(GroupState::kEmpty)) return !protocol_type.empty() && !protocols.empty();
  if (!protocol_type_ || *protocol_type_ != protocol_type) return false;
  return std::any_of(protocols.begin(), protocols.end(), [this](const MemberProtocol& protocol) {
    const auto found = supporters_.find(protocol.name);
    return (found == supporters_.end() ? 0 : found->second) == static_cast<std::int64_t>(members_.size());
  });
}

std::string ClassicGroup::vote() const {
  ASSERT(!members_.empty());
  std::vector<std::pair<std::string, int>> votes;
  for (const auto& [id, member] : members_) {
    for (const MemberProtocol& protocol : member.protocols) {
      const auto found = supporters_.find(protocol.name);
      if (found == supporters_.end() || found->second != static_cast<std::int64_t>(members_.size())) continue;
      const auto counted = std::find_if(votes.begin(), votes.end(),
                                        [&](const auto& vote) { return vote.first == protocol.name; });
      if (counted == votes.end()) {
        votes.emplace_back(protocol.name, 1);
      } else {
        ++counted->second;
      }
      break;
    }
  }
  ASSERT(!votes.empty());
  const auto winner = std::min_element(votes.begin(), votes.end(), [&](const auto& one, const auto& other) {
    if (one.second != other.second) return one.second > other.second;
    return java_bucket(one.first, votes.size()) < java_bucket(other.first, votes.size());
  });
  return winner->first;
}

void ClassicGroup::start_generation(std::int64_t now_ms) {
  ++generation_id_;
  pending_sync.clear();
  if (members_.empty()) {
    protocol_name_.reset();
    transition_to(GroupState::kEmpty, now_ms);
  } else {
    protocol_name_ = vote();
    transition_to(GroupState::kCompletingRebalance, now_ms);
  }
  find_topics();
}

std::vector<JoinedMember> ClassicGroup::joined_members() const {
  std::vector<JoinedMember> out;
  out.reserve(members_.size());
  for (const auto& [id, member] : members_) {
    const Buffer* metadata = member.metadata(protocol_name_.value_or(""));
    out.push_back({id, member.instance_id, metadata != nullptr ? *metadata : Buffer{}});
  }
  return out;
}

void ClassicGroup::find_topics() {
  topics_.reset();
  if (!uses_consumer_protocol()) return;
  std::set<std::string> topics;
  for (const auto& [id, member] : members_) {
    const Buffer* metadata = protocol_name_ ? member.metadata(*protocol_name_) : nullptr;
    auto subscribed = metadata != nullptr ? subscribed_topics(*metadata) : std::nullopt;
    if (!subscribed) {
      logger.warn("The subscription of member ", id, " of group ", id_, " cannot be read.");
      return;
    }
    topics.insert(std::make_move_iterator(subscribed->begin()), std::make_move_iterator(subscribed->end()));
  }
  topics_ = std::move(topics);
}

bool ClassicGroup::subscribes(const std::string& topic) const {
  return topics_ ? topics_->contains(topic) : uses_consumer_protocol();
}

GroupMetadataRecord ClassicGroup::record(const std::vector<MemberAssignment>* assignments) const {
  GroupMetadataRecord out;
  out.key.group = id_;
  auto& value = out.value.emplace();
  value.protocol_type = protocol_type_.value_or("");
  value.generation = generation_id_;
  value.protocol = protocol_name_;
  value.leader = leader_;
  value.current_state_timestamp = state_since_ms_;
  std::unordered_map<std::string_view, const Buffer*> given;
  if (assignments != nullptr) {
    for (const MemberAssignment& one : *assignments) given[one.member_id] = &one.assignment;
  }
  value.members.reserve(members_.size());
  for (const auto& [id, member] : members_) {
    auto& stored = value.members.emplace_back();
    stored.member_id = id;
    stored.group_instance_id = member.instance_id;
    stored.client_id = member.client_id;
    stored.client_host = member.client_host;
    stored.rebalance_timeout = member.rebalance_timeout_ms;
    stored.session_timeout = member.session_timeout_ms;
    if (const Buffer* metadata = member.metadata(protocol_name_.value_or("")))
      stored.subscription = *metadata;
    if (assignments == nullptr) {
      stored.assignment = member.assignment;
    } else if (const auto found = given.find(id); found != given.end()) {
      stored.assignment = *found->second;
    }
  }
  return out;
}

}  // namespace barnabas::broker::groups
