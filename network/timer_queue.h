// Timers of one thread: cheap to start, to cancel and to fire.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "common/scheduler.h"

namespace barnabas::network {

// A heap of deadlines over reusable slots. A cancelled timer frees its task at once and leaves its heap entry
// behind until the deadline, or until such entries outnumber the live ones: long polls are nearly always
// cancelled, so cancelling is a store and not a search. One thread at a time; the owner locks.
class TimerQueue {
 public:
  // Numbers fit in 56 bits; the eight highest are the caller's.
  TimerId add(std::int64_t deadline_ns, Task task);
  // The task, to be destroyed outside the caller's lock; empty if the timer is unknown.
  Task cancel(TimerId timer);
  // Moves the tasks due at `now_ns` to the end of `due`, earliest first.
  void take_due(std::int64_t now_ns, std::vector<Task>& due);
  // Never later than the earliest live timer; it may belong to a cancelled one.
  std::optional<std::int64_t> next_deadline_ns() const;

  std::size_t size() const { return live_; }
  std::size_t heap_size() const { return heap_.size(); }
  // Forgets all timers; their tasks are returned.
  std::vector<Task> clear();

 private:
  struct Slot {
    Task task;
    std::uint32_t generation = 0;
    bool live = false;
  };
  struct Entry {
    std::int64_t deadline_ns;
    std::uint64_t order;  // equal deadlines fire in the order they were added
    std::uint32_t slot;
    std::uint32_t generation;
  };
  static bool later(const Entry& left, const Entry& right);
  bool stale(const Entry& entry) const;
  Task release(std::uint32_t slot);
  void compact();

  std::vector<Slot> slots_;
  std::vector<std::uint32_t> free_;
  std::vector<Entry> heap_;
  std::size_t live_ = 0;
  std::uint64_t order_ = 0;
};

}  // namespace barnabas::network
