#include "common/logging.h"

#include <unistd.h>

#include <atomic>
#include <cstdio>
#include <ctime>
#include <mutex>

namespace barnabas {
namespace {

std::atomic<LogLevel> lowest{LogLevel::kInfo};
std::function<void(std::string_view)> replaced_sink;
std::mutex write_mutex;

std::string timestamp() {
  timespec now{};
  ::clock_gettime(CLOCK_REALTIME, &now);
  std::tm local{};
  ::localtime_r(&now.tv_sec, &local);
  char text[40];
  const auto length = std::strftime(text, sizeof text, "%Y-%m-%d %H:%M:%S", &local);
  std::snprintf(text + length, sizeof text - length, ",%03d", static_cast<int>(now.tv_nsec / 1'000'000));
  return text;
}

}  // namespace

std::string_view log_level_name(LogLevel level) {
  switch (level) {
    case LogLevel::kTrace:
      return "TRACE";
    case LogLevel::kDebug:
      return "DEBUG";
    case LogLevel::kInfo:
      return "INFO";
    case LogLevel::kWarn:
      return "WARN";
    case LogLevel::kError:
      return "ERROR";
    case LogLevel::kFatal:
      return "FATAL";
    case LogLevel::kOff:
      return "OFF";
  }
  return "?";
}

void set_log_level(LogLevel level) {
  lowest = level;
}
bool log_enabled(LogLevel level) {
  return level >= lowest.load(std::memory_order_relaxed);
}
void set_log_sink(std::function<void(std::string_view)> sink) {
  replaced_sink = std::move(sink);
}

void write_log(LogLevel level, std::string_view name, std::string_view text) {
  std::string line = concat("[", timestamp(), "] ", log_level_name(level), " ", text, " (", name, ")");
  // A client's bytes can be in the text: one event stays one line.
  for (char& letter : line) {
    if (static_cast<unsigned char>(letter) < 0x20) letter = ' ';
  }
  const std::scoped_lock lock(write_mutex);
  if (replaced_sink) return replaced_sink(line);
  line += '\n';
  for (std::string_view rest = line; !rest.empty();) {
    const auto wrote = ::write(STDOUT_FILENO, rest.data(), rest.size());
    if (wrote <= 0) return;  // nowhere left to say it
    rest.remove_prefix(static_cast<std::size_t>(wrote));
  }
}

}  // namespace barnabas
