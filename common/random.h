// Randomness comes in from outside, so that a simulation can replay it from a seed.
#pragma once

#include <cstdint>
#include <memory>

namespace barnabas {

class Random {
 public:
  virtual ~Random() = default;
  virtual std::uint64_t next() = 0;
  // Uniform in [0, bound); bound > 0.
  std::uint64_t below(std::uint64_t bound) { return next() % bound; }
};

// Seeded by the operating system; safe to call from any thread.
std::unique_ptr<Random> system_random();
// The same sequence for the same seed on every platform; one thread.
std::unique_ptr<Random> seeded_random(std::uint64_t seed);

}  // namespace barnabas
