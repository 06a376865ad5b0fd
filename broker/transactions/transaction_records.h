// The records of __transaction_state and their bytes.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "broker/coordination/coordinator_log.h"
#include "broker/transactions/transaction_state.h"
#include "common/bytes.h"

namespace barnabas::broker::transactions {

// Without a value: a tombstone, the transactional id is forgotten.
struct TransactionRecord {
  std::string transactional_id;
  std::optional<TransactionMetadata> value;
  // Of the encoded value: 0 under transaction.version 0, which knows no other producer ids; else 1.
  std::int16_t value_version = 1;
};

coordination::EncodedRecord encode_record(const TransactionRecord& record);
// nullopt if the bytes are malformed, of another kind or version, or name a state or a producer that no
// record has.
std::optional<TransactionRecord> decode_record(ByteView key, std::optional<ByteView> value);

}  // namespace barnabas::broker::transactions
