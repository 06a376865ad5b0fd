#include "broker/metrics/state_metrics.h"

#include "broker/metrics/cleaner_metrics.h"
#include "broker/metrics/cluster_metrics.h"
#include "broker/metrics/partition_metrics.h"
#include "broker/metrics/share_metrics.h"
#include "broker/metrics/share_state_metrics.h"
#include "broker/metrics/transaction_metrics.h"
#include "common/process_metrics.h"

namespace barnabas::broker {

StateMetrics::StateMetrics(MetricsRegistry& registry, const Sources& sources)
    : sources_(sources),
      groups_(sources.groups, sources.partitions),
      registration_(registry.collect([this](MetricsWriter& writer) { write(writer); })) {}

void StateMetrics::write(MetricsWriter& writer) {
  const auto image = sources_.metadata.get();
  write_cluster_metrics(writer, *image, sources_.broker_id);
  write_partition_metrics(writer, sources_.partitions);
  groups_.write(writer);
  write_transaction_metrics(writer, sources_.transactions.counts());
  writer.gauge("kafka_server_fetchsessioncache_numincrementalfetchsessions", "Fetch sessions held.", {},
               static_cast<double>(sources_.fetch_sessions.size()));
  writer.counter("kafka_server_fetchsessioncache_incrementalfetchsessionevictions_total",
                 "Fetch sessions that made room for others.", {},
                 static_cast<double>(sources_.fetch_sessions.evictions()));
  write_share_metrics(writer, sources_.share_sessions, sources_.share_partitions);
  write_share_state_metrics(writer, sources_.share_states);
  if (sources_.cleaner != nullptr) write_cleaner_metrics(writer, sources_.cleaner->status());
  write_process_metrics(writer);
}

}  // namespace barnabas::broker
