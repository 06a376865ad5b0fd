#include "broker/metrics/request_metrics.h"

#include <string>

#include "protocol/error_code.h"

namespace barnabas::broker {
namespace {

constexpr double kMicrosecondsInMs = 0.001;

}  // namespace

void RequestMetrics::add(const ApiTable& apis) {
  for (const ServedApi* served : apis.all()) {
    const std::string request(served->info->name);
    auto api = std::make_unique<Api>();
    api->name = request;
    for (std::int16_t version = served->min_version; version <= served->max_version; ++version) {
      api->requests.at(static_cast<std::size_t>(version)) =
          registry_.counter("kafka_network_requestmetrics_requests_total", "Requests answered.",
                            {{"request", request}, {"version", std::to_string(version)}});
    }
    api->total_time =
        registry_.summary("kafka_network_requestmetrics_totaltimems",
                          "Milliseconds from the last byte of a request to its answer, waiting included.",
                          {{"request", request}}, kMicrosecondsInMs);
    api->local_time = registry_.summary(
        "kafka_network_requestmetrics_localtimems",
        "Milliseconds from the last byte of a request to the end of its handling, waiting apart.",
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

void RequestMetrics::handled(protocol::ApiKey key, std::int64_t received_ns) {
  const auto& api = apis_.at(static_cast<std::size_t>(key));
  if (api) api->local_time->record((clock_.monotonic_ns() - received_ns) / 1000);
}

void RequestMetrics::answered(protocol::ApiKey key, std::int16_t error_code) {
  const auto& api = apis_.at(static_cast<std::size_t>(key));
  const auto place = static_cast<std::size_t>(error_code + 1);
  if (!api || place >= kErrors) return;
  Counter* counter = api->errors.at(place).load(std::memory_order_acquire);
  if (counter == nullptr) {
    counter = first_of(*api, error_code);
    api->errors.at(place).store(counter, std::memory_order_release);
  }
  counter->add();
}

// Two threads that meet here get the same counter: the registry knows it by its labels.
Counter* RequestMetrics::first_of(const Api& api, std::int16_t error_code) {
  const std::string error(protocol::error_name(static_cast<protocol::ErrorCode>(error_code)));
  auto counter = registry_.counter("kafka_network_requestmetrics_errors_total",
                                   "Error codes in answers, NONE where there was none.",
                                   {{"request", api.name}, {"error", error}});
  const std::lock_guard lock(mutex_);
  return error_counters_.emplace_back(std::move(counter)).get();
}

}  // namespace barnabas::broker
