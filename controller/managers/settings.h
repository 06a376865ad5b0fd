// The few settings that the controller's decisions depend on.
#pragma once

#include <cstdint>

namespace barnabas::controller {

// Kafka's defaults.
struct ControllerSettings {
  std::int32_t default_partitions = 1;          // num.partitions
  std::int16_t default_replication_factor = 1;  // default.replication.factor
  std::int32_t default_min_isr = 1;             // min.insync.replicas
  bool unclean_leader_election = false;         // unclean.leader.election.enable
  bool delete_topic_enable = true;              // delete.topic.enable
  std::int32_t max_records_per_batch = 10'000;  // beyond it a request is refused
};

}  // namespace barnabas::controller
