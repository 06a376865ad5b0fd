// Delayed and background work, implemented by the network's threads in the program and by virtual time in
// tests.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>

namespace barnabas {

using Task = std::move_only_function<void()>;
using TimerId = std::uint64_t;  // 0 is never used

class Scheduler {
 public:
  virtual ~Scheduler() = default;
  // Runs `task` once after `delay` on a thread of the scheduler's own. Any thread may call.
  virtual TimerId after(std::chrono::milliseconds delay, Task task) = 0;
  // True if the task will not run any more; false if it ran, runs now or is unknown.
  virtual bool cancel(TimerId timer) = 0;
  // Runs `task` soon on the pool for work that blocks (fsync, retention, cold reads).
  virtual void run_blocking(Task task) = 0;
};

}  // namespace barnabas
