// The state of one transactional id: its producer and its transaction, as __transaction_state keeps it.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include "common/topic_partition.h"

namespace barnabas::broker::transactions {

// The numbers are those of the records.
enum class TransactionState : std::int8_t {
  kEmpty = 0,          // a producer without a transaction
  kOngoing = 1,        // partitions have been added
  kPrepareCommit = 2,  // decided; markers are being written
  kPrepareAbort = 3,
  kCompleteCommit = 4,  // all markers are written
  kCompleteAbort = 5,
  kDead = 6,              // expired; never in a record
  kPrepareEpochFence = 7  // an old producer is being fenced; never in a record
};

// "PrepareCommit", as Kafka's tools show it.
std::string_view state_name(TransactionState state);
// nullopt for an unknown name.
std::optional<TransactionState> state_of_name(std::string_view name);

// Transaction version from which on every end of a transaction bumps the epoch (KIP-890).
inline constexpr std::int16_t kVersionWithEpochBump = 2;
// A producer that reaches this epoch gets a new id at the next bump: the last one is kept for fencing.
inline constexpr std::int16_t kExhaustedEpoch = 32766;
inline constexpr std::int16_t kLastEpoch = 32767;

struct TransactionMetadata {
  std::int64_t producer_id = -1;
  std::int64_t previous_producer_id = -1;  // that of the record before
  std::int64_t next_producer_id = -1;      // while a transaction ends whose epochs are used up; else -1
  std::int16_t producer_epoch = -1;
  // The epoch before, by which a retry is known. Kept in memory alone: unknown (-1) after a restart.
  std::int16_t last_producer_epoch = -1;
  std::int32_t timeout_ms = 0;
  TransactionState state = TransactionState::kEmpty;
  std::vector<TopicPartition> partitions;  // sorted, each once
  std::int64_t start_ms = -1;              // of the transaction; -1 before the first
  std::int64_t last_update_ms = -1;
  std::int16_t client_version = 0;  // transaction version that the client of the transaction speaks

  bool operator==(const TransactionMetadata&) const = default;

  bool preparing() const {
    return state == TransactionState::kPrepareCommit || state == TransactionState::kPrepareAbort;
  }
  bool epochs_exhausted() const { return producer_epoch >= kExhaustedEpoch; }
  bool two_phase() const;  // has no time-out (KIP-939)
  bool contains(const TopicPartition& partition) const;
  bool contains_all(const std::vector<TopicPartition>& added) const;
};

// Puts partitions into the order of TransactionMetadata::partitions.
std::vector<TopicPartition> sorted_unique(std::vector<TopicPartition> partitions);

}  // namespace barnabas::broker::transactions
