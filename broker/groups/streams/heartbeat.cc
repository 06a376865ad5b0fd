// StreamsGroupHeartbeat of members that join or stay.
#include <algorithm>

#include "broker/groups/next_heartbeat.h"
#include "broker/groups/streams/protocol.h"
#include "broker/groups/streams/reconciliation.h"
#include "broker/groups/streams/target_assignment.h"
#include "common/logging.h"
#include "common/text.h"

namespace barnabas::broker::groups::streams {
namespace {

const Logger logger("broker.groups.streams.Protocol");

template <class ByTask>
bool is_within(const std::optional<TaskSet>& owned, const ByTask& assigned) {
  if (!owned) return false;
  return std::all_of(owned->begin(), owned->end(), [&](const auto& entry) {
    return std::all_of(entry.second.begin(), entry.second.end(),
                       [&](std::int32_t number) { return has_task(assigned, entry.first, number); });
  });
}

HeartbeatReply fenced(std::string_view how, std::int32_t received, std::int32_t known) {
  return {ErrorCode::kFencedMemberEpoch,
          concat("The streams group member has a ", how, " member epoch (", received,
                 ") than the one known by the group coordinator (", known,
                 "). The member must abandon all its partitions and rejoin.")};
}

std::optional<HeartbeatReply> check_epoch(const Member& member, const HeartbeatCommand& command) {
  const std::int32_t received = command.member_epoch;
  if (received == kJoinEpoch || received == member.epoch) return std::nullopt;
  if (received > member.epoch) return fenced("greater", received, member.epoch);
  // The answer that told the new epoch was lost: the member may be as it was, but not have more than it had.
  if (received == member.previous_epoch && is_within(command.active, member.assigned.active) &&
      is_within(command.standby, member.assigned.standby) &&
      is_within(command.warmup, member.assigned.warmup)) {
    return std::nullopt;
  }
  return fenced("smaller", received, member.epoch);
}

std::optional<HeartbeatReply> check_tasks(const std::optional<TaskSet>& owned,
                                          const std::map<std::string, ConfiguredSubtopology>& subtopologies) {
  if (!owned) return std::nullopt;
  for (const auto& [id, numbers] : *owned) {
    const auto found = subtopologies.find(id);
    if (found == subtopologies.end()) {
      return HeartbeatReply(ErrorCode::kInvalidRequest,
                            concat("Subtopology ", id, " does not exist in the topology."));
    }
    for (const std::int32_t number : numbers) {
      if (number >= 0 && number < found->second.tasks) continue;
      return HeartbeatReply(
          ErrorCode::kInvalidRequest,
          concat("Task ", number, " for subtopology ", id,
                 " is invalid. Number of tasks for this subtopology: ", found->second.tasks));
    }
  }
  return std::nullopt;
}

}  // namespace

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
        config_(cluster_->streams_config(group.id())),
        now_(now),
        records_(records) {}

  HeartbeatReply run() {
    if (auto refused = find_member()) return std::move(*refused);
    updated_ = before_;
    take_changes();
    const bool changed = updated_ != before_;
    if (changed) {
      records_.push_back(member_record(group_.id(), updated_));
      log(" Member updated its member metadata.");
    }
    if (auto refused = take_topology()) return std::move(*refused);
    if (auto refused = configure_topology()) return std::move(*refused);
    update_epoch(changed);
    update_target();
    if (auto refused = take_assignment()) return std::move(*refused);
    protocol_.start_session(group_.id(), updated_.id, config_.session_timeout_ms, now_);
    if (command_.shuts_application_down) protocol_.ask_to_shut_down(group_.id(), updated_.id);
    return reply();
  }

 private:
  bool joins() const { return command_.member_epoch == kJoinEpoch; }
  bool is_new_group() const { return protocol_.find(group_.id()) == nullptr; }

  template <class... Parts>
  void log(const Parts&... parts) const {
    logger.info("[GroupId ", group_.id(), "][MemberId ", command_.member_id, "]", parts...);
  }

