// One pass over the partitions of a fetch: what can be read right now.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "broker/fetch/fetch_partition.h"
#include "broker/partition/partition_manager.h"
#include "protocol/error_code.h"
#include "storage/log.h"

namespace barnabas::broker {

struct FetchLimits {
  std::int32_t max_bytes = INT32_MAX;  // of all partitions together
  bool by_topic_id = false;            // version 13+
  // Version 2 and older know no total limit and get no batch beyond a partition's own.
  bool whole_first_batch = true;
  storage::ReadBound bound = storage::ReadBound::kHighWatermark;
};

struct FetchedPartition {
  FetchKey key;
  std::shared_ptr<Partition> partition;  // null if it could not be found
  protocol::ErrorCode error = protocol::ErrorCode::kNone;
  std::optional<storage::EpochEndOffset> diverging;  // KIP-595
  storage::ReadResult read;                          // offsets are -1 where the partition could not be read
  std::string message;                               // of an error, for the log
};

struct FetchPass {
  std::vector<FetchedPartition> partitions;
  std::int64_t bytes = 0;
  // An error or a divergence must be told at once.
  bool has_news = false;
};

FetchPass read_partitions(const PartitionManager& manager, const std::vector<FetchPartition>& wanted,
                          const FetchLimits& limits);

}  // namespace barnabas::broker
