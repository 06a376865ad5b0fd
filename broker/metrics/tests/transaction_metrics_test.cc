#include "broker/metrics/transaction_metrics.h"

#include "common/text.h"

namespace barnabas::broker {
namespace {

using testing::HasSubstr;

TEST(TransactionMetrics, ShowIdsByStateEndsAndPartitions) {
  transactions::TransactionCounts counts;
  counts.ids_by_state[static_cast<std::size_t>(transactions::TransactionState::kPrepareCommit)] = 3;
  counts.committed = 7;
  counts.aborted = 2;
  counts.active_partitions = 49;
  counts.loading_partitions = 1;
  MetricsWriter writer;
  write_transaction_metrics(writer, counts);
  const std::string text = writer.text();
  for (const std::string_view line :
       {"transactional_id_count{state=\"prepare_commit\"} 3", "transactional_id_count{state=\"ongoing\"} 0",
        "transactions_total{result=\"committed\"} 7", "transactions_total{result=\"aborted\"} 2",
        "num_partitions{state=\"active\"} 49", "num_partitions{state=\"loading\"} 1"}) {
    EXPECT_THAT(text, HasSubstr(concat("\nkafka_server_transaction_coordinator_metrics_", line, "\n")));
  }
}

}  // namespace
}  // namespace barnabas::broker
