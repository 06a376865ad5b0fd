// How many requests of which API and version, and how long each took from its last byte to its answer.
#pragma once

#include <array>
#include <atomic>
#include <memory>

#include "broker/api/api_table.h"
#include "broker/api/reply.h"
#include "common/clock.h"
#include "common/metrics.h"

namespace barnabas::broker {

// kafka_network_requestmetrics_*. Any thread; the path of an answer takes no lock.
class RequestMetrics final : public ReplyObserver {
 public:
  RequestMetrics(MetricsRegistry& registry, const Clock& clock) : registry_(registry), clock_(clock) {}

  // Makes the metrics of everything in `apis`, so that they are shown at zero; once, before the first
  // request.
  void add(const ApiTable& apis);
  void replied(protocol::ApiKey key, std::int16_t version, std::int64_t received_ns,
               std::size_t response_bytes) override;

 private:
  static constexpr std::size_t kKeys = 128;
  static constexpr std::size_t kVersions = 32;
  struct Api {
    std::array<std::shared_ptr<Counter>, kVersions> requests;
    std::shared_ptr<Summary> total_time;
  };

  MetricsRegistry& registry_;
  const Clock& clock_;
  std::array<std::unique_ptr<Api>, kKeys> apis_;
};

}  // namespace barnabas::broker
