// Threads for work that blocks: fsync, retention, cold reads.
#pragma once

#include <condition_variable>
#include <cstddef>
#include <deque>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "common/scheduler.h"

namespace barnabas::network {

// First in, first out. A thread is started when work waits and none is idle, up to the limit, so a program
// that never blocks has none. Any thread may call.
class BlockingPool {
 public:
  BlockingPool(std::size_t threads_max, std::string name);
  ~BlockingPool();  // stop()

  void run(Task task);  // dropped after stop()
  // Finishes what is queued and joins. Idempotent; not from a thread of the pool.
  void stop();

 private:
  void work();

  const std::size_t threads_max_;
  const std::string name_;
  std::mutex mutex_;
  std::condition_variable wake_;
  std::deque<Task> queue_;  // under mutex_, as all below
  std::vector<std::thread> threads_;
  std::size_t idle_ = 0;
  bool stopping_ = false;
};

}  // namespace barnabas::network
