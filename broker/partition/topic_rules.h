// What a topic's effective configuration says to those who write and read it.
#pragma once

#include <cstdint>
#include <memory>

#include "records/validation.h"
#include "storage/log_config.h"

namespace barnabas::broker {

// Immutable; replaced as a whole when the topic's configuration changes. Names and units are Kafka's.
struct TopicRules {
  std::int32_t max_message_bytes = 1'048'588;
  records::TopicCompression compression;  // none: compression.type=producer
  records::TimestampType timestamp_type = records::TimestampType::kCreateTime;
  std::int64_t timestamp_before_max_ms = INT64_MAX;
  std::int64_t timestamp_after_max_ms = 3'600'000;
  std::int32_t min_insync_replicas = 1;
  std::shared_ptr<const storage::LogConfig> log = std::make_shared<storage::LogConfig>();
};

}  // namespace barnabas::broker
