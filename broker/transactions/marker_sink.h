// Where the outcome of a transaction is written: the partitions that were in it.
#pragma once

#include <cstdint>
#include <functional>
#include <utility>
#include <vector>

#include "common/topic_partition.h"
#include "protocol/error_code.h"

namespace barnabas::broker::transactions {

// The end of one producer's transaction, as a control record states it (KIP-98).
struct Marker {
  std::int64_t producer_id = -1;
  // From transaction version 2 on the epoch is above that of the transaction's data (KIP-890).
  std::int16_t producer_epoch = -1;
  std::int32_t coordinator_epoch = -1;
  bool commit = false;
  std::int16_t transaction_version = 0;
};

// Any thread.
class MarkerSink {
 public:
  using Result = std::pair<TopicPartition, protocol::ErrorCode>;
  using Done = std::move_only_function<void(std::vector<Result>)>;

  virtual ~MarkerSink() = default;
  // Writes the marker to each of `partitions` and, for __consumer_offsets, tells the group coordinator.
  // `done` gets one result for each, at once or later, from any thread. The caller holds no lock.
  virtual void write(const Marker& marker, std::vector<TopicPartition> partitions, Done done) = 0;
};

}  // namespace barnabas::broker::transactions
