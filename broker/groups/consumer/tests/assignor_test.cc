#include "broker/groups/consumer/assignor.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <deque>
#include <set>

#include "common/random.h"
#include "common/text.h"

namespace barnabas::broker::groups::consumer {
namespace {

Uuid topic(int number) {
  Uuid id;
  id.bytes[0] = static_cast<std::uint8_t>(number + 1);
  return id;
}

// A group whose members come and go, with what they had.
struct World {
  std::map<std::string, std::vector<Uuid>> members;
  std::map<std::string, TopicPartitions> had;
  std::map<Uuid, std::int32_t> topics;

  GroupSpec spec(bool homogeneous) {
    GroupSpec out;
    out.homogeneous = homogeneous;
    for (const auto& [id, topics_of] : members) {
      out.members.push_back(
          {id, std::nullopt, std::make_shared<const std::vector<Uuid>>(topics_of), &had[id]});
      for (const Uuid& one : topics_of) out.partition_counts[one] = topics.at(one);
    }
    return out;
  }
  // Returns how many partitions moved from a member that is still there and may keep them.
  int assign(const Assignor& assignor, bool homogeneous) {
    const GroupSpec group = spec(homogeneous);
    const GroupAssignment assignment = assignor.assign(group);
    int moved = 0;
    std::map<std::string, TopicPartitions> next;
    for (std::size_t i = 0; i < group.members.size(); ++i) next[group.members[i].id] = assignment[i];
    for (const auto& [id, partitions_of] : had) {
      if (!members.contains(id)) continue;
      for (const auto& [one, partitions] : partitions_of) {
        if (!std::binary_search(members[id].begin(), members[id].end(), one)) continue;
        for (const std::int32_t partition : partitions) {
          const auto& now = next[id][one];
          moved += !std::binary_search(now.begin(), now.end(), partition);
        }
      }
    }
    for (auto& [id, partitions_of] : next) {
      std::erase_if(partitions_of, [](const auto& entry) { return entry.second.empty(); });
    }
    had = std::move(next);
    return moved;
  }
  int load(const std::string& id) const {
    int sum = 0;
    for (const auto& [one, partitions] : had.at(id)) sum += static_cast<int>(partitions.size());
    return sum;
  }
  // Every partition of a subscribed topic has one owner, who subscribes to it.
  void expect_complete() const {
    std::map<std::pair<Uuid, std::int32_t>, int> owners;
    std::set<Uuid> subscribed;
    for (const auto& [id, topics_of] : members) {
      subscribed.insert(topics_of.begin(), topics_of.end());
      for (const auto& [one, partitions] : had.at(id)) {
        EXPECT_TRUE(std::binary_search(topics_of.begin(), topics_of.end(), one));
        EXPECT_TRUE(std::is_sorted(partitions.begin(), partitions.end()));
        for (const std::int32_t partition : partitions) ++owners[{one, partition}];
      }
    }
    std::size_t expected = 0;
    for (const Uuid& one : subscribed) expected += static_cast<std::size_t>(topics.at(one));
    EXPECT_EQ(owners.size(), expected);
    for (const auto& [partition, count] : owners) EXPECT_EQ(count, 1);
  }
};

TEST(UniformAssignor, BalancesHomogeneousGroupsAndMovesNoMoreThanItMust) {
  for (std::uint64_t seed = 1; seed <= 30; ++seed) {
    SCOPED_TRACE(concat("seed ", seed));
    const auto random = seeded_random(seed);
    World world;
    std::vector<Uuid> all;
    for (int i = 0; i < 5; ++i) {
      all.push_back(topic(i));
      world.topics[all.back()] = 1 + static_cast<std::int32_t>(random->below(20));
    }
    for (int step = 0; step < 60; ++step) {
      const std::string id = concat("m", random->below(12));
      const bool grows = !world.members.contains(id);
      if (grows) {
        world.members[id] = all;
      } else if (world.members.size() > 1) {
        world.members.erase(id);
        world.had.erase(id);
      }
      const int moved = world.assign(UniformAssignor(), true);
      world.expect_complete();
      int least = 1'000'000, most = 0;
      for (const auto& [member, topics_of] : world.members) {
        least = std::min(least, world.load(member));
        most = std::max(most, world.load(member));
      }
      EXPECT_LE(most - least, 1) << "balance";
      if (!grows) {
        EXPECT_EQ(moved, 0) << "who stays keeps everything";
      }
      if (grows) {
        EXPECT_LE(moved, world.load(id)) << "what moves goes to the new member";
      }
      EXPECT_EQ(world.assign(UniformAssignor(), true), 0) << "stickiness";
    }
  }
}

TEST(UniformAssignor, BalancesHeterogeneousGroupsAsFarAsSubscriptionsAllow) {
  for (std::uint64_t seed = 1; seed <= 30; ++seed) {
    SCOPED_TRACE(concat("seed ", seed));
    const auto random = seeded_random(seed);
    World world;
    for (int i = 0; i < 6; ++i) world.topics[topic(i)] = 1 + static_cast<std::int32_t>(random->below(16));
    for (int step = 0; step < 40; ++step) {
      const std::string id = concat("m", random->below(9));
      world.had.erase(id);
      if (!world.members.erase(id) || world.members.empty()) {
        std::vector<Uuid>& mine = world.members[id];
        for (int i = 0; i < 6; ++i) {
          if (random->below(2) == 0) mine.push_back(topic(i));
        }
        if (mine.empty()) mine.push_back(topic(0));
      }
      world.assign(UniformAssignor(), false);
      world.expect_complete();
      // Nobody has two more than somebody who could take one of them.
      for (const auto& [giver, topics_of] : world.members) {
        for (const auto& [taker, others] : world.members) {
          if (world.load(giver) <= world.load(taker) + 1) continue;
          for (const auto& [one, partitions] : world.had.at(giver)) {
            EXPECT_FALSE(std::binary_search(others.begin(), others.end(), one))
                << giver << " has " << world.load(giver) << ", " << taker << " " << world.load(taker);
          }
        }
      }
      EXPECT_EQ(world.assign(UniformAssignor(), false), 0) << "stickiness";
    }
  }
}

TEST(RangeAssignor, GivesContiguousRangesThatFallTogether) {
  World world;
  world.topics = {{topic(0), 7}, {topic(1), 7}};
  for (const char* id : {"a", "b", "c"}) world.members[id] = {topic(0), topic(1)};
  world.assign(RangeAssignor(), true);
  world.expect_complete();
  EXPECT_EQ(world.had["a"][topic(0)], (std::vector<std::int32_t>{0, 1, 2}));
  EXPECT_EQ(world.had["b"][topic(1)], (std::vector<std::int32_t>{3, 4}));
  EXPECT_EQ(world.had["c"][topic(0)], world.had["c"][topic(1)]);
}

TEST(RangeAssignor, ServesDifferentSubscriptions) {
  World world;
  world.topics = {{topic(0), 4}, {topic(1), 3}};
  world.members = {{"a", {topic(0)}}, {"b", {topic(0), topic(1)}}, {"c", {topic(1)}}};
  world.assign(RangeAssignor(), false);
  world.expect_complete();
  EXPECT_EQ(world.had["b"][topic(0)], (std::vector<std::int32_t>{2, 3}));
  EXPECT_EQ(world.had["b"][topic(1)], (std::vector<std::int32_t>{0, 1}));
}

TEST(RangeAssignor, PutsStaticMembersFirst) {
  GroupSpec spec;
  const TopicPartitions nothing;
  const auto topics = std::make_shared<const std::vector<Uuid>>(1, topic(0));
  spec.partition_counts[topic(0)] = 3;
  spec.members = {
      {"a", std::nullopt, topics, &nothing}, {"b", "z", topics, &nothing}, {"c", "y", topics, &nothing}};
  const GroupAssignment out = RangeAssignor().assign(spec);
  EXPECT_EQ(out[2].at(topic(0)), std::vector<std::int32_t>{0});
  EXPECT_EQ(out[1].at(topic(0)), std::vector<std::int32_t>{1});
  EXPECT_EQ(out[0].at(topic(0)), std::vector<std::int32_t>{2});
}

TEST(Assignors, GiveNothingToMembersWithoutTopics) {
  for (const char* name : {"uniform", "range"}) {
    GroupSpec spec;
    const TopicPartitions nothing;
    const auto none = std::make_shared<const std::vector<Uuid>>();
    spec.members = {{"a", std::nullopt, none, &nothing}, {"b", std::nullopt, none, &nothing}};
    for (const bool homogeneous : {true, false}) {
      spec.homogeneous = homogeneous;
      const GroupAssignment out = find_assignor(name)->assign(spec);
      ASSERT_EQ(out.size(), 2u);
      EXPECT_TRUE(out[0].empty() && out[1].empty());
    }
  }
  EXPECT_EQ(find_assignor("sticky"), nullptr);
}

}  // namespace
}  // namespace barnabas::broker::groups::consumer
