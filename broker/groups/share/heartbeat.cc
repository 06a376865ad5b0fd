// ShareGroupHeartbeat of members that join or stay.
#include <algorithm>
#include <limits>

#include "broker/groups/java_text.h"
#include "broker/groups/next_heartbeat.h"
#include "broker/groups/share/protocol.h"
#include "broker/groups/share/target_assignment.h"
#include "common/logging.h"
#include "common/text.h"

namespace barnabas::broker::groups::share {
namespace {

const Logger logger("broker.groups.share.Protocol");

// Keys of records hold texts of so many bytes.
constexpr std::size_t kMaxKeyTextBytes = 32'767;
// Room for the text of a UUID (KafkaApis.isMemberIdValid).
constexpr std::size_t kMaxMemberIdUnits = 36;

bool is_blank(const std::string& text) {
  return std::all_of(text.begin(), text.end(), [](char c) { return static_cast<unsigned char>(c) <= ' '; });
}

HeartbeatReply invalid(std::string message) {
  return {ErrorCode::kInvalidRequest, std::move(message)};
}

std::optional<HeartbeatReply> check_epoch(const Member& member, std::int32_t received) {
  // The answer that told the new epoch may have been lost.
  if (received == kJoinEpoch || received == member.epoch || received == member.previous_epoch) {
    return std::nullopt;
  }
  if (received > member.epoch) {
    return HeartbeatReply(ErrorCode::kFencedMemberEpoch,
                          concat("The share group member has a greater member epoch (", received,
                                 ") than the one known by the group coordinator (", member.epoch,
                                 "). The member must abandon all its partitions and rejoin."));
  }
  return HeartbeatReply(ErrorCode::kFencedMemberEpoch,
                        concat("The share group member has a smaller member epoch (", received,
                               ") than the one known by the group coordinator (", member.epoch,
                               "), and it does not match the previous member epoch (", member.previous_epoch,
                               "). The member must abandon all its partitions and rejoin."));
}

}  // namespace

std::optional<HeartbeatReply> refuse(const HeartbeatCommand& command) {
  if (command.member_id.empty() || utf16_length(command.member_id) > kMaxMemberIdUnits) return invalid("");
  if (is_blank(command.member_id)) return invalid("MemberId can't be empty.");
  if (is_blank(command.group_id)) return invalid("GroupId can't be empty.");
  if (command.rack_id && is_blank(*command.rack_id)) return invalid("RackId can't be empty.");
  if (command.member_epoch == kJoinEpoch) {
    if (!command.topics || command.topics->empty()) {
      return invalid("SubscribedTopicNames must be set in first request.");
    }
  } else if (command.member_epoch < kLeaveEpoch) {
    return invalid("MemberEpoch is invalid.");
  }
  if (command.group_id.size() > kMaxKeyTextBytes) return invalid("GroupId is too long.");
  return std::nullopt;
}

// One heartbeat on its way through the rules. Lives during the call.
class Heartbeat {
 public:
  Heartbeat(Protocol& protocol, const HeartbeatCommand& command, const Group& group, Instant now,
            Records& records)
      : protocol_(protocol),
        command_(command),
        group_(group),
        soft_(protocol.soft_[group.id()]),
        cluster_(protocol.view_()),
        timing_(cluster_->share_timing(group.id())),
        now_(now),
        records_(records) {}

  HeartbeatOutcome run() {
    if (const Member* member = idle_member()) {
      protocol_.start_session(group_.id(), member->id, now_);
      return HeartbeatOutcome(reply(*member));
    }
    if (auto refused = find_member()) return HeartbeatOutcome(std::move(*refused));
    updated_ = before_;
    if (command_.rack_id) updated_.rack_id = command_.rack_id;
    if (command_.topics) updated_.topics = {command_.topics->begin(), command_.topics->end()};
    updated_.client_id = command_.client_id;
    updated_.client_host = command_.client_host;
    subscriptions_ = group_.subscriptions_with(&before_, &updated_);
    const bool raised = update_epoch();
    update_target();
    take_assignment(raised);
    protocol_.start_session(group_.id(), updated_.id, now_);
    Initialization initialization = missing_states();
    initializes_ = !initialization.states.empty();
    HeartbeatOutcome out(reply(updated_));
    if (joins() || command_.topics || updated_.assigned != before_.assigned) {
      out.reply.assignment = updated_.assigned;
    }
    out.initialization = std::move(initialization);
    if (records_.empty()) settle();
    return out;
  }

