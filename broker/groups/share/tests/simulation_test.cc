// Many members that join, leave, fall silent and change their minds while topics come, grow and go, states
// fail and the coordinator restarts.
#include <gtest/gtest.h>

#include <map>
#include <set>

#include "broker/groups/share/target_assignment.h"
#include "broker/groups/share/tests/bench.h"
#include "common/random.h"
#include "common/text.h"

namespace barnabas::broker::groups::share {
namespace {

class Simulation {
 public:
  Simulation(std::uint64_t seed, int members) : random_(seeded_random(seed)) {
    Settings settings;
    settings.max_size = members;
    bench_ = std::make_unique<Bench>(settings);
    bench_->answers_at_once = false;
    for (int i = 0; i < members; ++i)
      members_.push_back(std::make_unique<TestMember>(*bench_, concat("m", i)));
  }

  void step() {
    TestMember& member = *members_[random_->below(members_.size())];
    switch (random_->below(20)) {
      case 0:
        member.leave();
        break;
      case 1:
        member.topics = some_topics();
        break;
      case 2:
        grow_topic(topic_name());
        break;
      case 3:
        delete_topic(topic_name());
        break;
      case 4:
        bench_->advance(static_cast<std::int64_t>(random_->below(50'000)));
        break;
      case 5:
        expect_restart_changes_nothing();
        break;
      case 6:
      case 7:
      case 8:
        if (!bench_->asked.empty()) bench_->answer_initialization(random_->below(3) > 0);
        break;
      default:
        member.beat();
    }
    expect_epochs_never_back();
  }

  // Whoever is still there beats until nothing changes.
  void settle() {
    for (int round = 0; round < 8; ++round) {
      while (!bench_->asked.empty()) bench_->answer_initialization();
      bench_->advance(round < 2 ? 30'000 : 1'000);
      for (const auto& member : members_) {
        if (member->epoch() > 0 || round == 0) member->beat();
      }
    }
    ASSERT_TRUE(bench_->asked.empty());
  }

  void expect_convergence() {
    const Group* group = bench_->protocol->find("g");
    ASSERT_NE(group, nullptr);
    EXPECT_FALSE(assignment_pending(*group, *bench_->cluster));
    std::map<Uuid, std::set<std::int32_t>> assigned;
    std::set<std::string> subscribed;
    for (const auto& member : members_) {
      if (group->find(member->id()) == nullptr) continue;
      EXPECT_EQ(member->epoch(), group->epoch()) << "the epoch of " << member->id();
      EXPECT_EQ(member->has(), group->target(member->id())) << "the target of " << member->id();
      EXPECT_EQ(member->has(), group->find(member->id())->assigned);
      subscribed.insert(member->topics.begin(), member->topics.end());
      for (const auto& [id, partitions] : member->has()) {
        const auto topic = bench_->cluster->topic(id);
        ASSERT_TRUE(topic) << member->id() << " has a topic that is gone";
        const auto& wanted = member->topics;
        EXPECT_NE(std::find(wanted.begin(), wanted.end(), topic->name), wanted.end())
            << member->id() << " has what it does not subscribe to";
        assigned[id].insert(partitions.begin(), partitions.end());
      }
    }
    for (const std::string& name : subscribed) {
      const auto topic = bench_->cluster->topic(name);
      if (!topic) continue;
      const auto initialized = group->states()->initialized.find(topic->id);
      ASSERT_NE(initialized, group->states()->initialized.end()) << name << " has no state";
      EXPECT_EQ(static_cast<std::int32_t>(assigned[topic->id].size()), topic->partitions)
          << "partitions of " << name << " are assigned to nobody";
    }
  }

 private:
  std::string topic_name() { return concat("t", random_->below(5)); }
  std::vector<std::string> some_topics() {
    std::set<std::string> out;
    for (std::uint64_t i = 0; i <= random_->below(3); ++i) out.insert(topic_name());
    return {out.begin(), out.end()};
  }
  void grow_topic(const std::string& name) {
    const auto topic = bench_->cluster->topic(name);
    bench_->cluster->add(name,
                         (topic ? topic->partitions : 1) + static_cast<std::int32_t>(random_->below(5)));
  }
  void delete_topic(const std::string& name) {
    const auto topic = bench_->cluster->topic(name);
    if (!topic) return;
    bench_->cluster->remove(name);
    if (random_->below(4) == 0) return;  // the coordinator was not there to be told
    Records records;
    bench_->protocol->topics_deleted({topic->id}, records);
    bench_->append(std::move(records));
  }
  void expect_restart_changes_nothing() {
    const std::string before = Bench::picture(*bench_->protocol);
    bench_->restart();
    EXPECT_EQ(Bench::picture(*bench_->protocol), before);
  }
  void expect_epochs_never_back() {
    const Group* group = bench_->protocol->find("g");
    if (group == nullptr) return;
    EXPECT_GE(group->epoch(), epoch_) << "the group's epoch goes back";
    EXPECT_LE(group->target_epoch(), group->epoch());
    epoch_ = group->epoch();
    for (const auto& [id, member] : group->members()) EXPECT_LE(member.epoch, group->target_epoch()) << id;
  }

  std::unique_ptr<Random> random_;
  std::unique_ptr<Bench> bench_;
  std::vector<std::unique_ptr<TestMember>> members_;
  std::int32_t epoch_ = 0;
};

TEST(ShareGroupSimulation, ConvergesWhateverHappens) {
  for (std::uint64_t seed = 1; seed <= 40; ++seed) {
    SCOPED_TRACE(concat("seed ", seed));
    Simulation simulation(seed, 12);
    for (int i = 0; i < 300; ++i) simulation.step();
    simulation.settle();
    simulation.expect_convergence();
    if (HasFailure()) return;
  }
}

TEST(ShareGroupSimulation, AThousandMembersConverge) {
  Settings settings;
  settings.max_size = 1'000;
  Bench bench(settings);
  bench.cluster->timing_of_all.assignment_interval_ms = 1'000;
  bench.cluster->add("t", 400);
  std::vector<std::unique_ptr<TestMember>> members;
  for (int i = 0; i < 1'000; ++i) {
    members.push_back(std::make_unique<TestMember>(bench, concat("m", i)));
    members.back()->beat();
    bench.advance(3);
  }
  for (int round = 0; round < 2; ++round) {
    bench.advance(1'000);
    for (const auto& member : members) member->beat();
  }
  std::map<std::int32_t, std::size_t> sharers;
  for (const auto& member : members) {
    EXPECT_EQ(member->epoch(), bench.group().epoch());
    EXPECT_GE(member->partitions(), 1u);
    EXPECT_LE(member->partitions(), 2u);
    for (const auto& [topic, partitions] : member->has()) {
      for (const std::int32_t partition : partitions) ++sharers[partition];
    }
  }
  ASSERT_EQ(sharers.size(), 400u);
  for (const auto& [partition, count] : sharers) EXPECT_LE(count, 3u) << partition;
}

}  // namespace
}  // namespace barnabas::broker::groups::share
