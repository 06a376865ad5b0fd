// What share groups take from the configuration. Read-only in Kafka too.
#pragma once

#include <cstdint>

namespace barnabas::broker::groups::share {

struct Settings {
  Settings() = default;

  std::int32_t max_size = 200;  // group.share.max.size
  // group.share.initialize.retry.interval.ms: how long a state that is being initialized is not asked for
  // again.
  std::int32_t initialize_retry_interval_ms = 30'000;
};

}  // namespace barnabas::broker::groups::share
