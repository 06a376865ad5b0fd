#include <algorithm>

#include "broker/transactions/transaction_shard.h"

namespace barnabas::broker::transactions {

TransactionDescription TransactionShard::describe(const std::string& transactional_id) const {
  const TransactionMetadata* metadata = find(transactional_id);
  if (metadata == nullptr) {
    return {.error = ErrorCode::kTransactionalIdNotFound, .transactional_id = transactional_id};
  }
  return {.transactional_id = transactional_id, .metadata = *metadata};
}

std::vector<TransactionListing> TransactionShard::list(const TransactionFilter& filter, Instant now) const {
  const auto among = [](const auto& wanted, const auto& value) {
    return std::find(wanted.begin(), wanted.end(), value) != wanted.end();
  };
  std::vector<TransactionListing> listed;
  for (const auto& [id, transaction] : transactions_) {
    const TransactionMetadata& metadata = transaction.metadata;
    if (!filter.producer_ids.empty() && !among(filter.producer_ids, metadata.producer_id)) continue;
    if (!filter.any_state && !among(filter.states, metadata.state)) continue;
    // As in Kafka a producer that never had a transaction runs since the epoch of time.
    if (filter.longer_than_ms >= 0 && now.wall_ms - metadata.start_ms <= filter.longer_than_ms) continue;
    if (filter.matches && !filter.matches(id)) continue;
    listed.push_back({id, metadata.producer_id, metadata.state});
  }
  return listed;
}

TransactionCounts TransactionShard::counts() const {
  TransactionCounts out{.committed = committed_, .aborted = aborted_};
  for (const auto& [id, transaction] : transactions_) {
    ++out.ids_by_state[static_cast<std::size_t>(transaction.metadata.state)];
  }
  return out;
}

}  // namespace barnabas::broker::transactions
