// One partition of a fetch, as requested or as a session remembers it.
#pragma once

#include <cstdint>
#include <functional>
#include <string>

#include "common/uuid.h"

namespace barnabas::broker {

// Which partition a fetch means: by id from version 13 on, by name before. The other one may be empty.
struct FetchKey {
  Uuid topic_id;
  std::string topic;
  std::int32_t partition = 0;
  bool operator==(const FetchKey&) const = default;
};

struct FetchPartition {
  FetchKey key;
  std::int64_t fetch_offset = 0;
  std::int32_t max_bytes = 0;
  std::int32_t current_leader_epoch = -1;  // -1: not checked
  std::int32_t last_fetched_epoch = -1;    // -1: no truncation detection (KIP-595)
};

}  // namespace barnabas::broker

template <>
struct std::hash<barnabas::broker::FetchKey> {
  std::size_t operator()(const barnabas::broker::FetchKey& key) const noexcept {
    const auto topic = key.topic_id.is_zero() ? std::hash<std::string>()(key.topic)
                                              : std::hash<barnabas::Uuid>()(key.topic_id);
    return topic * 31 + static_cast<std::size_t>(key.partition);
  }
};
