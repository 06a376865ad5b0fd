// The clients of docker-compose.yml: makes a topic, produces to it, consumes from it in a group.
//
//   client topic NAME PARTITIONS     exit code 0 when the topic is there
//   client produce NAME COUNT        one message a tenth of a second; COUNT 0 is for ever
//   client consume NAME COUNT        prints each message; ends after COUNT, or never with 0
//
// BOOTSTRAP in the environment names the broker. SIGTERM ends it.
#include <librdkafka/rdkafka.h>
#include <librdkafka/rdkafkacpp.h>

#include <chrono>
#include <csignal>
#include <cstdlib>
#include <iostream>
#include <memory>
#include <string>
#include <thread>

namespace {

volatile std::sig_atomic_t stopping = 0;

int fail(const std::string& text) {
  std::cerr << "client: " << text << std::endl;
  return 1;
}

std::unique_ptr<RdKafka::Conf> config() {
  const char* bootstrap = std::getenv("BOOTSTRAP");
  std::unique_ptr<RdKafka::Conf> conf(RdKafka::Conf::create(RdKafka::Conf::CONF_GLOBAL));
  std::string error;
  conf->set("bootstrap.servers", bootstrap ? bootstrap : "localhost:9092", error);
  return conf;
}

int make_topic(const std::string& name, int partitions) {
  std::string error;
  const auto conf = config();
  std::unique_ptr<RdKafka::Producer> client(RdKafka::Producer::create(conf.get(), error));
  if (!client) return fail(error);
  rd_kafka_NewTopic_t* topic = rd_kafka_NewTopic_new(name.c_str(), partitions, 1, nullptr, 0);
  rd_kafka_queue_t* queue = rd_kafka_queue_new(client->c_ptr());
  rd_kafka_CreateTopics(client->c_ptr(), &topic, 1, nullptr, queue);
  rd_kafka_event_t* event = rd_kafka_queue_poll(queue, 30000);
  int status = 1;
  if (event && !rd_kafka_event_error(event)) {
    size_t count = 0;
    const auto** results =
        rd_kafka_CreateTopics_result_topics(rd_kafka_event_CreateTopics_result(event), &count);
    const auto outcome = rd_kafka_topic_result_error(results[0]);
    status =
        outcome == RD_KAFKA_RESP_ERR_NO_ERROR || outcome == RD_KAFKA_RESP_ERR_TOPIC_ALREADY_EXISTS ? 0 : 1;
    std::cout << "topic " << name << ": " << rd_kafka_err2str(outcome) << std::endl;
  }
  if (event) rd_kafka_event_destroy(event);
  rd_kafka_queue_destroy(queue);
  rd_kafka_NewTopic_destroy(topic);
  return status;
}

class Reports : public RdKafka::DeliveryReportCb {
 public:
  void dr_cb(RdKafka::Message& message) override {
    if (message.err())
      failed = true;
    else
      std::cout << "sent " << message.topic_name() << "/" << message.partition() << "@" << message.offset()
                << std::endl;
  }
  bool failed = false;
};

int produce(const std::string& topic, long count) {
  std::string error;
  Reports reports;
  const auto conf = config();
  conf->set("dr_cb", &reports, error);
  conf->set("enable.idempotence", "true", error);
  std::unique_ptr<RdKafka::Producer> producer(RdKafka::Producer::create(conf.get(), error));
  if (!producer) return fail(error);
  for (long i = 0; (count == 0 || i < count) && !stopping; ++i) {
    std::string value = "message " + std::to_string(i), key = std::to_string(i % 10);
    producer->produce(topic, RdKafka::Topic::PARTITION_UA, RdKafka::Producer::RK_MSG_COPY, value.data(),
                      value.size(), key.data(), key.size(), 0, nullptr);
    producer->poll(0);
    std::this_thread::sleep_for(std::chrono::milliseconds(100));
  }
  if (producer->flush(30000) != RdKafka::ERR_NO_ERROR) return fail("messages were not acknowledged");
  return reports.failed ? fail("a message was refused") : 0;
}

int consume(const std::string& topic, long count) {
  std::string error;
  const auto conf = config();
  conf->set("group.id", "compose", error);
  conf->set("auto.offset.reset", "earliest", error);
  std::unique_ptr<RdKafka::KafkaConsumer> consumer(RdKafka::KafkaConsumer::create(conf.get(), error));
  if (!consumer) return fail(error);
  consumer->subscribe({topic});
  for (long seen = 0; (count == 0 || seen < count) && !stopping;) {
    std::unique_ptr<RdKafka::Message> message(consumer->consume(500));
    if (message->err() == RdKafka::ERR__TIMED_OUT) continue;
    if (message->err()) return fail(message->errstr());
    ++seen;
    std::cout << "got " << message->topic_name() << "/" << message->partition() << "@" << message->offset()
              << " " << std::string(static_cast<const char*>(message->payload()), message->len())
              << std::endl;
  }
  consumer->close();
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 4) return fail("usage: client topic|produce|consume NAME NUMBER");
  const auto stop = [](int) { stopping = 1; };
  std::signal(SIGTERM, stop);
  std::signal(SIGINT, stop);
  const std::string verb = argv[1];
  if (verb == "topic") return make_topic(argv[2], std::atoi(argv[3]));
  if (verb == "produce") return produce(argv[2], std::atol(argv[3]));
  if (verb == "consume") return consume(argv[2], std::atol(argv[3]));
  return fail("unknown verb " + verb);
}
