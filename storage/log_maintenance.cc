#include "storage/log_maintenance.h"

#include <algorithm>
#include <mutex>

namespace barnabas::storage {
namespace {

// What a clean stop or a crash left overdue is not kept for another whole interval: Kafka looks for the first
// time after log.initial.task.delay.ms.
constexpr std::chrono::milliseconds kFirstRetention{30'000};

}  // namespace

// Timers that fire after stop() find `logs` gone.
struct LogMaintenance::Shared {
  std::mutex mutex;  // held while a task works
  LogManager* logs;
  Scheduler& scheduler;

  Shared(LogManager& manager, Scheduler& timers) : logs(&manager), scheduler(timers) {}

  static void schedule(const std::shared_ptr<Shared>& shared, std::chrono::milliseconds delay,
                       std::chrono::milliseconds interval, void (LogManager::*work)()) {
    shared->scheduler.after(delay, [shared, interval, work] {
      shared->scheduler.run_blocking([shared, interval, work] {
        {
          std::lock_guard lock(shared->mutex);
          if (shared->logs == nullptr) return;
          (shared->logs->*work)();
        }
        schedule(shared, interval, interval, work);
      });
    });
  }
};

LogMaintenance::LogMaintenance(LogManager& logs, Scheduler& scheduler, const MaintenanceIntervals& intervals)
    : shared_(std::make_shared<Shared>(logs, scheduler)) {
  repeat(intervals.flush, &LogManager::flush_due_logs);
  repeat(intervals.recovery_points, &LogManager::checkpoint_recovery_points);
  repeat(intervals.high_watermarks, &LogManager::checkpoint_high_watermarks);
  Shared::schedule(shared_, std::min(kFirstRetention, intervals.retention), intervals.retention,
                   &LogManager::enforce_retention);
  repeat(intervals.deletions, &LogManager::delete_pending_files);
  repeat(intervals.producers, &LogManager::expire_producers);
}

LogMaintenance::~LogMaintenance() {
  stop();
}

void LogMaintenance::repeat(std::chrono::milliseconds interval, void (LogManager::*work)()) {
  Shared::schedule(shared_, interval, interval, work);
}

void LogMaintenance::stop() {
  std::lock_guard lock(shared_->mutex);
  shared_->logs = nullptr;
}

}  // namespace barnabas::storage
