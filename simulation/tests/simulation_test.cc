#include <algorithm>

#include "common/logging.h"
#include "simulation/rounds.h"

namespace barnabas::simulation {
namespace {

class Simulation : public ::testing::Test {
 protected:
  Simulation() { set_log_level(LogLevel::kOff); }
  ~Simulation() override { set_log_level(LogLevel::kInfo); }
};

TEST_F(Simulation, EveryInvariantHoldsThroughCrashesAndFaults) {
  for (std::uint64_t seed = 1; seed <= 12; ++seed) {
    const auto done = run_round(seed, 500);
    ASSERT_FALSE(done.failure) << "seed " << seed << ", step " << done.failure->steps.size() << ": "
                               << done.failure->violation.invariant << ": " << done.failure->violation.what;
    EXPECT_GT(done.counts.batches, 50u) << "seed " << seed;
    EXPECT_GT(done.counts.crashes, 0u) << "seed " << seed;
  }
}

TEST_F(Simulation, SameSeedIsTheSameWorld) {
  const auto one = run_round(77, 400), two = run_round(77, 400);
  EXPECT_EQ(one.counts.batches, two.counts.batches);
  EXPECT_EQ(one.counts.transactions, two.counts.transactions);
  EXPECT_EQ(one.counts.crashes, two.counts.crashes);
  EXPECT_EQ(one.virtual_ms, two.virtual_ms);
}

TEST_F(Simulation, StepsOfASeedAreOfEveryKind) {
  const auto steps = make_steps(3, 2000);
  for (int kind = 0; kind <= static_cast<int>(StepKind::kRestart); ++kind)
    EXPECT_TRUE(std::any_of(steps.begin(), steps.end(), [&](const Step& step) {
      return static_cast<int>(step.kind) == kind;
    })) << step_name(static_cast<StepKind>(kind));
}

}  // namespace
}  // namespace barnabas::simulation
