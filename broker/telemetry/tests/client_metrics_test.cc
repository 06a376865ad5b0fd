#include "broker/telemetry/client_metrics.h"

namespace barnabas::broker {
namespace {

using protocol::ErrorCode;

class ClientMetricsTest : public testing::Test {
 protected:
  static ClientSubscription subscription(std::string metrics, std::string match, std::string interval_ms) {
    return ClientSubscription({{"metrics", std::move(metrics)},
                               {"match", std::move(match)},
                               {"interval.ms", std::move(interval_ms)}});
  }
  static TelemetryPush push_of(const TelemetryPlan& plan) {
    return {plan.client_instance_id, plan.subscription_id, false, 0, 100};
  }

  ManualClock clock;
  ClientMetrics metrics{{.clients = 2, .max_push_bytes = 1000}, clock, seeded_random(5)};
  ClientAttributes java{"", "app-1", "apache-kafka-java", "4.3.1", "127.0.0.1", "5555"};
};

TEST_F(ClientMetricsTest, WithoutSubscriptionsNothingIsAskedFor) {
  const auto plan = metrics.plan_for(java, {});
  EXPECT_EQ(plan.error, ErrorCode::kNone);
  EXPECT_FALSE(plan.client_instance_id.is_zero());
  EXPECT_TRUE(plan.metrics.empty());
  EXPECT_EQ(plan.push_interval_ms, 300'000);
}

TEST_F(ClientMetricsTest, MatchingSubscriptionsAreJoined) {
  metrics.set_subscriptions(
      {subscription("a.,b.", "client_software_name=apache-.*,client_id=app-[0-9]", "60000"),
       subscription("c.", "", "90000"), subscription("d.", "client_id=other", "1000")});
  const auto plan = metrics.plan_for(java, {});
  EXPECT_EQ(plan.metrics, (std::vector<std::string>{"a.", "b.", "c."}));
  EXPECT_EQ(plan.push_interval_ms, 60'000);
}

TEST_F(ClientMetricsTest, AStarAsksForEverything) {
  metrics.set_subscriptions({subscription("a.", "", "60000"), subscription("*", "", "60000")});
  EXPECT_EQ(metrics.plan_for(java, {}).metrics, (std::vector<std::string>{""}));
}

TEST_F(ClientMetricsTest, AskingAndPushingTooOftenIsThrottled) {
  const auto plan = metrics.plan_for(java, {});
  EXPECT_EQ(metrics.plan_for(java, plan.client_instance_id).error, ErrorCode::kThrottlingQuotaExceeded);
  EXPECT_EQ(metrics.accept_push(java, push_of(plan)), ErrorCode::kNone);
  EXPECT_EQ(metrics.accept_push(java, push_of(plan)), ErrorCode::kThrottlingQuotaExceeded);
  clock.advance_ms(plan.push_interval_ms);
  EXPECT_EQ(metrics.accept_push(java, push_of(plan)), ErrorCode::kNone);
  EXPECT_EQ(metrics.plan_for(java, plan.client_instance_id).error, ErrorCode::kNone);
}

TEST_F(ClientMetricsTest, ATerminatingPushIsTheLast) {
  const auto plan = metrics.plan_for(java, {});
  TelemetryPush last = push_of(plan);
  last.terminating = true;
  EXPECT_EQ(metrics.accept_push(java, push_of(plan)), ErrorCode::kNone);
  EXPECT_EQ(metrics.accept_push(java, last), ErrorCode::kNone);
  EXPECT_EQ(metrics.accept_push(java, last), ErrorCode::kInvalidRequest);
}

TEST_F(ClientMetricsTest, BadPushesAreRefused) {
  const auto plan = metrics.plan_for(java, {});
  TelemetryPush push = push_of(plan);
  push.bytes = 1001;
  EXPECT_EQ(metrics.accept_push(java, push), ErrorCode::kTelemetryTooLarge);
  push = push_of(plan);
  push.compression_type = 5;
  EXPECT_EQ(metrics.accept_push(java, push), ErrorCode::kUnsupportedCompressionType);
  push = push_of(plan);
  push.client_instance_id = {};
  EXPECT_EQ(metrics.accept_push(java, push), ErrorCode::kInvalidRequest);
  push = push_of(plan);
  ++push.subscription_id;
  EXPECT_EQ(metrics.accept_push(java, push), ErrorCode::kUnknownSubscriptionId);
}

TEST_F(ClientMetricsTest, NewSubscriptionsReachAClientAtItsNextPush) {
  const auto plan = metrics.plan_for(java, {});
  metrics.set_subscriptions({subscription("a.", "", "60000")});
  EXPECT_EQ(metrics.accept_push(java, push_of(plan)), ErrorCode::kUnknownSubscriptionId);
  const auto next = metrics.plan_for(java, plan.client_instance_id);
  EXPECT_EQ(next.error, ErrorCode::kNone);
  EXPECT_EQ(metrics.accept_push(java, push_of(next)), ErrorCode::kNone);
}

TEST_F(ClientMetricsTest, TheClientHeardOfLongestAgoIsForgotten) {
  const auto first = metrics.plan_for(java, {});
  metrics.plan_for(java, {});
  metrics.plan_for(java, {});
  EXPECT_EQ(metrics.plan_for(java, first.client_instance_id).error, ErrorCode::kNone);
}

}  // namespace
}  // namespace barnabas::broker
