// The transaction coordinator: ids by state, ends of transactions, partitions of its topic.
#pragma once

#include "broker/transactions/transaction_coordinator.h"
#include "common/metrics.h"

namespace barnabas::broker {

// Kafka counts none of this but the partitions of its newer coordinators (num-partitions), whose names these
// follow: kafka_server_transaction_coordinator_metrics_*.
void write_transaction_metrics(MetricsWriter& writer, const transactions::TransactionCounts& counts);

}  // namespace barnabas::broker
