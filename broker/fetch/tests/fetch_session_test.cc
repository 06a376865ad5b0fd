#include "broker/fetch/fetch_session.h"

#include "broker/fetch/fetch_plan.h"

namespace barnabas::broker {
namespace {

using protocol::ErrorCode;
using protocol::FetchRequest;

class FetchSessions : public testing::Test {
 protected:
  static constexpr std::int16_t kVersion = 12;

  static FetchRequest request(std::int32_t session_id, std::int32_t epoch, std::vector<std::string> topics) {
    FetchRequest request;
    request.session_id = session_id;
    request.session_epoch = epoch;
    for (auto& name : topics) {
      auto& topic = request.topics.emplace_back();
      topic.topic = std::move(name);
      topic.partitions.emplace_back().partition = 0;
    }
    return request;
  }
  static FetchKey key(std::string topic) { return {Uuid{}, std::move(topic), 0}; }
  // A session over `topics` that has answered once, at watermark 5.
  std::int32_t open(std::vector<std::string> topics) {
    auto plan = FetchPlan::make(request(0, 0, topics), kVersion, cache);
    for (const auto& topic : topics) EXPECT_TRUE(plan->must_tell(key(topic), at(5)));
    return plan->session_id();
  }
  static FetchPlan::Answer at(std::int64_t high_watermark) {
    FetchPlan::Answer answer;
    answer.high_watermark = high_watermark;
    answer.log_start_offset = 0;
    return answer;
  }
  static std::vector<std::string> names(const FetchPlan& plan) {
    std::vector<std::string> names;
    for (const auto& partition : plan.partitions()) names.push_back(partition.key.topic);
    return names;
  }

  ManualClock clock;
  FetchSessionCache cache{{.slots = 2, .min_eviction_ms = 1000}, clock, seeded_random(3)};
};

TEST_F(FetchSessions, AFetchWithoutSessionTellsEverything) {
  auto plan = FetchPlan::make(request(0, -1, {"a", "b"}), kVersion, cache);
  ASSERT_TRUE(plan);
  EXPECT_EQ(plan->session_id(), 0);
  EXPECT_EQ(names(*plan), (std::vector<std::string>{"a", "b"}));
  EXPECT_TRUE(plan->must_tell(key("a"), at(0)));
  EXPECT_TRUE(plan->must_tell(key("a"), at(0)));
}

TEST_F(FetchSessions, AnIncrementalFetchTellsOnlyWhatChanged) {
  const auto id = open({"a", "b"});
  ASSERT_NE(id, 0);
  auto plan = FetchPlan::make(request(id, 1, {}), kVersion, cache);
  ASSERT_TRUE(plan);
  EXPECT_EQ(names(*plan), (std::vector<std::string>{"a", "b"}));
  EXPECT_FALSE(plan->must_tell(key("a"), at(5)));
  EXPECT_TRUE(plan->must_tell(key("b"), at(6)));
  auto next = FetchPlan::make(request(id, 2, {}), kVersion, cache);
  EXPECT_FALSE(next->must_tell(key("b"), at(6)));
}

TEST_F(FetchSessions, AnErrorIsToldEachTimeAndSoIsTheRecovery) {
  const auto id = open({"a"});
  FetchPlan::Answer failed = at(5);
  failed.has_error = true;
  auto plan = FetchPlan::make(request(id, 1, {}), kVersion, cache);
  EXPECT_TRUE(plan->must_tell(key("a"), failed));
  EXPECT_TRUE(plan->must_tell(key("a"), failed));
  EXPECT_TRUE(plan->must_tell(key("a"), at(5)));
  EXPECT_FALSE(plan->must_tell(key("a"), at(5)));
}

TEST_F(FetchSessions, ServedPartitionsGoToTheBackOfTheLine) {
  const auto id = open({"a", "b", "c"});
  auto plan = FetchPlan::make(request(id, 1, {}), kVersion, cache);
  FetchPlan::Answer data = at(9);
  data.has_records = true;
  plan->must_tell(key("a"), data);
  auto next = FetchPlan::make(request(id, 2, {}), kVersion, cache);
  EXPECT_EQ(names(*next), (std::vector<std::string>{"b", "c", "a"}));
}

TEST_F(FetchSessions, ChangesAndForgottenTopicsAreTakenOver) {
  const auto id = open({"a", "b"});
  auto change = request(id, 1, {"c"});
  auto& forgotten = change.forgotten_topics_data.emplace_back();
  forgotten.topic = "a";
  forgotten.partitions = {0};
  auto plan = FetchPlan::make(change, kVersion, cache);
  EXPECT_EQ(names(*plan), (std::vector<std::string>{"b", "c"}));
  EXPECT_TRUE(plan->must_tell(key("c"), at(5)));
}

TEST_F(FetchSessions, AWrongEpochOrIdIsRefused) {
  const auto id = open({"a"});
  EXPECT_EQ(FetchPlan::make(request(id, 2, {}), kVersion, cache).error(),
            ErrorCode::kInvalidFetchSessionEpoch);
  EXPECT_EQ(FetchPlan::make(request(id + 1, 1, {}), kVersion, cache).error(),
            ErrorCode::kFetchSessionIdNotFound);
  EXPECT_EQ(FetchPlan::make(request(id, 1, {}), 13, cache).error(), ErrorCode::kFetchSessionTopicIdError);
  EXPECT_TRUE(FetchPlan::make(request(id, 1, {}), kVersion, cache));
}

TEST_F(FetchSessions, TheFinalEpochEndsTheSession) {
  const auto id = open({"a"});
  EXPECT_EQ(FetchPlan::make(request(id, -1, {"a"}), kVersion, cache)->session_id(), 0);
  EXPECT_EQ(cache.size(), 0u);
}

TEST_F(FetchSessions, AFullCacheEvictsOnlyWhatLongLayIdle) {
  const auto first = open({"a"});
  const auto second = open({"a"});
  EXPECT_EQ(open({"a"}), 0);
  EXPECT_EQ(cache.evictions(), 0);
  clock.advance_ms(1500);
  EXPECT_TRUE(cache.find(first));
  EXPECT_NE(open({"a"}), 0);
  EXPECT_EQ(cache.evictions(), 1);
  EXPECT_TRUE(cache.find(first));
  EXPECT_FALSE(cache.find(second));
}

}  // namespace
}  // namespace barnabas::broker
