#include <gtest/gtest.h>

#include "common/random.h"
#include "controller/quorum/election_state.h"
#include "controller/quorum/quorum_core.h"
#include "controller/tests/support.h"

namespace barnabas::controller {
namespace {

using testing::kDirectory;

Voter voter(std::int32_t id, const Uuid& directory = {}) {
  Voter made;
  made.key = {id, directory};
  return made;
}

// --- quorum-state ---

TEST(ElectionStateTest, TextIsKafkasInBothVersions) {
  ElectionState leader;
  leader.epoch = 3;
  leader.leader_id = 1;
  const std::string zero =
      "{\"clusterId\":\"\",\"leaderId\":1,\"leaderEpoch\":3,\"votedId\":-1,\"appliedOffset\":0,"
      "\"currentVoters\":[{\"voterId\":1}],\"data_version\":0}";
  EXPECT_EQ(election_state_text(leader, 0, VoterSet({voter(1)})), zero);
  EXPECT_EQ(parse_election_state(zero).value(), leader);

  ElectionState voted;
  voted.epoch = 4;
  voted.voted = ReplicaKey{2, kDirectory};
  const std::string one =
      "{\"leaderId\":-1,\"leaderEpoch\":4,\"votedId\":2,\"votedDirectoryId\":\"ISIjJCUmJygxMjM0NTY3OA\","
      "\"data_version\":1}";
  EXPECT_EQ(election_state_text(voted, 1, VoterSet({voter(2)})), one);
  EXPECT_EQ(parse_election_state(one).value(), voted);
}

TEST(ElectionStateTest, DamagedTextIsRefused) {
  for (const std::string_view text :
       {"", "[]", "{\"leaderId\":1,\"leaderEpoch\":1}",
        "{\"leaderId\":1,\"leaderEpoch\":1,\"data_version\":2}", "{\"leaderEpoch\":1,\"data_version\":1}",
        "{\"leaderId\":1,\"leaderEpoch\":-1,\"data_version\":1}",
        "{\"leaderId\":-1,\"leaderEpoch\":4,\"votedId\":-1,\"votedDirectoryId\":\"ISIjJCUmJygxMjM0NTY3OA\","
        "\"data_version\":1}"}) {
    EXPECT_FALSE(parse_election_state(text)) << text;
  }
}

// --- the core ---

TEST(QuorumCoreTest, OnlyVoterStoresItsLeadershipBeforeItWrites) {
  QuorumCore core({1, {}}, VoterSet({voter(1)}), {}, {});
  const QuorumActions actions = core.start();
  ASSERT_EQ(actions.size(), 3u);
  EXPECT_EQ(std::get<StoreElectionState>(actions[0]).state.epoch, 1);
  EXPECT_EQ(std::get<StoreElectionState>(actions[0]).state.leader_id, 1);
  EXPECT_EQ(std::get<StoreElectionState>(actions[0]).state.voted, std::nullopt);
  EXPECT_EQ(std::get<AppendLeaderChange>(actions[1]).epoch, 1);
  EXPECT_EQ(std::get<ChangeLeader>(actions[2]).leader_id, 1);
  EXPECT_TRUE(core.is_leader());
}

TEST(QuorumCoreTest, EpochOfTheLogCountsWhenTheFileIsOlder) {
  ElectionState stored;
  stored.epoch = 3;
  QuorumCore core({1, {}}, VoterSet({voter(1)}), stored, {100, 7});
  core.start();
  EXPECT_EQ(core.epoch(), 8);
}

TEST(QuorumCoreTest, NothingIsCommittedBeforeTheEpochsOwnRecordIsFlushed) {
  QuorumCore core({1, {}}, VoterSet({voter(1)}), {}, {10, 1});
  core.start();
  EXPECT_TRUE(core.flushed(10).empty());
  EXPECT_EQ(core.high_watermark(), -1);
  core.appended(11);
  EXPECT_EQ(core.high_watermark(), -1);
  const QuorumActions actions = core.flushed(11);
  ASSERT_EQ(actions.size(), 1u);
  EXPECT_EQ(std::get<AdvanceHighWatermark>(actions[0]).offset, 11);
}

TEST(QuorumCoreTest, ResignedLeaderCommitsNothing) {
  QuorumCore core({1, {}}, VoterSet({voter(1)}), {}, {});
  core.start();
  core.appended(1);
  core.resign();
  EXPECT_TRUE(core.flushed(1).empty());
  EXPECT_FALSE(core.is_leader());
}

TEST(QuorumCoreTest, OneOfSeveralVotersWaitsAndVotesOncePerEpoch) {
  QuorumCore core({1, {}}, VoterSet({voter(1), voter(2), voter(3)}), {}, {5, 2});
  core.start();
  EXPECT_EQ(core.role(), QuorumCore::Role::kUnattached);
  VoteAnswer answer;
  EXPECT_FALSE(core.vote_requested({{2, {}}, 3, 2, 5}, answer).empty());
  EXPECT_TRUE(answer.granted);
  core.vote_requested({{3, {}}, 3, 2, 9}, answer);
  EXPECT_FALSE(answer.granted);
  EXPECT_TRUE(core.vote_requested({{2, {}}, 3, 2, 5}, answer).empty());
  EXPECT_TRUE(answer.granted);
  core.vote_requested({{3, {}}, 4, 2, 4}, answer);  // its log is shorter
  EXPECT_FALSE(answer.granted);
  EXPECT_EQ(answer.epoch, 4);
  core.leader_announced(4, 2);
  EXPECT_EQ(core.role(), QuorumCore::Role::kFollower);
  core.vote_requested({{3, {}}, 4, 9, 9}, answer);  // the epoch has a leader
  EXPECT_FALSE(answer.granted);
  EXPECT_EQ(answer.leader_id, 2);
}

TEST(QuorumCoreTest, LeaderThatWentDownIsResignedInItsEpoch) {
  ElectionState stored;
  stored.epoch = 6;
  stored.leader_id = 1;
  QuorumCore core({1, {}}, VoterSet({voter(1), voter(2), voter(3)}), stored, {5, 6});
  core.start();
  EXPECT_EQ(core.role(), QuorumCore::Role::kResigned);
  VoteAnswer answer;
  core.vote_requested({{2, {}}, 6, 6, 5}, answer);
  EXPECT_FALSE(answer.granted);
}

TEST(QuorumCoreTest, ObserversAreDescribedAndDoNotVote) {
  QuorumCore core({1, {}}, VoterSet({voter(1)}), {}, {});
  core.start();
  core.appended(4);
  core.fetched({9, {}}, 4, 1000);
  EXPECT_EQ(core.high_watermark(), -1);
  core.flushed(3);
  const QuorumDescription description = core.describe(2000);
  EXPECT_EQ(description.high_watermark, 3);
  ASSERT_EQ(description.voters.size(), 1u);
  EXPECT_EQ(description.voters.front().log_end_offset, 4);
  ASSERT_EQ(description.observers.size(), 1u);
  EXPECT_EQ(description.observers.front().last_caught_up_ms, 1000);
}

// --- a life of starts, appends, flushes and crashes, with the rules that must hold throughout ---

// The disk of one node: election state, and the epoch of each record with how many are safe.
struct Disk {
  ElectionState state;
  std::vector<std::int32_t> epochs;
  std::size_t safe = 0;
};

struct Invariants {
  std::int32_t last_epoch = 0;
  std::int64_t committed = -1;
  std::vector<std::int32_t> committed_epochs;

