#include "network/blocking_pool.h"

#include <pthread.h>

#include "common/text.h"
#include "network/event_loop.h"

namespace barnabas::network {

BlockingPool::BlockingPool(std::size_t threads_max, std::string name)
    : threads_max_(threads_max), name_(std::move(name)) {}

BlockingPool::~BlockingPool() {
  stop();
}

void BlockingPool::run(Task task) {
  const std::scoped_lock lock(mutex_);
  if (stopping_) return;
  queue_.push_back(std::move(task));
  if (idle_ < queue_.size() && threads_.size() < threads_max_) {
    threads_.emplace_back([this, name = concat(name_, '-', threads_.size())] {
      prepare_thread(name);
      work();
    });
  }
  wake_.notify_one();
}

void BlockingPool::work() {
  std::unique_lock lock(mutex_);
  for (;;) {
    ++idle_;
    wake_.wait(lock, [this] { return stopping_ || !queue_.empty(); });
    --idle_;
    if (queue_.empty()) return;
    Task task = std::move(queue_.front());
    queue_.pop_front();
    lock.unlock();
    task();
    task = nullptr;  // what it owns dies outside the lock
    lock.lock();
  }
}

void BlockingPool::stop() {
  std::vector<std::thread> threads;
  {
    const std::scoped_lock lock(mutex_);
    stopping_ = true;
    threads.swap(threads_);
    wake_.notify_all();
  }
  for (std::thread& thread : threads) thread.join();
}

}  // namespace barnabas::network
