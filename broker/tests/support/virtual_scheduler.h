// A Scheduler whose time is moved by hand.
#pragma once

#include <deque>
#include <map>
#include <mutex>

#include "common/clock.h"
#include "common/scheduler.h"

namespace barnabas::broker::testing {

// Timers run inside advance_ms, blocking work inside run_pending; both on the caller's thread.
class VirtualScheduler final : public Scheduler {
 public:
  explicit VirtualScheduler(ManualClock& clock) : clock_(clock) {}

  TimerId after(std::chrono::milliseconds delay, Task task) override {
    const std::scoped_lock lock(mutex_);
    const TimerId id = ++last_id_;
    timers_.emplace(std::pair(clock_.monotonic_ms() + delay.count(), id), std::move(task));
    return id;
  }
  bool cancel(TimerId timer) override {
    const std::scoped_lock lock(mutex_);
    return std::erase_if(timers_, [timer](const auto& entry) { return entry.first.second == timer; }) > 0;
  }
  void run_blocking(Task task) override {
    const std::scoped_lock lock(mutex_);
    blocking_.push_back(std::move(task));
  }

  void advance_ms(std::int64_t ms) {
    const std::int64_t until = clock_.monotonic_ms() + ms;
    while (auto due = take_due(until)) {
      if (due->first > clock_.monotonic_ms()) clock_.advance_ms(due->first - clock_.monotonic_ms());
      due->second();
    }
    if (until > clock_.monotonic_ms()) clock_.advance_ms(until - clock_.monotonic_ms());
  }
  void run_pending() {
    while (true) {
      Task task;
      {
        const std::scoped_lock lock(mutex_);
        if (blocking_.empty()) return;
        task = std::move(blocking_.front());
        blocking_.pop_front();
      }
      task();
    }
  }
  std::size_t timers() const {
    const std::scoped_lock lock(mutex_);
    return timers_.size();
  }

 private:
  std::optional<std::pair<std::int64_t, Task>> take_due(std::int64_t until) {
    const std::scoped_lock lock(mutex_);
    if (timers_.empty() || timers_.begin()->first.first > until) return std::nullopt;
    auto first = timers_.extract(timers_.begin());
    return std::pair(first.key().first, std::move(first.mapped()));
  }

  ManualClock& clock_;
  mutable std::mutex mutex_;
  TimerId last_id_ = 0;
  std::map<std::pair<std::int64_t, TimerId>, Task> timers_;
  std::deque<Task> blocking_;
};

}  // namespace barnabas::broker::testing
