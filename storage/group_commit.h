// Group commit: those who wrote to a log wait here until it is on disk, and share one sync.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <vector>

#include "common/scheduler.h"
#include "storage/log.h"

namespace barnabas::storage {

// One per log that is led under barnabas.flush=group. Any thread; held by shared_ptr, also by the task that
// syncs, of which there is one at most: whoever comes while it runs is covered by its next round. The high
// watermark moves with the syncs alone, so that nobody reads what a power loss could take back. The scheduler
// outlives it.
class GroupCommit : public std::enable_shared_from_this<GroupCommit> {
 public:
  using Done = std::move_only_function<void(const StorageResult<void>& committed)>;

  // `committed` is called after the high watermark moved and those who waited were answered. Any thread.
  GroupCommit(std::shared_ptr<Log> log, Scheduler& scheduler, std::function<void()> committed)
      : log_(std::move(log)), scheduler_(scheduler), committed_(std::move(committed)) {}

  // Has everything appended so far synced soon, on the scheduler's pool.
  void request();
  // Calls `done` when everything below `offset` (exclusive) is on disk and below the high watermark: at once
  // if it is, else on the pool, after request(). kUnexpectedOffset if the log was cut below `offset`, the
  // sync's error if that failed: then nothing may be acknowledged.
  void wait(std::int64_t offset, Done done);
  // Syncs on this thread and moves the high watermark to what is on disk.
  StorageResult<void> commit();

 private:
  struct Waiter {
    std::int64_t offset;
    Done done;
  };
  void start();  // mutex_ held
  void run();

  const std::shared_ptr<Log> log_;
  Scheduler& scheduler_;
  const std::function<void()> committed_;
  std::mutex mutex_;  // guards what follows; never held during a sync or a callback
  std::vector<Waiter> waiters_;
  bool requested_ = false;
  bool running_ = false;
};

}  // namespace barnabas::storage
