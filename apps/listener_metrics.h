// What goes over the Kafka listeners: kafka_server_socket_server_metrics_*.
#pragma once

#include <cstddef>
#include <memory>
#include <vector>

#include "common/metrics.h"

namespace barnabas::network {
class Listener;
}

namespace barnabas::apps {

// As long as the server runs; listeners and registry outlive it.
class ListenerMetrics {
 public:
  // Connections are shown for each of `io_threads`, Kafka's network processors.
  ListenerMetrics(MetricsRegistry& registry, const std::vector<std::unique_ptr<network::Listener>>& listeners,
                  std::size_t io_threads);

 private:
  void write(MetricsWriter& writer) const;

  const std::vector<std::unique_ptr<network::Listener>>& listeners_;
  const std::size_t io_threads_;
  MetricsRegistration registration_;
};

}  // namespace barnabas::apps
