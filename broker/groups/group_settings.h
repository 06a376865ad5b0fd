// What the coordinator takes from the configuration (group_options.h). Read-only in Kafka too, so copied
// once.
#pragma once

#include <cstdint>
#include <limits>

#include "broker/groups/consumer/settings.h"
#include "broker/groups/share/settings.h"
#include "broker/groups/streams/settings.h"

namespace barnabas::broker::groups {

struct GroupSettings {
  std::int32_t min_session_timeout_ms = 6'000;
  std::int32_t max_session_timeout_ms = 1'800'000;
  std::int32_t initial_rebalance_delay_ms = 3'000;
  std::int32_t max_group_size = std::numeric_limits<std::int32_t>::max();
  std::int32_t offset_metadata_max_units = 4'096;  // UTF-16 units, as Kafka counts them
  std::int64_t offsets_retention_ms = 7ll * 24 * 60 * 60 * 1'000;
  std::int64_t offsets_retention_check_interval_ms = 600'000;
  std::int32_t offsets_topic_partitions = 50;
  std::int32_t commit_timeout_ms = 5'000;
  consumer::Settings consumer = {};
  share::Settings share = {};
  streams::Settings streams = {};
};

// A member that joins for the first time does not know its id yet and cannot heartbeat; its parked join is
// given up after this long.
inline constexpr std::int32_t kNewMemberJoinTimeoutMs = 5 * 60 * 1'000;

}  // namespace barnabas::broker::groups