 private:
  bool joins() const { return command_.member_epoch == kJoinEpoch; }

  std::optional<HeartbeatReply> find_member() {
    const std::string& id = command_.member_id;
    const Member* known = group_.find(id);
    if (known == nullptr &&
        group_.members().size() >= static_cast<std::size_t>(protocol_.settings_.max_size)) {
      return HeartbeatReply(ErrorCode::kGroupMaxSizeReached,
                            concat("The share group has reached its maximum capacity of ",
                                   protocol_.settings_.max_size, " members."));
    }
    if (known == nullptr && !joins()) {
      return HeartbeatReply(ErrorCode::kUnknownMemberId,
                            concat("Member ", id, " is not a member of group ", group_.id(), "."));
    }
    before_ = known != nullptr ? *known : Member(id);
    if (auto refused = check_epoch(before_, command_.member_epoch)) return refused;
    if (joins()) {
      logger.info("[GroupId ", group_.id(), "] Member ", id,
                  " joins the share group using the share protocol.");
    }
    return std::nullopt;
  }

  // Writes the member and, where what it was computed from has changed, the epoch. True if that was raised.
  bool update_epoch() {
    bool raise = updated_.topics != before_.topics;
    if (updated_ != before_) records_.push_back(member_record(group_.id(), updated_));
    epoch_ = group_.epoch();
    if (group_.target_epoch() >= epoch_) raise |= assignment_pending(group_, *cluster_);
    const bool is_checked = soft_.checked_version == cluster_->version() && epoch_ >= soft_.checked_epoch;
    if (!raise && is_checked) return false;
    const std::uint64_t hash = protocol_.hashes_.of(subscriptions_, *cluster_);
    raise |= hash != group_.metadata_hash();
    if (raise) {
      records_.push_back(epoch_record(group_.id(), ++epoch_, hash));
      ++protocol_.rebalances_;
      logger.info("[GroupId ", group_.id(), "] Bumped group epoch to ", epoch_, " with metadata hash ",
                  static_cast<std::int64_t>(hash), ".");
    }
    soft_.checked_version = cluster_->version();
    soft_.checked_epoch = epoch_;
    return raise;
  }

  void update_target() {
    const std::int64_t last_ms = group_.target_timestamp_ms();
    const std::int32_t interval_ms = timing_.assignment_interval_ms;
    const bool too_early = last_ms != 0 && interval_ms != 0 && now_.wall_ms < last_ms + interval_ms;
    if (group_.target_epoch() >= epoch_ || too_early) {
      target_epoch_ = group_.target_epoch();
      target_ = group_.target(updated_.id);
      return;
    }
    std::size_t members = group_.members().size();
    if (group_.find(updated_.id) == nullptr) ++members;
    const bool homogeneous = consumer::is_homogeneous({}, subscriptions_, members);
    target_epoch_ = epoch_;
    target_ = assign_target(group_, updated_, epoch_, homogeneous, *cluster_, now_.wall_ms, records_);
    logger.info("[GroupId ", group_.id(), "] Computed a new target assignment for epoch ", epoch_, ".");
  }

  // At once: members of a share group do not wait for each other.
  void take_assignment(bool raised) {
    const bool is_reconciled = updated_.epoch == target_epoch_;
    if (is_reconciled && !raised) return;
    Member next = updated_;
    next.assigned = subscribed_part(target_, updated_, *cluster_);
    if (!is_reconciled) next.advance_to(target_epoch_);
    if (next == updated_) return;
    updated_ = std::move(next);
    records_.push_back(current_record(group_.id(), updated_));
  }

  // Until that for which the member waits may be there.
  std::optional<std::int64_t> wait_ms() const {
    if (!timing_.prompt) return std::nullopt;
    if (target_epoch_ < epoch_) {
      return group_.target_timestamp_ms() + timing_.assignment_interval_ms - now_.wall_ms;
    }
    const auto& states = group_.states();
    const bool are_written = states && !states->initializing.empty() && are_in_time(*states);
    if (initializes_ || are_written) return kSoonMs;
    return std::nullopt;
  }

