// An internal topic as the partitions of this broker hold it.
#pragma once

#include <cstdint>
#include <string>

#include "broker/coordination/coordinator_log.h"
#include "broker/partition/partition_manager.h"
#include "common/clock.h"

namespace barnabas::broker::coordination {

// Any thread. The manager and the clock outlive it.
class PartitionLog final : public CoordinatorLog {
 public:
  // `base_sequence` is what Kafka's coordinator of that topic writes into its batches.
  PartitionLog(const PartitionManager& partitions, const Clock& clock, std::string topic,
               std::int32_t base_sequence)
      : partitions_(partitions), clock_(clock), topic_(std::move(topic)), base_sequence_(base_sequence) {}

  Result<std::int64_t, protocol::ErrorCode> append(std::int32_t partition, std::int32_t leader_epoch,
                                                   const LogBatch& batch, std::int32_t timeout_ms,
                                                   Committed committed) override;
  Result<std::int64_t, protocol::ErrorCode> end_transaction(std::int32_t partition, std::int32_t leader_epoch,
                                                            const transactions::Marker& marker,
                                                            std::int32_t timeout_ms,
                                                            Committed committed) override;
  Result<void, protocol::ErrorCode> read(std::int32_t partition, CoordinatorLogReader& reader) override;

 private:
  PartitionManager::PartitionResult led(std::int32_t partition, std::int32_t leader_epoch) const;

  const PartitionManager& partitions_;
  const Clock& clock_;
  const std::string topic_;
  const std::int32_t base_sequence_;
};

}  // namespace barnabas::broker::coordination
