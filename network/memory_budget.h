// A limit on the bytes of requests in memory, shared by all connections of a process.
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <utility>
#include <vector>

namespace barnabas::network {

// Counts bytes that arrived and have not been released, whether their frame is complete or not. Nobody is
// refused a charge: connections ask exhausted() before they read on and wait until others release.
// Any thread. Held by shared_ptr, since frames may outlive their listener.
class MemoryBudget {
 public:
  // `limit_bytes` <= 0: no limit.
  explicit MemoryBudget(std::int64_t limit_bytes) : limit_(limit_bytes) {}

  // No new frame may begin. A frame that has begun goes on until twice the limit.
  bool exhausted() const { return limit_ > 0 && used() >= limit_; }
  bool exhausted_for_begun_frames() const { return limit_ > 0 && used() >= 2 * limit_; }
  std::int64_t used() const { return used_.load(std::memory_order_relaxed); }
  std::int64_t limit() const { return limit_; }

  void charge(std::int64_t bytes) { used_.fetch_add(bytes, std::memory_order_relaxed); }
  void release(std::int64_t bytes);
  // Calls `resume` once the budget is no longer exhausted, from the thread that releases: it must only hand
  // over to another thread. False, and nothing kept, if it is not exhausted now.
  bool wait(std::function<void()> resume);

 private:
  const std::int64_t limit_;
  std::atomic<std::int64_t> used_{0};
  std::atomic<bool> has_waiters_{false};
  std::mutex mutex_;
  std::vector<std::function<void()>> waiters_;  // under mutex_
};

// A charge that is released with the object. Move-only.
class BudgetCharge {
 public:
  BudgetCharge() = default;
  BudgetCharge(std::shared_ptr<MemoryBudget> budget, std::int64_t bytes)
      : budget_(std::move(budget)), bytes_(bytes) {
    budget_->charge(bytes_);
  }
  BudgetCharge(BudgetCharge&& other) noexcept
      : budget_(std::move(other.budget_)), bytes_(std::exchange(other.bytes_, 0)) {}
  BudgetCharge& operator=(BudgetCharge&& other) noexcept {
    std::swap(budget_, other.budget_);
    std::swap(bytes_, other.bytes_);
    return *this;
  }
  ~BudgetCharge() {
    if (bytes_ != 0) budget_->release(bytes_);
  }
  std::int64_t bytes() const { return bytes_; }
  // Raises or lowers the charge to `bytes`; the object must have a budget.
  void resize(std::int64_t bytes) {
    if (bytes > bytes_) budget_->charge(bytes - bytes_);
    if (bytes < bytes_) budget_->release(bytes_ - bytes);
    bytes_ = bytes;
  }

 private:
  std::shared_ptr<MemoryBudget> budget_;
  std::int64_t bytes_ = 0;
};

}  // namespace barnabas::network
