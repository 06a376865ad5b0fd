#include "network/memory_budget.h"

namespace barnabas::network {

void MemoryBudget::release(std::int64_t bytes) {
  used_.fetch_sub(bytes);
  if (!has_waiters_.load() || exhausted()) return;
  std::vector<std::function<void()>> ready;
  {
    const std::scoped_lock lock(mutex_);
    ready.swap(waiters_);
    has_waiters_ = false;
  }
  for (const auto& resume : ready) resume();
}

bool MemoryBudget::wait(std::function<void()> resume) {
  const std::scoped_lock lock(mutex_);
  waiters_.push_back(std::move(resume));
  has_waiters_ = true;
  // A release between the caller's look and here did not see the waiter; one from now on does.
  if (limit_ > 0 && used_.load() >= limit_) return true;
  waiters_.pop_back();
  has_waiters_ = !waiters_.empty();
  return false;
}

}  // namespace barnabas::network
