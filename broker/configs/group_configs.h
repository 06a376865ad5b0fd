// What holds for one group: its own configs within the broker's bounds, else the broker's options.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "broker/configs/config_layers.h"
#include "controller/image/metadata_image.h"

namespace barnabas::broker {

// The broker options between which a group's own value must be; `least` may be none.
struct GroupBound {
  std::string_view key;
  std::string_view least;
  std::string_view most;
};
std::span<const GroupBound> group_bounds();

// A number of a group. Its own value is brought within the broker's bounds, which may have changed since it
// was accepted, as Kafka 4.3 does. The key must be an integer option of groups.
std::int64_t group_number(const ConfigLayers& layers, std::string_view key, const ConfigTexts& own);

// All that a share group can set (KIP-932).
struct ShareGroupConfig {
  std::int32_t session_timeout_ms = 45'000;
  std::int32_t heartbeat_interval_ms = 5'000;
  std::int32_t assignment_interval_ms = 1'000;
  std::int32_t record_lock_duration_ms = 30'000;
  std::int32_t delivery_count_limit = 5;
  std::int32_t partition_max_record_locks = 2'000;
  std::string auto_offset_reset = "latest";  // "earliest", "latest" or "by_duration:P..."
  bool read_committed = false;
  bool renew_acknowledge = true;
};
ShareGroupConfig share_group_config(const ConfigLayers& layers, const ConfigTexts& own);
ShareGroupConfig share_group_config(const ConfigLayers& layers, const controller::MetadataImage& image,
                                    const std::string& group_id);

}  // namespace barnabas::broker
