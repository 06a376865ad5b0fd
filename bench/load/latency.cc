#include <atomic>
#include <chrono>
#include <cstring>
#include <stdexcept>
#include <string>
#include <thread>

#include "bench/load/client.h"
#include "bench/load/histogram.h"
#include "bench/load/runs.h"
#include "common/text.h"

namespace barnabas::bench {
namespace {

// Reads until `wanted` records came back; each begins with the time at which it should have been sent.
class Reader {
 public:
  Reader(rd_kafka_t* consumer, const std::string& topic, std::int64_t wanted)
      : queue_(assign_from_beginning(consumer, topic)), wanted_(wanted) {}

  // Until all came, or nothing for ten seconds.
  void run() {
    double last = now_seconds();
    while (seen_ < wanted_ && now_seconds() - last < 10) {
      rd_kafka_message_t* message = nullptr;
      if (rd_kafka_consume_batch_queue(queue_.get(), 100, &message, 1) < 1) continue;
      last = now_seconds();
      double due = 0;
      if (message->err == RD_KAFKA_RESP_ERR_NO_ERROR && message->len >= sizeof due) {
        std::memcpy(&due, message->payload, sizeof due);
        ++seen_;
        // The first records are the marker that the reader is there.
        if (due > 0) latencies_.add(static_cast<std::int64_t>((last - due) * 1e9));
      }
      rd_kafka_message_destroy(message);
    }
  }
  std::int64_t seen() const { return seen_; }
  const Histogram& latencies() const { return latencies_; }

 private:
  Handle<rd_kafka_queue_t> queue_;
  const std::int64_t wanted_;
  std::atomic<std::int64_t> seen_{0};
  Histogram latencies_;
};

class Sender {
 public:
  Sender(rd_kafka_t* producer, const std::string& topic, std::size_t size)
      : producer_(producer),
        topic_(rd_kafka_topic_new(producer, topic.c_str(), nullptr)),
        value_(size, 'x') {}

  void send(double due) {
    std::memcpy(value_.data(), &due, sizeof due);
    while (rd_kafka_produce(topic_.get(), 0, RD_KAFKA_MSG_F_COPY, value_.data(), value_.size(), nullptr, 0,
                            nullptr)) {
      if (rd_kafka_last_error() != RD_KAFKA_RESP_ERR__QUEUE_FULL) {
        throw std::runtime_error(rd_kafka_err2str(rd_kafka_last_error()));
      }
      rd_kafka_poll(producer_, 1);
    }
    rd_kafka_poll(producer_, 0);
  }

 private:
  rd_kafka_t* producer_;
  Handle<rd_kafka_topic_t> topic_;
  std::string value_;
};

void sleep_until(double due) {
  const double left = due - now_seconds();
  if (left > 0) std::this_thread::sleep_for(std::chrono::duration<double>(left));
}

}  // namespace

void run_latency(const Arguments& arguments) {
  const std::string topic = arguments.text("topic");
  const auto rate = static_cast<double>(arguments.number("rate"));
  const auto records = static_cast<std::int64_t>(rate * static_cast<double>(arguments.number("seconds")));
  const auto size = static_cast<std::size_t>(arguments.number("size"));
  if (size < sizeof(double)) throw std::runtime_error("--size must hold a time stamp of eight bytes");
  Deliveries deliveries;
  const auto producer = make_client(RD_KAFKA_PRODUCER, arguments,
                                    {{"acks", arguments.text("acks", "all")},
                                     {"linger.ms", arguments.text("linger", "0")},
                                     {"queue.buffering.max.messages", "1000000"}},
                                    &deliveries);
  create_topics(producer.get(), {topic}, 1);
  // The consumer asks again at once, and is asked to wait in the broker.
  const auto consumer = make_client(RD_KAFKA_CONSUMER, arguments,
                                    {{"group.id", "bench"},
                                     {"enable.auto.commit", "false"},
                                     {"fetch.queue.backoff.ms", "1"},
                                     {"queued.min.messages", "1000000"}});
  Sender sender(producer.get(), topic, size);
  Reader reader(consumer.get(), topic, records + 1);
  std::thread reading([&] { reader.run(); });
  // A first record that counts for nothing: when it came back, both sides are connected.
  sender.send(0);
  rd_kafka_flush(producer.get(), 10'000);
  while (reader.seen() == 0) std::this_thread::sleep_for(std::chrono::milliseconds(1));
  const double start = now_seconds() + 0.05;
  for (std::int64_t i = 0; i < records; ++i) {
    const double due = start + static_cast<double>(i) / rate;
    sleep_until(due);
    sender.send(due);
  }
  rd_kafka_flush(producer.get(), 30'000);
  reading.join();
  if (reader.seen() != records + 1)
    throw std::runtime_error(concat("only ", reader.seen(), " records came back"));
  Figures figures;
  figures.set("records", static_cast<double>(records));
  figures.set("bytes", static_cast<double>(records) * static_cast<double>(size));
  for (const auto& [name, percent] :
       {std::pair("p50_us", 50.0), {"p90_us", 90.0}, {"p99_us", 99.0}, {"p999_us", 99.9}}) {
    figures.set(name, static_cast<double>(reader.latencies().percentile(percent)) / 1e3);
  }
  figures.set("max_us", static_cast<double>(reader.latencies().max()) / 1e3);
  figures.print();
}

}  // namespace barnabas::bench
