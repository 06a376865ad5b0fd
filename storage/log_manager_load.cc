// How a LogManager finds and loads what its directories hold.
#include <algorithm>
#include <thread>

#include "common/logging.h"
#include "common/text.h"
#include "storage/log_manager.h"

namespace barnabas::storage {
namespace {

constexpr Logger logger("storage.LogManager");
constexpr std::string_view kMetadataLog = "__cluster_metadata-0", kRemoteCache = "remote-log-index-cache";
// Fewer clean partitions than this are not worth a thread.
constexpr std::size_t kJobsPerThread = 32;

// "topic-7" of Kafka's directory names: the last dash divides.
std::optional<TopicPartition> parse_partition(std::string_view name) {
  const auto dash = name.rfind('-');
  if (dash == std::string_view::npos || dash == 0) return std::nullopt;
  const auto number = parse_number<std::int32_t>(name.substr(dash + 1));
  if (!number || *number < 0) return std::nullopt;
  return TopicPartition{std::string(name.substr(0, dash)), *number};
}

}  // namespace

struct LogManager::Loading {
  struct Offsets {
    OffsetMap recovery_points, log_starts, high_watermarks;
  };
  struct Job {
    LogDirectory* directory;
    TopicPartition partition;
    const Offsets* offsets;
  };
  std::vector<std::unique_ptr<Offsets>> offsets;
  std::vector<Job> jobs;
  mutable std::atomic<std::size_t> next{0}, loaded{0}, recovered{0}, strays{0};
  mutable std::mutex mutex;
  mutable std::optional<StorageError> fatal;  // mutex
};

// Reads the directory's own files and lists its partitions; false if it went offline.
bool LogManager::prepare_directory(LogDirectory& directory, Loading& loading) {
  const auto clean = directory.take_clean_shutdown();
  if (!clean) {
    set_offline(directory.path(), clean.error().to_string());
    return false;
  }
  auto& offsets = *loading.offsets.emplace_back(std::make_unique<Loading::Offsets>());
  const auto read = [&](std::string_view name, OffsetMap& into) {
    auto found = directory.read_offsets(name);
    if (found) {
      into = std::move(*found);
      return true;
    }
    if (found.error().code != StorageErrorCode::kInvalidFile) {
      set_offline(directory.path(), found.error().to_string());
      return false;
    }
    // Kafka gives the directory up here. Nothing is lost by verifying every record instead.
    logger.warn(found.error().message, "; every log of the directory is recovered");
    directory.was_clean = false;
    return true;
  };
  if (!read(LogDirectory::kRecoveryPoints, offsets.recovery_points) ||
      !read(LogDirectory::kLogStartOffsets, offsets.log_starts) ||
      !read(LogDirectory::kHighWatermarks, offsets.high_watermarks))
    return false;
  auto cleaned = directory.read_offsets(LogDirectory::kCleanerOffsets);
  if (!cleaned && cleaned.error().code != StorageErrorCode::kInvalidFile) {
    set_offline(directory.path(), cleaned.error().to_string());
    return false;
  }
  if (!cleaned) logger.warn(cleaned.error().message, "; compaction begins anew in ", directory.path());
  {
    std::lock_guard checkpoints(checkpoints_);
    cleaner_offsets_[&directory] = cleaned ? std::move(*cleaned) : OffsetMap{};
  }
  const auto entries = files_.list(directory.path());
  if (!entries) {
    set_offline(directory.path(), entries.error().to_string());
    return false;
  }
  directory.loaded = true;
  for (const DirectoryEntry& entry : *entries) {
    if (!entry.is_directory || entry.name == kMetadataLog || entry.name == kRemoteCache) continue;
    if (entry.name.ends_with("-delete")) {
      deletions_.add_directory(join_path(directory.path(), entry.name), clock_.monotonic_ms());
    } else if (entry.name.ends_with("-stray") || entry.name.ends_with("-future")) {
      logger.warn("Leaving ", join_path(directory.path(), entry.name), " alone");
    } else if (auto partition = parse_partition(entry.name)) {
      loading.jobs.push_back({&directory, std::move(*partition), &offsets});
    } else {
      logger.warn("Not a partition: ", join_path(directory.path(), entry.name));
    }
  }
  return true;
}

StorageResult<LoadReport> LogManager::load(const LoadPlan& plan) {
  const std::int64_t begun_ms = clock_.monotonic_ms();
  Loading loading;
  std::size_t directories = 0;
  for (const auto& directory : directories_)
    if (directory->is_online() && directory->holds_partitions)
      directories += prepare_directory(*directory, loading) ? 1 : 0;
  const auto work = [&] {
    for (std::size_t job; (job = loading.next.fetch_add(1)) < loading.jobs.size();)
      load_partition(loading, job, plan);
  };
  // A clean log takes microseconds, one to recover may take seconds.
  const bool clean = std::all_of(directories_.begin(), directories_.end(), [](const auto& directory) {
    return directory->was_clean || !directory->is_online() || !directory->holds_partitions;
  });
  const std::size_t threads =
      std::min(clean ? loading.jobs.size() / kJobsPerThread : loading.jobs.size(),
               directories * static_cast<std::size_t>(std::max(1, config_.recovery_threads_per_directory)));
  std::vector<std::jthread> helpers;
  for (std::size_t i = 1; i < threads; ++i) helpers.emplace_back(work);
  work();
  helpers.clear();
  if (loading.fatal) return std::unexpected(*loading.fatal);
  // What was cut off is not on disk yet: the points of the last life may lie behind what is written next.
  std::lock_guard checkpoints(checkpoints_);
  for (const auto& directory : directories_)
    if (directory->is_online() && directory->partition_count > 0 && !directory->was_clean)
      write_recovery_points(*directory);
  return LoadReport{loading.loaded, loading.recovered, loading.strays, clock_.monotonic_ms() - begun_ms};
}

void LogManager::load_partition(const Loading& loading, std::size_t job, const LoadPlan& plan) {
  const auto& [directory, partition, offsets] = loading.jobs[job];
  if (!directory->is_online()) return;
  const auto offset_in = [&](const OffsetMap& map) {
    const auto found = map.find(partition);
    return found == map.end() ? 0 : found->second;
  };
  auto config = plan.config_of ? plan.config_of(partition.topic) : plan.default_config;
  if (!config) config = plan.default_config;
  const LogOpenOptions options{.is_new = false,
                               .clean = directory->was_clean,
                               .recovery_point = offset_in(offsets->recovery_points),
                               .recovery_threads = config_.recovery_threads_per_directory,
                               .recovery_point_known = !offsets->recovery_points.empty(),
                               .log_start_offset = offset_in(offsets->log_starts),
                               .high_watermark = offset_in(offsets->high_watermarks)};
  auto log = Log::open(environment_, {partition, {}, join_path(directory->path(), partition.to_string())},
                       std::move(config), options);
  if (!log) {
    logger.error("Cannot load ", partition, " from ", directory->path(), ": ", log.error().to_string());
    // What was not verified must not be called clean by the next stop.
    std::lock_guard lock(loading.mutex);
    if (!directory->was_clean) directory->loaded = false;
    return;
  }
  if (plan.is_stray && plan.is_stray(partition, (*log)->topic_id())) {
    loading.strays.fetch_add(1);
    make_stray(*directory, **log);
    return;
  }
  bool added = false;
  {
    std::unique_lock lock(mutex_);
    added = logs_.try_emplace(partition, Placed{*log, directory}).second;
  }
  if (!added) {
    std::lock_guard lock(loading.mutex);
    loading.fatal =
        StorageError{StorageErrorCode::kAlreadyExists,
                     concat(partition, " is in two log directories, ", directory->path(), " is one")};
    return;
  }
  ++directory->partition_count;
  loading.loaded.fetch_add(1);
  if (!directory->was_clean) loading.recovered.fetch_add(1);
}

// The metadata does not know the replica: out of service, but kept for whoever may miss it.
void LogManager::make_stray(LogDirectory& directory, Log& log) {
  std::string name;
  {
    std::lock_guard creation(creation_);
    name = free_name(log.partition().to_string(), "-stray");
  }
  logger.warn(log.partition(), " is unknown to the metadata: renamed to ", name);
  auto done = log.close();
  if (done) done = log.rename_directory(join_path(directory.path(), name));
  if (!done) logger.error("Cannot put ", log.partition(), " aside: ", done.error().to_string());
  log.abandon();
}

}  // namespace barnabas::storage
