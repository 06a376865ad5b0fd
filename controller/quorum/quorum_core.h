// The Raft of the metadata log, as a plain object (KIP-595, KIP-853).
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <variant>
#include <vector>

#include "controller/quorum/election_state.h"
#include "controller/quorum/quorum_description.h"
#include "controller/quorum/voter_set.h"

namespace barnabas::controller {

// What the core asks of its driver. Actions are carried out one by one in the order given, each complete (a
// store durable) before the next: that order is what makes elections safe.
struct StoreElectionState {
  ElectionState state;
};
// The first batch of a leader's epoch.
struct AppendLeaderChange {
  std::int32_t epoch = 0;
  std::vector<std::int32_t> voters;
  std::vector<std::int32_t> granted_by;
};
// Everything below is committed.
struct AdvanceHighWatermark {
  std::int64_t offset = 0;
};
// The role changed; the epoch's leader, or -1. Records may be proposed while this node leads.
struct ChangeLeader {
  std::int32_t epoch = 0;
  std::int32_t leader_id = -1;
};
using QuorumAction = std::variant<StoreElectionState, AppendLeaderChange, AdvanceHighWatermark, ChangeLeader>;
using QuorumActions = std::vector<QuorumAction>;

// An answer to a candidate. Granted only when a StoreElectionState came with it and is durable.
struct VoteAnswer {
  bool granted = false;
  std::int32_t epoch = 0;
  std::int32_t leader_id = -1;
};
struct VoteRequest {
  ReplicaKey candidate;
  std::int32_t epoch = 0;
  std::int32_t last_epoch = 0;  // of the candidate's log
  std::int64_t end_offset = 0;
};

struct LogEnd {
  std::int64_t offset = 0;
  std::int32_t epoch = 0;  // of the last record or, in an empty log, of the snapshot it starts from
};

// Input: what happened (a start, an append, an fsync, a fetch of another voter, a request for a vote).
// Output: actions. No I/O, no clock but the times handed in, no threads; owned by the controller's thread. It
// never leads twice in one epoch: a start of the only voter is a new epoch.
//
// Elections among several voters need a transport that this program does not have: such a node stays
// Unattached, grants votes and recognises leaders. Candidacy on time-out and following come with it.
class QuorumCore {
 public:
  enum class Role : std::uint8_t { kUnattached, kResigned, kCandidate, kLeader, kFollower };

  QuorumCore(ReplicaKey self, VoterSet voters, ElectionState stored, LogEnd log);

  // Once, before anything else.
  QuorumActions start();
  // A leader that stops: nothing may be proposed any more.
  QuorumActions resign();

  // The log grew to `end_offset` (exclusive): by the leader's appends only.
  void appended(std::int64_t end_offset);
  // Everything below is on this node's disk. Only then does a leader count itself.
  QuorumActions flushed(std::int64_t end_offset);
  // A voter or observer fetched from `offset`: it holds everything below on its disk. Wall clock.
  QuorumActions fetched(const ReplicaKey& replica, std::int64_t offset, std::int64_t now_ms);
  // A candidate asks. The answer may be sent when the actions are done.
  QuorumActions vote_requested(const VoteRequest& request, VoteAnswer& answer);
  // Somebody names the leader of an epoch.
  QuorumActions leader_announced(std::int32_t epoch, std::int32_t leader_id);

  Role role() const { return role_; }
  bool is_leader() const { return role_ == Role::kLeader; }
  std::int32_t epoch() const { return state_.epoch; }
  std::int32_t leader_id() const { return state_.leader_id.value_or(-1); }
  const VoterSet& voters() const { return voters_; }
  // First offset of the leader's epoch: its LeaderChange record.
  std::int64_t epoch_start_offset() const { return epoch_start_offset_; }
  std::int64_t high_watermark() const { return high_watermark_; }  // -1 unknown
  QuorumDescription describe(std::int64_t now_ms) const;

 private:
  void store(QuorumActions& actions);
  void become_candidate();
  void become_leader(QuorumActions& actions);
  void become_unattached(std::int32_t epoch, QuorumActions& actions);
  void advance(QuorumActions& actions);

  const ReplicaKey self_;
  const VoterSet voters_;
  ElectionState state_;
  LogEnd log_;
  Role role_ = Role::kUnattached;
  std::vector<std::int32_t> granted_by_;
  std::int64_t flushed_offset_ = 0;
  std::int64_t epoch_start_offset_ = -1;
  std::int64_t high_watermark_ = -1;
  std::map<ReplicaKey, ReplicaProgress> others_;
};

}  // namespace barnabas::controller
