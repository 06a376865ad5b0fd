#include "common/process_metrics.h"

#include <dirent.h>
#include <fcntl.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

#include <string>

#include "common/text.h"

namespace barnabas {
namespace {

std::string read_small_file(const char* path) {
  const int file = ::open(path, O_RDONLY | O_CLOEXEC);
  if (file < 0) return {};
  char content[4096];
  const auto got = ::read(file, content, sizeof content);
  ::close(file);
  return got > 0 ? std::string(content, static_cast<std::size_t>(got)) : std::string();
}

std::int64_t count_open_files() {
  DIR* directory = ::opendir("/proc/self/fd");
  if (!directory) return 0;
  std::int64_t entries = 0;
  while (::readdir(directory)) ++entries;
  ::closedir(directory);
  return entries - 3;  // ".", ".." and the directory itself
}

}  // namespace

ProcessUse read_process_use() {
  ProcessUse use;
  const auto ticks = static_cast<double>(::sysconf(_SC_CLK_TCK));
  const std::string stat = read_small_file("/proc/self/stat");
  // The second field is the program's name in parentheses and may hold anything.
  const auto name_end = stat.rfind(')');
  if (name_end != std::string::npos) {
    const auto fields = split(std::string_view(stat).substr(name_end + 2), ' ');  // from field 3 on
    const auto field = [&](std::size_t number) -> std::int64_t {
      return number - 3 < fields.size() ? parse_number<std::int64_t>(fields[number - 3]).value_or(0) : 0;
    };
    use.cpu_seconds = static_cast<double>(field(14) + field(15)) / ticks;
    use.threads = field(20);
    timespec since_boot{}, now{};
    ::clock_gettime(CLOCK_BOOTTIME, &since_boot);
    ::clock_gettime(CLOCK_REALTIME, &now);
    const double booted_at = static_cast<double>(now.tv_sec - since_boot.tv_sec) +
                             static_cast<double>(now.tv_nsec - since_boot.tv_nsec) / 1e9;
    use.started_at_seconds = booted_at + static_cast<double>(field(22)) / ticks;
    use.virtual_bytes = field(23);
    use.resident_bytes = field(24) * ::sysconf(_SC_PAGESIZE);
  }
  use.open_files = count_open_files();
  rlimit files{};
  if (::getrlimit(RLIMIT_NOFILE, &files) == 0) use.open_files_max = static_cast<std::int64_t>(files.rlim_cur);
  return use;
}

void write_process_metrics(MetricsWriter& writer) {
  const ProcessUse use = read_process_use();
  const auto number = [](std::int64_t value) { return static_cast<double>(value); };
  writer.counter("process_cpu_seconds_total", "User and system processor time.", {}, use.cpu_seconds);
  writer.gauge("process_resident_memory_bytes", "Memory in use.", {}, number(use.resident_bytes));
  writer.gauge("process_virtual_memory_bytes", "Address space in use.", {}, number(use.virtual_bytes));
  writer.gauge("process_threads", "Threads.", {}, number(use.threads));
  writer.gauge("process_open_fds", "Open files and sockets.", {}, number(use.open_files));
  writer.gauge("process_max_fds", "Limit of open files and sockets.", {}, number(use.open_files_max));
  writer.gauge("process_start_time_seconds", "Start of the process, in seconds since 1970.", {},
               use.started_at_seconds);
}

}  // namespace barnabas