  void epoch_rises(std::int32_t epoch) {
    ASSERT_GT(epoch, last_epoch) << "EpochRisesWithEveryStart";
    last_epoch = epoch;
  }
  void stored_before_written(const Disk& disk, std::int32_t epoch) {
    ASSERT_EQ(disk.state.epoch, epoch) << "ElectionStateIsStoredBeforeTheEpochIsUsed";
    ASSERT_EQ(disk.state.leader_id, 1) << "ElectionStateIsStoredBeforeTheEpochIsUsed";
  }
  void watermark(const Disk& disk, std::int64_t offset, std::int64_t epoch_start) {
    ASSERT_GT(offset, epoch_start) << "NothingIsCommittedBeforeTheOwnEpoch";
    ASSERT_LE(offset, static_cast<std::int64_t>(disk.safe)) << "LeaderCountsItselfOnlyAfterTheFlush";
    ASSERT_GE(offset, committed) << "HighWatermarkNeverFalls";
    committed = offset;
    committed_epochs.assign(disk.epochs.begin(), disk.epochs.begin() + offset);
  }
  void committed_survives(const Disk& disk) const {
    ASSERT_GE(disk.epochs.size(), committed_epochs.size()) << "CommittedSurvivesEveryCrash";
    for (std::size_t i = 0; i < committed_epochs.size(); ++i) {
      ASSERT_EQ(disk.epochs[i], committed_epochs[i]) << "CommittedSurvivesEveryCrash";
    }
  }
};

void live(std::uint64_t seed) {
  const auto random = seeded_random(seed);
  Disk disk;
  Invariants rules;
  const VoterSet voters({voter(1)});
  for (int life = 0; life < 20; ++life) {
    const std::int32_t log_epoch = disk.epochs.empty() ? 0 : disk.epochs.back();
    QuorumCore core({1, {}}, voters, disk.state, {static_cast<std::int64_t>(disk.epochs.size()), log_epoch});
    disk.safe = disk.epochs.size();  // recovered bytes are on the disk
    bool alive = true;
    const auto perform = [&](const QuorumActions& actions) {
      for (const QuorumAction& action : actions) {
        if (!alive || random->below(40) == 0) {
          alive = false;  // the machine stops between two actions
          return;
        }
        if (const auto* store = std::get_if<StoreElectionState>(&action)) {
          disk.state = store->state;
        } else if (const auto* change = std::get_if<AppendLeaderChange>(&action)) {
          rules.epoch_rises(change->epoch);
          rules.stored_before_written(disk, change->epoch);
          disk.epochs.push_back(change->epoch);
          core.appended(static_cast<std::int64_t>(disk.epochs.size()));
        } else if (const auto* advance = std::get_if<AdvanceHighWatermark>(&action)) {
          rules.watermark(disk, advance->offset, core.epoch_start_offset());
        }
      }
    };
    perform(core.start());
    for (int step = 0; alive && step < 30; ++step) {
      switch (random->below(5)) {
        case 0:
          disk.safe = disk.epochs.size();
          perform(core.flushed(static_cast<std::int64_t>(disk.safe)));
          break;
        case 1:
          alive = random->below(8) != 0;
          break;
        default:
          disk.epochs.push_back(core.epoch());
          core.appended(static_cast<std::int64_t>(disk.epochs.size()));
      }
    }
    // The crash takes any part of what was not flushed.
    const std::size_t unsafe = disk.epochs.size() - disk.safe;
    disk.epochs.resize(disk.safe + (unsafe == 0 ? 0 : random->below(unsafe + 1)));
    rules.committed_survives(disk);
    if (::testing::Test::HasFatalFailure()) return;
  }
}

TEST(QuorumCoreTest, InvariantsHoldThroughSeededLives) {
  for (std::uint64_t seed = 1; seed <= 300; ++seed) {
    SCOPED_TRACE(concat("seed ", seed));
    live(seed);
    if (HasFatalFailure()) return;
  }
}

}  // namespace
}  // namespace barnabas::controller
