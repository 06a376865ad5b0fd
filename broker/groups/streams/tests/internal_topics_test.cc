#include "broker/groups/streams/internal_topics.h"

#include <gtest/gtest.h>

#include "broker/groups/streams/tests/bench.h"

namespace barnabas::broker::groups::streams {
namespace {

class InternalTopicsTest : public testing::Test {
 protected:
  InternalTopicsTest() { cluster_.add("t", 4); }

  Subtopology& add(const std::string& id) {
    auto& added = value_.subtopologies.emplace_back();
    added.subtopology_id = id;
    return added;
  }
  ConfiguredTopology configured() const {
    auto out = configure(Topology(value_), cluster_);
    EXPECT_TRUE(out) << (out ? "" : out.error());
    return out ? *out : ConfiguredTopology();
  }
  void expect_problem(StatusCode code, const std::string& detail) const {
    const ConfiguredTopology topology = configured();
    ASSERT_TRUE(topology.problem);
    EXPECT_EQ(topology.problem->code, code);
    EXPECT_EQ(topology.problem->detail, detail);
    EXPECT_FALSE(topology.is_ready());
  }
  void expect_fault(const std::string& sentence) const {
    const auto out = configure(Topology(value_), cluster_);
    ASSERT_FALSE(out);
    EXPECT_EQ(out.error(), sentence);
  }

