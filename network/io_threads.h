// The threads that serve sockets, their timers, and a pool for work that blocks.
#pragma once

#include <atomic>
#include <cstddef>
#include <memory>
#include <string>
#include <vector>

#include "common/scheduler.h"

namespace barnabas::network {

class BlockingPool;
class EventLoop;

// N event loops with one thread each. A connection lives on one of them for good, and a request is read,
// handled and answered there. Any thread may call; the object outlives its listeners.
class IoThreads final : public Scheduler {
 public:
  struct Options {
    std::size_t threads = 0;           // 0: as many as there are processors
    std::size_t blocking_threads = 4;  // started when first needed
    std::string name = "network";      // threads are called <name>-<index>
  };
  explicit IoThreads(Options options);
  ~IoThreads() override;  // stop()

  // On an I/O thread the timer runs on that same thread, otherwise on any of them.
  TimerId after(std::chrono::milliseconds delay, Task task) override;
  bool cancel(TimerId timer) override;
  void run_blocking(Task task) override;

  std::size_t size() const { return loops_.size(); }
  // For what may outlive this object: posts are refused then.
  const std::shared_ptr<EventLoop>& shared_loop(std::size_t index) const { return loops_[index]; }
  // Runs `task` soon on that thread; dropped after stop().
  void post(std::size_t index, Task task);

  // CPU seconds a thread has used since it started; with wall time this gives its share of idleness.
  double cpu_seconds(std::size_t index) const;

  // Finishes the blocking work that is queued, ends all threads and drops what they had not begun. Not to be
  // called from one of them. Idempotent.
  void stop();

 private:
  std::vector<std::shared_ptr<EventLoop>> loops_;
  std::unique_ptr<BlockingPool> pool_;
  std::atomic<std::size_t> next_{0};
};

}  // namespace barnabas::network
