#include "broker/metrics/share_metrics.h"

namespace barnabas::broker {

void write_share_metrics(MetricsWriter& writer, const share::ShareSessions& sessions,
                         const share::SharePartitionManager& partitions) {
  const auto held = sessions.numbers();
  writer.gauge("kafka_server_sharesessioncache_sharesessionscount", "Share sessions held.", {},
               static_cast<double>(held.sessions));
  writer.gauge("kafka_server_sharesessioncache_sharepartitionscount", "Partitions of all share sessions.", {},
               static_cast<double>(held.partitions));
  writer.counter("kafka_server_sharesessioncache_sharesessionevictions_total",
                 "Share sessions that ended with their connection.", {},
                 static_cast<double>(sessions.evictions()));
  const share::ShareCounts& counts = partitions.environment().counts;
  writer.counter("kafka_server_sharepartitionmetrics_acquisitionlocktimeout_total",
                 "Records whose lock ended before they were acknowledged.", {},
                 static_cast<double>(counts.lock_timeouts->value()));
  writer.summary("kafka_server_sharegroupmetrics_partitionloadtimems",
                 "Time to load the state of a share partition.", {}, *counts.load_time_ms);
  constexpr std::string_view kTypes[] = {"Accept", "Release", "Reject", "Renew"};
  for (std::size_t index = 0; index < counts.acknowledged.size(); ++index) {
    writer.counter("kafka_server_sharegroupmetrics_recordacknowledgements_total",
                   "Records by what share consumers said of them.", {{"ackType", std::string(kTypes[index])}},
                   static_cast<double>(counts.acknowledged[index]->value()));
  }
  for (const auto& hosted : partitions.all()) {
    const MetricLabels labels{{"group", hosted->key().group_id},
                              {"topic", hosted->partition().name().topic},
                              {"partition", std::to_string(hosted->key().partition)}};
    const auto numbers = hosted->numbers();
    writer.gauge("kafka_server_sharepartitionmetrics_inflightmessagecount",
                 "Records between the first that is not done with and the last that was handed out.", labels,
                 static_cast<double>(numbers.in_flight));
    writer.gauge("kafka_server_sharepartitionmetrics_inflightbatchcount",
                 "Batches that a share partition keeps in memory.", labels,
                 static_cast<double>(numbers.batches));
  }
}

}  // namespace barnabas::broker
