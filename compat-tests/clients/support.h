// Short ways to what the tests do with librdkafka again and again.
#pragma once

#include <rdkafka.h>
#include <rdkafkacpp.h>

#include <chrono>
#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "compat-tests/clients/broker_process.h"

namespace barnabas::compat {

// A configuration with bootstrap.servers set and `settings` on top; throws on a key librdkafka refuses.
std::unique_ptr<RdKafka::Conf> client_config(const BrokerProcess& broker, const Settings& settings);

// What became of the messages of one producer. Written by the thread that polls it.
class Deliveries final : public RdKafka::DeliveryReportCb {
 public:
  struct One {
    RdKafka::ErrorCode error;
    std::int32_t partition;
    std::int64_t offset;
    std::string value;
  };
  void dr_cb(RdKafka::Message& message) override;
  const std::vector<One>& all() const { return all_; }
  int failed() const;

 private:
  std::vector<One> all_;
};

// A producer together with its reports; the reports outlive it.
class TestProducer {
 public:
  explicit TestProducer(const BrokerProcess& broker, const Settings& settings = {});
  // Queues one message, waiting while the queue is full.
  void send(const std::string& topic, std::int32_t partition, const std::string& value,
            std::optional<std::string> key = std::nullopt, std::int64_t timestamp_ms = 0,
            RdKafka::Headers* headers = nullptr);
  // Waits until every message is reported; false after `limit`.
  bool flush(std::chrono::seconds limit = std::chrono::seconds(30));
  RdKafka::Producer& handle() { return *producer_; }
  const Deliveries& deliveries() const { return deliveries_; }

 private:
  Deliveries deliveries_;
  std::unique_ptr<RdKafka::Producer> producer_;
};

struct Record {
  std::int32_t partition;
  std::int64_t offset;
  std::int64_t timestamp_ms;
  std::optional<std::string> key;
  std::optional<std::string> value;
  std::vector<std::pair<std::string, std::string>> headers;
};

using ConsumerPtr = std::unique_ptr<RdKafka::KafkaConsumer>;
ConsumerPtr make_consumer(const BrokerProcess& broker, const Settings& settings = {});
// The next record, or nullopt when none came within `limit`; errors of the fetch other than an end of
// partition are thrown.
std::optional<Record> next_record(RdKafka::KafkaConsumer& consumer, std::chrono::milliseconds limit);
// Reads partitions [0, partitions) from `from` until every one is at its end (as it was when asked).
std::vector<Record> read_all(const BrokerProcess& broker, const std::string& topic, int partitions,
                             const Settings& settings = {}, std::int64_t from = 0);
// Subscribes and reads until `count` records are there or nothing came for `limit`.
std::vector<Record> read_as_group(RdKafka::KafkaConsumer& consumer, std::size_t count,
                                  std::chrono::seconds limit = std::chrono::seconds(20));

// Admin calls of the C API. One call at a time.
class Admin {
 public:
  explicit Admin(const BrokerProcess& broker);
  ~Admin();
  Admin(const Admin&) = delete;
  Admin& operator=(const Admin&) = delete;

  rd_kafka_t* handle() const { return client_; }
  rd_kafka_queue_t* queue() const { return queue_; }
  struct EventDeleter {
    void operator()(rd_kafka_event_t* event) const { rd_kafka_event_destroy(event); }
  };
  using Event = std::unique_ptr<rd_kafka_event_t, EventDeleter>;
  // The outcome of the call just made; throws when none comes in 30 s or the call failed as a whole.
  Event outcome();

  // Each returns the error of its one item.
  rd_kafka_resp_err_t create_topic(const std::string& topic, int partitions, const Settings& configs = {},
                                   int replicas = 1);
  rd_kafka_resp_err_t delete_topic(const std::string& topic);
  rd_kafka_resp_err_t create_partitions(const std::string& topic, int total);

 private:
  rd_kafka_t* client_;
  rd_kafka_queue_t* queue_;
};

}  // namespace barnabas::compat
