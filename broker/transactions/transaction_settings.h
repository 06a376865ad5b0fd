// What the coordinator takes from the configuration (transaction_options.cc). Read-only in Kafka too, so
// copied once.
#pragma once

#include <cstdint>

namespace barnabas::broker::transactions {

struct TransactionSettings {
  std::int32_t topic_partitions = 50;
  std::int32_t max_timeout_ms = 900'000;
  std::int32_t abort_check_interval_ms = 10'000;
  std::int64_t id_expiration_ms = 7ll * 24 * 60 * 60 * 1'000;
  std::int32_t expiration_check_interval_ms = 3'600'000;
  bool two_phase_commit = false;  // KIP-939
  std::int32_t commit_timeout_ms = 5'000;
};

}  // namespace barnabas::broker::transactions
