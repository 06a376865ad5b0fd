// Latencies in buckets whose width grows with the value, as in HdrHistogram.
#pragma once

#include <cstdint>
#include <vector>

namespace barnabas::bench {

// Counts values from 0 to about 2^40 (18 minutes in nanoseconds) with a relative error below 1 %; larger ones
// count as the largest. One thread.
class Histogram {
 public:
  Histogram();

  void add(std::int64_t value);
  std::int64_t count() const { return count_; }
  std::int64_t max() const { return max_; }
  // The smallest value that `percent` of all values do not exceed, rounded up to its bucket's end; 0 when
  // empty.
  std::int64_t percentile(double percent) const;

 private:
  std::vector<std::int64_t> buckets_;
  std::int64_t count_ = 0;
  std::int64_t max_ = 0;
};

}  // namespace barnabas::bench
