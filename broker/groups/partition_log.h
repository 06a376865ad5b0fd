// __consumer_offsets as the partitions of this broker hold it.
#pragma once

#include "broker/groups/coordinator_log.h"
#include "broker/partition/partition_manager.h"
#include "common/clock.h"

namespace barnabas::broker::groups {

// Any thread. The manager and the clock outlive it.
class PartitionLog final : public CoordinatorLog {
 public:
  PartitionLog(const PartitionManager& partitions, const Clock& clock)
      : partitions_(partitions), clock_(clock) {}

  Result<std::int64_t, protocol::ErrorCode> append(std::int32_t partition, std::int32_t leader_epoch,
                                                   std::span<const EncodedRecord> records,
                                                   std::int32_t timeout_ms, Committed committed) override;
  Result<void, protocol::ErrorCode> read(std::int32_t partition, CoordinatorLogReader& reader) override;

 private:
  const PartitionManager& partitions_;
  const Clock& clock_;
};

}  // namespace barnabas::broker::groups
