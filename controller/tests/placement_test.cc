#include "controller/managers/placement.h"

#include <gtest/gtest.h>

#include <map>
#include <set>

#include "common/random.h"
#include "controller/managers/topic_name.h"

namespace barnabas::controller {
namespace {

TEST(TopicNameTest, RulesAndSentencesAreKafkas) {
  EXPECT_EQ(invalid_topic_name_reason("fine.Name_1-x"), "");
  EXPECT_EQ(invalid_topic_name_reason(""), "Topic name is invalid: the empty string is not allowed");
  EXPECT_EQ(invalid_topic_name_reason("."), "Topic name is invalid: '.' is not allowed");
  EXPECT_EQ(invalid_topic_name_reason(".."), "Topic name is invalid: '..' is not allowed");
  EXPECT_EQ(
      invalid_topic_name_reason("a b"),
      "Topic name is invalid: 'a b' contains one or more characters other than ASCII alphanumerics, '.', "
      "'_' and '-'");
  EXPECT_EQ(invalid_topic_name_reason(std::string(249, 'a')), "");
  EXPECT_EQ(invalid_topic_name_reason(std::string(250, 'a')),
            "Topic name is invalid: the length of '" + std::string(250, 'a') +
                "' is longer than the max allowed length 249");
}

TEST(PlacementTest, ReplicasAreSpreadOverBrokersAndRacks) {
  std::vector<UsableBroker> brokers;
  for (std::int32_t id = 0; id < 6; ++id) brokers.push_back({id, id < 3 ? "a" : "b", false});
  const auto random = seeded_random(3);
  const auto placed = place_replicas({60, 2}, brokers, *random);
  ASSERT_TRUE(placed);
  std::map<std::int32_t, int> leaders, replicas;
  for (const auto& partition : *placed) {
    ASSERT_EQ(partition.size(), 2u);
    EXPECT_NE(partition[0] < 3, partition[1] < 3) << "both in one rack";
    ++leaders[partition[0]];
    for (const std::int32_t broker : partition) ++replicas[broker];
  }
  for (std::int32_t id = 0; id < 6; ++id) {
    EXPECT_EQ(leaders[id], 10);
    EXPECT_EQ(replicas[id], 20);
  }
}

TEST(PlacementTest, FencedBrokersComeLastAndNeverLead) {
  const std::vector<UsableBroker> brokers{
      {1, std::nullopt, true}, {2, std::nullopt, false}, {3, std::nullopt, true}};
  const auto random = seeded_random(3);
  const auto placed = place_replicas({20, 3}, brokers, *random);
  ASSERT_TRUE(placed);
  for (const auto& partition : *placed) {
    EXPECT_EQ(partition.front(), 2);
    EXPECT_EQ(std::set<std::int32_t>(partition.begin(), partition.end()).size(), 3u);
  }
}

}  // namespace
}  // namespace barnabas::controller
