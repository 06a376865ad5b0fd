#include "compat-tests/clients/support.h"

#include <stdexcept>

#include "common/text.h"

namespace barnabas::compat {
namespace {

using std::chrono::milliseconds;
using std::chrono::steady_clock;

Record to_record(RdKafka::Message& message) {
  Record record{message.partition(), message.offset(), message.timestamp().timestamp,
                std::nullopt,        std::nullopt,     {}};
  if (message.key()) record.key = *message.key();
  if (message.payload())
    record.value = std::string(static_cast<const char*>(message.payload()), message.len());
  if (const RdKafka::Headers* headers = message.headers()) {
    for (const auto& header : headers->get_all()) {
      record.headers.emplace_back(header.key(),
                                  std::string(static_cast<const char*>(header.value()), header.value_size()));
    }
  }
  return record;
}

bool is_end_of_partition(const RdKafka::Message& message) {
  return message.err() == RdKafka::ERR__PARTITION_EOF;
}

}  // namespace

std::unique_ptr<RdKafka::Conf> client_config(const BrokerProcess& broker, const Settings& settings) {
  std::unique_ptr<RdKafka::Conf> config(RdKafka::Conf::create(RdKafka::Conf::CONF_GLOBAL));
  Settings all = {{"bootstrap.servers", broker.address()},
                  {"broker.address.family", "v4"},
                  {"log_level", "2"},
                  {"reconnect.backoff.ms", "10"},
                  {"reconnect.backoff.max.ms", "200"}};
  for (const auto& [key, value] : settings) all[key] = value;
  for (const auto& [key, value] : all) {
    std::string error;
    if (config->set(key, value, error) != RdKafka::Conf::CONF_OK) throw std::runtime_error(error);
  }
  return config;
}

void Deliveries::dr_cb(RdKafka::Message& message) {
  all_.push_back({message.err(), message.partition(), message.offset(),
                  std::string(static_cast<const char*>(message.payload()), message.len())});
}

int Deliveries::failed() const {
  int count = 0;
  for (const One& one : all_) count += one.error != RdKafka::ERR_NO_ERROR;
  return count;
}

TestProducer::TestProducer(const BrokerProcess& broker, const Settings& settings) {
  const auto config = client_config(broker, settings);
  std::string error;
  if (config->set("dr_cb", &deliveries_, error) != RdKafka::Conf::CONF_OK) throw std::runtime_error(error);
  producer_.reset(RdKafka::Producer::create(config.get(), error));
  if (!producer_) throw std::runtime_error(error);
}

void TestProducer::send(const std::string& topic, std::int32_t partition, const std::string& value,
                        std::optional<std::string> key, std::int64_t timestamp_ms,
                        RdKafka::Headers* headers) {
  for (;;) {
    const auto error = producer_->produce(
        topic, partition, RdKafka::Producer::RK_MSG_COPY, const_cast<char*>(value.data()), value.size(),
        key ? key->data() : nullptr, key ? key->size() : 0, timestamp_ms, headers, nullptr);
    if (error == RdKafka::ERR_NO_ERROR) break;
    if (error != RdKafka::ERR__QUEUE_FULL) throw std::runtime_error(RdKafka::err2str(error));
    producer_->poll(10);
  }
  producer_->poll(0);
}

bool TestProducer::flush(std::chrono::seconds limit) {
  return producer_->flush(static_cast<int>(milliseconds(limit).count())) == RdKafka::ERR_NO_ERROR;
}

ConsumerPtr make_consumer(const BrokerProcess& broker, const Settings& settings) {
  Settings all = {{"group.id", "unused"}, {"enable.auto.commit", "false"}, {"auto.offset.reset", "earliest"}};
  for (const auto& [key, value] : settings) all[key] = value;
  const auto config = client_config(broker, all);
  std::string error;
  ConsumerPtr consumer(RdKafka::KafkaConsumer::create(config.get(), error));
  if (!consumer) throw std::runtime_error(error);
  return consumer;
}

std::optional<Record> next_record(RdKafka::KafkaConsumer& consumer, milliseconds limit) {
  const auto deadline = steady_clock::now() + limit;
  do {
    const std::unique_ptr<RdKafka::Message> message(consumer.consume(50));
    if (message->err() == RdKafka::ERR_NO_ERROR) return to_record(*message);
    // A pattern that matches nothing yet is reported as an unknown topic.
    if (message->err() != RdKafka::ERR__TIMED_OUT && message->err() != RdKafka::ERR_UNKNOWN_TOPIC_OR_PART &&
        !is_end_of_partition(*message)) {
      throw std::runtime_error(message->errstr());
    }
  } while (steady_clock::now() < deadline);
  return std::nullopt;
}

std::vector<Record> read_all(const BrokerProcess& broker, const std::string& topic, int partitions,
                             const Settings& settings, std::int64_t from) {
  Settings all = settings;
  all["enable.partition.eof"] = "true";
  const ConsumerPtr consumer = make_consumer(broker, all);
  std::vector<RdKafka::TopicPartition*> assignment;
  for (int i = 0; i < partitions; ++i) assignment.push_back(RdKafka::TopicPartition::create(topic, i, from));
  consumer->assign(assignment);
  RdKafka::TopicPartition::destroy(assignment);

  std::vector<Record> records;
  int ended = 0;
  const auto deadline = steady_clock::now() + std::chrono::seconds(60);
  while (ended < partitions) {
    if (steady_clock::now() > deadline) throw std::runtime_error("no end of partition in time in " + topic);
    const std::unique_ptr<RdKafka::Message> message(consumer->consume(100));
    if (message->err() == RdKafka::ERR_NO_ERROR) {
      records.push_back(to_record(*message));
    } else if (is_end_of_partition(*message)) {
      ++ended;
    } else if (message->err() != RdKafka::ERR__TIMED_OUT) {
      throw std::runtime_error(message->errstr());
    }
  }
  consumer->close();
  return records;
}

std::vector<Record> read_as_group(RdKafka::KafkaConsumer& consumer, std::size_t count,
                                  std::chrono::seconds limit) {
  std::vector<Record> records;
  while (records.size() < count) {
    auto record = next_record(consumer, limit);
    if (!record) break;
    records.push_back(std::move(*record));
  }
  return records;
}

Admin::Admin(const BrokerProcess& broker) {
  char error[256];
  rd_kafka_conf_t* config = rd_kafka_conf_new();
  rd_kafka_conf_set(config, "bootstrap.servers", broker.address().c_str(), error, sizeof error);
  rd_kafka_conf_set(config, "broker.address.family", "v4", error, sizeof error);
  client_ = rd_kafka_new(RD_KAFKA_PRODUCER, config, error, sizeof error);
  if (!client_) throw std::runtime_error(error);
  queue_ = rd_kafka_queue_new(client_);
}

Admin::~Admin() {
  rd_kafka_queue_destroy(queue_);
  rd_kafka_destroy(client_);
}

Admin::Event Admin::outcome() {
  Event event(rd_kafka_queue_poll(queue_, 30'000));
  if (!event) throw std::runtime_error("no answer to an admin call in 30 s");
  if (rd_kafka_event_error(event.get()) != RD_KAFKA_RESP_ERR_NO_ERROR) {
    throw std::runtime_error(rd_kafka_event_error_string(event.get()));
  }
  return event;
}

rd_kafka_resp_err_t Admin::create_topic(const std::string& topic, int partitions, const Settings& configs,
                                        int replicas) {
  rd_kafka_NewTopic_t* request = rd_kafka_NewTopic_new(topic.c_str(), partitions, replicas, nullptr, 0);
  for (const auto& [key, value] : configs) rd_kafka_NewTopic_set_config(request, key.c_str(), value.c_str());
  rd_kafka_CreateTopics(client_, &request, 1, nullptr, queue_);
  rd_kafka_NewTopic_destroy(request);
  const Event event = outcome();
  std::size_t count = 0;
  const auto** topics =
      rd_kafka_CreateTopics_result_topics(rd_kafka_event_CreateTopics_result(event.get()), &count);
  return rd_kafka_topic_result_error(topics[0]);
}

rd_kafka_resp_err_t Admin::delete_topic(const std::string& topic) {
  rd_kafka_DeleteTopic_t* request = rd_kafka_DeleteTopic_new(topic.c_str());
  rd_kafka_DeleteTopics(client_, &request, 1, nullptr, queue_);
  rd_kafka_DeleteTopic_destroy(request);
  const Event event = outcome();
  std::size_t count = 0;
  const auto** topics =
      rd_kafka_DeleteTopics_result_topics(rd_kafka_event_DeleteTopics_result(event.get()), &count);
  return rd_kafka_topic_result_error(topics[0]);
}

rd_kafka_resp_err_t Admin::create_partitions(const std::string& topic, int total) {
  char error[256];
  rd_kafka_NewPartitions_t* request =
      rd_kafka_NewPartitions_new(topic.c_str(), static_cast<std::size_t>(total), error, sizeof error);
  if (!request) throw std::runtime_error(error);
  rd_kafka_CreatePartitions(client_, &request, 1, nullptr, queue_);
  rd_kafka_NewPartitions_destroy(request);
  const Event event = outcome();
  std::size_t count = 0;
  const auto** topics =
      rd_kafka_CreatePartitions_result_topics(rd_kafka_event_CreatePartitions_result(event.get()), &count);
  return rd_kafka_topic_result_error(topics[0]);
}

}  // namespace barnabas::compat
