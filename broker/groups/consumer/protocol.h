// The rules of consumer groups, as Kafka 4.3's coordinator keeps them:
// ConsumerGroupHeartbeat 0-1, who is removed when, and what a group tells of
// itself (KIP-848). Rules look at the state of the groups, write records and
// answer; the state follows when the records are replayed.
//
// heartbeat.cc: joining and staying; steady.cc: what is usual of that. classic_members.cc: members of the
// classic protocol, conversions. leaving.cc: leaving, sessions, and the deadlines of all. queries.cc: what is
// asked of groups.
#pragma once

#include <deque>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <unordered_map>

#include "broker/coordination/answerer.h"
#include "broker/coordination/deadlines.h"
#include "broker/groups/classic_group.h"
#include "broker/groups/consumer/cluster_view.h"
#include "broker/groups/consumer/commands.h"
#include "broker/groups/consumer/group.h"
#include "broker/groups/consumer/settings.h"
#include "broker/groups/consumer/target_assignment.h"
#include "common/random.h"

namespace barnabas::broker::groups::consumer {

using coordination::Instant;

enum class DeadlineKind : std::uint8_t {
  kSession,    // a member has not been heard of
  kRebalance,  // a member has not given partitions back
  kJoin,       // a classic member has not joined again
  kSync,       // a classic member has not asked for its assignment
  kRegexes     // expressions are to be resolved
};

struct DeadlineEvent {
  DeadlineKind kind{};
  std::string group_id = {};
  std::string member_id = {};
  std::int32_t member_epoch = 0;  // kRebalance
};

inline constexpr std::string_view kGroupType = "consumer";  // as ListGroups calls it

using Groups = std::map<std::string, Group, std::less<>>;

// The consumer groups of one shard. Used under the shard's lock; the references
// outlive it.
class Protocol {
 public:
  using View = std::function<ClusterViewPtr()>;  // the newest; never null

  Protocol(Settings settings, View view, Random& random)
      : settings_(std::move(settings)), view_(std::move(view)), random_(random) {}

  // --- Requests ---
  // Joining, staying or leaving. The answer holds once the records are in the
  // log.
  HeartbeatReply heartbeat(const HeartbeatCommand& command, Instant now, Records& records);
  // The same in a group that the records so far will make: one that was
  // converted.
  HeartbeatReply heartbeat(const HeartbeatCommand& command, const Group& group, Instant now,
                           Records& records);

  // To what is_partial_join().
  HeartbeatReply answer_partial_join(const HeartbeatCommand& command) const;

  // Of members that speak the classic protocol (classic_members.cc).
  JoinReply join_classic(const JoinCommand& command, const Group& group, Instant now, Records& records);
  SyncReply sync_classic(const SyncCommand& command, const Group& group, Instant now);
  ErrorCode heartbeat_classic(const groups::HeartbeatCommand& command, const Group& group, Instant now);
  LeaveReply leave_classic(const LeaveCommand& command, const Group& group, Instant now, Records& records);
  // Joins a live classic group, which becomes one of these; the tombstone of
  // the classic one is the caller's.
  HeartbeatReply upgrade(const HeartbeatCommand& command, const ClassicGroup& classic, Instant now,
                         Records& records);
  // Set when the records so far remove a group whose last member of the new
  // protocol left: what it is from now on, to be written with them.
  std::optional<GroupMetadataRecord> take_downgrade() { return std::exchange(downgrade_, std::nullopt); }

  // --- Groups ---
  const Groups& groups() const { return groups_; }
  const Group* find(std::string_view group_id) const;
  Description describe(const Group& group) const;
  const Settings& settings() const { return settings_; }
  ClusterViewPtr cluster() const { return view_(); }
  // Epochs raised by heartbeats since this broker coordinates the groups, for metrics.
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
    coordination::Deadline join;
    coordination::Deadline sync;
  };
  // What no record says; gone with a restart.
  struct SoftState {
    std::map<std::string, Timers, std::less<>> timers;  // by member
    coordination::Deadline regexes;
    // The version of the metadata and the group epoch for which the hash was
    // last compared.
    std::int64_t checked_version = -1;
    std::int32_t checked_epoch = -1;
    std::deque<std::string> left;  // by themselves, the last ones
  };

  // The answer to a heartbeat that changes nothing; nullopt if it may (steady.cc).
  std::optional<HeartbeatReply> steady(const HeartbeatCommand& command, Instant now);
  void leave(const HeartbeatCommand& command, const Group& group, Instant now, HeartbeatReply& reply,
             Records& records);
  // Removes members and raises the epoch, or makes a classic group of those who
  // stay.
  void fence(const Group& group, const std::vector<const Member*>& members, Instant now, Records& records);
  std::optional<HeartbeatReply> refuse_upgrade(const ClassicGroup& classic) const;
  bool can_downgrade(const Group& group, const std::vector<const Member*>& leaving) const;
  void await_join(const Group& group, const Member& member, Instant now);
  void start_phase(coordination::Deadline& deadline, DeadlineKind kind, const std::string& group_id,
                   const std::string& member_id, std::int32_t timeout_ms, Instant now);
  void cancel(Timers& timers);
  void resolve(const Group& group, Instant now, Records& records);
  void start_session(const std::string& group_id, const std::string& member_id, std::int32_t timeout_ms,
                     Instant now);
  void start_rebalance(const std::string& group_id, const Member& member, Instant now);
  void cancel(const std::string& group_id, const std::string& member_id);
  void forget(const std::string& group_id);
  std::vector<DescribedTopic> named(const TopicPartitions& partitions, const ClusterView& cluster) const;

  const Settings settings_;
  const View view_;
  Random& random_;
  Groups groups_;
  std::unordered_map<std::string, SoftState> soft_;  // by group; some of a group that is about to be
  coordination::Deadlines<DeadlineEvent> deadlines_;
  TopicHashes hashes_;
  std::optional<GroupMetadataRecord> downgrade_;
  std::uint64_t rebalances_ = 0;
};

// What a heartbeat must have before any group is looked at.
std::optional<HeartbeatReply> refuse(const HeartbeatCommand& command, const Settings& settings);

// Refused, but for a reason that the member's group may soften: a join that says as little as the heartbeat
// of somebody who is in the group. librdkafka 2.15 sends it when the answer to its leaving overtakes the next
// change of its subscription.
bool is_partial_join(const HeartbeatCommand& command);

// As records are written: the member goes, with all that it has.
void add_member_tombstones(const std::string& group_id, const std::string& member_id, Records& records);

}  // namespace barnabas::broker::groups::consumer
