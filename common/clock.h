// Time comes in from outside, so that sessions, retention and transactions can run in virtual time.
#pragma once

#include <atomic>
#include <cstdint>

namespace barnabas {

class Clock {
 public:
  virtual ~Clock() = default;
  // Milliseconds since 1970, as records and checkpoints hold them. May step back.
  virtual std::int64_t wall_ms() const = 0;
  // Nanoseconds from an arbitrary start, never back: for time-outs and latencies.
  virtual std::int64_t monotonic_ns() const = 0;
  std::int64_t monotonic_ms() const { return monotonic_ns() / 1'000'000; }
};

// The machine's clocks. Any thread.
class SystemClock final : public Clock {
 public:
  std::int64_t wall_ms() const override;
  std::int64_t monotonic_ns() const override;
};

// Moves only when told to. Any thread.
class ManualClock final : public Clock {
 public:
  explicit ManualClock(std::int64_t wall_ms = 1'700'000'000'000) : start_ms_(wall_ms) {}
  std::int64_t wall_ms() const override { return start_ms_ + passed_ns_ / 1'000'000; }
  std::int64_t monotonic_ns() const override { return passed_ns_; }
  void advance_ms(std::int64_t ms) { passed_ns_ += ms * 1'000'000; }

 private:
  const std::int64_t start_ms_;
  std::atomic<std::int64_t> passed_ns_{0};
};

}  // namespace barnabas
