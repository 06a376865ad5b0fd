// What every log of a process shares.
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <string>

#include "common/clock.h"
#include "storage/file_cache.h"
#include "storage/file_system.h"
#include "storage/pending_deletions.h"

namespace barnabas::storage {

// Plain references; whatever they name outlives the logs.
struct LogEnvironment {
  FileSystem& files;
  FileCache& descriptors;
  PendingDeletions& deletions;
  const Clock& clock;
  std::atomic<std::int64_t> producer_expiration_ms{86'400'000};  // producer.id.expiration.ms, dynamic
  // Told, on the thread that met it, of a failure other than a full disk. May be empty.
  std::function<void(const std::string& log_directory, const IoError& error)> on_io_error;
};

}  // namespace barnabas::storage
