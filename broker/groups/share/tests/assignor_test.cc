#include "broker/groups/share/simple_assignor.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <memory>
#include <set>

#include "broker/groups/share/state_partitions.h"
#include "common/random.h"
#include "common/text.h"

namespace barnabas::broker::groups::share {
namespace {

using consumer::GroupAssignment;
using consumer::GroupSpec;

Uuid topic(int number) {
  Uuid id;
  id.bytes[0] = static_cast<std::uint8_t>(number);
  return id;
}

// A group that remembers what it was given.
class Scene {
 public:
  void add_topic(int number, std::int32_t partitions) {
    assignable[topic(number)] = all_partitions(partitions);
  }
  void add_member(const std::string& id, const std::vector<int>& topics) {
    std::vector<Uuid> ids;
    for (const int number : topics) ids.push_back(topic(number));
    std::sort(ids.begin(), ids.end());
    subscriptions[id] = std::move(ids);
  }
  void assign() {
    GroupSpec spec;
    for (const auto& [id, topics] : subscriptions) {
      spec.homogeneous = spec.homogeneous && topics == subscriptions.begin()->second;
      spec.members.push_back({id, std::nullopt, std::make_shared<const std::vector<Uuid>>(topics), &has[id]});
    }
    const GroupAssignment next = assign_simple(spec, assignable);
    ASSERT_EQ(next.size(), spec.members.size());
    std::map<std::string, TopicPartitions> after;
    for (std::size_t i = 0; i < next.size(); ++i) after[spec.members[i].id] = next[i];
    moved = 0;
    for (const auto& [id, topics] : after) moved += added(has[id], topics);
    has = std::move(after);
  }
  std::size_t size(const std::string& id) const { return count(has.at(id)); }
  std::map<std::pair<Uuid, std::int32_t>, std::size_t> sharers() const {
    std::map<std::pair<Uuid, std::int32_t>, std::size_t> out;
    for (const auto& [id, topics] : has) {
      for (const auto& [name, partitions] : topics) {
        for (const std::int32_t partition : partitions) ++out[{name, partition}];
      }
    }
    return out;
  }

  TopicPartitions assignable;
  std::map<std::string, std::vector<Uuid>> subscriptions;
  std::map<std::string, TopicPartitions> has;
  std::size_t moved = 0;  // partitions that members got that they had not

