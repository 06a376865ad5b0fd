#include "broker/transactions/transitions.h"

#include <algorithm>

#include "common/assert.h"

namespace barnabas::broker::transactions {
namespace {

std::int16_t bumped(std::int16_t epoch) {
  return epoch >= kLastEpoch ? kLastEpoch : static_cast<std::int16_t>(epoch + 1);
}

// Every record names the producer id of the one before.
TransactionMetadata follow(const TransactionMetadata& from, std::int64_t now_ms) {
  TransactionMetadata next = from;
  next.previous_producer_id = from.producer_id;
  next.last_update_ms = now_ms;
  return next;
}

TransactionMetadata emptied(const TransactionMetadata& from, std::int32_t timeout_ms, std::int64_t now_ms) {
  TransactionMetadata next = follow(from, now_ms);
  next.state = TransactionState::kEmpty;
  next.timeout_ms = timeout_ms;
  next.partitions.clear();
  next.start_ms = -1;
  return next;
}

}  // namespace

Result<TransactionMetadata, ErrorCode> with_next_epoch(const TransactionMetadata& from,
                                                       std::int32_t timeout_ms,
                                                       std::optional<std::int16_t> expected_epoch,
                                                       std::int64_t now_ms) {
  TransactionMetadata next = emptied(from, timeout_ms, now_ms);
  if (!expected_epoch) {
    next.producer_epoch = bumped(from.producer_epoch);
    next.last_producer_epoch = -1;
  } else if (from.producer_epoch == -1 || *expected_epoch == from.producer_epoch) {
    next.producer_epoch = bumped(from.producer_epoch);
    next.last_producer_epoch = from.producer_epoch;
  } else if (*expected_epoch != from.last_producer_epoch) {
    return unexpected(ErrorCode::kProducerFenced);
  }
  return next;
}

TransactionMetadata with_new_producer(const TransactionMetadata& from, std::int64_t producer_id,
                                      std::int32_t timeout_ms, bool remembers_epoch, std::int64_t now_ms) {
  TransactionMetadata next = emptied(from, timeout_ms, now_ms);
  next.producer_id = producer_id;
  next.producer_epoch = 0;
  next.last_producer_epoch = remembers_epoch ? from.producer_epoch : std::int16_t{-1};
  return next;
}

TransactionMetadata with_partitions(const TransactionMetadata& from, const std::vector<TopicPartition>& added,
                                    std::int16_t client_version, std::int64_t now_ms) {
  ASSERT(!from.preparing());
  TransactionMetadata next = follow(from, now_ms);
  if (from.state != TransactionState::kOngoing) next.start_ms = now_ms;
  next.state = TransactionState::kOngoing;
  next.partitions.insert(next.partitions.end(), added.begin(), added.end());
  next.partitions = sorted_unique(std::move(next.partitions));
  next.client_version = client_version;
  return next;
}

TransactionMetadata prepared(const TransactionMetadata& from, const Decision& decision, std::int64_t now_ms) {
  ASSERT(!from.preparing());
  TransactionMetadata next = follow(from, now_ms);
  next.state = decision.commit ? TransactionState::kPrepareCommit : TransactionState::kPrepareAbort;
  if (decision.client_version >= kVersionWithEpochBump) {
    next.producer_epoch = bumped(from.producer_epoch);
    next.last_producer_epoch = from.producer_epoch;
  }
  if (decision.starts_here) next.start_ms = now_ms;
  next.next_producer_id = decision.next_producer_id;
  next.client_version = decision.client_version;
  return next;
}

TransactionMetadata fenced(const TransactionMetadata& from, std::int16_t version,
                           std::int64_t next_producer_id, std::int64_t now_ms) {
  const Decision abort{.client_version = version, .next_producer_id = next_producer_id};
  if (version >= kVersionWithEpochBump) return prepared(from, abort, now_ms);
  // Without bumps at every end the markers must still override the epoch of the producer that is fenced.
  TransactionMetadata next = prepared(from, {.next_producer_id = -1}, now_ms);
  next.producer_epoch = bumped(from.producer_epoch);
  next.last_producer_epoch = -1;
  return next;
}

TransactionMetadata completed(const TransactionMetadata& from, std::int64_t now_ms) {
  ASSERT(from.preparing());
  TransactionMetadata next = follow(from, now_ms);
  next.state = from.state == TransactionState::kPrepareCommit ? TransactionState::kCompleteCommit
                                                              : TransactionState::kCompleteAbort;
  if (from.client_version >= kVersionWithEpochBump && from.next_producer_id != -1) {
    next.producer_id = from.next_producer_id;
    next.producer_epoch = 0;
  }
  next.next_producer_id = -1;
  next.partitions.clear();
  return next;
}

}  // namespace barnabas::broker::transactions
