// A classic group: its members, its state, and what can be said about them. The rules that move it are in
// ClassicProtocol.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "broker/groups/commands.h"
#include "broker/groups/deadlines.h"
#include "broker/groups/effects.h"
#include "broker/groups/group_records.h"

namespace barnabas::broker::groups {

enum class GroupState : std::uint8_t { kEmpty, kPreparingRebalance, kCompletingRebalance, kStable };
inline constexpr std::size_t kGroupStates = 4;
std::string_view group_state_name(GroupState state);  // "PreparingRebalance"

struct ClassicMember {
  std::string id;
  std::optional<std::string> instance_id;
  std::string client_id;
  std::string client_host;
  std::int32_t rebalance_timeout_ms = 0;
  std::int32_t session_timeout_ms = 0;
  std::vector<MemberProtocol> protocols;
  Buffer assignment;
  JoinAnswerer waiting_join;  // empty unless a join is parked; set by ClassicGroup::park_join
  SyncAnswerer waiting_sync;
  bool is_new = false;  // joined for the first time and not told its id yet
  Deadline session;

  bool awaits_join() const { return static_cast<bool>(waiting_join); }
  bool awaits_sync() const { return static_cast<bool>(waiting_sync); }
  bool is_static() const { return instance_id.has_value(); }
  // A parked request proves that the member lives, except the first join: its client may be long gone.
  bool proves_life() const { return !is_new && (awaits_join() || awaits_sync()); }
  // Null unless the member speaks `protocol`.
  const Buffer* metadata(std::string_view protocol) const;
};

// Owned by the shard's table and used under the shard's lock. Lives until its tombstone is replayed or the
// shard is given up.
class ClassicGroup {
 public:
  // An empty group in generation 0 without a protocol type. `incarnation` tells it from an earlier group of
  // the same id.
  ClassicGroup(std::string id, std::uint64_t incarnation, std::int64_t now_ms);
  // From the record that last described it: Stable with members, Empty without. A record that contradicts
  // itself (a static id twice) yields what of it makes sense.
  ClassicGroup(std::string id, std::uint64_t incarnation, const protocol::GroupMetadataValue& value);

  const std::string& id() const { return id_; }
  std::uint64_t incarnation() const { return incarnation_; }
  GroupState state() const { return state_; }
  GroupState previous_state() const { return previous_state_; }
  bool in(GroupState state) const { return state_ == state; }
  void transition_to(GroupState state, std::int64_t now_ms);
  bool can_rebalance() const { return state_ != GroupState::kPreparingRebalance; }
  std::int32_t generation_id() const { return generation_id_; }
  const std::optional<std::string>& protocol_type() const { return protocol_type_; }
  const std::optional<std::string>& protocol_name() const { return protocol_name_; }
  const std::optional<std::string>& leader() const { return leader_; }
  std::string leader_or_none() const { return leader_.value_or(""); }
  bool is_leader(std::string_view member_id) const { return leader_ && *leader_ == member_id; }
  bool uses_consumer_protocol() const;
  // -1 if the record it came from had none.
  std::int64_t state_since_ms() const { return state_since_ms_; }

  // --- Members ---
  std::size_t size() const { return members_.size(); }
  ClassicMember* find(std::string_view member_id);
  const ClassicMember* find(std::string_view member_id) const;
  // In the order of their ids, which is as good as any.
  std::map<std::string, ClassicMember, std::less<>>& members() { return members_; }
  const std::map<std::string, ClassicMember, std::less<>>& members() const { return members_; }
  const std::string* static_member(std::string_view instance_id) const;
  std::size_t static_members() const { return static_members_.size(); }
  // Requires a new id and instance id. The first member settles the protocol type and becomes the leader.
  ClassicMember& add(ClassicMember member, std::string_view protocol_type);
  // The member, with what is parked on it for the caller to answer and cancel; nullopt if there is none.
  std::optional<ClassicMember> remove(std::string_view member_id);
  // Gives the place of a static member to a new id: same leadership, same assignment. What is parked on the
  // old one goes to `replaced`.
  ClassicMember& replace_static(const std::string& old_id, const std::string& new_id,
                                ClassicMember& replaced);
  void update(ClassicMember& member, std::vector<MemberProtocol> protocols, std::int32_t rebalance_timeout_ms,
              std::int32_t session_timeout_ms);
  // kNone, kUnknownMemberId or kFencedInstanceId.
  ErrorCode validate(std::string_view member_id, const std::optional<std::string>& instance_id) const;
  // Parks the answer to a member's join, in place of an earlier one, which is returned.
  JoinAnswerer park_join(ClassicMember& member, JoinAnswerer answerer);
  JoinAnswerer take_join(ClassicMember& member) { return park_join(member, nullptr); }
  std::size_t awaiting_join() const { return awaiting_join_; }
  bool all_joined() const { return awaiting_join_ == members_.size() && pending_members.empty(); }
  // Makes the leader one that has joined. False if none has.
  bool elect_joined_leader();
  std::int32_t rebalance_timeout_ms() const;  // the longest of its members

  // --- Protocols ---
  bool supports(std::string_view protocol_type, const std::vector<MemberProtocol>& protocols) const;
  // The protocol all members speak with the most first choices. Requires a member.
  std::string vote() const;
  // Raises the generation: votes and goes to CompletingRebalance, or to Empty without members.
  void start_generation(std::int64_t now_ms);
  // What the leader needs to assign. Requires a chosen protocol.
  std::vector<JoinedMember> joined_members() const;

  // --- Topics ---
  // Known for consumers in a chosen protocol whose subscriptions can be read.
  bool knows_topics() const { return topics_.has_value(); }
  // True also for every topic while a consumer group's subscriptions are unknown.
  bool subscribes(const std::string& topic) const;

  // The group as it would be after a restart. Members get the assignments of `assignments`, or their own.
  GroupMetadataRecord record(const std::vector<MemberAssignment>* assignments) const;

  // Soft state of the rules, gone with a restart.
  std::map<std::string, Deadline, std::less<>> pending_members;  // have an id, have not joined with it
  std::set<std::string, std::less<>> pending_sync;               // have joined, have not synced
  bool new_member_added = false;                                 // during the initial delay
  Deadline join_deadline;
  Deadline sync_deadline;

 private:
  void find_topics();
  void count_protocols(const ClassicMember& member, int by);

  const std::string id_;
  const std::uint64_t incarnation_;
  GroupState state_ = GroupState::kEmpty;
  GroupState previous_state_ = GroupState::kEmpty;
  std::int64_t state_since_ms_ = -1;
  std::int32_t generation_id_ = 0;
  std::optional<std::string> protocol_type_;
  std::optional<std::string> protocol_name_;
  std::optional<std::string> leader_;
  std::map<std::string, ClassicMember, std::less<>> members_;
  std::map<std::string, std::string, std::less<>> static_members_;  // instance id -> member id
  std::unordered_map<std::string, std::int64_t> supporters_;        // protocol -> members that speak it
  std::size_t awaiting_join_ = 0;
  std::optional<std::set<std::string>> topics_;
};

}  // namespace barnabas::broker::groups
