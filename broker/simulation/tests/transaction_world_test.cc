// The transaction coordinator over logs that crash, for a second; ./dev simulate runs it for as long as one
// likes.
#include <gtest/gtest.h>

#include "broker/simulation/rounds.h"
#include "common/logging.h"

namespace barnabas::broker::simulation {
namespace {

class TransactionWorldTest : public ::testing::Test {
 protected:
  TransactionWorldTest() { set_log_level(LogLevel::kOff); }
  ~TransactionWorldTest() override { set_log_level(LogLevel::kInfo); }
};

TEST_F(TransactionWorldTest, EveryInvariantHoldsThroughCrashesAndFaults) {
  for (std::uint64_t seed = 1; seed <= 9; ++seed) {
    const auto done = run_round(seed, 500);
    ASSERT_FALSE(done.failure) << describe(*done.failure);
    EXPECT_GT(done.committed, 3u) << "seed " << seed;
    EXPECT_GT(done.crashes, 1u) << "seed " << seed;
  }
}

TEST_F(TransactionWorldTest, SameSeedIsTheSameWorld) {
  const auto one = run_round(77, 400), two = run_round(77, 400);
  EXPECT_EQ(one.committed, two.committed);
  EXPECT_EQ(one.aborted, two.aborted);
  EXPECT_EQ(one.virtual_ms, two.virtual_ms);
}

}  // namespace
}  // namespace barnabas::broker::simulation
