// Hundreds of members that join, sync, commit, leave, crash and come back, on one shard in virtual time,
// while its log fails and its broker restarts. The invariants have names; a failure prints the seed.
#include <gtest/gtest.h>

#include <map>

#include "broker/groups/tests/shard_bench.h"
#include "common/logging.h"
#include "common/text.h"

namespace barnabas::broker::groups {
namespace {

constexpr int kGroups = 6;
constexpr int kClients = 240;
constexpr int kSteps = 700;

enum class Phase : std::uint8_t { kOut, kJoining, kJoined, kSyncing, kMember, kCrashed };

struct Client {
  std::string group_id;
  std::optional<std::string> instance_id;
  bool needs_known_member_id = false;
  bool can_skip_assignment = false;
  Phase phase = Phase::kOut;
  std::string member_id;
  std::int32_t generation_id = -1;
  Answered<JoinReply> join;
  Answered<SyncReply> sync;
};

class Simulation {
 public:
  Simulation(std::uint64_t seed, bool with_failures)
      : with_failures_(with_failures), random_(seeded_random(seed)), bench_({.max_group_size = 60}, seed) {
    for (int i = 0; i < kClients; ++i) {
      Client& client = clients_.emplace_back();
      client.group_id = concat("group-", i % kGroups);
      if (chance(4)) client.instance_id = concat("instance-", i);
      client.needs_known_member_id = chance(2);
      client.can_skip_assignment = chance(2);
    }
  }

