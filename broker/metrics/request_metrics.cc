#include "broker/metrics/request_metrics.h"

#include <string>

namespace barnabas::broker {
namespace {

constexpr double kMicrosecondsInMs = 0.001;

}  // namespace

void RequestMetrics::add(const ApiTable& apis) {
  for (const ServedApi* served : apis.all()) {
    const std::string request(served->info->name);
    auto api = std::make_unique<Api>();
    for (std::int16_t version = served->min_version; version <= served->max_version; ++version) {
      api->requests.at(static_cast<std::size_t>(version)) =
          registry_.counter("kafka_network_requestmetrics_requests_total", "Requests answered.",
                            {{"request", request}, {"version", std::to_string(version)}});
    }
    api->total_time =
        registry_.summary("kafka_network_requestmetrics_totaltimems",
                          "Milliseconds from the last byte of a request to its answer, waiting included.",
                          {{"request", request}}, kMicrosecondsInMs);
    apis_.at(static_cast<std::size_t>(served->info->key)) = std::move(api);
  }
}

void RequestMetrics::replied(protocol::ApiKey key, std::int16_t version, std::int64_t received_ns,
                             std::size_t) {
  const auto& api = apis_.at(static_cast<std::size_t>(key));
  if (!api) return;
  if (const auto& counter = api->requests.at(static_cast<std::size_t>(version))) counter->add();
  api->total_time->record((clock_.monotonic_ns() - received_ns) / 1000);
}

}  // namespace barnabas::broker
