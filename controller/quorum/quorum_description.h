// The state of the quorum as DescribeQuorum shows it.
#pragma once

#include <cstdint>
#include <vector>

#include "controller/quorum/voter_set.h"

namespace barnabas::controller {

struct ReplicaProgress {
  ReplicaProgress() = default;
  ReplicaKey key;
  std::int64_t log_end_offset = -1;
  std::int64_t last_fetch_ms = -1;      // wall clock; -1 unknown
  std::int64_t last_caught_up_ms = -1;  // wall clock; -1 unknown
};

struct QuorumDescription {
  QuorumDescription() = default;
  std::int32_t leader_id = -1;
  std::int32_t leader_epoch = 0;
  std::int64_t high_watermark = -1;
  std::vector<ReplicaProgress> voters;
  std::vector<ReplicaProgress> observers;
  std::vector<Voter> nodes;  // voters with their endpoints
};

}  // namespace barnabas::controller
