// The rules of the classic group protocol, as Kafka 4.3's coordinator keeps
// them: who may join, when a rebalance starts and ends, who is removed.
// JoinGroup 0-9, SyncGroup 0-5, Heartbeat 0-4, LeaveGroup 0-5; KIP-62, 134
// (initial delay), 345 (static members), 394 (known member ids), 429, 814.
//
// One file per request: classic_join.cc, classic_sync.cc, classic_leave.cc
// (with heartbeats), and classic_rebalance.cc for what they share.
#pragma once

#include <string>

#include "broker/groups/commands.h"
#include "broker/groups/deadlines.h"
#include "broker/groups/effects.h"
#include "broker/groups/group_settings.h"
#include "broker/groups/group_table.h"
#include "common/random.h"

namespace barnabas::broker::groups {

// Used under the shard's lock; its references live in the shard.
class ClassicProtocol {
 public:
  ClassicProtocol(const GroupSettings& settings, Random& random, Deadlines& deadlines, GroupTable& table)
      : settings_(settings), random_(random), deadlines_(deadlines), table_(table) {}

  void join(JoinCommand&& command, JoinAnswerer answerer, Instant now, Effects& effects);
  void sync(SyncCommand&& command, SyncAnswerer answerer, Effects& effects);
  ErrorCode heartbeat(const HeartbeatCommand& command, Instant now);
  // Answered once the group's new state is appended, if it has one.
  void leave(const LeaveCommand& command, Answerer<LeaveReply> answerer, Instant now, Effects& effects);

  // The member's session starts anew.
  void keep_alive(ClassicMember& member, const ClassicGroup& group, Instant now);
  // A deadline of a group has passed; every kind but kExpireOffsets.
  void expire(const DeadlineEvent& event, Instant now, Effects& effects);

  // After loading: sessions start, and groups above the maximal size rebalance.
  void loaded(Instant now, Effects& effects);
  // Another broker takes over: all that is parked hears NOT_COORDINATOR.
  void unload(Effects& effects);
  // A consumer group has become this one: sessions start, and it rebalances.
  void adopt(ClassicGroup& group, std::string_view reason, Instant now, Effects& effects);
  // It becomes a consumer group: who waits is to join that.
  void interrupt(ClassicGroup& group, Effects& effects);
  // Drops a group with its deadlines. What is parked on it hears
  // UNKNOWN_MEMBER_ID.
  void erase(ClassicGroup& group, Effects& effects);

 private:
  // classic_join.cc
  bool accepts(const ClassicGroup& group, const std::string& member_id) const;
  void join_new(JoinCommand&& command, JoinAnswerer answerer, ClassicGroup& group, Instant now,
                Effects& effects);
  void join_existing(JoinCommand&& command, JoinAnswerer answerer, ClassicGroup& group, Instant now,
                     Effects& effects);
  void ask_to_rejoin(const JoinCommand& command, std::string member_id, JoinAnswerer answerer,
                     ClassicGroup& group, Instant now, Effects& effects);
  void add_member(JoinCommand&& command, std::string member_id, JoinAnswerer answerer, ClassicGroup& group,
                  Instant now, Effects& effects);
  void update_member(JoinCommand&& command, ClassicMember& member, JoinAnswerer answerer, ClassicGroup& group,
                     Instant now, Effects& effects);
  void replace_static_member(JoinCommand&& command, std::string old_id, std::string new_id,
                             JoinAnswerer answerer, ClassicGroup& group, Instant now, Effects& effects);
  void persist_replacement(bool can_skip_assignment, std::string old_id, std::string new_id,
                           ClassicMember before, ClassicGroup& group, Effects& effects);
  void revert_replacement(const std::string& old_id, const std::string& new_id, ClassicMember& before,
                          const std::string& leader, ErrorCode error, ClassicGroup& group, Instant now,
                          Effects& effects);
  void persist_new_group(ClassicGroup& group, Effects& effects);

  // classic_sync.cc
  ErrorCode check_sync(const ClassicGroup& group, const SyncCommand& command) const;
  void sync_in_completing(SyncCommand&& command, SyncAnswerer answerer, ClassicGroup& group,
                          Effects& effects);
  void assigned(const std::string& group_id, std::uint64_t incarnation, std::int32_t generation_id,
                std::vector<MemberAssignment>& assignments, ErrorCode error, Instant now, Effects& effects);
  void has_synced(ClassicGroup& group, const std::string& member_id);
  void propagate_assignment(ClassicGroup& group, ErrorCode error, Instant now, Effects& effects);
  void reset_assignments(ClassicGroup& group, ErrorCode error, Instant now, Effects& effects);

  // classic_leave.cc
  ErrorCode remove_leaving(const LeavingMember& leaving, ClassicGroup& group, Effects& effects);

  // classic_rebalance.cc
  void rebalance_or_complete_join(ClassicGroup& group, std::string_view reason, Instant now,
                                  Effects& effects);
  void prepare_rebalance(ClassicGroup& group, std::string_view reason, Instant now, Effects& effects);
  // Ends the join phase if everyone is there and it is no initial delay.
  void maybe_complete_join(ClassicGroup& group, Instant now, Effects& effects);
  void complete_join(ClassicGroup& group, Instant now, Effects& effects);
  void answer_joins(ClassicGroup& group, Instant now, Effects& effects);
  void end_initial_delay(const DeadlineEvent& event, ClassicGroup& group, Instant now, Effects& effects);
  void expire_session(ClassicGroup& group, const std::string& member_id, Instant now, Effects& effects);
  void expire_sync(ClassicGroup& group, std::int32_t generation_id, Instant now, Effects& effects);
  void await_joins(ClassicGroup& group, Instant now);
  void set_session(ClassicMember& member, const ClassicGroup& group, std::int64_t timeout_ms, Instant now);
  // Removes a member (or a pending one) with its deadline; a parked join or
  // sync hears UNKNOWN_MEMBER_ID.
  void remove_member(ClassicGroup& group, const std::string& member_id, Effects& effects);
  void answer_join(ClassicGroup& group, ClassicMember& member, JoinReply reply, Effects& effects);
  // All that is parked.
  void answer_all(ClassicGroup& group, ErrorCode error, Effects& effects);

  const GroupSettings& settings_;
  Random& random_;
  Deadlines& deadlines_;
  GroupTable& table_;
};

}  // namespace barnabas::broker::groups
