#include "bench/load/histogram.h"

#include <algorithm>
#include <bit>
#include <cmath>

namespace barnabas::bench {
namespace {

// Values below 256 have a bucket each; above, every power of two has 128 buckets.
constexpr int kSubBits = 7;
constexpr int kMostBits = 40;
constexpr std::int64_t kLargest = (std::int64_t{1} << kMostBits) - 1;

std::size_t bucket_of(std::int64_t value) {
  const auto wide = static_cast<std::uint64_t>(value);
  const int shift = std::max(0, static_cast<int>(std::bit_width(wide)) - kSubBits - 1);
  return (static_cast<std::size_t>(shift) << kSubBits) + static_cast<std::size_t>(wide >> shift);
}

std::int64_t end_of(std::size_t bucket) {
  if (bucket < 2u << kSubBits) return static_cast<std::int64_t>(bucket);
  const std::size_t shift = (bucket >> kSubBits) - 1;
  const std::uint64_t first = (bucket - (shift << kSubBits)) << shift;
  return static_cast<std::int64_t>(first + (std::uint64_t{1} << shift) - 1);
}

}  // namespace

Histogram::Histogram() : buckets_(bucket_of(kLargest) + 1) {}

void Histogram::add(std::int64_t value) {
  value = std::clamp<std::int64_t>(value, 0, kLargest);
  ++buckets_[bucket_of(value)];
  ++count_;
  max_ = std::max(max_, value);
}

std::int64_t Histogram::percentile(double percent) const {
  const auto wanted = static_cast<std::int64_t>(std::ceil(static_cast<double>(count_) * percent / 100));
  std::int64_t seen = 0;
  for (std::size_t bucket = 0; bucket < buckets_.size(); ++bucket) {
    seen += buckets_[bucket];
    if (seen >= wanted && seen > 0) return std::min(end_of(bucket), max_);
  }
  return 0;
}

}  // namespace barnabas::bench
