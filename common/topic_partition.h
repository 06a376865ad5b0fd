// A partition of a topic by name. Its text form "topic-partition" is also the name of its directory.
#pragma once

#include <compare>
#include <cstdint>
#include <functional>
#include <string>

namespace barnabas {

struct TopicPartition {
  std::string topic;
  std::int32_t partition = 0;

  std::string to_string() const { return topic + "-" + std::to_string(partition); }
  auto operator<=>(const TopicPartition&) const = default;
};

}  // namespace barnabas

template <>
struct std::hash<barnabas::TopicPartition> {
  std::size_t operator()(const barnabas::TopicPartition& tp) const noexcept {
    return std::hash<std::string>()(tp.topic) * 31 + static_cast<std::size_t>(tp.partition);
  }
};
