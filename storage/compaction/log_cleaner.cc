#include "storage/compaction/log_cleaner.h"

#include <pthread.h>
#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>

#include "common/logging.h"
#include "common/text.h"

namespace barnabas::storage {
namespace {

constexpr Logger logger("storage.LogCleaner");
// Of a cleaner thread: requests go first where the machine is busy.
constexpr int kNice = 10;

std::string parent_of(const Log& log) {
  return parent_path(log.directory());
}

}  // namespace

LogCleaner::LogCleaner(LogManager& logs, const Clock& clock, Random& random, const LogCleanerConfig& config)
    : logs_(logs), clock_(clock), random_(random), config_(config) {}

LogCleaner::~LogCleaner() {
  stop();
}

void LogCleaner::start() {
  std::lock_guard control(control_);
  started_ = true;
  start_locked();
}

void LogCleaner::start_locked() {
  int threads = 0;
  {
    std::lock_guard lock(mutex_);
    stopping_ = false;
    threads = config_.threads;
  }
  for (int i = 0; i < threads; ++i) threads_.emplace_back([this, i] { run_thread(i); });
}

void LogCleaner::stop() {
  std::lock_guard control(control_);
  started_ = false;
  stop_threads();
}

void LogCleaner::stop_threads() {
  {
    std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  wake_.notify_all();
  for (std::thread& thread : threads_) thread.join();
  threads_.clear();
}

void LogCleaner::reconfigure(const LogCleanerConfig& config) {
  std::lock_guard control(control_);
  bool restart = false;
  {
    std::lock_guard lock(mutex_);
    if (config == config_) return;
    restart = config.threads != config_.threads ||
              config.dedupe_buffer_bytes != config_.dedupe_buffer_bytes ||
              config.io_buffer_bytes != config_.io_buffer_bytes || config.load_factor != config_.load_factor;
    config_ = config;
  }
  wake_.notify_all();
  if (!restart || !started_) return;
  stop_threads();
  start_locked();
}

void LogCleaner::run_thread(int number) {
  ::pthread_setname_np(::pthread_self(), concat("log-cleaner-", number).c_str());
  // Linux: of this thread alone. Where it is refused the cleaner runs like everybody.
  (void)::setpriority(PRIO_PROCESS, static_cast<id_t>(::gettid()), kNice);
  for (;;) {
    const bool cleaned = clean_one();
    std::unique_lock lock(mutex_);
    if (stopping_) return;
    if (cleaned) continue;
    wake_.wait_for(lock, std::chrono::milliseconds(config_.backoff_ms));
    if (stopping_) return;
  }
}

bool LogCleaner::is_uncleanable(const std::shared_ptr<Log>& log) const {
  const auto found = uncleanable_.find(log->partition());
  return found != uncleanable_.end() && found->second.lock() == log;
}

// The first dirty offset of a log that was cut, or of one that the checkpoint is wrong about, is written anew
// at once.
std::optional<CleaningPlan> LogCleaner::plan_of(Log& log, const OffsetMap& checkpoints) {
  std::optional<std::int64_t> checkpoint;
  if (const auto found = checkpoints.find(log.partition()); found != checkpoints.end())
    checkpoint = found->second;
  const auto cut = log.take_lowest_cut();
  const bool cut_below = cut && checkpoint && *cut < *checkpoint;
  if (cut_below) checkpoint = *cut;
  auto plan = plan_cleaning(log, checkpoint, clock_.wall_ms());
  if (!plan) {
    logger.error("Cannot look at ", log.partition(), ": ", plan.error().to_string());
    return std::nullopt;
  }
  if (cut_below || plan->checkpoint_was_wrong) logs_.write_cleaner_offset(log.partition(), plan->first_dirty);
  return std::move(*plan);
}

std::optional<LogCleaner::Job> LogCleaner::take_job() {
  const OffsetMap checkpoints = logs_.cleaner_offsets();
  std::optional<Job> best;
  double dirtiest = 0;
  std::int64_t most_overdue_ms = 0;
  for (const auto& log : logs_.logs()) {
    const auto config = log->config();
    if (!config->cleanup_compact || log->is_offline()) continue;
    {
      std::lock_guard lock(mutex_);
      if (stopping_) return std::nullopt;
      if (in_progress_.contains(log.get()) || is_uncleanable(log)) continue;
    }
    auto plan = plan_of(*log, checkpoints);
    if (!plan || plan->clean_bytes + plan->dirty_bytes == 0) continue;
    const double ratio = plan->dirty_ratio();
    dirtiest = std::max(dirtiest, ratio);
    most_overdue_ms = std::max(most_overdue_ms, plan->overdue_ms);
    if (plan->is_due(*config) && (!best || ratio > best->plan.dirty_ratio()))
      best = Job{log, std::move(*plan)};
  }
  std::lock_guard lock(mutex_);
  last_look_ms_ = clock_.monotonic_ms();
  status_.max_dirty_ratio = dirtiest;
  status_.max_compaction_delay_seconds = static_cast<double>(most_overdue_ms) / 1000;
  // Another thread may have taken it meanwhile.
  if (best && !in_progress_.insert(best->log.get()).second) return std::nullopt;
  return best;
}

CleaningLimits LogCleaner::limits() {
  std::lock_guard lock(mutex_);
  const auto share = [&](std::int64_t bytes) {
    return static_cast<std::size_t>(std::max<std::int64_t>(0, bytes) / std::max(1, config_.threads));
  };
  return {.key_bytes = share(config_.dedupe_buffer_bytes),
          .load_factor = config_.load_factor,
          .io_bytes = share(config_.io_buffer_bytes),
          .secret = {random_.next(), random_.next()}};
}

bool LogCleaner::clean_one() {
  const auto job = take_job();
  if (!job) return false;
  const bool cleaned = clean(*job);
  std::lock_guard lock(mutex_);
  in_progress_.erase(job->log.get());
  return cleaned;
}

bool LogCleaner::clean(const Job& job) {
  const std::int64_t begun_ms = clock_.monotonic_ms();
  LogCleaning cleaning(*job.log, job.plan, limits(), clock_.wall_ms(),
                       [this](std::int64_t bytes) { return pace(bytes); });
  const auto report = cleaning.run();
  if (!report) return failed(job, report.error());
  finished(job, *report, begun_ms);
  return true;
}

void LogCleaner::finished(const Job& job, const CleaningReport& report, std::int64_t begun_ms) {
  // A cut that came after the last exchange.
  if (job.log->allows_cleaning(job.plan.view)) logs_.write_cleaner_offset(job.log->partition(), report.end);
  const double seconds = static_cast<double>(clock_.monotonic_ms() - begun_ms) / 1000;
  logger.info("Cleaned ", job.log->partition(), " from offset ", report.first_dirty, " to ", report.end,
              " in ", clock_.monotonic_ms() - begun_ms, " ms: ", report.bytes_read, " bytes became ",
              report.bytes_written, ", ", report.records.records_read, " records ",
              report.records.records_kept);
  if (report.records.records_without_key > 0)
    logger.warn("Removed ", report.records.records_without_key, " records without a key from ",
                job.log->partition());
  std::lock_guard lock(mutex_);
  status_.last_clean_seconds = seconds;
  status_.last_map_utilization = report.map_utilization;
  status_.last_recopy_ratio = report.bytes_read == 0 ? 0
                                                     : static_cast<double>(report.bytes_written) /
                                                           static_cast<double>(report.bytes_read);
}

bool LogCleaner::failed(const Job& job, const StorageError& error) {
  switch (error.code) {
    case StorageErrorCode::kClosed:
    case StorageErrorCode::kNotFound:
      logger.info("The cleaning of ", job.log->partition(), " is given up: ", error.message);
      break;
    case StorageErrorCode::kNoSpace:
      logger.warn("The cleaning of ", job.log->partition(), " has no room: ", error.message);
      break;
    case StorageErrorCode::kIo:
    case StorageErrorCode::kDirectoryOffline:
      logger.error("The cleaning of ", job.log->partition(), " failed: ", error.to_string());
      break;
    default: {
      logger.warn("Marking ", job.log->partition(), " as uncleanable: ", error.to_string());
      std::lock_guard lock(mutex_);
      uncleanable_[job.log->partition()] = job.log;
    }
  }
  return false;
}

bool LogCleaner::pace(std::int64_t bytes) {
  constexpr double kLongestNs = 3600e9;
  std::unique_lock lock(mutex_);
  if (stopping_) return false;
  const double rate = config_.io_max_bytes_per_second;
  if (rate <= 0 || rate >= 1e18) return true;
  const std::int64_t now = clock_.monotonic_ns();
  const double price = std::min(static_cast<double>(bytes) / rate * 1e9, kLongestNs);
  io_free_ns_ = std::max(io_free_ns_, now) + static_cast<std::int64_t>(price);
  const auto until = std::chrono::steady_clock::now() + std::chrono::nanoseconds(io_free_ns_ - now);
  const auto changed = [&] { return stopping_ || config_.io_max_bytes_per_second != rate; };
  // At another rate the debt made at the old one is forgiven.
  if (wake_.wait_until(lock, until, changed)) io_free_ns_ = 0;
  return !stopping_;
}

LogCleanerStatus LogCleaner::status() const {
  std::vector<std::shared_ptr<Log>> marked;
  LogCleanerStatus status;
  {
    std::lock_guard lock(mutex_);
    status = status_;
    status.since_last_look_ms = last_look_ms_ < 0 ? 0 : clock_.monotonic_ms() - last_look_ms_;
    for (const auto& [partition, log] : uncleanable_)
      if (auto held = log.lock()) marked.push_back(std::move(held));
  }
  for (const std::string& directory : logs_.directories()) status.uncleanable[directory] = {};
  for (const auto& log : marked) {
    if (logs_.find(log->partition()) != log) continue;
    auto& uncleanable = status.uncleanable[parent_of(*log)];
    ++uncleanable.partitions;
    uncleanable.bytes += log->size_bytes();
  }
  return status;
}

}  // namespace barnabas::storage
