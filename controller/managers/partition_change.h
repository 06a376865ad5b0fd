// One change of one partition: who is in sync, who is eligible, who leads.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <vector>

#include "common/uuid.h"
#include "controller/image/topic_image.h"
#include "controller/record.h"

namespace barnabas::controller {

enum class Election : std::uint8_t {
  kOnline,     // keep the leader if it may stay, else anyone in sync or eligible
  kPreferred,  // the first replica if it may lead
  kUnclean,    // as kOnline, and anyone alive before nobody
};

// Describes the change; build() computes the record with Kafka's rules (KIP-966 for the eligible replicas).
// Plain data, used within one call.
struct PartitionChange {
  Uuid topic_id;
  std::int32_t number = 0;
  const PartitionImage* partition = nullptr;
  // Whether a replica may lead: alive, not stopping, its directory online.
  std::function<bool(std::int32_t broker)> is_acceptable_leader;
  std::vector<std::int32_t> target_isr;
  std::vector<std::int32_t> unclean_shutdown_replicas;  // lost their place in the ELR
  std::int32_t min_isr = 1;
  bool elr_enabled = false;
  Election election = Election::kOnline;

  // None if nothing would change.
  std::optional<protocol::PartitionChangeRecord> build() const;
};

}  // namespace barnabas::controller
