#include <gtest/gtest.h>

#include "network/connection_limits.h"
#include "network/memory_budget.h"

namespace barnabas::network {
namespace {

using Verdict = ConnectionLimits::Verdict;

TEST(ConnectionLimits, CountsInAllPerListenerAndPerAddress) {
  ConnectionLimits limits({.in_all = 4,
                           .per_address = 2,
                           .per_address_overrides = {{"10.0.0.9", 3}},
                           .per_listener = {{"SMALL", 1}}});
  EXPECT_EQ(limits.admit("A", "10.0.0.1"), Verdict::kAdmitted);
  EXPECT_EQ(limits.admit("SMALL", "10.0.0.2"), Verdict::kAdmitted);
  EXPECT_EQ(limits.admit("SMALL", "10.0.0.3"), Verdict::kTooManyOnListener);
  EXPECT_EQ(limits.admit("A", "10.0.0.1"), Verdict::kAdmitted);
  EXPECT_EQ(limits.admit("A", "10.0.0.1"), Verdict::kTooManyFromAddress);
  EXPECT_EQ(limits.admit("A", "10.0.0.9"), Verdict::kAdmitted);
  EXPECT_EQ(limits.admit("A", "10.0.0.9"), Verdict::kTooMany);
  limits.release("A", "10.0.0.1");
  limits.release("SMALL", "10.0.0.2");
  EXPECT_EQ(limits.admit("A", "10.0.0.9"), Verdict::kAdmitted);
  EXPECT_EQ(limits.admit("A", "10.0.0.9"), Verdict::kAdmitted) << "the override allows three";
  EXPECT_EQ(limits.count(), 4);
  EXPECT_EQ(limits.count_from("10.0.0.9"), 3);
  EXPECT_EQ(limits.count_from("10.0.0.2"), 0);
}

TEST(ConnectionLimits, NewLimitsHoldForNewConnections) {
  ConnectionLimits limits;
  EXPECT_EQ(limits.admit("A", "x"), Verdict::kAdmitted);
  EXPECT_EQ(limits.admit("A", "x"), Verdict::kAdmitted);
  limits.set({.in_all = 1});
  EXPECT_EQ(limits.admit("A", "x"), Verdict::kTooMany);
  EXPECT_EQ(limits.count(), 2);
}

TEST(ConnectionLimits, CreationRateGivesTheTimeToWait) {
  ConnectionLimits limits({.creations_per_second = 10});
  constexpr std::int64_t kSecondNs = 1'000'000'000;
  for (int connection = 0; connection < 10; ++connection)
    EXPECT_EQ(limits.delay_before_accept_ms(kSecondNs), 0) << connection;
  EXPECT_EQ(limits.delay_before_accept_ms(kSecondNs), 100);
  EXPECT_EQ(limits.delay_before_accept_ms(kSecondNs + kSecondNs / 20), 50);
  EXPECT_EQ(limits.delay_before_accept_ms(kSecondNs + kSecondNs / 10), 0);
  EXPECT_EQ(ConnectionLimits().delay_before_accept_ms(0), 0);
}

TEST(MemoryBudget, WakesWhoWaitsWhenItIsNoLongerExhausted) {
  auto budget = std::make_shared<MemoryBudget>(100);
  int woken = 0;
  EXPECT_FALSE(budget->wait([&] { ++woken; })) << "nothing to wait for";
  BudgetCharge first(budget, 60);
  BudgetCharge second(budget, 60);
  EXPECT_TRUE(budget->exhausted());
  EXPECT_FALSE(budget->exhausted_for_begun_frames());
  EXPECT_TRUE(budget->wait([&] { ++woken; }));
  second.resize(50);
  EXPECT_EQ(woken, 0);
  {
    const BudgetCharge gone = std::move(first);
  }
  EXPECT_EQ(woken, 1);
  EXPECT_EQ(budget->used(), 50);
  second.resize(250);
  EXPECT_TRUE(budget->exhausted_for_begun_frames());
}

TEST(MemoryBudget, WithoutALimitOnlyCounts) {
  auto budget = std::make_shared<MemoryBudget>(0);
  const BudgetCharge charge(budget, 1'000'000'000'000);
  EXPECT_FALSE(budget->exhausted());
  EXPECT_FALSE(budget->wait([] { FAIL(); }));
  EXPECT_EQ(budget->used(), 1'000'000'000'000);
}

}  // namespace
}  // namespace barnabas::network
