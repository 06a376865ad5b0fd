// The rules of streams groups, as Kafka 4.3's coordinator keeps them: StreamsGroupHeartbeat 0, who is removed
// when, and what a group tells of itself (KIP-1071). Rules look at the state of the groups, write records and
// answer; the state follows when the records are replayed.
//
// heartbeat.cc: joining and staying. leaving.cc: leaving, sessions, and the deadlines of all. endpoints.cc:
// where queries go. queries.cc: what is asked of groups.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <unordered_map>

#include "broker/coordination/answerer.h"
#include "broker/coordination/deadlines.h"
#include "broker/groups/consumer/cluster_view.h"
#include "broker/groups/consumer/target_assignment.h"
#include "broker/groups/streams/commands.h"
#include "broker/groups/streams/group.h"
#include "broker/groups/streams/internal_topics.h"
#include "broker/groups/streams/settings.h"

namespace barnabas::broker::groups::streams {

using coordination::Instant;

enum class DeadlineKind : std::uint8_t {
  kSession,      // a member has not been heard of
  kRebalance,    // a member has not given tasks back
  kInitialDelay  // a new group has waited for further members
};

struct DeadlineEvent {
  DeadlineKind kind{};
  std::string group_id = {};
  std::string member_id = {};
  std::int32_t member_epoch = 0;  // kRebalance
};

inline constexpr std::string_view kGroupType = "streams";  // as ListGroups calls it
inline constexpr std::string_view kProtocolType = "streams";

using Groups = std::map<std::string, Group, std::less<>>;

// The streams groups of one shard. Used under the shard's lock; the references outlive it.
class Protocol {
 public:
  using View = std::function<consumer::ClusterViewPtr()>;  // the newest; never null

  Protocol(const Settings& settings, View view) : settings_(settings), view_(std::move(view)) {}

  // --- Requests ---
  // Joining, staying or leaving. The answer holds once the records are in the log.
  HeartbeatReply heartbeat(const HeartbeatCommand& command, Instant now, Records& records);

  // --- Groups ---
  const Groups& groups() const { return groups_; }
  const Group* find(std::string_view group_id) const;
  Description describe(const Group& group) const;
  consumer::ClusterViewPtr cluster() const { return view_(); }
  // How often a heartbeat raised the epoch of a group.
  std::uint64_t rebalances() const { return rebalances_; }

  // --- Time ---
  std::optional<std::int64_t> next_deadline_ms() const { return deadlines_.next_ms(); }
  // Takes one that is due; nullopt if none is.
  std::optional<DeadlineEvent> take_due(Instant now) { return deadlines_.take_due(now.mono_ms); }
  void run(const DeadlineEvent& event, Instant now, Records& records);
  // The records of `event` did not reach the log: it comes again.
  void repeat(const DeadlineEvent& event, Instant now);

  // --- State ---
  void replay(const Record& record);
  // After the last record of the log: sessions start.
  void loaded(Instant now);

 private:
  friend class Heartbeat;

  struct Timers {
    coordination::Deadline session;
    coordination::Deadline rebalance;
  };
  // What no record says; gone with a restart.
  struct SoftState {
    std::map<std::string, Timers, std::less<>> timers;  // by member
    coordination::Deadline initial_delay;
    // The topology over the topics whose hash the group has.
    std::shared_ptr<const ConfiguredTopology> topology;
    // The version of the metadata and the group epoch for which the hash was last compared.
    std::int64_t checked_version = -1;
    std::int32_t checked_epoch = -1;
    std::int32_t endpoint_epoch = 0;
    std::optional<std::string> shut_down_by;  // the member that asks all to end
  };

  HeartbeatReply leave(const HeartbeatCommand& command, const Group& group, Records& records);
  void fence(const Group& group, const Member& member, Records& records);
  void assign_after_delay(const Group& group, Instant now, Records& records);
  static bool is_too_early(const Group& group, const GroupConfig& config, Instant now);
  void ask_to_shut_down(const std::string& group_id, const std::string& member_id);
  std::uint64_t hash_of(const Topology& topology, const consumer::ClusterView& cluster);
  // Of all members, with `updated` in its place.
  static std::vector<EndpointPartitions> endpoints_of(const Group& group, const Member& updated,
                                                      const ConfiguredTopology& topology,
                                                      const consumer::ClusterView& cluster);
  void start_session(const std::string& group_id, const std::string& member_id, std::int32_t timeout_ms,
                     Instant now);
  void start_rebalance(const std::string& group_id, const Member& member, Instant now);
  void cancel(const std::string& group_id, const std::string& member_id);
  void forget(const std::string& group_id);

  const Settings settings_;
  const View view_;
  Groups groups_;
  std::unordered_map<std::string, SoftState> soft_;  // by group; some of a group that is about to be
  coordination::Deadlines<DeadlineEvent> deadlines_;
  consumer::TopicHashes hashes_;
  std::uint64_t rebalances_ = 0;
};

// What a heartbeat must have before any group is looked at.
std::optional<HeartbeatReply> refuse(const HeartbeatCommand& command);

}  // namespace barnabas::broker::groups::streams
