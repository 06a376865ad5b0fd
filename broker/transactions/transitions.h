// How one record of a transactional id follows from the one before: pure functions, after Kafka 4.3's
// TransactionMetadata. None checks who asks; the shard does.
#pragma once

#include <cstdint>
#include <optional>

#include "broker/transactions/transaction_commands.h"
#include "broker/transactions/transaction_state.h"
#include "common/result.h"

namespace barnabas::broker::transactions {

// A producer starts over under the next epoch. `expected_epoch` is the one it had, if it says so: a retry of
// a bump that is done gets the same answer again, any other gets PRODUCER_FENCED.
Result<TransactionMetadata, ErrorCode> with_next_epoch(const TransactionMetadata& from,
                                                       std::int32_t timeout_ms,
                                                       std::optional<std::int16_t> expected_epoch,
                                                       std::int64_t now_ms);
// A producer starts over with a new id, since the epochs of its old one are used up.
TransactionMetadata with_new_producer(const TransactionMetadata& from, std::int64_t producer_id,
                                      std::int32_t timeout_ms, bool remembers_epoch, std::int64_t now_ms);
TransactionMetadata with_partitions(const TransactionMetadata& from, const std::vector<TopicPartition>& added,
                                    std::int16_t client_version, std::int64_t now_ms);

// The decision about a transaction, which holds from then on.
struct Decision {
  bool commit = false;
  std::int16_t client_version = 0;     // from 2 on the epoch is bumped
  std::int64_t next_producer_id = -1;  // when the bump uses up the epochs
  bool starts_here = false;            // an abort of a transaction without partitions
};
TransactionMetadata prepared(const TransactionMetadata& from, const Decision& decision, std::int64_t now_ms);
// The abort of an ongoing transaction whose producer is fenced: by a successor or for taking too long.
// `version` is the cluster's transaction version.
TransactionMetadata fenced(const TransactionMetadata& from, std::int16_t version,
                           std::int64_t next_producer_id, std::int64_t now_ms);
// All markers of a prepared transaction are written.
TransactionMetadata completed(const TransactionMetadata& from, std::int64_t now_ms);

}  // namespace barnabas::broker::transactions
