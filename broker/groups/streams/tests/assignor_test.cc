#include "broker/groups/streams/assignor.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "common/random.h"
#include "common/text.h"

namespace barnabas::broker::groups::streams {
namespace {

// Processes with members, and what they had before.
struct World {
  std::map<std::string, std::string> processes;  // member -> process
  std::map<std::string, Tasks> had;
  std::vector<SubtopologySpec> subtopologies;
  std::int32_t standbys = 0;

  std::map<std::string, Tasks> assign() const {
    GroupSpec spec;
    spec.subtopologies = subtopologies;
    spec.standby_replicas = standbys;
    static const Tasks kNothing = {};
    for (const auto& [id, process] : processes) {
      const auto known = had.find(id);
      spec.members.push_back({id, process, known == had.end() ? &kNothing : &known->second});
    }
    const std::vector<Tasks> assigned = assign_sticky(spec);
    std::map<std::string, Tasks> out;
    for (std::size_t i = 0; i < assigned.size(); ++i) out[spec.members[i].id] = assigned[i];
    return out;
  }
};

std::size_t count(const TaskSet& tasks) {
  std::size_t out = 0;
  for (const auto& [subtopology, numbers] : tasks) out += numbers.size();
  return out;
}

std::set<std::pair<std::string, std::int32_t>> flat(const TaskSet& tasks) {
  std::set<std::pair<std::string, std::int32_t>> out;
  for (const auto& [subtopology, numbers] : tasks) {
    for (const std::int32_t number : numbers) out.insert({subtopology, number});
  }
  return out;
}

// EveryTaskOnce, ActiveTasksAreEven, NoTaskTwiceInAProcess.
void check(const World& world, const std::map<std::string, Tasks>& assigned) {
  std::map<std::pair<std::string, std::int32_t>, int> active;
  std::map<std::pair<std::string, std::int32_t>, int> standby;
  std::map<std::string, std::set<std::pair<std::string, std::int32_t>>> in_process;
  std::size_t least = SIZE_MAX;
  std::size_t most = 0;
  for (const auto& [id, tasks] : assigned) {
    EXPECT_TRUE(tasks.warmup.empty());
    least = std::min(least, count(tasks.active));
    most = std::max(most, count(tasks.active));
    for (const TaskSet* some : {&tasks.active, &tasks.standby}) {
      for (const auto& task : flat(*some)) {
        ++(some == &tasks.active ? active : standby)[task];
        const bool fresh = in_process[world.processes.at(id)].insert(task).second;
        EXPECT_TRUE(fresh) << "NoTaskTwiceInAProcess: " << task.first << "_" << task.second;
      }
    }
  }
  std::set<std::string> processes;
  for (const auto& [id, process] : world.processes) processes.insert(process);
  const auto others = static_cast<std::int32_t>(processes.size()) - 1;
  for (const SubtopologySpec& one : world.subtopologies) {
    for (std::int32_t number = 0; number < one.tasks; ++number) {
      const int had_by = active[{one.id, number}];
      EXPECT_EQ(had_by, 1) << "EveryTaskOnce: " << one.id << "_" << number;
      const int copies = standby[{one.id, number}];
      EXPECT_EQ(copies, one.is_stateful ? std::min(world.standbys, others) : 0) << one.id << "_" << number;
    }
  }
  if (processes.size() == world.processes.size()) {
    EXPECT_LE(most - least, 1u) << "ActiveTasksAreEven";
  }
}

TEST(StickyTaskAssignor, OneMemberHasEverything) {
  World world;
  world.processes = {{"a", "p"}};
  world.subtopologies = {{"0", 3, false}, {"1", 2, true}};
  const auto assigned = world.assign();
  EXPECT_EQ(assigned.at("a").active, (TaskSet{{"0", {0, 1, 2}}, {"1", {0, 1}}}));
  EXPECT_TRUE(assigned.at("a").standby.empty());
}

TEST(StickyTaskAssignor, NobodyHasNothing) {
  World world;
  world.subtopologies = {{"0", 3, false}};
  EXPECT_TRUE(world.assign().empty());
}

TEST(StickyTaskAssignor, AThirdMemberTakesAThirdAndTheOthersKeepTheRest) {
  World world;
  world.processes = {{"a", "p"}, {"b", "q"}};
  world.subtopologies = {{"0", 6, false}};
  world.had = world.assign();
  EXPECT_EQ(count(world.had["a"].active), 3u);
  world.processes["c"] = "r";
  const auto assigned = world.assign();
  for (const char* id : {"a", "b"}) {
    const auto before = flat(world.had[id].active);
    const auto after = flat(assigned.at(id).active);
    EXPECT_EQ(after.size(), 2u);
    EXPECT_TRUE(std::includes(before.begin(), before.end(), after.begin(), after.end()));
  }
  EXPECT_EQ(count(assigned.at("c").active), 2u);
}

TEST(StickyTaskAssignor, TheStandbyTakesOverWhenAProcessIsGone) {
  World world;
  world.processes = {{"a", "p"}, {"b", "q"}, {"c", "r"}};
  world.subtopologies = {{"0", 3, true}};
  world.standbys = 1;
  world.had = world.assign();
  check(world, world.had);
  const auto lost = flat(world.had["c"].active);
  world.processes.erase("c");
  const auto assigned = world.assign();
  check(world, assigned);
  std::size_t taken_over = 0;
  for (const char* id : {"a", "b"}) {
    const auto standby = flat(world.had[id].standby);
    for (const auto& task : flat(assigned.at(id).active)) {
      if (lost.contains(task) && standby.contains(task)) ++taken_over;
    }
  }
  EXPECT_EQ(taken_over, lost.size());
}

TEST(StickyTaskAssignor, StandbysAreMissingWhereProcessesAre) {
  World world;
  world.processes = {{"a", "p"}, {"b", "p"}};
  world.subtopologies = {{"0", 4, true}};
  world.standbys = 2;
  const auto assigned = world.assign();
  check(world, assigned);
  EXPECT_TRUE(assigned.at("a").standby.empty());
  EXPECT_TRUE(assigned.at("b").standby.empty());
}

TEST(StickyTaskAssignor, AProcessWithMoreMembersGetsMore) {
  World world;
  world.processes = {{"a", "p"}, {"b", "p"}, {"c", "p"}, {"d", "q"}};
  world.subtopologies = {{"0", 8, false}};
  for (const auto& [id, tasks] : world.assign()) EXPECT_EQ(count(tasks.active), 2u) << id;
}

TEST(StickyTaskAssignor, RandomGroupsAreCompleteEvenAndSettled) {
  for (std::uint64_t seed = 1; seed <= 150 && !testing::Test::HasFailure(); ++seed) {
    SCOPED_TRACE(concat("seed ", seed));
    const auto random = seeded_random(seed);
    const auto below = [&](std::uint32_t limit) { return static_cast<std::int32_t>(random->next() % limit); };
    World world;
    const bool single = below(2) == 0;  // a member per process
    const std::int32_t members = 1 + below(9);
    const std::int32_t processes = 1 + below(4);
    for (std::int32_t i = 0; i < members; ++i) {
      world.processes[concat("m", i)] = concat("p", single ? i : i % processes);
    }
    const std::int32_t subtopologies = 1 + below(3);
    for (std::int32_t i = 0; i < subtopologies; ++i) {
      world.subtopologies.push_back({concat(i), 1 + below(9), below(2) == 0});
    }
    world.standbys = below(3);
    for (int round = 0; round < 4; ++round) {
      const auto assigned = world.assign();
      check(world, assigned);
      // What is even already stays where it is.
      world.had = assigned;
      const auto again = world.assign();
      check(world, again);
      for (const auto& [id, tasks] : again) {
        if (!single) continue;
        EXPECT_EQ(tasks.active, assigned.at(id).active) << "ActiveTasksStay: " << id;
      }
      if (below(2) == 0) {
        world.processes[concat("n", round)] = concat("np", round);
      } else if (world.processes.size() > 1) {
        world.processes.erase(world.processes.begin());
      }
    }
  }
}

}  // namespace
}  // namespace barnabas::broker::groups::streams