  // --- The member ---

  std::optional<HeartbeatReply> find_member() {
    const auto limit = static_cast<std::size_t>(protocol_.settings_.max_size);
    if (joins() && group_.members().size() >= limit) {
      return HeartbeatReply(
          ErrorCode::kGroupMaxSizeReached,
          concat("The streams group has reached its maximum capacity of ", limit, " members."));
    }
    const Member* known = group_.find(command_.member_id);
    if (known == nullptr && !joins()) {
      return HeartbeatReply(
          ErrorCode::kUnknownMemberId,
          concat("Member ", command_.member_id, " is not a member of group ", group_.id(), "."));
    }
    before_ = known != nullptr ? *known : Member(command_.member_id);
    if (auto refused = check_epoch(before_, command_)) return refused;
    if (joins()) log(" Member joins the streams group.");
    return std::nullopt;
  }

  void take_changes() {
    if (command_.rack_id) updated_.rack_id = command_.rack_id;
    if (command_.rebalance_timeout_ms != -1) updated_.rebalance_timeout_ms = command_.rebalance_timeout_ms;
    if (command_.topology) updated_.topology_epoch = command_.topology->epoch;
    if (command_.process_id) updated_.process_id = *command_.process_id;
    if (command_.client_tags) updated_.client_tags = *command_.client_tags;
    if (command_.endpoint) updated_.endpoint = command_.endpoint;
    updated_.client_id = command_.client_id;
    updated_.client_host = command_.client_host;
  }

  // --- The topology ---

  std::optional<HeartbeatReply> take_topology() {
    topology_ = group_.topology();
    if (!command_.topology) {
      if (topology_ != nullptr) return check_staleness();
      return HeartbeatReply(ErrorCode::kUnknownServerError, "");  // its record is lost
    }
    const std::int32_t epoch = command_.topology->epoch;
    const auto told = std::make_shared<const Topology>(*command_.topology);
    if (topology_ == nullptr) {
      log(" Member initialized the topology with epoch ", epoch);
      records_.push_back(topology_record(group_.id(), *command_.topology));
      topology_ = told;
    } else if (topology_->epoch() > epoch) {
      log(" Member joined with stale topology epoch ", epoch);
    } else if (*topology_ != *told) {
      return HeartbeatReply(ErrorCode::kInvalidRequest, "Topology updates are not supported yet.");
    }
    return check_staleness();
  }

  std::optional<HeartbeatReply> check_staleness() {
    if (updated_.topology_epoch < topology_->epoch() && group_.topology() != nullptr) {
      add_status(StatusCode::kStaleTopology,
                 concat("The member's topology epoch ", updated_.topology_epoch,
                        " is behind the group's topology epoch ", topology_->epoch(), "."));
    }
    return std::nullopt;
  }

  // Looks at the topics again when the metadata changed since; configures when the hash says that they did.
  std::optional<HeartbeatReply> configure_topology() {
    hash_ = group_.metadata_hash();
    bool configures = group_.topology() == nullptr || soft_.topology == nullptr;
    if (configures || soft_.checked_version != cluster_->version() || group_.epoch() < soft_.checked_epoch) {
      hash_ = protocol_.hash_of(*topology_, *cluster_);
      configures |= hash_ != group_.metadata_hash();
      is_checked_ = true;
    }
    if (configures) {
      auto configured = configure(*topology_, *cluster_);
      if (!configured) {
        return HeartbeatReply(ErrorCode::kStreamsInvalidTopology, std::move(configured.error()));
      }
      soft_.topology = std::make_shared<const ConfiguredTopology>(std::move(*configured));
      if (const auto& problem = soft_.topology->problem) {
        log(" Topic configuration failed for topology epoch ", topology_->epoch(), ": ", problem->detail);
      } else {
        log(" Valid topic configuration found, topology epoch ", topology_->epoch(), " is now initialized.");
      }
    }
    configured_ = soft_.topology;
    if (!configured_->is_ready()) return std::nullopt;
    for (const auto* owned : {&command_.active, &command_.standby, &command_.warmup}) {
      if (auto refused = check_tasks(*owned, *configured_->subtopologies)) return refused;
    }
    return std::nullopt;
  }

