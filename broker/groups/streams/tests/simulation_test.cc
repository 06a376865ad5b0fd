// Members come, go, stall and are cut off under a seed; after every step the named invariants hold.
#include <gtest/gtest.h>

#include "broker/groups/streams/tests/bench.h"
#include "common/random.h"
#include "common/text.h"

namespace barnabas::broker::groups::streams {
namespace {

class Simulation {
 public:
  Simulation(std::uint64_t seed, std::size_t members, std::size_t threads)
      : random_(seeded_random(seed * 7919 + 1)) {
    bench_.cluster->add("t", 1 + below(10));
    for (std::size_t i = 0; i < members; ++i) {
      HeartbeatCommand join = joining(concat("m-", i), word_count(), concat("p-", i / threads));
      if (below(2) == 0) join.endpoint = Endpoint{concat("host-", i / threads), 7'000};
      members_.push_back(std::make_unique<TestMember>(bench_, std::move(join)));
    }
  }

  void step() {
    TestMember& member = *members_[random_->next() % members_.size()];
    switch (below(40)) {
      case 0:
        member.leave();
        break;
      case 1:
        bench_.advance(20'000 + below(40'000));  // some expire
        break;
      case 2:
        bench_.cluster->config.standby_replicas = below(3);
        break;
      case 3:
        bench_.cluster->config.assignment_interval_ms = below(2) * 1'000;
        break;
      case 4:
        bench_.cluster->config.initial_rebalance_delay_ms = below(2) * 3'000;
        break;
      case 5:
        bench_.restart();
        break;
      case 6:
        member.lazy = !member.lazy;
        break;
      default:
        member.beat();
        bench_.create_missing();
        bench_.advance(below(200));
    }
    check();
  }

  // Everybody beats until nothing moves.
  void settle() {
    for (auto& member : members_) member->lazy = false;
    for (int round = 0; round < 20; ++round) {
      for (auto& member : members_) {
        member->beat();
        bench_.create_missing();
      }
      bench_.advance(1'500);
      check();
    }
  }

  void check_converged() {
    EXPECT_EQ(bench_.state(), "Stable");
    std::map<std::pair<std::string, std::int32_t>, int> owners;
    for (const auto& member : members_) {
      EXPECT_EQ(member->owned(), bench_.group().target(member->id())) << member->id();
      for (const auto& [subtopology, numbers] : member->owned().active) {
        for (const std::int32_t number : numbers) ++owners[{subtopology, number}];
      }
    }
    const std::int32_t tasks = bench_.cluster->topic("t")->partitions;
    for (const char* subtopology : {"0", "1"}) {
      for (std::int32_t number = 0; number < tasks; ++number) {
        const int had_by = owners[{subtopology, number}];
        EXPECT_EQ(had_by, 1) << subtopology << "_" << number;
      }
    }
  }

 private:
  // NoActiveTaskOwnedTwice, NoTaskTwiceInAProcess, EpochsNeverGoBack, ReplayMakesTheSame.
  void check() {
    if (bench_.protocol->find("g") == nullptr) return;
    const Group& group = bench_.group();
    std::set<std::pair<std::string, std::int32_t>> active;
    std::map<std::string, std::set<std::pair<std::string, std::int32_t>>> by_process;
    for (const auto& [id, member] : group.members()) {
      for (const AssignedTasks* some : {&member.assigned, &member.pending_revocation}) {
        const TaskSet owned = numbers_of(some->active);
        for (const auto& [subtopology, numbers] : owned) {
          for (const std::int32_t number : numbers) {
            const bool fresh = active.insert({subtopology, number}).second;
            ASSERT_TRUE(fresh) << "NoActiveTaskOwnedTwice: " << subtopology << "_" << number;
          }
        }
        for (const TaskSet* tasks : {&owned, &some->standby}) {
          for (const auto& [subtopology, numbers] : *tasks) {
            for (const std::int32_t number : numbers) {
              const bool fresh = by_process[member.process_id].insert({subtopology, number}).second;
              ASSERT_TRUE(fresh) << "NoTaskTwiceInAProcess: " << subtopology << "_" << number;
            }
          }
        }
      }
      ASSERT_LE(member.epoch, group.epoch()) << "EpochsNeverGoBack";
    }
    ASSERT_GE(group.epoch(), last_epoch_) << "EpochsNeverGoBack";
    ASSERT_LE(group.target_epoch(), group.epoch());
    last_epoch_ = group.epoch();
    if (++checks_ % 64 != 0) return;
    Bench other;
    other.cluster = bench_.cluster;
    other.log = bench_.log;
    other.restart();
    ASSERT_EQ(Bench::picture(*other.protocol), Bench::picture(*bench_.protocol)) << "ReplayMakesTheSame";
  }

  std::int32_t below(std::uint32_t limit) { return static_cast<std::int32_t>(random_->next() % limit); }

  Bench bench_;
  std::unique_ptr<Random> random_;
  std::vector<std::unique_ptr<TestMember>> members_;
  std::int32_t last_epoch_ = 0;
  int checks_ = 0;
};

TEST(StreamsGroupSimulation, SmallGroupsKeepTheirInvariantsAndSettle) {
  for (std::uint64_t seed = 1; seed <= 10; ++seed) {
    SCOPED_TRACE(concat("seed ", seed));
    Simulation simulation(seed, 2 + seed % 8, 1 + seed % 3);
    for (int i = 0; i < 300 && !testing::Test::HasFatalFailure(); ++i) simulation.step();
    simulation.settle();
    simulation.check_converged();
    if (testing::Test::HasFailure()) return;
  }
}

TEST(StreamsGroupSimulation, TwoHundredMembersSettle) {
  Bench bench;
  bench.cluster->add("wide", 600);
  bench.cluster->config.assignment_interval_ms = 1'000;
  bench.cluster->config.standby_replicas = 1;
  std::vector<std::unique_ptr<TestMember>> members;
  for (int i = 0; i < 200; ++i) {
    members.push_back(std::make_unique<TestMember>(
        bench, joining(concat("m-", i), one_step("wide", true), concat("p-", i / 4))));
  }
  for (int round = 0; round < 16; ++round) {
    for (auto& member : members) {
      member->beat();
      bench.create_missing();
      bench.advance(20);
    }
  }
  EXPECT_EQ(bench.state(), "Stable");
  for (const auto& member : members) EXPECT_EQ(member->active_tasks(), 3u);
}

}  // namespace
}  // namespace barnabas::broker::groups::streams
