#include "controller/quorum/quorum_core.h"

#include <algorithm>
#include <tuple>

#include "common/assert.h"

namespace barnabas::controller {

QuorumCore::QuorumCore(ReplicaKey self, VoterSet voters, ElectionState stored, LogEnd log)
    : self_(self),
      voters_(std::move(voters)),
      state_(std::move(stored)),
      log_(log),
      flushed_offset_(log.offset) {}

void QuorumCore::store(QuorumActions& actions) {
  actions.emplace_back(StoreElectionState{state_});
}

QuorumActions QuorumCore::start() {
  QuorumActions actions;
  // The file was lost or is older than the log: its votes say nothing about the log's epoch.
  if (log_.epoch > state_.epoch) {
    state_ = ElectionState();
    state_.epoch = log_.epoch;
  }
  if (voters_.is_only(self_)) {
    // Its own vote is the majority: what it stores is the outcome, before anything of the epoch is written.
    become_candidate();
    become_leader(actions);
    return actions;
  }
  // A leader that went down may hold records that it never flushed: it must not lead in that epoch again.
  role_ = state_.leader_id == self_.id ? Role::kResigned : Role::kUnattached;
  store(actions);
  actions.emplace_back(ChangeLeader{state_.epoch, leader_id()});
  return actions;
}

QuorumActions QuorumCore::resign() {
  QuorumActions actions;
  if (role_ != Role::kLeader) return actions;
  role_ = Role::kResigned;
  actions.emplace_back(ChangeLeader{state_.epoch, -1});
  return actions;
}

void QuorumCore::become_candidate() {
  ++state_.epoch;
  state_.leader_id = std::nullopt;
  state_.voted = self_;
  role_ = Role::kCandidate;
  granted_by_ = {self_.id};
}

void QuorumCore::become_leader(QuorumActions& actions) {
  ASSERT(granted_by_.size() >= voters_.majority());
  state_.leader_id = self_.id;
  state_.voted = std::nullopt;
  role_ = Role::kLeader;
  epoch_start_offset_ = log_.offset;
  others_.clear();
  store(actions);
  AppendLeaderChange change;
  change.epoch = state_.epoch;
  for (const Voter& voter : voters_.voters()) change.voters.push_back(voter.key.id);
  change.granted_by = granted_by_;
  actions.emplace_back(std::move(change));
  actions.emplace_back(ChangeLeader{state_.epoch, self_.id});
}

void QuorumCore::become_unattached(std::int32_t epoch, QuorumActions& actions) {
  ASSERT(epoch > state_.epoch);
  state_ = ElectionState();
  state_.epoch = epoch;
  role_ = Role::kUnattached;
  store(actions);
  actions.emplace_back(ChangeLeader{epoch, -1});
}

void QuorumCore::appended(std::int64_t end_offset) {
  ASSERT(role_ == Role::kLeader && end_offset >= log_.offset);
  log_ = {end_offset, state_.epoch};
}

QuorumActions QuorumCore::flushed(std::int64_t end_offset) {
  ASSERT(end_offset <= log_.offset);
  flushed_offset_ = std::max(flushed_offset_, end_offset);
  QuorumActions actions;
  advance(actions);
  return actions;
}

QuorumActions QuorumCore::fetched(const ReplicaKey& replica, std::int64_t offset, std::int64_t now_ms) {
  QuorumActions actions;
  if (role_ != Role::kLeader || offset > log_.offset) return actions;
  ReplicaProgress& progress = others_[replica];
  progress.key = replica;
  progress.log_end_offset = offset;
  progress.last_fetch_ms = now_ms;
  if (offset == log_.offset) progress.last_caught_up_ms = now_ms;
  advance(actions);
  return actions;
}

// The largest offset that a majority holds. Committing something of an older epoch by counting could lose it
// again, so the epoch's own first record must be among it.
void QuorumCore::advance(QuorumActions& actions) {
  if (role_ != Role::kLeader) return;
  std::vector<std::int64_t> ends;
  for (const Voter& voter : voters_.voters()) {
    if (voter.key.id == self_.id) {
      ends.push_back(flushed_offset_);
      continue;
    }
    const auto found = std::find_if(others_.begin(), others_.end(), [&](const auto& other) {
      return VoterSet({voter}).contains(other.first);
    });
    ends.push_back(found == others_.end() ? -1 : found->second.log_end_offset);
  }
  std::sort(ends.begin(), ends.end(), std::greater<>());
  const std::int64_t held = ends[voters_.majority() - 1];
  if (held <= epoch_start_offset_ || held <= high_watermark_) return;
  high_watermark_ = held;
  actions.emplace_back(AdvanceHighWatermark{held});
}

QuorumActions QuorumCore::vote_requested(const VoteRequest& request, VoteAnswer& answer) {
  QuorumActions actions;
  if (request.epoch > state_.epoch) become_unattached(request.epoch, actions);
  const bool up_to_date =
      std::tie(request.last_epoch, request.end_offset) >= std::tie(log_.epoch, log_.offset);
  const bool free = !state_.voted || *state_.voted == request.candidate;
  answer.granted =
      request.epoch == state_.epoch && role_ == Role::kUnattached && !state_.leader_id && free && up_to_date;
  if (answer.granted && !state_.voted) {
    state_.voted = request.candidate;
    store(actions);
  }
  answer.epoch = state_.epoch;
  answer.leader_id = leader_id();
  return actions;
}

QuorumActions QuorumCore::leader_announced(std::int32_t epoch, std::int32_t leader_id) {
  QuorumActions actions;
  if (epoch < state_.epoch || leader_id == self_.id) return actions;
  if (epoch == state_.epoch && state_.leader_id) return actions;
  if (epoch > state_.epoch) {
    state_ = ElectionState();
    state_.epoch = epoch;
  }
  state_.leader_id = leader_id;
  role_ = Role::kFollower;
  store(actions);
  actions.emplace_back(ChangeLeader{epoch, leader_id});
  return actions;
}

QuorumDescription QuorumCore::describe(std::int64_t now_ms) const {
  QuorumDescription description;
  description.leader_id = leader_id();
  description.leader_epoch = state_.epoch;
  description.high_watermark = high_watermark_;
  description.nodes = voters_.voters();
  for (const Voter& voter : voters_.voters()) {
    ReplicaProgress& progress = description.voters.emplace_back();
    progress.key = voter.key;
    if (voter.key.id == self_.id) {
      progress.log_end_offset = log_.offset;
      progress.last_fetch_ms = now_ms;
      progress.last_caught_up_ms = now_ms;
    } else if (const auto found = others_.find(voter.key); found != others_.end()) {
      progress = found->second;
    }
  }
  for (const auto& [key, progress] : others_) {
    if (!voters_.contains(key)) description.observers.push_back(progress);
  }
  return description;
}

}  // namespace barnabas::controller
