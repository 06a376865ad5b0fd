#include "broker/metrics/transaction_metrics.h"

#include <string>

#include "common/text.h"

namespace barnabas::broker {
namespace {

// "PrepareCommit" as "prepare_commit".
std::string lower_snake(std::string_view text) {
  std::string out;
  for (const char letter : text) {
    const bool capital = letter >= 'A' && letter <= 'Z';
    if (capital && !out.empty()) out += '_';
    out += capital ? static_cast<char>(letter - 'A' + 'a') : letter;
  }
  return out;
}

std::string name(std::string_view what) {
  return concat("kafka_server_transaction_coordinator_metrics_", what);
}

}  // namespace

void write_transaction_metrics(MetricsWriter& writer, const transactions::TransactionCounts& counts) {
  using transactions::TransactionState;
  // The last two are in no record.
  for (std::size_t i = 0; i < static_cast<std::size_t>(TransactionState::kDead); ++i) {
    const auto state = static_cast<TransactionState>(i);
    writer.gauge(name("transactional_id_count"), "Transactional ids whose last transaction is in that state.",
                 {{"state", lower_snake(transactions::state_name(state))}},
                 static_cast<double>(counts.ids_by_state[i]));
  }
  const auto ended = [&](std::string_view result, std::uint64_t count) {
    writer.counter(name("transactions_total"), "Transactions that have ended, by result.",
                   {{"result", std::string(result)}}, static_cast<double>(count));
  };
  ended("committed", counts.committed);
  ended("aborted", counts.aborted);
  const auto partitions = [&](std::string_view state, std::size_t count) {
    writer.gauge(name("num_partitions"), "Partitions of __transaction_state that this broker leads.",
                 {{"state", std::string(state)}}, static_cast<double>(count));
  };
  partitions("active", counts.active_partitions);
  partitions("loading", counts.loading_partitions);
}

}  // namespace barnabas::broker
