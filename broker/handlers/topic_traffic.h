// What flows through topics, counted for the metrics of the same names in Kafka (BrokerTopicMetrics).
#pragma once

#include <cstdint>
#include <string_view>

namespace barnabas::broker {

// Implemented by the metrics; handlers only tell. Any thread, must be quick.
class TopicTraffic {
 public:
  virtual ~TopicTraffic() = default;
  virtual void produced(std::string_view topic, std::int64_t messages, std::int64_t bytes) = 0;
  virtual void produce_failed(std::string_view topic, std::int64_t bytes) = 0;
  virtual void fetched(std::string_view topic, std::int64_t bytes) = 0;
  virtual void fetch_failed(std::string_view topic) = 0;
  // A ShareFetch or a ShareAcknowledge named the topic (KIP-932).
  virtual void share_fetched(std::string_view /*topic*/, bool /*failed*/) {}
  virtual void share_acknowledged(std::string_view /*topic*/, bool /*failed*/) {}
};

}  // namespace barnabas::broker
