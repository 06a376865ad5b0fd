#include "broker/metrics/share_state_metrics.h"

#include <string>

#include "broker/internal_topics.h"

namespace barnabas::broker {

void write_share_state_metrics(MetricsWriter& writer, const share::ShareStateCoordinator& coordinator) {
  writer.counter("kafka_server_share_coordinator_metrics_write_total", "Writes of share group state.", {},
                 static_cast<double>(coordinator.counts().writes.value()));
  writer.summary("kafka_server_share_coordinator_metrics_write_latency",
                 "Milliseconds until a write of share group state was answered.", {},
                 coordinator.counts().write_latency_ms);
  for (const auto& [partition, offset] : coordinator.pruned_offsets()) {
    writer.gauge("kafka_server_share_coordinator_metrics_last_pruned_offset",
                 "The offset before which records of share group state were last deleted.",
                 {{"topic", std::string(kShareGroupStateTopic)}, {"partition", std::to_string(partition)}},
                 static_cast<double>(offset));
  }
}

}  // namespace barnabas::broker