  TestCluster cluster_;
  TopologyValue value_;
};

TEST_F(InternalTopicsTest, RepartitionTopicsGetTheWidestInputOfTheirWriter) {
  cluster_.add("u", 7);
  auto& first = add("0");
  first.source_topics = {"t", "u"};
  first.repartition_sink_topics = {"one"};
  auto& second = add("1");
  second.repartition_source_topics = {topic_info("one")};
  second.repartition_sink_topics = {"two"};
  second.state_changelog_topics = {topic_info("log")};
  auto& third = add("2");
  third.repartition_source_topics = {topic_info("two")};
  const ConfiguredTopology topology = configured();
  ASSERT_EQ(topology.missing_topics.size(), 3u);
  for (const InternalTopic& topic : topology.missing_topics) EXPECT_EQ(topic.partitions, 7) << topic.name;
  EXPECT_EQ(topology.subtopologies->at("2").tasks, 7);
  EXPECT_TRUE(topology.subtopologies->at("1").is_stateful());
  EXPECT_EQ(topology.problem->code, StatusCode::kMissingInternalTopics);
  EXPECT_EQ(topology.problem->detail, "Internal topics are missing: log, one, two");
}

TEST_F(InternalTopicsTest, ATopologyIsReadyOnceItsTopicsExist) {
  value_ = word_count();
  EXPECT_FALSE(configured().is_ready());
  cluster_.add("repartition", 4);
  cluster_.add("changelog", 4);
  const ConfiguredTopology topology = configured();
  EXPECT_TRUE(topology.is_ready());
  EXPECT_TRUE(topology.missing_topics.empty());
  EXPECT_EQ(topology.subtopologies->at("0").tasks, 4);
}

TEST_F(InternalTopicsTest, ANumberOfItsOwnAndSettingsAreKept) {
  auto& first = add("0");
  first.source_topics = {"t"};
  first.repartition_sink_topics = {"one"};
  auto& second = add("1");
  second.repartition_source_topics = {topic_info("one", 9)};
  second.repartition_source_topics[0].replication_factor = 2;
  second.repartition_source_topics[0].topic_configs.emplace_back().key = "retention.ms";
  second.repartition_source_topics[0].topic_configs[0].value = "-1";
  const ConfiguredTopology topology = configured();
  ASSERT_EQ(topology.missing_topics.size(), 1u);
  EXPECT_EQ(topology.missing_topics[0], (InternalTopic{"one", 9, 2, {{"retention.ms", "-1"}}}));
  EXPECT_EQ(topology.subtopologies->at("1").tasks, 9);
}

TEST_F(InternalTopicsTest, MissingSourceTopicsAreNamed) {
  add("0").source_topics = {"a", "b", "t", "c", "d"};
  expect_problem(StatusCode::kMissingSourceTopics,
                 "Source topics a, b, c and 1 additional topics are missing.");
}

TEST_F(InternalTopicsTest, AnExistingInternalTopicMustHaveTheRightNumber) {
  value_ = word_count();
  cluster_.add("repartition", 4);
  cluster_.add("changelog", 3);
  expect_problem(StatusCode::kIncorrectlyPartitionedTopics,
                 "Existing topic changelog has different number of partitions: expected 4, found 3");
}

TEST_F(InternalTopicsTest, CopartitionedTopicsOfOthersMustBeEqual) {
  cluster_.add("u", 3);
  auto& only = add("0");
  only.source_topics = {"t", "u"};
  only.copartition_groups.emplace_back().source_topics = {0, 1};
  expect_problem(StatusCode::kIncorrectlyPartitionedTopics,
                 "Following topics do not have the same number of partitions: [{t=4, u=3}]");
}

TEST_F(InternalTopicsTest, RepartitionTopicsFollowTheTopicTheyAreJoinedWith) {
  cluster_.add("wide", 8);
  auto& first = add("0");
  first.source_topics = {"wide"};
  first.repartition_sink_topics = {"one"};
  auto& second = add("1");
  second.source_topics = {"t"};
  second.repartition_source_topics = {topic_info("one")};
  auto& group = second.copartition_groups.emplace_back();
  group.source_topics = {0};
  group.repartition_source_topics = {0};
  const ConfiguredTopology topology = configured();
  ASSERT_EQ(topology.missing_topics.size(), 1u);
  EXPECT_EQ(topology.missing_topics[0].partitions, 4);
  EXPECT_EQ(topology.subtopologies->at("1").tasks, 4);
  second.repartition_source_topics[0].partitions = 8;
  expect_problem(StatusCode::kIncorrectlyPartitionedTopics,
                 "Number of partitions [8] of repartition topic [one] doesn't match number of partitions [4] "
                 "of the source topic.");
}

TEST_F(InternalTopicsTest, RepartitionTopicsAmongThemselvesTakeTheWidestOrTheGivenNumber) {
  cluster_.add("wide", 8);
  auto& first = add("0");
  first.source_topics = {"t"};
  first.repartition_sink_topics = {"one"};
  auto& second = add("1");
  second.source_topics = {"wide"};
  second.repartition_sink_topics = {"two"};
  auto& third = add("2");
  third.repartition_source_topics = {topic_info("one"), topic_info("two")};
  third.copartition_groups.emplace_back().repartition_source_topics = {0, 1};
  for (const InternalTopic& topic : configured().missing_topics) EXPECT_EQ(topic.partitions, 8);
  third.repartition_source_topics[0].partitions = 5;
  for (const InternalTopic& topic : configured().missing_topics) EXPECT_EQ(topic.partitions, 5);
  third.repartition_source_topics[1].partitions = 6;
  expect_problem(StatusCode::kIncorrectlyPartitionedTopics,
                 "Following topics do not have the same number of partitions: [{one=5, two=6}]");
}

TEST_F(InternalTopicsTest, LoopsAndInputsWithoutWriterAreFaults) {
  auto& first = add("0");
  first.source_topics = {"t"};
  auto& second = add("1");
  second.repartition_source_topics = {topic_info("one")};
  expect_fault(
      "Failed to compute number of partitions for all repartition topics, because a repartition source topic "
      "is never used as a sink topic.");
  second.repartition_sink_topics = {"one"};
  expect_fault(
      "Failed to compute number of partitions for all repartition topics. There may be loops in the topology "
      "that cannot be resolved.");
  value_.subtopologies.pop_back();
  add("2");
  expect_fault("No source topics found for subtopology 2");
}

TEST_F(InternalTopicsTest, PlacesThatAreNotThereAreFaults) {
  auto& only = add("0");
  only.source_topics = {"t"};
  EXPECT_FALSE(Topology::fault_in(value_));
  only.copartition_groups.emplace_back().source_topics = {1};
  EXPECT_EQ(Topology::fault_in(value_),
            "A copartition group of subtopology 0 names a topic that is not there.");
  only.copartition_groups[0].source_topics = {-1};
  EXPECT_TRUE(Topology::fault_in(value_));
  only.copartition_groups.clear();
  add("0").source_topics = {"t"};
  EXPECT_EQ(Topology::fault_in(value_), "Subtopology 0 is there twice.");
}

}  // namespace
}  // namespace barnabas::broker::groups::streams