  // --- The target ---

  void update_epoch(bool member_changed) {
    const std::int32_t validated = configured_->is_ready() ? topology_->epoch() : -1;
    configs_[std::string(kStandbyReplicasConfig)] = std::to_string(config_.standby_replicas);
    epoch_ = group_.epoch();
    if (is_checked_) {  // and nothing is refused any more
      soft_.checked_version = cluster_->version();
      soft_.checked_epoch = epoch_;
    }
    const bool raise = member_changed || hash_ != group_.metadata_hash() ||
                       validated != group_.validated_topology_epoch() || configs_ != group_.last_configs();
    if (!raise) return;
    records_.push_back(epoch_record(group_.id(), ++epoch_, hash_, validated, configs_));
    ++protocol_.rebalances_;
    soft_.checked_epoch = epoch_;
    log(" Bumped streams group epoch to ", epoch_, " with metadata hash ", static_cast<std::int64_t>(hash_),
        " and validated topic epoch ", validated, ".");
  }

  void update_target() {
    if (group_.members().empty() && config_.initial_rebalance_delay_ms > 0 && !soft_.initial_delay.armed()) {
      protocol_.deadlines_.set(soft_.initial_delay, now_.mono_ms + config_.initial_rebalance_delay_ms,
                               {.kind = DeadlineKind::kInitialDelay, .group_id = group_.id()});
    }
    target_epoch_ = group_.target_epoch();
    if (soft_.initial_delay.armed()) {
      return add_status(StatusCode::kAssignmentDelayed,
                        "Assignment delayed due to the configured initial rebalance delay.");
    }
    if (target_epoch_ >= epoch_) {
      target_ = group_.target(updated_.id);
      return;
    }
    if (Protocol::is_too_early(group_, config_, now_)) {
      target_ = group_.target(updated_.id);
      return add_status(StatusCode::kAssignmentDelayed,
                        "Assignment delayed due to the configured assignment interval.");
    }
    target_epoch_ = epoch_;
    target_ = assign_target(group_, &updated_, epoch_, *configured_, configs_, now_.wall_ms, records_);
    log(" Computed a new target assignment for epoch ", epoch_, " with 'sticky' assignor.");
  }

  std::optional<HeartbeatReply> take_assignment() {
    if (updated_.is_reconciled_to(target_epoch_)) return std::nullopt;
    std::optional<Tasks> owned;
    if (command_.active && command_.standby && command_.warmup) {
      owned = Tasks{*command_.active, *command_.standby, *command_.warmup};
    }
    auto next = reconcile(updated_, {group_, target_epoch_, target_, owned});
    if (!next) {
      return HeartbeatReply(ErrorCode::kFencedMemberEpoch,
                            "The streams group member is in a unknown state. The member must abandon all its "
                            "tasks and rejoin.");
    }
    if (*next == updated_) return std::nullopt;
    updated_ = std::move(*next);
    records_.push_back(current_record(group_.id(), updated_));
    log(" Member's new assignment state: epoch=", updated_.epoch, ", previousEpoch=", updated_.previous_epoch,
        ", state=", static_cast<int>(updated_.state),
        ", active=", to_text(numbers_of(updated_.assigned.active)),
        ", standby=", to_text(updated_.assigned.standby), ".");
    protocol_.start_rebalance(group_.id(), updated_, now_);
    return std::nullopt;
  }

  // --- The answer ---

  void add_status(StatusCode code, std::string detail) { statuses_.push_back({code, std::move(detail)}); }

