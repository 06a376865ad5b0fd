// The rules of share groups, as Kafka 4.3's coordinator keeps them: ShareGroupHeartbeat 1, who is removed
// when, which share partitions are to be initialized, and what a group tells of itself (KIP-932). Rules look
// at the state of the groups, write records and answer; the state follows when the records are replayed.
//
// heartbeat.cc: joining and staying. leaving.cc: leaving, sessions. states.cc: states of share partitions and
// start offsets. queries.cc: what is asked of groups.
#pragma once

#include <functional>
#include <map>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "broker/coordination/answerer.h"
#include "broker/coordination/deadlines.h"
#include "broker/groups/consumer/cluster_view.h"
#include "broker/groups/consumer/target_assignment.h"
#include "broker/groups/share/commands.h"
#include "broker/groups/share/group.h"
#include "broker/groups/share/settings.h"

namespace barnabas::broker::groups::share {

using consumer::ClusterViewPtr;
using coordination::Instant;

// A member that has not been heard of.
struct Expiry {
  std::string group_id = {};
  std::string member_id = {};
};

inline constexpr std::string_view kGroupType = "share";  // as ListGroups calls it

using Groups = std::map<std::string, Group, std::less<>>;

// The share groups of one shard. Used under the shard's lock; the references outlive it.
class Protocol {
 public:
  using View = std::function<ClusterViewPtr()>;  // the newest; never null

  Protocol(const Settings& settings, View view) : settings_(settings), view_(std::move(view)) {}

  // --- Requests; an answer holds once the records are in the log ---
  // Joining, staying or leaving.
  HeartbeatOutcome heartbeat(const HeartbeatCommand& command, Instant now, Records& records);

  // Sets where an empty group, or one that is made by it, starts to read.
  AlterOffsetsOutcome alter_offsets(const AlterOffsetsCommand& command, Instant now, Records& records) const;
  // Begins to forget topics in an empty group; the end is told to states_removed.
  DeleteOffsetsOutcome delete_offsets(const DeleteOffsetsCommand& command, Records& records) const;
  void states_removed(const std::string& group_id, const std::vector<Uuid>& topics, Records& records) const;
  // Begins the deletion of a group, which must be empty: its states go first.
  GroupDeletion begin_deletion(const Group& group, Records& records) const;
  // The persister has made some states, and others it could not.
  void states_made(const std::string& group_id, const TopicPartitions& made, const TopicPartitions& not_made,
                   Records& records) const;
  // Topics are gone, and their states with them.
  void topics_deleted(const std::vector<Uuid>& topics, Records& records) const;

  // --- Groups ---
  const Groups& groups() const { return groups_; }
  const Group* find(std::string_view group_id) const;
  Description describe(const Group& group) const;
  // Nothing of a group that is none.
  TopicPartitions initialized(const std::string& group_id) const;
  const Settings& settings() const { return settings_; }
  // Epochs of groups that were raised by heartbeats, since this shard was loaded.
  std::uint64_t rebalances() const { return rebalances_; }

  // --- Time ---
  std::optional<std::int64_t> next_deadline_ms() const { return deadlines_.next_ms(); }
  // Takes one that is due; nullopt if none is.
  std::optional<Expiry> take_due(Instant now) { return deadlines_.take_due(now.mono_ms); }
  void run(const Expiry& expiry, Records& records);
  // The records of `expiry` did not reach the log: it comes again.
  void repeat(const Expiry& expiry, Instant now);

  // --- State ---
  void replay(const Record& record, Instant now);
  // After the last record of the log: sessions start.
  void loaded(Instant now);

 private:
  friend class Heartbeat;

  // What no record says; gone with a restart.
  struct SoftState {
    std::map<std::string, coordination::Deadline, std::less<>> sessions;  // by member
    // The version of the metadata and the group epoch for which the hash was last compared.
    std::int64_t checked_version = -1;
    std::int32_t checked_epoch = -1;
    // A heartbeat in this revision of the group, at this version of the metadata, had nothing to change but
    // its member; so has no other until then.
    std::uint64_t settled_revision = 0;
    std::int64_t settled_version = -1;
    std::int64_t settled_until_ms = 0;
  };

  HeartbeatReply leave(const HeartbeatCommand& command, Records& records);
  // Removes the member and raises the epoch.
  void fence(const Group& group, const Member& member, Records& records);
  void start_session(const std::string& group_id, const std::string& member_id, Instant now);
  void cancel(const std::string& group_id, const std::string& member_id);
  void forget(const std::string& group_id);

  const Settings settings_;
  const View view_;
  Groups groups_;
  std::unordered_map<std::string, SoftState> soft_;  // by group; some of a group that is about to be
  coordination::Deadlines<Expiry> deadlines_;
  consumer::TopicHashes hashes_;
  std::uint64_t rebalances_ = 0;
};

// What a heartbeat must have before any group is looked at.
std::optional<HeartbeatReply> refuse(const HeartbeatCommand& command);

}  // namespace barnabas::broker::groups::share
