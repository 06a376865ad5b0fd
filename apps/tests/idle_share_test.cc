#include "apps/idle_share.h"

namespace barnabas::apps {
namespace {

TEST(IdleShare, IsTheUnusedPartOfTheTimeOfAllThreads) {
  ManualClock clock;
  double used = 5;
  IdleShare idle(clock, 2, [&] { return used; });
  clock.advance_ms(10'000);
  used += 5;
  EXPECT_DOUBLE_EQ(idle.measure(), 0.75);
  clock.advance_ms(10'000);
  used += 20;
  EXPECT_DOUBLE_EQ(idle.measure(), 0);
}

TEST(IdleShare, TheSecondReaderWithinASecondGetsTheSameFigure) {
  ManualClock clock;
  double used = 0;
  IdleShare idle(clock, 1, [&] { return used; });
  clock.advance_ms(2000);
  used = 1;
  EXPECT_DOUBLE_EQ(idle.measure(), 0.5);
  clock.advance_ms(1);
  used = 1.001;
  EXPECT_DOUBLE_EQ(idle.measure(), 0.5);
}

}  // namespace
}  // namespace barnabas::apps
