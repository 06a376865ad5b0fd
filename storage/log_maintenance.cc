#include "storage/log_maintenance.h"

#include <mutex>

namespace barnabas::storage {

// Timers that fire after stop() find `logs` gone.
struct LogMaintenance::Shared {
  std::mutex mutex;  // held while a task works
  LogManager* logs;
  Scheduler& scheduler;

  Shared(LogManager& manager, Scheduler& timers) : logs(&manager), scheduler(timers) {}

  static void schedule(const std::shared_ptr<Shared>& shared, std::chrono::milliseconds interval,
                       void (LogManager::*work)()) {
    shared->scheduler.after(interval, [shared, interval, work] {
      shared->scheduler.run_blocking([shared, interval, work] {
        {
          std::lock_guard lock(shared->mutex);
          if (shared->logs == nullptr) return;
          (shared->logs->*work)();
        }
        schedule(shared, interval, work);
      });
    });
  }
};

LogMaintenance::LogMaintenance(LogManager& logs, Scheduler& scheduler, const MaintenanceIntervals& intervals)
    : shared_(std::make_shared<Shared>(logs, scheduler)) {
  repeat(intervals.flush, &LogManager::flush_due_logs);
  repeat(intervals.recovery_points, &LogManager::checkpoint_recovery_points);
  repeat(intervals.high_watermarks, &LogManager::checkpoint_high_watermarks);
  repeat(intervals.retention, &LogManager::enforce_retention);
  repeat(intervals.deletions, &LogManager::delete_pending_files);
  repeat(intervals.producers, &LogManager::expire_producers);
}

LogMaintenance::~LogMaintenance() {
  stop();
}

void LogMaintenance::repeat(std::chrono::milliseconds interval, void (LogManager::*work)()) {
  Shared::schedule(shared_, interval, work);
}

void LogMaintenance::stop() {
  std::lock_guard lock(shared_->mutex);
  shared_->logs = nullptr;
}

}  // namespace barnabas::storage