  // Until that for which the member waits may be there.
  std::optional<std::int64_t> wait_ms() const {
    if (!config_.prompt) return std::nullopt;
    if (soft_.initial_delay.armed()) return soft_.initial_delay.at_ms() - now_.mono_ms;
    const std::int64_t assigned_ms = group_.target_timestamp_ms();
    if (target_epoch_ < epoch_) return assigned_ms + config_.assignment_interval_ms - now_.wall_ms;
    // Who has the tasks hears of it within an interval; one that does not let go then may take long.
    const bool is_recent = target_epoch_ > group_.target_epoch() ||
                           now_.wall_ms < assigned_ms + std::int64_t{2} * config_.heartbeat_interval_ms;
    if (updated_.state == MemberState::kUnreleasedTasks && is_recent) return kSoonMs;
    return std::nullopt;
  }

  HeartbeatReply reply() {
    HeartbeatReply out;
    out.member_id = updated_.id;
    out.member_epoch = updated_.epoch;
    out.heartbeat_interval_ms = next_heartbeat_ms(config_.heartbeat_interval_ms, wait_ms());
    std::int32_t endpoint_epoch = soft_.endpoint_epoch;
    if (joins() || updated_.assigned != before_.assigned) {
      out.assignment =
          Tasks{numbers_of(updated_.assigned.active), updated_.assigned.standby, updated_.assigned.warmup};
      if (updated_.endpoint) ++endpoint_epoch;
    }
    if (endpoint_epoch != command_.endpoint_epoch) {
      out.endpoints = Protocol::endpoints_of(group_, updated_, *configured_, *cluster_);
    }
    // A group that is about to be does not count its endpoints yet.
    if (!is_new_group()) {
      soft_.endpoint_epoch = endpoint_epoch;
      out.endpoint_epoch = endpoint_epoch;
    }
    if (configured_->problem) add_status(configured_->problem->code, configured_->problem->detail);
    out.missing_topics = configured_->missing_topics;
    if (soft_.shut_down_by) {
      add_status(StatusCode::kShutdownApplication,
                 concat("Streams group member ", *soft_.shut_down_by,
                        " encountered a fatal error and requested a shutdown for the entire application."));
    }
    out.statuses = std::move(statuses_);
    return out;
  }

  Protocol& protocol_;
  const HeartbeatCommand& command_;
  const Group& group_;
  Protocol::SoftState& soft_;
  const consumer::ClusterViewPtr cluster_;
  const GroupConfig config_;
  const Instant now_;
  Records& records_;

  Member before_;
  Member updated_;
  std::shared_ptr<const Topology> topology_;
  std::shared_ptr<const ConfiguredTopology> configured_;
  std::uint64_t hash_ = 0;
  bool is_checked_ = false;
  AssignmentConfigs configs_;
  std::int32_t epoch_ = 0;
  std::int32_t target_epoch_ = 0;
  Tasks target_;
  std::vector<Status> statuses_;
};

HeartbeatReply Protocol::heartbeat(const HeartbeatCommand& command, Instant now, Records& records) {
  const Group* group = find(command.group_id);
  if (command.member_epoch == kLeaveEpoch || command.member_epoch == kStaticLeaveEpoch) {
    if (group != nullptr) return leave(command, *group, records);
    return {ErrorCode::kGroupIdNotFound, concat("Group ", command.group_id, " not found.")};
  }
  if (group == nullptr && command.member_epoch != kJoinEpoch) {
    return {ErrorCode::kGroupIdNotFound, concat("Streams group ", command.group_id, " not found.")};
  }
  const Group fresh(command.group_id);
  const std::size_t written = records.size();
  HeartbeatReply reply = Heartbeat(*this, command, group != nullptr ? *group : fresh, now, records).run();
  if (reply.error == ErrorCode::kNone) return reply;
  records.resize(written, Record());
  if (group == nullptr) forget(command.group_id);
  return reply;
}

}  // namespace barnabas::broker::groups::streams
