// What streams groups take from the configuration (group_options.cc).
#pragma once

#include <cstdint>
#include <limits>

namespace barnabas::broker::groups::streams {

// Of the broker. Read-only in Kafka too.
struct Settings {
  Settings() = default;

  bool enabled = true;  // group.coordinator.rebalance.protocols
  std::int32_t max_size = std::numeric_limits<std::int32_t>::max();
};

// The options of one group in force.
struct GroupConfig {
  std::int32_t session_timeout_ms = 45'000;
  std::int32_t heartbeat_interval_ms = 5'000;
  std::int32_t assignment_interval_ms = 1'000;
  std::int32_t initial_rebalance_delay_ms = 3'000;
  std::int32_t standby_replicas = 0;
  bool prompt = false;  // barnabas.group.prompt.rebalance
};

}  // namespace barnabas::broker::groups::streams
