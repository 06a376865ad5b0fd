// What goes over the Kafka listeners, kafka_server_socket_server_metrics_*, and how idle their threads are.
#pragma once

#include <cstddef>
#include <memory>
#include <vector>

#include "apps/idle_share.h"

#include "common/metrics.h"

namespace barnabas::network {
class IoThreads;
class Listener;
}  // namespace barnabas::network

namespace barnabas::apps {

// As long as the server runs; listeners, threads and registry outlive it.
class ListenerMetrics {
 public:
  // The I/O threads are Kafka's network processors and its request handlers at once.
  ListenerMetrics(MetricsRegistry& registry, const std::vector<std::unique_ptr<network::Listener>>& listeners,
                  const network::IoThreads& threads, const Clock& clock);

 private:
  void write(MetricsWriter& writer);

  const std::vector<std::unique_ptr<network::Listener>>& listeners_;
  const std::size_t io_threads_;
  IdleShare idle_;  // under the registry's lock
  MetricsRegistration registration_;
};

}  // namespace barnabas::apps
