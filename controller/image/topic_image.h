// A topic and its partitions as the committed metadata describe them.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "common/uuid.h"

namespace barnabas::controller {

inline constexpr std::int32_t kNoLeader = -1;

// Directory ids with a meaning of their own (KIP-858).
inline constexpr Uuid kDirectoryMigrating = Uuid::reserved(0);
inline constexpr Uuid kDirectoryUnassigned = Uuid::reserved(1);
inline constexpr Uuid kDirectoryLost = Uuid::reserved(2);

enum class LeaderRecoveryState : std::int8_t { kRecovered = 0, kRecovering = 1 };

// Plain data; an immutable part of an image once it is published.
struct PartitionImage {
  PartitionImage() = default;

  std::vector<std::int32_t> replicas;  // in order of preference
  std::vector<Uuid> directories;       // where each replica lies, as long as replicas
  std::vector<std::int32_t> isr;
  std::vector<std::int32_t> removing_replicas;
  std::vector<std::int32_t> adding_replicas;
  std::vector<std::int32_t> elr;             // eligible leader replicas (KIP-966)
  std::vector<std::int32_t> last_known_elr;  // the last leader when nobody is eligible
  std::int32_t leader = kNoLeader;
  LeaderRecoveryState recovery_state = LeaderRecoveryState::kRecovered;
  std::int32_t leader_epoch = 0;
  std::int32_t partition_epoch = 0;

  bool has_leader() const { return leader != kNoLeader; }
  bool has_replica(std::int32_t broker) const;
  // kDirectoryUnassigned if the broker holds no replica.
  Uuid directory_of(std::int32_t broker) const;
  bool operator==(const PartitionImage&) const = default;
};

// Plain data; shared by all images in which the topic is the same.
struct TopicImage {
  TopicImage() = default;

  std::string name;
  Uuid id;
  // By number. Kafka creates partitions without gaps; a null stands for one the log never described.
  std::vector<std::shared_ptr<const PartitionImage>> partitions;

  std::int32_t partition_count() const { return static_cast<std::int32_t>(partitions.size()); }
  // Null if there is no such partition.
  const PartitionImage* partition(std::int32_t number) const {
    if (number < 0 || number >= partition_count()) return nullptr;
    return partitions[static_cast<std::size_t>(number)].get();
  }
};

// By content.
bool operator==(const TopicImage& left, const TopicImage& right);

}  // namespace barnabas::controller
