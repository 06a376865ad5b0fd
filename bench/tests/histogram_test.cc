#include "bench/load/histogram.h"

#include <algorithm>

#include "common/random.h"

namespace barnabas::bench {
namespace {

TEST(Histogram, SmallValuesAreExact) {
  Histogram histogram;
  for (int value = 1; value <= 100; ++value) histogram.add(value);
  EXPECT_EQ(histogram.percentile(1), 1);
  EXPECT_EQ(histogram.percentile(50), 50);
  EXPECT_EQ(histogram.percentile(99), 99);
  EXPECT_EQ(histogram.percentile(100), 100);
}

TEST(Histogram, LargeValuesAreWithinOnePercent) {
  auto random = seeded_random(1);
  Histogram histogram;
  std::vector<std::int64_t> values;
  for (int i = 0; i < 10'000; ++i) {
    values.push_back(static_cast<std::int64_t>(random->below(1ull << (1 + random->below(39)))));
    histogram.add(values.back());
  }
  std::ranges::sort(values);
  for (double percent : {10.0, 50.0, 90.0, 99.0, 99.9}) {
    const auto exact = static_cast<double>(values[static_cast<std::size_t>(percent * 100) - 1]);
    EXPECT_GE(static_cast<double>(histogram.percentile(percent)), exact) << percent;
    EXPECT_LE(static_cast<double>(histogram.percentile(percent)), exact * 1.01 + 1) << percent;
  }
  EXPECT_EQ(histogram.percentile(100), values.back());
}

TEST(Histogram, ValuesOutsideTheRangeCountAtItsEnds) {
  Histogram histogram;
  EXPECT_EQ(histogram.percentile(50), 0);
  histogram.add(-5);
  histogram.add(INT64_MAX);
  EXPECT_EQ(histogram.percentile(50), 0);
  EXPECT_EQ(histogram.max(), (std::int64_t{1} << 40) - 1);
  EXPECT_EQ(histogram.count(), 2);
}

}  // namespace
}  // namespace barnabas::bench
