// How soon a member is asked to send its next heartbeat (HeartbeatIntervalMs of KIP-848, 932 and 1071).
#pragma once

#include <algorithm>
#include <cstdint>
#include <optional>

namespace barnabas::broker::groups {

// For what comes by itself at a time that nobody knows: partitions that others still have, an expression that
// is being resolved, share state that is being written.
inline constexpr std::int32_t kSoonMs = 500;

// `wait_ms` is the time until that for which the member waits may be there; nullopt if it waits for nothing.
// Under barnabas.group.prompt.rebalance it comes back then and not a whole interval later: nobody else tells
// it.
inline std::int32_t next_heartbeat_ms(std::int32_t interval_ms, std::optional<std::int64_t> wait_ms) {
  if (!wait_ms) return interval_ms;
  return static_cast<std::int32_t>(std::clamp<std::int64_t>(*wait_ms, 1, interval_ms));
}

}  // namespace barnabas::broker::groups
