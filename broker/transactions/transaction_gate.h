// What a transactional write asks the transaction coordinator first (KIP-890).
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <utility>
#include <vector>

#include "common/topic_partition.h"
#include "protocol/error_code.h"

namespace barnabas::broker::transactions {

// Any thread.
class TransactionGate {
 public:
  enum class Mode : std::uint8_t {
    kVerify,  // the client has added the partitions itself: are they in its open transaction?
    kAdd      // it relies on the broker to add them (transaction version 2)
  };
  using Result = std::pair<TopicPartition, protocol::ErrorCode>;
  using Done = std::move_only_function<void(std::vector<Result>)>;

  virtual ~TransactionGate() = default;
  // Asks as a broker does with AddPartitionsToTxn. `done` gets one result for each partition, at once or
  // later, from any thread and within no lock of the coordinator. kAdd answers when the coordinator's log has
  // the partitions.
  virtual void check(const std::string& transactional_id, std::int64_t producer_id,
                     std::int16_t producer_epoch, Mode mode, std::vector<TopicPartition> partitions,
                     Done done) = 0;
};

}  // namespace barnabas::broker::transactions
