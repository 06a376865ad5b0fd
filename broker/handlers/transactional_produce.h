// What transactional batches ask for before a Produce may append anything (KIP-98, KIP-890).
#pragma once

#include <compare>
#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "broker/partition/partition_manager.h"
#include "broker/partition/transaction_verifier.h"
#include "common/result.h"
#include "protocol/messages/produce_request.h"

namespace barnabas::broker {

// Looks at the first batch of each partition; reads no more than its header.
bool has_transactional_batches(const protocol::ProduceRequest& request);

// The transactional partitions of a request, and what the coordinator said of each.
struct TransactionalWrites {
  struct Place {
    std::size_t topic = 0;
    std::size_t partition = 0;
    auto operator<=>(const Place&) const = default;
  };
  TransactionVerifier::Question question;
  std::vector<TransactionVerifier::Write> writes;
  std::vector<Place> places;                           // of the writes, rising
  std::vector<TransactionVerifier::Verdict> verdicts;  // likewise, once they are known
};

// Partitions that are not here are left out. The error is that of the whole request:
// TRANSACTIONAL_ID_AUTHORIZATION_FAILED without a transactional id, INVALID_PRODUCER_ID_MAPPING for batches
// of more than one producer.
Result<TransactionalWrites, protocol::ErrorCode> transactional_writes(const protocol::ProduceRequest& request,
                                                                      std::int16_t api_version,
                                                                      const PartitionManager& partitions);

// A verdict as a producer understands it: what it cannot retry becomes what it can.
AppendRefusal refusal_of(protocol::ErrorCode verdict, TransactionSupport support);

}  // namespace barnabas::broker
