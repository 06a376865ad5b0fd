// One I/O thread: readiness of sockets, posted tasks and timers. The only place that knows Asio.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <unordered_set>

#include "common/scheduler.h"
#include "network/timer_queue.h"

namespace barnabas::network {

class SlabPool;
class Watch;

// Names the calling thread and blocks SIGPIPE in it: sendfile has no flag against that signal.
void prepare_thread(const std::string& name);

// Who is told that a descriptor is ready, on the loop's thread.
class Watcher {
 public:
  virtual ~Watcher() = default;
  virtual void on_readable() = 0;
  virtual void on_writable() = 0;
};

// Held by shared_ptr: whoever posts from another thread may outlive the threads. After stop() nothing runs,
// watches never fire and posts are refused.
class EventLoop {
 public:
  EventLoop(std::uint8_t index, std::string thread_name);
  ~EventLoop();  // stop()

  // Is the caller this loop's thread?
  bool in_loop() const;
  // Runs `task` soon on the thread; false, with `task` destroyed, after stop(). Any thread.
  bool post(Task task);
  // As Scheduler::after and cancel. Any thread.
  TimerId after(std::chrono::milliseconds delay, Task task);
  bool cancel(TimerId timer);

  std::uint8_t index() const { return index_; }
  // The loop whose number is in a timer's id.
  static std::uint8_t index_of(TimerId timer) { return static_cast<std::uint8_t>(timer >> 56); }
  const std::shared_ptr<SlabPool>& slabs() const { return slabs_; }
  double cpu_seconds() const;

  // Ends the thread and drops what waits. Not from the loop's thread. Idempotent.
  void stop();

 private:
  friend class Watch;
  struct Asio;

  void run();
  void arm_timer();
  void fire_timers();

  const std::uint8_t index_;
  const std::shared_ptr<SlabPool> slabs_;
  std::mutex lifecycle_mutex_;  // guards asio_ against stop() while another thread posts
  std::unique_ptr<Asio> asio_;
  std::unordered_set<Watch*> watches_;  // the loop's thread, or none after stop()
  std::mutex timer_mutex_;
  TimerQueue timers_;                  // under timer_mutex_
  std::int64_t armed_ns_ = INT64_MAX;  // under timer_mutex_: when the thread wakes for timers
  std::atomic<double> cpu_at_end_{-1};
  std::thread thread_;
};

// A descriptor registered with a loop; owns and closes it. For the loop's thread alone, or any one thread
// after the loop has stopped.
class Watch {
 public:
  Watch(EventLoop& loop, int fd);
  ~Watch();
  Watch(const Watch&) = delete;

  int fd() const { return fd_; }
  // Tells `watcher` once; it is kept alive until then or until the watch is closed.
  void wait_readable(std::shared_ptr<Watcher> watcher);
  void wait_writable(std::shared_ptr<Watcher> watcher);

 private:
  friend class EventLoop;
  struct Descriptor;
  EventLoop& loop_;
  int fd_;
  std::unique_ptr<Descriptor> descriptor_;  // null once the loop has stopped
};

}  // namespace barnabas::network
