// Writes the ends of transactions to the partitions of this broker.
#pragma once

#include <cstdint>
#include <functional>
#include <vector>

#include "broker/partition/partition_manager.h"
#include "broker/transactions/marker_sink.h"
#include "common/clock.h"

namespace barnabas::broker {

// The control batch of a marker, as it stands in a partition (KIP-98).
Buffer marker_batch(const transactions::Marker& marker, std::int64_t now_ms);

// Any thread. Used by the transaction coordinator of this broker and by WriteTxnMarkers requests of others.
// Lives as long as the broker; its references outlive it.
class MarkerWriter final : public transactions::MarkerSink {
 public:
  using Ended = std::move_only_function<void(protocol::ErrorCode)>;
  // Ends the transaction in a partition of __consumer_offsets: its coordinator writes the marker itself, so
  // that offsets become visible in the order of the log.
  using EndOffsets =
      std::function<void(std::int32_t partition, const transactions::Marker& marker, Ended ended)>;

  MarkerWriter(const PartitionManager& partitions, const Clock& clock, EndOffsets end_offsets)
      : partitions_(partitions), clock_(clock), end_offsets_(std::move(end_offsets)) {}

  // UNKNOWN_TOPIC_OR_PARTITION, NOT_LEADER_OR_FOLLOWER, KAFKA_STORAGE_ERROR for partitions that cannot be
  // written now; INVALID_PRODUCER_EPOCH and TRANSACTION_COORDINATOR_FENCED where a newer epoch of the
  // producer or of its coordinator has been here.
  void write(const transactions::Marker& marker, std::vector<TopicPartition> partitions, Done done) override;

 private:
  void write_one(const transactions::Marker& marker, const TopicPartition& name, Ended ended);

  const PartitionManager& partitions_;
  const Clock& clock_;
  const EndOffsets end_offsets_;
};

}  // namespace barnabas::broker
