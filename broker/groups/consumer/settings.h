// What consumer groups take from the configuration (group_options.cc).
// Read-only in Kafka too.
#pragma once

#include <cstdint>
#include <limits>
#include <string>
#include <vector>

namespace barnabas::broker::groups::consumer {

enum class MigrationPolicy : std::uint8_t { kDisabled, kDowngrade, kUpgrade, kBidirectional };

struct Settings {
  Settings() = default;

  bool enabled = true;                                        // group.coordinator.rebalance.protocols
  std::vector<std::string> assignors = {"uniform", "range"};  // the default one first
  std::int32_t max_size = std::numeric_limits<std::int32_t>::max();
  std::int32_t max_classic_size = std::numeric_limits<std::int32_t>::max();  // group.max.size
  std::int32_t regex_refresh_interval_ms = 600'000;
  MigrationPolicy migration = MigrationPolicy::kBidirectional;

  bool can_upgrade() const {
    return migration == MigrationPolicy::kUpgrade || migration == MigrationPolicy::kBidirectional;
  }
  bool can_downgrade() const {
    return migration == MigrationPolicy::kDowngrade || migration == MigrationPolicy::kBidirectional;
  }
};

// Kafka resolves the expressions of a group no more often.
inline constexpr std::int64_t kMinRegexRefreshMs = 10'000;

}  // namespace barnabas::broker::groups::consumer
