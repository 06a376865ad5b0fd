// ConsumerGroupHeartbeat of members that join or stay.
#include <algorithm>

#include "broker/groups/consumer/protocol.h"
#include "broker/groups/consumer/reconciliation.h"
#include "broker/groups/consumer/regexes.h"
#include "broker/groups/java_text.h"
#include "broker/groups/next_heartbeat.h"
#include "common/logging.h"
#include "common/text.h"

namespace barnabas::broker::groups::consumer {
namespace {

const Logger logger("broker.groups.consumer.Protocol");

// Keys of records hold texts of so many bytes.
constexpr std::size_t kMaxKeyTextBytes = 32'767;

// librdkafka 2.15 forgets what it subscribes to when partitions are taken from it while its application,
// which changed the subscription a moment ago, unsubscribes. Kafka's answers take about as long.
constexpr std::int32_t kChangedSubscriptionDelayMs = 5;

bool is_blank(const std::string& text) {
  return std::all_of(text.begin(), text.end(), [](char c) { return static_cast<unsigned char>(c) <= ' '; });
}

bool is_within(const std::optional<TopicPartitions>& owned, const Assigned& assigned) {
  if (!owned) return false;
  return std::all_of(owned->begin(), owned->end(), [&](const auto& topic) {
    const auto found = assigned.find(topic.first);
    return found != assigned.end() &&
           std::all_of(topic.second.begin(), topic.second.end(),
                       [&](std::int32_t partition) { return found->second.contains(partition); });
  });
}

HeartbeatReply invalid(std::string message) {
  return {ErrorCode::kInvalidRequest, std::move(message)};
}

std::optional<HeartbeatReply> check_epoch(const Member& member, const HeartbeatCommand& command) {
  const std::int32_t received = command.member_epoch;
  if (command.classic || received == kJoinEpoch || received == member.epoch) return std::nullopt;
  const bool is_greater = received > member.epoch;
  // The answer that told the new epoch was lost: the member may be as it was,
  // but not have more than it had.
  if (!is_greater && received == member.previous_epoch && is_within(command.owned, member.assigned)) {
    return std::nullopt;
  }
  return HeartbeatReply(ErrorCode::kFencedMemberEpoch,
                        concat("The consumer group member has a ", is_greater ? "greater" : "smaller",
                               " member epoch (", received, ") than the one known by the group coordinator (",
                               member.epoch, "). The member must abandon all its partitions and rejoin."));
}

}  // namespace

std::optional<HeartbeatReply> refuse(const HeartbeatCommand& command, const Settings& settings) {
  const std::int32_t epoch = command.member_epoch;
  const auto blank = [](const std::optional<std::string>& text) { return text && is_blank(*text); };
  if ((command.needs_member_id || epoch > 0 || epoch == kLeaveEpoch) && is_blank(command.member_id)) {
    return invalid("MemberId can't be empty.");
  }
  if (is_blank(command.group_id)) return invalid("GroupId can't be empty.");
  if (blank(command.instance_id)) return invalid("InstanceId can't be empty.");
  if (blank(command.rack_id)) return invalid("RackId can't be empty.");
  if (epoch == kJoinEpoch) {
    if (command.rebalance_timeout_ms == -1) {
      return invalid("RebalanceTimeoutMs must be provided in first request.");
    }
    if (!command.owned || !command.owned->empty()) {
      return invalid("TopicPartitions must be empty when (re-)joining.");
    }
    if (!command.topics && !command.regex) {
      return invalid(
          "Either SubscribedTopicNames or SubscribedTopicRegex must "
          "be non-null when (re-)joining.");
    }
  } else if (epoch == kStaticLeaveEpoch) {
    if (!command.instance_id) return invalid("InstanceId can't be null.");
  } else if (epoch < kStaticLeaveEpoch) {
    return invalid("MemberEpoch is invalid.");
  }
  const auto& known = settings.assignors;
  if (command.assignor && std::find(known.begin(), known.end(), *command.assignor) == known.end()) {
    std::string names;
    for (const std::string& name : known) names += (names.empty() ? "" : ", ") + name;
    return HeartbeatReply(
        ErrorCode::kUnsupportedAssignor,
        concat("ServerAssignor ", *command.assignor, " is not supported. Supported assignors: ", names, "."));
  }
  if (std::max(command.group_id.size(), command.member_id.size()) > kMaxKeyTextBytes ||
      (command.regex && command.regex->size() > kMaxKeyTextBytes)) {
    return invalid("GroupId, MemberId or SubscribedTopicRegex is too long.");
  }
  return std::nullopt;
}

bool is_partial_join(const HeartbeatCommand& command) {
  return command.member_epoch == kJoinEpoch && command.rebalance_timeout_ms == -1 && !command.owned &&
         !is_blank(command.member_id);
}

HeartbeatReply Protocol::answer_partial_join(const HeartbeatCommand& command) const {
  const auto soft = soft_.find(command.group_id);
  const bool has_left = soft != soft_.end() && std::find(soft->second.left.begin(), soft->second.left.end(),
                                                         command.member_id) != soft->second.left.end();
  if (!has_left) return *refuse(command, settings_);
  // INVALID_REQUEST would be the end of the client; this makes it join as it should.
  return {ErrorCode::kUnknownMemberId,
          concat("Member ", command.member_id, " is not a member of group ", command.group_id, ".")};
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
        timing_(cluster_->timing(group.id())),
        now_(now),
        records_(records) {}

  HeartbeatReply run() {
    if (auto refused = find_member()) return std::move(*refused);
    updated_ = *before_;
    take_changes();
    const bool names_changed = updated_.topics != before_->topics;
    if (updated_ != *before_) records_.push_back(member_record(group_.id(), updated_));
    if (auto refused = update_regexes()) return std::move(*refused);
    epoch_ = group_.epoch();
    homogeneous_ = group_.homogeneous();
    const bool raise = names_changed || regexes_ == Regexes::kChangedAndResolved;
    if (raise || soft_.checked_version != cluster_->version() || group_.epoch() < soft_.checked_epoch) {
      update_epoch(raise);
    }
    update_target();
    if (auto refused = take_assignment(names_changed || regexes_ != Regexes::kUnchanged)) {
      return std::move(*refused);
    }
    protocol_.start_session(
        group_.id(), updated_.id,
        updated_.classic ? updated_.classic->session_timeout_ms : timing_.session_timeout_ms, now_);
    HeartbeatReply out = reply();
    if (names_changed && !joins() && out.assignment) out.delay_ms = kChangedSubscriptionDelayMs;
    return out;
  }

 private:
  enum class Regexes : std::uint8_t { kUnchanged, kChanged, kChangedAndResolved };

  bool joins() const { return command_.member_epoch == kJoinEpoch; }

  // --- The member ---

  std::optional<HeartbeatReply> find_member() {
    const auto limit = static_cast<std::size_t>(protocol_.settings_.max_size);
    if (group_.members().size() >= limit && group_.find(command_.member_id) == nullptr) {
      return HeartbeatReply(
          ErrorCode::kGroupMaxSizeReached,
          concat("The consumer group has reached its maximum capacity of ", limit, " members."));
    }
    id_ = command_.member_id.empty() ? Uuid::random(protocol_.random_).to_string() : command_.member_id;
    return command_.instance_id ? find_static_member(*command_.instance_id) : find_dynamic_member();
  }

  void start_from(const Member* known) {
    if (known == nullptr) fresh_ = Member(id_);
    before_ = known != nullptr ? known : &fresh_;
  }

  std::optional<HeartbeatReply> find_dynamic_member() {
    const Member* known = group_.find(id_);
    if (known == nullptr && !joins()) {
      return HeartbeatReply(ErrorCode::kUnknownMemberId,
                            concat("Member ", id_, " is not a member of group ", group_.id(), "."));
    }
    start_from(known);
    if (joins()) {
      logger.info("[GroupId ", group_.id(), "] Member ", id_,
                  " joins the consumer group using the consumer protocol.");
    }
    return check_epoch(*before_, command_);
  }

  std::optional<HeartbeatReply> find_static_member(const std::string& instance_id) {
    const std::string* holder = group_.static_member(instance_id);
    const Member* known = holder != nullptr ? group_.find(*holder) : nullptr;
    // A classic member that knows its id does not come anew.
    const bool is_new = joins() && !(command_.classic && !command_.member_id.empty());
    if (is_new && known != nullptr) return replace_static_member(*known);
    if (is_new) {
      const Member* same = group_.find(id_);
      start_from(same);
      logger.info("[GroupId ", group_.id(), "] Static member ", id_, " with instance id ", instance_id,
                  " joins the consumer group using the consumer protocol.");
      return std::nullopt;
    }
    if (known == nullptr) {
      return HeartbeatReply(ErrorCode::kUnknownMemberId, concat("Instance id ", instance_id, " is unknown."));
    }
    if (known->id != id_) {
      return HeartbeatReply(ErrorCode::kFencedInstanceId,
                            concat("Static member ", id_, " with instance id ", instance_id,
                                   " was fenced by member ", known->id, "."));
    }
    before_ = known;
    return check_epoch(*before_, command_);
  }

  // A new process takes the place, and all that the old one had.
  std::optional<HeartbeatReply> replace_static_member(const Member& old) {
    if (!command_.classic && !old.is_classic() && old.epoch != kStaticLeaveEpoch) {
      return HeartbeatReply(
          ErrorCode::kUnreleasedInstanceId,
          concat("Static member ", id_, " with instance id ", *old.instance_id,
                 " cannot join the group because the instance id is owned by ", old.id, " member."));
    }
    fresh_ = old;
    fresh_.id = id_;
    fresh_.epoch = 0;
    fresh_.previous_epoch = 0;
    before_ = &fresh_;
    add_member_tombstones(group_.id(), old.id, records_);
    records_.push_back(member_record(group_.id(), fresh_));
    records_.push_back(target_record(group_.id(), id_, group_.target(old.id)));
    records_.push_back(current_record(group_.id(), fresh_));
    if (old.id != id_) protocol_.cancel(group_.id(), old.id);
    logger.info("[GroupId ", group_.id(), "] Static member with instance id ", *old.instance_id,
                " re-joins the consumer group using the consumer protocol. "
                "Created a new member ",
                id_, " to replace the existing member ", old.id, ".");
    return std::nullopt;
  }

  void take_changes() {
    if (command_.instance_id) updated_.instance_id = command_.instance_id;
    if (command_.rack_id) updated_.rack_id = command_.rack_id;
    if (command_.rebalance_timeout_ms != -1) updated_.rebalance_timeout_ms = command_.rebalance_timeout_ms;
    if (command_.assignor) updated_.assignor = command_.assignor;
    if (command_.topics) updated_.topics = {command_.topics->begin(), command_.topics->end()};
    if (command_.regex) updated_.regex = command_.regex;
    updated_.client_id = command_.client_id;
    updated_.client_host = command_.client_host;
    updated_.classic = command_.classic;
  }

  // --- Regular expressions ---

  std::optional<HeartbeatReply> update_regexes() {
    bool refresh = false;
    if (updated_.regex != before_->regex) {
      regexes_ = Regexes::kChanged;
      if (before_->has_regex() && group_.subscribers_of(*before_->regex) == 1) {
        records_.push_back(regex_tombstone(group_.id(), *before_->regex));
      }
      if (updated_.has_regex()) {
        if (group_.subscribers_of(*updated_.regex) == 0) {
          if (const auto error = regex_error(*updated_.regex)) {
            return HeartbeatReply(ErrorCode::kInvalidRegularExpression,
                                  concat("SubscribedTopicRegex `", *updated_.regex,
                                         "` is not a valid regular expression: ", *error, "."));
          }
          refresh = true;
        } else if (group_.resolved(*updated_.regex) != nullptr) {
          regexes_ = Regexes::kChangedAndResolved;
        }
      } else if (before_->has_regex()) {
        regexes_ = Regexes::kChangedAndResolved;
      }
    }
    if (refresh || !group_.regexes().empty()) maybe_resolve(refresh);
    return std::nullopt;
  }

  void maybe_resolve(bool refresh) {
    if (soft_.regexes.armed()) return;
    const auto& resolved = group_.resolved();
    if (!resolved.empty()) {
      const ResolvedRegex& last = resolved.begin()->second;
      if (now_.wall_ms <= last.timestamp_ms + kMinRegexRefreshMs) return;
      refresh |= now_.wall_ms > last.timestamp_ms + protocol_.settings_.regex_refresh_interval_ms;
    } else {
      refresh = true;
    }
    Counts regexes = group_.regexes();
    if (before_->has_regex() && regexes.contains(*before_->regex)) add_to(regexes, *before_->regex, -1);
    if (updated_.has_regex()) add_to(regexes, *updated_.regex, 1);
    const std::int64_t version = resolved.empty() ? 0 : resolved.begin()->second.version;
    refresh |= regexes.size() != resolved.size() || version < cluster_->newest_topic_version();
    if (!refresh || regexes.empty()) return;
    // By itself, once this heartbeat is in the log.
    protocol_.deadlines_.set(soft_.regexes, now_.mono_ms,
                             {.kind = DeadlineKind::kRegexes, .group_id = group_.id()});
  }

  // --- Epoch and target ---

  void update_epoch(bool raise) {
    const Subscriptions subscriptions = group_.subscriptions_with(before_, &updated_);
    Counts regexes = group_.regexes();
    if (before_->regex != updated_.regex) {
      if (before_->has_regex() && regexes.contains(*before_->regex)) add_to(regexes, *before_->regex, -1);
      if (updated_.has_regex()) add_to(regexes, *updated_.regex, 1);
    }
    std::size_t members = group_.members().size();
    const bool takes_place = updated_.instance_id && group_.static_member(*updated_.instance_id) != nullptr;
    if (group_.find(updated_.id) == nullptr && !takes_place) ++members;
    homogeneous_ = is_homogeneous(regexes, subscriptions, members);
    const std::uint64_t hash = protocol_.hashes_.of(subscriptions, *cluster_);
    if (raise || hash != group_.metadata_hash()) {
      records_.push_back(epoch_record(group_.id(), ++epoch_, hash));
      ++protocol_.rebalances_;
      logger.info("[GroupId ", group_.id(), "] Bumped group epoch to ", epoch_, " with metadata hash ",
                  static_cast<std::int64_t>(hash), ".");
    }
    soft_.checked_version = cluster_->version();
    soft_.checked_epoch = epoch_;
    if (group_.has_partition_metadata()) records_.push_back(partition_metadata_tombstone(group_.id()));
  }

  void update_target() {
    const std::int64_t last_ms = group_.target_timestamp_ms();
    const std::int32_t interval_ms = timing_.assignment_interval_ms;
    const bool too_early = last_ms != 0 && interval_ms != 0 && now_.wall_ms < last_ms + interval_ms;
    if (group_.target_epoch() >= epoch_ || too_early) {
      target_epoch_ = group_.target_epoch();
      const std::string* holder = &updated_.id;
      if (updated_.instance_id) holder = group_.static_member(*updated_.instance_id);
      if (holder != nullptr) target_ = group_.target(*holder);
      return;
    }
    Counts wishes = group_.assignors();
    if (before_->assignor && wishes.contains(*before_->assignor)) add_to(wishes, *before_->assignor, -1);
    if (updated_.assignor) add_to(wishes, *updated_.assignor, 1);
    const std::string name = Group::preferred(wishes).value_or(protocol_.settings_.assignors.front());
    const Assignor* assignor = find_assignor(name);
    if (assignor == nullptr) assignor = find_assignor("uniform");  // of a broker with others
    target_epoch_ = epoch_;
    target_ =
        assign_target(group_, &updated_, epoch_, homogeneous_, *assignor, *cluster_, now_.wall_ms, records_);
    logger.info("[GroupId ", group_.id(), "] Computed a new target assignment for epoch ", epoch_, " with '",
                assignor->name(), "' assignor.");
  }

  std::optional<HeartbeatReply> take_assignment(bool subscription_changed) {
    if (!subscription_changed && updated_.is_reconciled_to(target_epoch_)) return std::nullopt;
    auto next = reconcile(updated_,
                          {group_, *cluster_, target_epoch_, target_, subscription_changed, command_.owned});
    if (!next) {
      return HeartbeatReply(ErrorCode::kFencedMemberEpoch,
                            "The consumer group member is in a unknown state. "
                            "The member must abandon all its "
                            "partitions and rejoin.");
    }
    if (*next == updated_) return std::nullopt;
    updated_ = std::move(*next);
    records_.push_back(current_record(group_.id(), updated_));
    protocol_.start_rebalance(group_.id(), updated_, now_);
    return std::nullopt;
  }

  // Until that for which the member waits may be there.
  std::optional<std::int64_t> wait_ms() const {
    if (!timing_.prompt) return std::nullopt;
    const std::int64_t assigned_ms = group_.target_timestamp_ms();
    if (target_epoch_ < epoch_) return assigned_ms + timing_.assignment_interval_ms - now_.wall_ms;
    if (updated_.has_regex() && group_.resolved(*updated_.regex) == nullptr) return kSoonMs;
    // Who has the partitions hears of it within an interval; one that does not let go then may take long.
    const bool is_recent = target_epoch_ > group_.target_epoch() ||
                           now_.wall_ms < assigned_ms + std::int64_t{2} * timing_.heartbeat_interval_ms;
    if (updated_.state == MemberState::kUnreleasedPartitions && is_recent) return kSoonMs;
    return std::nullopt;
  }

  HeartbeatReply reply() const {
    HeartbeatReply out;
    out.member_id = updated_.id;
    out.member_epoch = updated_.epoch;
    out.heartbeat_interval_ms = next_heartbeat_ms(timing_.heartbeat_interval_ms, wait_ms());
    const bool says_all =
        command_.rebalance_timeout_ms != -1 && (command_.topics || command_.regex) && command_.owned;
    if (!joins() && !says_all && updated_.assigned == before_->assigned) return out;
    TopicPartitions& assignment = out.assignment.emplace();
    for (const auto& [topic, partitions] : updated_.assigned) {
      for (const auto& [partition, since] : partitions) assignment[topic].push_back(partition);
    }
    return out;
  }

  Protocol& protocol_;
  const HeartbeatCommand& command_;
  const Group& group_;
  Protocol::SoftState& soft_;
  const ClusterViewPtr cluster_;
  const Timing timing_;
  const Instant now_;
  Records& records_;

  std::string id_;
  Member fresh_;  // of one that joins
  const Member* before_ = nullptr;
  Member updated_;
  Regexes regexes_ = Regexes::kUnchanged;
  std::int32_t epoch_ = 0;
  bool homogeneous_ = true;
  std::int32_t target_epoch_ = 0;
  TopicPartitions target_;
};

HeartbeatReply Protocol::heartbeat(const HeartbeatCommand& command, const Group& group, Instant now,
                                   Records& records) {
  const std::size_t written = records.size();
  HeartbeatReply reply = Heartbeat(*this, command, group, now, records).run();
  if (reply.error != ErrorCode::kNone) records.resize(written, Record());
  return reply;
}

HeartbeatReply Protocol::heartbeat(const HeartbeatCommand& command, Instant now, Records& records) {
  if (auto reply = steady(command, now)) return std::move(*reply);
  const Group* group = find(command.group_id);
  if (command.member_epoch == kLeaveEpoch || command.member_epoch == kStaticLeaveEpoch) {
    if (group == nullptr) {
      return {ErrorCode::kGroupIdNotFound, concat("Group ", command.group_id, " not found.")};
    }
    HeartbeatReply reply;
    leave(command, *group, now, reply, records);
    return reply;
  }
  if (group != nullptr) return heartbeat(command, *group, now, records);
  if (command.member_epoch != kJoinEpoch) {
    return {ErrorCode::kGroupIdNotFound, concat("Consumer group ", command.group_id, " not found.")};
  }
  HeartbeatReply reply = heartbeat(command, Group(command.group_id), now, records);
  if (reply.error != ErrorCode::kNone) forget(command.group_id);
  return reply;
}

}  // namespace barnabas::broker::groups::consumer
