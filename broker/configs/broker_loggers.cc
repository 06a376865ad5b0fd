#include "broker/configs/broker_loggers.h"

#include <array>

#include "common/logging.h"
#include "common/text.h"

namespace barnabas::broker {

namespace {

using controller::ConfigOperation;
using protocol::ErrorCode;

constexpr std::string_view kRoot = "root";
constexpr std::array<LogLevel, 6> kLevels = {LogLevel::kTrace, LogLevel::kDebug, LogLevel::kInfo,
                                             LogLevel::kWarn,  LogLevel::kError, LogLevel::kFatal};

std::optional<LogLevel> level_named(std::string_view name) {
  for (const LogLevel level : kLevels) {
    if (log_level_name(level) == name) return level;
  }
  return std::nullopt;
}

LogLevel current_level() {
  for (const LogLevel level : kLevels) {
    if (log_enabled(level)) return level;
  }
  return LogLevel::kOff;
}

}  // namespace

std::vector<DescribedConfig> describe_broker_loggers() {
  DescribedConfig root;
  root.name = kRoot;
  root.value = std::string(log_level_name(current_level()));
  root.source = ConfigSource::kDynamicBrokerLogger;
  return {root};
}

ConfigVerdict check_logger_change(const controller::ConfigChange& change) {
  switch (change.operation) {
    case ConfigOperation::kSet:
      break;
    case ConfigOperation::kDelete:
      if (change.name == kRoot) {
        return ConfigRefusal{ErrorCode::kInvalidRequest,
                             "Removing the log level of the root logger is not allowed"};
      }
      break;
    case ConfigOperation::kAppend:
    case ConfigOperation::kSubtract:
      return ConfigRefusal{ErrorCode::kInvalidRequest,
                           concat(change.operation == ConfigOperation::kAppend ? "APPEND" : "SUBTRACT",
                                  " operation is not allowed for the BROKER_LOGGER resource")};
  }
  if (change.name != kRoot) {
    return ConfigRefusal{ErrorCode::kInvalidConfig, concat("Logger ", change.name, " does not exist!")};
  }
  if (!level_named(*change.value)) {
    return ConfigRefusal{ErrorCode::kInvalidConfig,
                         concat("Cannot set the log level of ", change.name, " to ", *change.value,
                                " as it is not a supported log level. Valid log levels are DEBUG, ERROR, ",
                                "FATAL, INFO, TRACE, WARN")};
  }
  return std::nullopt;
}

void apply_logger_change(const controller::ConfigChange& change) {
  if (const auto level = level_named(*change.value)) set_log_level(*level);
}

}  // namespace barnabas::broker
