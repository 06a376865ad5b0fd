// Compacts the logs of a LogManager on threads of its own, the dirtiest first.
#pragma once

#include <condition_variable>
#include <cstdint>
#include <limits>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include "common/clock.h"
#include "common/random.h"
#include "storage/compaction/log_cleaning.h"
#include "storage/log_manager.h"

namespace barnabas::storage {

// Names and defaults are those of Kafka's log.cleaner.* settings.
struct LogCleanerConfig {
  int threads = 1;
  std::int64_t dedupe_buffer_bytes = 128 << 20;  // over all threads; taken only while a cleaning needs it
  double load_factor = 0.9;
  std::int64_t io_buffer_bytes = 512 << 10;  // over all threads
  double io_max_bytes_per_second = std::numeric_limits<double>::max();
  std::int64_t backoff_ms = 15'000;
  bool operator==(const LogCleanerConfig&) const = default;
};

// What the metrics show; "last" is the last cleaning of each thread.
struct LogCleanerStatus {
  double max_dirty_ratio = 0;  // of the dirtiest log at the last look
  std::int64_t since_last_look_ms = 0;
  double last_map_utilization = 0;
  double last_clean_seconds = 0;
  double last_recopy_ratio = 0;  // bytes written to bytes read
  double max_compaction_delay_seconds = 0;
  struct Uncleanable {
    std::int64_t partitions = 0;
    std::int64_t bytes = 0;
  };
  std::map<std::string, Uncleanable> uncleanable;  // by log directory; all of them are named
};

// Any thread, but start and stop are the owner's. Its threads have a low priority, read closed segments, and
// hold a mutex of a log only to exchange segments. A cleaning that is stopped loses its work on one group of
// segments; what it exchanged before stays. Goes before the LogManager.
class LogCleaner {
 public:
  LogCleaner(LogManager& logs, const Clock& clock, Random& random, const LogCleanerConfig& config);
  ~LogCleaner();
  LogCleaner(const LogCleaner&) = delete;
  LogCleaner& operator=(const LogCleaner&) = delete;

  void start();
  // Cleanings under way are given up. Nothing runs afterwards.
  void stop();
  // Takes effect at once; cleanings under way begin anew if the number of threads or a buffer changed.
  void reconfigure(const LogCleanerConfig& config);

  // Cleans the dirtiest log that is due, on the calling thread. False if none was cleaned.
  bool clean_one();
  LogCleanerStatus status() const;

 private:
  struct Job {
    std::shared_ptr<Log> log;
    CleaningPlan plan;
  };

  void run_thread(int number);
  void start_locked();
  void stop_threads();
  std::optional<Job> take_job();
  std::optional<CleaningPlan> plan_of(Log& log, const OffsetMap& checkpoints);
  bool clean(const Job& job);
  void finished(const Job& job, const CleaningReport& report, std::int64_t begun_ms);
  bool failed(const Job& job, const StorageError& error);
  bool is_uncleanable(const std::shared_ptr<Log>& log) const;  // mutex held
  bool pace(std::int64_t bytes);
  CleaningLimits limits();

  LogManager& logs_;
  const Clock& clock_;
  Random& random_;

  std::mutex control_;  // start, stop, reconfigure
  mutable std::mutex mutex_;
  std::condition_variable wake_;
  LogCleanerConfig config_;
  bool stopping_ = false;
  bool started_ = false;
  std::unordered_set<const Log*> in_progress_;
  std::unordered_map<TopicPartition, std::weak_ptr<Log>> uncleanable_;
  LogCleanerStatus status_;
  std::int64_t last_look_ms_ = -1;
  std::int64_t io_free_ns_ = 0;  // when the bytes moved so far are paid for
  std::vector<std::thread> threads_;
};

}  // namespace barnabas::storage