 private:
  static std::size_t count(const TopicPartitions& topics) {
    std::size_t out = 0;
    for (const auto& [name, partitions] : topics) out += partitions.size();
    return out;
  }
  static std::size_t added(const TopicPartitions& before, const TopicPartitions& after) {
    std::size_t out = 0;
    for (const auto& [name, partitions] : after) {
      const auto known = before.find(name);
      for (const std::int32_t partition : partitions) {
        if (known == before.end() ||
            !std::binary_search(known->second.begin(), known->second.end(), partition)) {
          ++out;
        }
      }
    }
    return out;
  }
};

TEST(SimpleAssignor, FewerMembersThanPartitionsShareNothing) {
  Scene scene;
  scene.add_topic(1, 6);
  scene.add_topic(2, 3);
  for (const char* id : {"a", "b"}) scene.add_member(id, {1, 2});
  scene.assign();
  EXPECT_EQ(scene.size("a") + scene.size("b"), 9u);
  EXPECT_GE(scene.size("a"), 4u);
  EXPECT_GE(scene.size("b"), 4u);
  for (const auto& [place, sharers] : scene.sharers()) EXPECT_EQ(sharers, 1u);
}

TEST(SimpleAssignor, MoreMembersThanPartitionsShareThem) {
  Scene scene;
  scene.add_topic(1, 3);
  for (int i = 0; i < 7; ++i) scene.add_member(concat("m", i), {1});
  scene.assign();
  for (const auto& [place, sharers] : scene.sharers()) EXPECT_EQ(sharers, 3u);
  for (int i = 0; i < 7; ++i) {
    EXPECT_GE(scene.size(concat("m", i)), 1u);
    EXPECT_LE(scene.size(concat("m", i)), 2u);
  }
}

TEST(SimpleAssignor, PartitionsWithoutStateAreNotAssigned) {
  Scene scene;
  scene.assignable[topic(1)] = {1, 4};
  scene.add_member("a", {1, 2});
  scene.assign();
  EXPECT_EQ(scene.has["a"], (TopicPartitions{{topic(1), {1, 4}}}));
}

TEST(SimpleAssignor, WhatNobodySubscribesToAnyMoreGoes) {
  Scene scene;
  scene.add_topic(1, 2);
  scene.add_topic(2, 2);
  scene.add_member("a", {1, 2});
  scene.assign();
  EXPECT_EQ(scene.size("a"), 4u);
  scene.add_member("a", {2});
  scene.assign();
  EXPECT_EQ(scene.has["a"], (TopicPartitions{{topic(2), {0, 1}}}));
}

TEST(SimpleAssignor, SubscriptionsThatDifferAreBalancedByTopic) {
  Scene scene;
  scene.add_topic(1, 4);
  scene.add_topic(2, 4);
  scene.add_member("a", {1});
  scene.add_member("b", {1, 2});
  scene.add_member("c", {2});
  scene.assign();
  EXPECT_EQ(scene.has["a"][topic(1)].size(), 2u);
  EXPECT_EQ(scene.has["b"][topic(1)].size(), 2u);
  EXPECT_EQ(scene.has["b"][topic(2)].size(), 2u);
  EXPECT_EQ(scene.has["c"][topic(2)].size(), 2u);
}

TEST(SimpleAssignor, AsBeforeNothingMoves) {
  Scene scene;
  scene.add_topic(1, 7);
  for (const char* id : {"a", "b", "c"}) scene.add_member(id, {1});
  scene.assign();
  const auto before = scene.has;
  scene.assign();
  EXPECT_EQ(scene.has, before);
  EXPECT_EQ(scene.moved, 0u);
}

TEST(SimpleAssignor, ANewMemberTakesNoMoreThanItsPart) {
  Scene scene;
  scene.add_topic(1, 9);
  for (const char* id : {"a", "b"}) scene.add_member(id, {1});
  scene.assign();
  scene.add_member("c", {1});
  scene.assign();
  for (const char* id : {"a", "b", "c"}) EXPECT_EQ(scene.size(id), 3u) << id;
  EXPECT_EQ(scene.moved, 3u);
}

// Whatever joins, leaves and changes its mind: all that is subscribed is assigned, to subscribers alone, with
// neither too many sharers nor too full members.
TEST(SimpleAssignor, KeepsItsPromisesInAnyGroup) {
  for (std::uint64_t seed = 1; seed <= 300; ++seed) {
    SCOPED_TRACE(concat("seed ", seed));
    const auto random = seeded_random(seed);
    const auto below = [&](std::uint64_t limit) { return static_cast<int>(random->below(limit)); };
    Scene scene;
    const int topics = 1 + below(4);
    for (int i = 1; i <= topics; ++i) scene.add_topic(i, 1 + below(12));
    const bool same = seed % 2 == 0;
    for (int round = 0; round < 8; ++round) {
      const int members = below(20);
      for (int i = 0; i < members; ++i) {
        const std::string id = concat("m", below(25));
        if (below(3) == 0) {
          scene.subscriptions.erase(id);
          scene.has.erase(id);
          continue;
        }
        std::vector<int> wanted;
        for (int t = 1; t <= topics; ++t) {
          if (same || below(2) == 0) wanted.push_back(t);
        }
        scene.add_member(id, wanted);
      }
      scene.assign();
      std::map<Uuid, std::size_t> subscribers;
      for (const auto& [id, ids] : scene.subscriptions) {
        for (const Uuid& name : ids) ++subscribers[name];
        for (const auto& [name, partitions] : scene.has[id]) {
          EXPECT_TRUE(std::binary_search(ids.begin(), ids.end(), name)) << id << " has what it does not want";
          EXPECT_EQ(partitions, ascending(partitions));
        }
      }
      const auto sharers = scene.sharers();
      for (const auto& [name, partitions] : scene.assignable) {
        if (subscribers[name] == 0) continue;
        for (const std::int32_t partition : partitions) {
          const auto found = sharers.find({name, partition});
          ASSERT_NE(found, sharers.end()) << "nobody has partition " << partition;
          EXPECT_LE(found->second, subscribers[name]);
        }
      }
      if (!same || scene.subscriptions.empty()) continue;
      std::size_t least = SIZE_MAX, most = 0;
      for (const auto& [id, ids] : scene.subscriptions) {
        least = std::min(least, scene.size(id));
        most = std::max(most, scene.size(id));
      }
      // A partition that no hungry member can take any more leaves some with less, as in Kafka.
      EXPECT_LE(most - least, 2u);
    }
  }
}

TEST(SimpleAssignor, AThousandMembersShareOutTenThousandPartitions) {
  Scene scene;
  scene.add_topic(1, 10'000);
  for (int i = 0; i < 1'000; ++i) scene.add_member(concat("m", i), {1});
  scene.assign();
  for (int i = 0; i < 1'000; ++i) EXPECT_EQ(scene.size(concat("m", i)), 10u);
  scene.subscriptions.erase("m5");
  scene.has.erase("m5");
  scene.assign();
  EXPECT_LE(scene.moved, 30u);
}

}  // namespace
}  // namespace barnabas::broker::groups::share
