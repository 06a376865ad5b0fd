// Members come, go, stall and are cut off under a seed; after every step the named invariants hold.
#include <gtest/gtest.h>

#include <cstdlib>

#include "broker/groups/consumer/tests/bench.h"
#include "common/text.h"

namespace barnabas::broker::groups::consumer {
namespace {

class Simulation {
 public:
  Simulation(std::uint64_t seed, std::size_t members, std::size_t topics)
      : bench_({}, seed), random_(seeded_random(seed * 7919 + 1)) {
    for (std::size_t i = 0; i < topics; ++i) bench_.cluster->add(concat("topic-", i), 1 + below(12));
    for (std::size_t i = 0; i < members; ++i) {
      members_.push_back(std::make_unique<TestMember>(bench_, subscription(i)));
    }
  }

  void step() {
    TestMember& member = *members_[pick(members_.size())];
    switch (below(40)) {
      case 0:
        member.leave();
        break;
      case 1:
        bench_.advance(20'000 + below(40'000));  // some expire
        break;
      case 2:
        bench_.cluster->add(concat("topic-", below(6)), 12 + below(12));
        break;
      case 3:
        bench_.cluster->remove(concat("topic-", below(6)));
        break;
      case 4:
        member.subscription().topics = some_topics();
        break;
      case 5:
        bench_.restart();
        break;
      case 6:
        if (member.subscription().instance_id) member.leave(kStaticLeaveEpoch);
        break;
      default:
        member.beat();
        bench_.advance(below(50));
    }
    check();
  }

  // Everybody beats until nothing moves.
  void settle() {
    for (int round = 0; round < 12; ++round) {
      for (auto& member : members_) member->beat();
      bench_.advance(1'000);
      check();
    }
  }

  void check_converged() {
    if (members_.empty()) return;
    EXPECT_EQ(bench_.state(), "Stable");
    std::map<std::pair<Uuid, std::int32_t>, int> owners;
    for (const auto& member : members_) {
      for (const auto& [topic, partitions] : member->owned()) {
        for (const std::int32_t partition : partitions) ++owners[{topic, partition}];
      }
    }
    for (const auto& [topic, count] : bench_.group().subscriptions()) {
      const auto info = bench_.cluster->topic(topic);
      if (!info) continue;
      for (std::int32_t partition = 0; partition < info->partitions; ++partition) {
        const int had_by = owners[{info->id, partition}];
        EXPECT_EQ(had_by, 1) << topic << "-" << partition;
      }
    }
  }

 private:
  // NoPartitionOwnedTwice, EpochsNeverGoBack, ReplayMakesTheSame.
  void check() {
    if (bench_.protocol->find("g") == nullptr) return;
    const Group& group = bench_.group();
    std::set<std::pair<Uuid, std::int32_t>> owned;
    for (const auto& [id, member] : group.members()) {
      for (const Assigned* some : {&member.assigned, &member.pending_revocation}) {
        for (const auto& [topic, partitions] : *some) {
          for (const auto& [partition, since] : partitions) {
            const bool fresh = owned.insert({topic, partition}).second;
            ASSERT_TRUE(fresh) << "NoPartitionOwnedTwice: " << topic.to_string() << "-" << partition;
            ASSERT_TRUE(group.partition_epoch(topic, partition)) << "owned without an epoch";
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

  HeartbeatCommand subscription(std::size_t i) {
    HeartbeatCommand join = below(5) == 0 ? joining_by_regex(concat("m-", i), "topic-[0-3]")
                                          : joining(concat("m-", i), some_topics());
    if (below(4) == 0) join.instance_id = concat("i-", i);
    if (below(6) == 0) join.assignor = "range";
    return join;
  }
  std::vector<std::string> some_topics() {
    std::vector<std::string> topics;
    for (int i = 0; i < 6; ++i) {
      if (below(3) != 0) topics.push_back(concat("topic-", i));
    }
    if (topics.empty()) topics.push_back("topic-0");
    return topics;
  }
  std::int32_t below(std::uint32_t limit) { return static_cast<std::int32_t>(random_->next() % limit); }
  std::size_t pick(std::size_t limit) { return random_->next() % limit; }

  Bench bench_;
  std::unique_ptr<Random> random_;
  std::vector<std::unique_ptr<TestMember>> members_;
  std::int32_t last_epoch_ = 0;
  int checks_ = 0;
};

TEST(ConsumerGroupSimulation, SmallGroupsKeepTheirInvariantsAndSettle) {
  for (std::uint64_t seed = 1; seed <= 20; ++seed) {
    SCOPED_TRACE(concat("seed ", seed));
    Simulation simulation(seed, 2 + seed % 9, 6);
    for (int i = 0; i < 400 && !testing::Test::HasFatalFailure(); ++i) simulation.step();
    simulation.settle();
    simulation.check_converged();
    if (testing::Test::HasFailure()) return;
  }
}

TEST(ConsumerGroupSimulation, AThousandMembersSettle) {
  Bench bench;
  bench.cluster->add("t", 3'000);
  std::vector<std::unique_ptr<TestMember>> members;
  for (int i = 0; i < 1'000; ++i) {
    members.push_back(std::make_unique<TestMember>(bench, joining(concat("m-", i))));
  }
  bench.cluster->timing_of_all.assignment_interval_ms = 1'000;
  for (int round = 0; round < 8; ++round) {
    for (auto& member : members) {
      member->beat();
      bench.advance(4);
    }
  }
  EXPECT_EQ(bench.state(), "Stable");
  for (const auto& member : members) EXPECT_EQ(member->partitions(), 3u);
}

}  // namespace
}  // namespace barnabas::broker::groups::consumer
