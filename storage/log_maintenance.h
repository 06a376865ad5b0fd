// Calls a LogManager's periodic work from a Scheduler.
#pragma once

#include <chrono>
#include <memory>

#include "common/scheduler.h"
#include "storage/log_manager.h"

namespace barnabas::storage {

struct MaintenanceIntervals {
  std::chrono::milliseconds flush{1000};
  std::chrono::milliseconds recovery_points{60'000};  // log.flush.offset.checkpoint.interval.ms
  std::chrono::milliseconds high_watermarks{5000};    // replica.high.watermark.checkpoint.interval.ms
  std::chrono::milliseconds retention{300'000};       // log.retention.check.interval.ms
  std::chrono::milliseconds deletions{1000};
  std::chrono::milliseconds producers{600'000};  // producer.id.expiration.check.interval.ms
};

// Runs each task on the scheduler's pool for blocking work, never twice at once. The scheduler outlives it;
// the LogManager outlives it too, and stop() waits for a task that runs. Any thread.
class LogMaintenance {
 public:
  LogMaintenance(LogManager& logs, Scheduler& scheduler, const MaintenanceIntervals& intervals);
  ~LogMaintenance();
  LogMaintenance(const LogMaintenance&) = delete;
  LogMaintenance& operator=(const LogMaintenance&) = delete;

  // No task runs after it returned. Not from a task of the scheduler's own.
  void stop();

 private:
  struct Shared;
  void repeat(std::chrono::milliseconds interval, void (LogManager::*work)());

  std::shared_ptr<Shared> shared_;
};

}  // namespace barnabas::storage
