#include "storage/group_commit.h"

#include <utility>

#include "common/text.h"

namespace barnabas::storage {

void GroupCommit::request() {
  const std::lock_guard lock(mutex_);
  requested_ = true;
  start();
}

void GroupCommit::wait(std::int64_t offset, Done done) {
  if (log_->high_watermark() >= offset && !log_->is_offline()) return done({});
  const std::lock_guard lock(mutex_);
  waiters_.push_back({offset, std::move(done)});
  start();
}

void GroupCommit::start() {
  if (std::exchange(running_, true)) return;
  scheduler_.run_blocking([self = shared_from_this()] { self->run(); });
}

StorageResult<void> GroupCommit::commit() {
  auto synced = log_->flush_to(log_->log_end_offset());
  if (synced) log_->raise_high_watermark(log_->recovery_point());
  return synced;
}

void GroupCommit::run() {
  for (;;) {
    std::vector<Waiter> waiters;
    {
      const std::lock_guard lock(mutex_);
      if (waiters_.empty() && !requested_) {
        running_ = false;
        return;
      }
      requested_ = false;
      waiters.swap(waiters_);
    }
    // The end is read after the waiters were taken: the sync covers every one of them.
    const auto synced = commit();
    for (Waiter& waiter : waiters) {
      if (synced && log_->high_watermark() < waiter.offset)
        waiter.done(fail(StorageErrorCode::kUnexpectedOffset,
                         concat("offset ", waiter.offset, " of ", log_->partition(), " was cut off")));
      else
        waiter.done(synced);
    }
    if (synced) committed_();
  }
}

}  // namespace barnabas::storage
