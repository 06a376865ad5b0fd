// An internal topic as the partitions of this broker hold it.
#pragma once

#include <cstdint>
#include <string>

#include "broker/coordination/coordinator_log.h"
#include "broker/partition/partition_manager.h"
#include "common/clock.h"
#include "records/types.h"

namespace barnabas::broker::coordination {

// Any thread. The manager and the clock outlive it.
class PartitionLog final : public CoordinatorLog {
 public:
  static constexpr std::int32_t kLoadBufferBytes = 5 << 20;  // Kafka's default for every internal topic

  // `base_sequence` is what Kafka's coordinator of that topic writes into its batches; `load_buffer_bytes`
  // how much is read at a time, and more only for a batch that is larger.
  PartitionLog(const PartitionManager& partitions, const Clock& clock, std::string topic,
               std::int32_t base_sequence, std::int32_t load_buffer_bytes = kLoadBufferBytes,
               records::Codec codec = records::Codec::kNone)
      : partitions_(partitions),
        clock_(clock),
        topic_(std::move(topic)),
        base_sequence_(base_sequence),
        load_buffer_bytes_(load_buffer_bytes),
        codec_(codec) {}

  Result<std::int64_t, protocol::ErrorCode> append(std::int32_t partition, std::int32_t leader_epoch,
                                                   const LogBatch& batch, std::int32_t timeout_ms,
                                                   Committed committed) override;
  Result<std::int64_t, protocol::ErrorCode> end_transaction(std::int32_t partition, std::int32_t leader_epoch,
                                                            const transactions::Marker& marker,
                                                            std::int32_t timeout_ms,
                                                            Committed committed) override;
  Result<void, protocol::ErrorCode> read(std::int32_t partition, CoordinatorLogReader& reader) override;
  Result<void, protocol::ErrorCode> prune(std::int32_t partition, std::int64_t offset) override;

 private:
  PartitionManager::PartitionResult led(std::int32_t partition, std::int32_t leader_epoch) const;

  const PartitionManager& partitions_;
  const Clock& clock_;
  const std::string topic_;
  const std::int32_t base_sequence_;
  const std::int32_t load_buffer_bytes_;
  const records::Codec codec_;  // of the batches that are appended
};

}  // namespace barnabas::broker::coordination
