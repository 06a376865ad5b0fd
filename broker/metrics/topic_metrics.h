// What flows through topics: kafka_server_brokertopicmetrics_*, in all and by topic.
#pragma once

#include <memory>
#include <shared_mutex>
#include <string>
#include <unordered_map>

#include "broker/handlers/topic_traffic.h"
#include "common/metrics.h"

namespace barnabas::broker {

// Any thread. A topic's counters are made with its first traffic and go with forget().
class TopicMetrics final : public TopicTraffic {
 public:
  explicit TopicMetrics(MetricsRegistry& registry)
      : registry_(registry), all_(make("")), all_shares_(make_shares("")) {}

  void produced(std::string_view topic, std::int64_t messages, std::int64_t bytes) override;
  void produce_failed(std::string_view topic, std::int64_t bytes) override;
  void fetched(std::string_view topic, std::int64_t bytes) override;
  void fetch_failed(std::string_view topic) override;
  void share_fetched(std::string_view topic, bool failed) override;
  void share_acknowledged(std::string_view topic, bool failed) override;
  // The topic is deleted.
  void forget(const std::string& topic);

 private:
  struct Counters {
    std::shared_ptr<Counter> messages_in, bytes_in, bytes_out, bytes_rejected, produce_requests,
        fetch_requests, failed_produce_requests, failed_fetch_requests;
  };
  // Apart from the others: few topics are read by share groups.
  struct ShareCounters {
    std::shared_ptr<Counter> fetches, failed_fetches, acknowledgements, failed_acknowledgements;
  };
  struct TextHash {
    using is_transparent = void;
    std::size_t operator()(std::string_view text) const { return std::hash<std::string_view>()(text); }
  };

  std::shared_ptr<const Counters> make(const std::string& topic);
  std::shared_ptr<const Counters> of(std::string_view topic);
  std::shared_ptr<const ShareCounters> make_shares(const std::string& topic);
  std::shared_ptr<const ShareCounters> shares_of(std::string_view topic);

  MetricsRegistry& registry_;
  const std::shared_ptr<const Counters> all_;
  const std::shared_ptr<const ShareCounters> all_shares_;
  std::shared_mutex mutex_;
  std::unordered_map<std::string, std::shared_ptr<const Counters>, TextHash, std::equal_to<>> topics_;
  std::unordered_map<std::string, std::shared_ptr<const ShareCounters>, TextHash, std::equal_to<>> shares_;
};

}  // namespace barnabas::broker