  void run() {
    for (int step = 0; step < kSteps && !testing::Test::HasFailure(); ++step) {
      for (int i = 0; i < 24; ++i) act(clients_[random_->below(clients_.size())]);
      disturb();
      collect();
      if (chance(3)) advance(static_cast<std::int64_t>(random_->below(900)));
      if (chance(400)) advance(20'000);
      if (step % 50 == 0) check_replay_equality();
    }
    settle();
    // The members were busy, not just refused.
    EXPECT_GT(memberships_, 300);
    EXPECT_GT(acknowledged_.size(), 3u);
  }

 private:
  bool chance(std::uint64_t one_in) { return random_->below(one_in) == 0; }

  // In small steps, so that the answers of one generation are taken in before the next begins.
  void advance(std::int64_t ms) {
    for (; ms > 0; ms -= 100) {
      bench_.advance(std::min<std::int64_t>(ms, 100));
      collect();
    }
  }

  Joiner joiner(const Client& client) {
    Joiner out;
    out.group_id = client.group_id;
    out.member_id = client.member_id;
    out.instance_id = client.instance_id;
    out.protocols =
        chance(2) ? std::vector<std::string>{"range", "sticky"} : std::vector<std::string>{"sticky", "range"};
    out.session_timeout_ms = 6'000;
    out.rebalance_timeout_ms = 15'000;
    out.needs_known_member_id = client.needs_known_member_id;
    out.can_skip_assignment = client.can_skip_assignment;
    return out;
  }

  void act(Client& client) {
    switch (client.phase) {
      case Phase::kOut:
        client.join = bench_.join(joiner(client));
        joins_.push_back(client.join);
        client.phase = Phase::kJoining;
        return;
      case Phase::kJoined:
        return sync(client);
      case Phase::kMember:
        return live(client);
      case Phase::kCrashed:
        if (chance(20)) forget(client);
        return;
      case Phase::kJoining:
      case Phase::kSyncing:
        if (chance(200)) client.phase = Phase::kCrashed;
        return;
    }
  }

  void forget(Client& client) {
    client.phase = Phase::kOut;
    client.member_id.clear();
  }

  void rejoin(Client& client) {
    client.phase = Phase::kOut;
    act(client);
  }

  void sync(Client& client) {
    SyncCommand command;
    command.group_id = client.group_id;
    command.generation_id = client.generation_id;
    command.member_id = client.member_id;
    command.instance_id = client.instance_id;
    for (const JoinedMember& member : client.join->members) {
      command.assignments.push_back(
          {member.member_id, bytes_of(concat(client.generation_id, " ", member.member_id))});
    }
    client.sync = bench_.sync(std::move(command));
    syncs_.push_back(client.sync);
    client.phase = Phase::kSyncing;
  }

  void live(Client& client) {
    if (chance(60)) {
      const auto left = bench_.leave({{client.member_id, client.instance_id, ""}}, client.group_id);
      leaves_.push_back(left);
      return forget(client);
    }
    if (chance(80)) {
      client.phase = Phase::kCrashed;
      return;
    }
    if (chance(120)) return rejoin(client);
    if (chance(2)) return commit(client);
    const ErrorCode heard =
        bench_.heartbeat(client.member_id, client.generation_id, client.group_id, client.instance_id);
    if (heard == ErrorCode::kRebalanceInProgress) return rejoin(client);
    if (heard != ErrorCode::kNone) forget(client);
  }

  void commit(Client& client) {
    CommitCommand command;
    command.group_id = client.group_id;
    command.generation_id = client.generation_id;
    command.member_id = client.member_id;
    command.instance_id = client.instance_id;
    const std::int64_t offset = ++last_offset_;
    command.topics.push_back({"t", Uuid::zero(), {{0, offset, -1, std::nullopt}}});
    commits_.push_back({client.group_id, offset, bench_.commit(std::move(command))});
  }

  void disturb() {
    if (with_failures_) {
      bench_.append_error = chance(40) ? ErrorCode::kNotEnoughReplicas : ErrorCode::kNone;
      if (chance(30)) bench_.hold_commits = true;
    }
    if (bench_.hold_commits && chance(4)) {
      bench_.hold_commits = false;
      bench_.release_commits(with_failures_ && chance(5) ? ErrorCode::kRequestTimedOut : ErrorCode::kNone);
    }
    if (chance(300)) {
      bench_.hold_commits = false;
      bench_.append_error = ErrorCode::kNone;
      bench_.release_commits();
      collect();
      bench_.restart();
      generations_.clear();  // a rebalance that was under way starts over
      collect();
      check_offsets_never_go_back();
    }
  }

  // Takes the answers in and looks at each.
  void collect() {
    for (Client& client : clients_) {
      if (client.phase == Phase::kJoining && client.join.done()) joined(client);
      if (client.phase == Phase::kSyncing && client.sync.done()) synced(client);
    }
    const auto once = [](auto& waiting) {
      for (const auto& answered : waiting) ASSERT_LE(answered.times(), 1) << "NoRequestIsAnsweredTwice";
      std::erase_if(waiting, [](const auto& answered) { return answered.times() == 1 && answered.alone(); });
    };
    once(joins_);
    once(syncs_);
    for (auto& [group_id, offset, answered] : commits_) {
      ASSERT_LE(answered.times(), 1) << "NoRequestIsAnsweredTwice";
      if (answered.done() && answered->error == ErrorCode::kNone) {
        acknowledged_[group_id] = std::max(acknowledged_[group_id], offset);
      }
    }
    std::erase_if(commits_, [](const Commit& commit) { return commit.answered.done(); });
  }

  void joined(Client& client) {
    const JoinReply& reply = *client.join;
    if (reply.error == ErrorCode::kMemberIdRequired) {
      client.member_id = reply.member_id;
      return rejoin(client);
    }
    if (reply.error != ErrorCode::kNone) return forget(client);
    Generation& seen = generations_[client.group_id];
    ASSERT_GE(reply.generation_id, seen.id) << "OneGenerationAtATime: " << client.group_id;
    if (reply.generation_id > seen.id) {
      seen = {reply.generation_id, reply.leader, reply.protocol_name.value()};
    } else {
      ASSERT_EQ(reply.protocol_name, seen.protocol) << "OneGenerationAtATime";
    }
    ASSERT_TRUE(reply.members.empty() || reply.leader == reply.member_id) << "OnlyTheLeaderSeesTheMembers";
    client.member_id = reply.member_id;
    client.generation_id = reply.generation_id;
    client.phase = Phase::kJoined;
  }

  void synced(Client& client) {
    const SyncReply& reply = *client.sync;
    if (reply.error == ErrorCode::kRebalanceInProgress) return rejoin(client);
    if (reply.error != ErrorCode::kNone) return forget(client);
    client.phase = Phase::kMember;
    ++memberships_;
    // A static member that took its former self's place keeps that one's assignment.
    if (reply.assignment.empty() || client.instance_id) return;
    ASSERT_EQ(as_text(reply.assignment), concat(client.generation_id, " ", client.member_id))
        << "AssignmentsReachTheirMemberOfTheirGeneration";
  }

  void check_offsets_never_go_back() {
    for (const auto& [group_id, offset] : acknowledged_) {
      ASSERT_GE(bench_.fetch("t", 0, group_id), offset) << "AcknowledgedOffsetsNeverGoBack: " << group_id;
    }
  }

  void check_replay_equality() {
    const auto reloaded = bench_.reloaded();
    for (int i = 0; i < kGroups; ++i) {
      const std::string id = concat("group-", i);
      const CommittedOffset* live_offset = bench_.shard().committed().find(id, "t", 0);
      const CommittedOffset* loaded_offset = reloaded->committed().find(id, "t", 0);
      ASSERT_EQ(live_offset != nullptr, loaded_offset != nullptr) << "ReplayedOffsetsAreTheLiveOnes";
      if (live_offset != nullptr) {
        ASSERT_EQ(live_offset->offset, loaded_offset->offset) << "ReplayedOffsetsAreTheLiveOnes";
      }
      const ClassicGroup* live = bench_.shard().table().find(id);
      if (with_failures_ || live == nullptr) continue;
      if (!live->in(GroupState::kStable) && !live->in(GroupState::kEmpty)) continue;
      const ClassicGroup* loaded = reloaded->table().find(id);
      ASSERT_NE(loaded, nullptr) << "ReplayedGroupsAreTheLiveOnes: " << id;
      ASSERT_EQ(live->state(), loaded->state()) << "ReplayedGroupsAreTheLiveOnes: " << id;
      GroupMetadataRecord left = live->record(nullptr);
      GroupMetadataRecord right = loaded->record(nullptr);
      left.value->current_state_timestamp = right.value->current_state_timestamp;
      ASSERT_EQ(left.value, right.value) << "ReplayedGroupsAreTheLiveOnes: " << id;
    }
  }

  // Everybody falls silent: in the end nothing is parked and every group is empty.
  void settle() {
    bench_.append_error = ErrorCode::kNone;
    bench_.hold_commits = false;
    bench_.release_commits();
    bench_.advance(10 * 60 * 1'000);
    for (const auto& answered : joins_) ASSERT_EQ(answered.times(), 1) << "EveryRequestIsAnsweredInTheEnd";
    for (const auto& answered : syncs_) ASSERT_EQ(answered.times(), 1) << "EveryRequestIsAnsweredInTheEnd";
    for (const auto& answered : leaves_) ASSERT_EQ(answered.times(), 1) << "EveryRequestIsAnsweredInTheEnd";
    for (const auto& [id, group] : bench_.shard().table().groups()) {
      ASSERT_TRUE(group.in(GroupState::kEmpty)) << "SilentGroupsBecomeEmpty: " << id;
      ASSERT_TRUE(group.pending_members.empty()) << "SilentGroupsBecomeEmpty: " << id;
    }
    check_offsets_never_go_back();
  }

  struct Generation {
    std::int32_t id = -1;
    std::string leader;
    std::string protocol;
  };
  struct Commit {
    std::string group_id;
    std::int64_t offset;
    Answered<CommitReply> answered;
  };

  const bool with_failures_;
  std::unique_ptr<Random> random_;
  ShardBench bench_;
  std::vector<Client> clients_;
  std::vector<Answered<JoinReply>> joins_;
  std::vector<Answered<SyncReply>> syncs_;
  std::vector<Answered<LeaveReply>> leaves_;
  std::vector<Commit> commits_;
  std::map<std::string, Generation> generations_;
  std::map<std::string, std::int64_t> acknowledged_;
  std::int64_t last_offset_ = 0;
  int memberships_ = 0;
};

class GroupSimulationTest : public testing::TestWithParam<std::uint64_t> {
 protected:
  void SetUp() override { set_log_level(LogLevel::kError); }
  void TearDown() override { set_log_level(LogLevel::kInfo); }
};

TEST_P(GroupSimulationTest, InvariantsHold) {
  SCOPED_TRACE(concat("seed ", GetParam()));
  Simulation(GetParam(), false).run();
}

TEST_P(GroupSimulationTest, InvariantsHoldWhileTheLogFails) {
  SCOPED_TRACE(concat("seed ", GetParam()));
  Simulation(GetParam(), true).run();
}

INSTANTIATE_TEST_SUITE_P(Seeds, GroupSimulationTest, testing::Range<std::uint64_t>(1, 6));

}  // namespace
}  // namespace barnabas::broker::groups
