// Log lines in Kafka's format: "[2026-11-23 18:35:41,123] INFO text (name)", whole lines from any thread.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>

#include "common/text.h"

namespace barnabas {

enum class LogLevel : std::uint8_t { kTrace, kDebug, kInfo, kWarn, kError, kFatal, kOff };

std::string_view log_level_name(LogLevel level);
// The lowest level that is written; kInfo from the start. Any thread.
void set_log_level(LogLevel level);
bool log_enabled(LogLevel level);
// Where lines go instead of standard output; an empty function restores that. For tests; call while
// nothing logs.
void set_log_sink(std::function<void(std::string_view line)> sink);
void write_log(LogLevel level, std::string_view name, std::string_view text);

// A named source of lines. Constant for good, usually one per file: `const Logger logger("storage.Log");`
class Logger {
 public:
  constexpr explicit Logger(std::string_view name) : name_(name) {}

  template <class... Parts>
  void trace(const Parts&... parts) const {
    write(LogLevel::kTrace, parts...);
  }
  template <class... Parts>
  void debug(const Parts&... parts) const {
    write(LogLevel::kDebug, parts...);
  }
  template <class... Parts>
  void info(const Parts&... parts) const {
    write(LogLevel::kInfo, parts...);
  }
  template <class... Parts>
  void warn(const Parts&... parts) const {
    write(LogLevel::kWarn, parts...);
  }
  template <class... Parts>
  void error(const Parts&... parts) const {
    write(LogLevel::kError, parts...);
  }
  template <class... Parts>
  void fatal(const Parts&... parts) const {
    write(LogLevel::kFatal, parts...);
  }

 private:
  template <class... Parts>
  void write(LogLevel level, const Parts&... parts) const {
    if (log_enabled(level)) write_log(level, name_, concat(parts...));
  }
  std::string_view name_;
};

}  // namespace barnabas
