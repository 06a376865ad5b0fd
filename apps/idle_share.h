// How idle the I/O threads were lately, as Kafka's meters of network and handler threads show it.
#pragma once

#include <cstdint>
#include <functional>

#include "common/clock.h"

namespace barnabas::apps {

// For one thread at a time. `cpu_seconds`: what all threads have used together since their start.
class IdleShare {
 public:
  IdleShare(const Clock& clock, std::size_t threads, std::function<double()> cpu_seconds)
      : clock_(clock),
        threads_(threads),
        cpu_seconds_(std::move(cpu_seconds)),
        since_{clock_.monotonic_ns(), cpu_seconds_()} {}

  // 0 (busy) to 1 (idle), of the time since the last call but one second at least; the same again to those
  // who ask more often.
  double measure() {
    const Moment now{clock_.monotonic_ns(), cpu_seconds_()};
    const double passed_seconds = static_cast<double>(now.at_ns - since_.at_ns) / 1e9;
    if (passed_seconds < 1) return share_;
    const double used =
        (now.cpu_seconds - since_.cpu_seconds) / (passed_seconds * static_cast<double>(threads_));
    share_ = used < 0 ? 1 : used > 1 ? 0 : 1 - used;
    since_ = now;
    return share_;
  }

 private:
  struct Moment {
    std::int64_t at_ns = 0;
    double cpu_seconds = 0;
  };
  const Clock& clock_;
  const std::size_t threads_;
  const std::function<double()> cpu_seconds_;
  Moment since_;
  double share_ = 1;
};

}  // namespace barnabas::apps