  HeartbeatReply reply(const Member& member) const {
    HeartbeatReply out;
    out.member_id = member.id;
    out.member_epoch = member.epoch;
    out.heartbeat_interval_ms = next_heartbeat_ms(timing_.heartbeat_interval_ms, wait_ms());
    return out;
  }

  // --- What nearly all heartbeats are: nothing is new, so nothing of the group is looked at ---

  // The member, if its heartbeat changes nothing of it in a group in which there is nothing to do.
  const Member* idle_member() const {
    const Member* member = group_.find(command_.member_id);
    if (member == nullptr || joins() || command_.topics || command_.member_epoch != member->epoch ||
        member->epoch != group_.target_epoch() || command_.client_id != member->client_id ||
        command_.client_host != member->client_host ||
        (command_.rack_id && command_.rack_id != member->rack_id)) {
      return nullptr;
    }
    const bool is_settled = soft_.settled_revision == group_.revision() &&
                            soft_.settled_version == cluster_->version() &&
                            now_.wall_ms < soft_.settled_until_ms;
    return is_settled ? member : nullptr;
  }

  void settle() {
    if (group_.target_epoch() < epoch_) return;  // an assignment waits for its time
    soft_.settled_revision = group_.revision();
    soft_.settled_version = cluster_->version();
    soft_.settled_until_ms = std::numeric_limits<std::int64_t>::max();
    if (group_.states() && !group_.states()->initializing.empty()) {
      soft_.settled_until_ms = group_.states()->since_ms + protocol_.settings_.initialize_retry_interval_ms;
    }
  }

  bool are_in_time(const StatePartitions& states) const {
    return now_.wall_ms - states.since_ms < protocol_.settings_.initialize_retry_interval_ms;
  }

  // States that the group needs and that are neither there nor asked for just now.
  Initialization missing_states() {
    Initialization out;
    const std::optional<StatePartitions>& states = group_.states();
    StateTopics there;
    if (states) {
      there = states->initialized;
      if (are_in_time(*states)) add_topics(there, states->initializing);
    }
    StateTopics missing;
    for (const auto& [name, count] : subscriptions_) {
      const auto topic = cluster_->topic(name);
      if (!topic) continue;
      std::vector<std::int32_t> partitions = all_partitions(topic->partitions);
      if (const auto found = there.find(topic->id); found != there.end()) {
        const auto& known = found->second.partitions;
        std::erase_if(partitions, [&](std::int32_t partition) {
          return std::binary_search(known.begin(), known.end(), partition);
        });
      }
      if (!partitions.empty()) missing[topic->id] = {topic->name, std::move(partitions)};
    }
    if (missing.empty()) return out;
    StatePartitions next = states.value_or(StatePartitions());
    next.start(missing);
    records_.push_back(state_record(group_.id(), next));
    out.state_epoch = epoch_;
    for (const auto& [id, topic] : missing) {
      for (const std::int32_t partition : topic.partitions) out.states.push_back({id, partition, -1});
    }
    return out;
  }

  Protocol& protocol_;
  const HeartbeatCommand& command_;
  const Group& group_;
  Protocol::SoftState& soft_;
  const ClusterViewPtr cluster_;
  const consumer::Timing timing_;
  const Instant now_;
  Records& records_;

  Member before_;
  Member updated_;
  Subscriptions subscriptions_;
  std::int32_t epoch_ = 0;
  std::int32_t target_epoch_ = 0;
  TopicPartitions target_;
  bool initializes_ = false;
};

HeartbeatOutcome Protocol::heartbeat(const HeartbeatCommand& command, Instant now, Records& records) {
  if (command.member_epoch == kLeaveEpoch) return HeartbeatOutcome(leave(command, records));
  if (const Group* group = find(command.group_id)) {
    return Heartbeat(*this, command, *group, now, records).run();
  }
  if (command.member_epoch != kJoinEpoch) {
    return HeartbeatOutcome(
        HeartbeatReply(ErrorCode::kGroupIdNotFound, concat("Share group ", command.group_id, " not found.")));
  }
  const Group fresh(command.group_id);
  HeartbeatOutcome out = Heartbeat(*this, command, fresh, now, records).run();
  if (out.reply.error != ErrorCode::kNone) forget(command.group_id);
  return out;
}

}  // namespace barnabas::broker::groups::share
