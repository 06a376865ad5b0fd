// How many requests of which API and version with which outcome, and how long each took.
#pragma once

#include <array>
#include <atomic>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "broker/api/api_table.h"
#include "broker/api/reply.h"
#include "common/clock.h"
#include "common/metrics.h"

namespace barnabas::broker {

// kafka_network_requestmetrics_*. Any thread; the path of an answer takes no lock but for the first time that
// an error occurs. There are no queues between a connection and its handlers, so there is no time in them.
class RequestMetrics final : public ReplyObserver {
 public:
  RequestMetrics(MetricsRegistry& registry, const Clock& clock) : registry_(registry), clock_(clock) {}

  // Makes the metrics of everything in `apis`, so that they are shown at zero; once, before the first
  // request.
  void add(const ApiTable& apis);
  void replied(protocol::ApiKey key, std::int16_t version, std::int64_t received_ns,
               std::size_t response_bytes) override;
  void answered(protocol::ApiKey key, std::int16_t error_code) override;
  void handled(protocol::ApiKey key, std::int64_t received_ns) override;

 private:
  static constexpr std::size_t kKeys = 128;
  static constexpr std::size_t kVersions = 32;
  static constexpr std::size_t kErrors = 160;  // codes -1 to 158
  struct Api {
    std::string name;
    std::array<std::shared_ptr<Counter>, kVersions> requests;
    std::shared_ptr<Summary> total_time;
    std::shared_ptr<Summary> local_time;
    std::array<std::atomic<Counter*>, kErrors> errors{};  // null until the first
  };

  Counter* first_of(const Api& api, std::int16_t error_code);

  MetricsRegistry& registry_;
  const Clock& clock_;
  std::array<std::unique_ptr<Api>, kKeys> apis_;
  std::mutex mutex_;
  std::vector<std::shared_ptr<Counter>> error_counters_;  // under mutex_: keeps what `errors` points at
};

}  // namespace barnabas::broker
