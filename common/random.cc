#include "common/random.h"

#include <sys/random.h>

#include <stdexcept>

namespace barnabas {
namespace {

class SystemRandom : public Random {
 public:
  std::uint64_t next() override {
    std::uint64_t value = 0;
    if (::getrandom(&value, sizeof value, 0) != sizeof value) throw std::runtime_error("getrandom failed");
    return value;
  }
};

// splitmix64: tiny, full period, good enough for tests and jitter.
class SeededRandom : public Random {
 public:
  explicit SeededRandom(std::uint64_t seed) : state_(seed) {}
  std::uint64_t next() override {
    std::uint64_t z = state_ += 0x9e3779b97f4a7c15ull;
    z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9ull;
    z = (z ^ z >> 27) * 0x94d049bb133111ebull;
    return z ^ z >> 31;
  }

 private:
  std::uint64_t state_;
};

}  // namespace

std::unique_ptr<Random> system_random() {
  return std::make_unique<SystemRandom>();
}
std::unique_ptr<Random> seeded_random(std::uint64_t seed) {
  return std::make_unique<SeededRandom>(seed);
}

}  // namespace barnabas
