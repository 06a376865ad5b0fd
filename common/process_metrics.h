// What the operating system knows about this process, under the names every Prometheus client uses.
#pragma once

#include <cstdint>

#include "common/metrics.h"

namespace barnabas {

struct ProcessUse {
  double cpu_seconds = 0;  // user and system
  std::int64_t resident_bytes = 0;
  std::int64_t virtual_bytes = 0;
  std::int64_t threads = 0;
  std::int64_t open_files = 0;
  std::int64_t open_files_max = 0;
  double started_at_seconds = 0;  // since 1970
};

// From /proc/self; what cannot be read is 0.
ProcessUse read_process_use();

// process_cpu_seconds_total, process_resident_memory_bytes, process_virtual_memory_bytes, process_threads,
// process_open_fds, process_max_fds, process_start_time_seconds.
void write_process_metrics(MetricsWriter& writer);

}  // namespace barnabas
