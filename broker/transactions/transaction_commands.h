// What goes into the transaction coordinator and what comes out: plain values that know no request or
// response. Handlers translate (broker/handlers).
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "broker/coordination/answerer.h"
#include "broker/transactions/transaction_state.h"
#include "common/topic_partition.h"
#include "protocol/error_code.h"

namespace barnabas::broker::transactions {

using coordination::Answerer;
using coordination::Instant;
using protocol::ErrorCode;

struct ProducerIdentity {
  std::int64_t id = -1;
  std::int16_t epoch = -1;
  bool operator==(const ProducerIdentity&) const = default;
};

struct InitProducerCommand {
  std::string transactional_id;
  std::int32_t timeout_ms = 0;
  std::optional<ProducerIdentity> expected = {};  // of a producer that recovers (KIP-360)
  bool two_phase_commit = false;                  // KIP-939
  bool keep_prepared = false;                     // KIP-939
};

// What a producer goes on with; -1, -1 with an error.
struct ProducerReply {
  ErrorCode error = ErrorCode::kNone;
  std::int64_t producer_id = -1;
  std::int16_t producer_epoch = -1;
};

struct AddPartitionsCommand {
  std::string transactional_id;
  ProducerIdentity producer;
  std::vector<TopicPartition> partitions;
  std::int16_t client_version = 0;  // transaction version that the client speaks
};

// The same for all partitions, or one for each (only a verification tells them apart).
using PartitionResults = std::vector<std::pair<TopicPartition, ErrorCode>>;

struct EndCommand {
  std::string transactional_id;
  ProducerIdentity producer;
  bool commit = false;
  std::int16_t client_version = 0;
};

struct TransactionDescription {
  ErrorCode error = ErrorCode::kNone;
  std::string transactional_id = {};
  TransactionMetadata metadata = {};  // defaults with an error
};

// Empty sets and unset filters let everything pass.
struct TransactionFilter {
  std::vector<TransactionState> states = {};
  bool any_state = true;  // false: only `states`, which may be none
  std::vector<std::int64_t> producer_ids = {};
  std::int64_t longer_than_ms = -1;                            // -1: however long they run
  std::function<bool(std::string_view id)> matches = nullptr;  // of the whole transactional id (KIP-1152)
};

struct TransactionListing {
  std::string transactional_id;
  std::int64_t producer_id = -1;
  TransactionState state = TransactionState::kEmpty;
};

struct ListTransactionsReply {
  ErrorCode error = ErrorCode::kNone;
  std::vector<TransactionListing> transactions = {};
};

}  // namespace barnabas::broker::transactions
