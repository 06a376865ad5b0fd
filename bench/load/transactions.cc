// One record a transaction, from several producers: through librdkafka, and made by hand.
#include <sys/epoll.h>
#include <unistd.h>

#include <chrono>
#include <mutex>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

#include "bench/load/client.h"
#include "bench/load/histogram.h"
#include "bench/load/raw_requests.h"
#include "bench/load/runs.h"
#include "common/text.h"

namespace barnabas::bench {
namespace {

void check(rd_kafka_error_t* error, const char* what) {
  if (!error) return;
  const std::string text = concat(what, ": ", rd_kafka_error_string(error));
  rd_kafka_error_destroy(error);
  throw std::runtime_error(text);
}

// With delivery reports a commit goes on as soon as its record is acknowledged; without, librdkafka looks
// every ten milliseconds.
Handle<rd_kafka_t> transactional(const Arguments& arguments, const std::string& id, Deliveries* deliveries) {
  auto producer = make_client(RD_KAFKA_PRODUCER, arguments,
                              {{"transactional.id", id}, {"linger.ms", "0"}, {"acks", "all"}}, deliveries);
  check(rd_kafka_init_transactions(producer.get(), 60'000), "InitProducerId");
  return producer;
}

// What all producers of a run add to.
class Tally {
 public:
  void add(double commit_seconds) {
    const std::lock_guard guard(mutex_);
    commits_.add(static_cast<std::int64_t>(commit_seconds * 1e9));
  }
  void fail(const std::string& text) {
    const std::lock_guard guard(mutex_);
    failure_ = text;
  }
  void print(double seconds, double cpu) const {
    if (!failure_.empty()) throw std::runtime_error(failure_);
    Figures figures;
    figures.set("transactions", static_cast<double>(commits_.count()));
    figures.set("seconds", seconds);
    figures.set("p50_us", static_cast<double>(commits_.percentile(50)) / 1e3);
    figures.set("p99_us", static_cast<double>(commits_.percentile(99)) / 1e3);
    figures.set("max_us", static_cast<double>(commits_.max()) / 1e3);
    figures.set("client_cpu_seconds", cpu);
    figures.print();
  }

 private:
  std::mutex mutex_;
  Histogram commits_;
  std::string failure_;
};

// Begins, writes and commits until `deadline`; a producer's thread.
void commit_until(double deadline, rd_kafka_t* producer, const std::string& topic_name, int partition,
                  Tally& tally) {
  const Handle<rd_kafka_topic_t> topic(rd_kafka_topic_new(producer, topic_name.c_str(), nullptr));
  char value[] = "one record of a transaction";
  while (now_seconds() < deadline) {
    check(rd_kafka_begin_transaction(producer), "begin");
    if (rd_kafka_produce(topic.get(), partition, RD_KAFKA_MSG_F_COPY, value, sizeof value, nullptr, 0,
                         nullptr)) {
      throw std::runtime_error(rd_kafka_err2str(rd_kafka_last_error()));
    }
    const double asked = now_seconds();
    check(rd_kafka_commit_transaction(producer, 60'000), "commit");
    tally.add(now_seconds() - asked);
  }
}

// One connection that has one request under way at a time: Produce, EndTxn, Produce ...
class RawProducer {
 public:
  RawProducer(std::uint16_t port, std::string id, std::string topic, int partition)
      : id_(std::move(id)), topic_(std::move(topic)), partition_(partition) {
    if (!socket_.connect(port)) throw std::runtime_error("the connection was refused");
    for (int attempt = 0;; ++attempt) {
      const auto started = ask_producer_id();
      if (started.error == 0) {
        producer_ = started;
        return;
      }
      // The coordinator is being loaded, or learns of its topic.
      if (attempt == 200) throw std::runtime_error(concat("InitProducerId: error ", started.error));
      std::this_thread::sleep_for(std::chrono::milliseconds(20));
    }
  }

  int fd() const { return socket_.fd(); }
  void produce() {
    ending_ = false;
    send(transactional_produce_request(1, id_, producer_, topic_, partition_));
  }
  // Takes the answer and asks what comes next, unless `last`. True when a transaction has ended.
  bool step(bool last, Tally& tally) {
    const auto answer = socket_.receive();
    if (!answer) throw std::runtime_error("the connection is gone");
    if (!ending_) {
      const auto error = transactional_produce_error(*answer, topic_);
      if (may_help_to_ask_again(error)) {
        produce();
        return false;
      }
      if (error != 0) throw std::runtime_error(concat("Produce: error ", error));
      ending_ = true;
      asked_ = now_seconds();
      send(end_transaction_request(1, id_, producer_));
      return false;
    }
    const ProducerIdentity next = end_transaction_answer(*answer);
    if (may_help_to_ask_again(next.error)) {
      send(end_transaction_request(1, id_, producer_));
      return false;
    }
    if (next.error != 0) throw std::runtime_error(concat("EndTxn: error ", next.error));
    tally.add(now_seconds() - asked_);
    producer_ = next;
    if (!last) produce();
    return true;
  }

 private:
  // A leader or a coordinator that is not ready yet, or an end that is still being written.
  static bool may_help_to_ask_again(std::int16_t error) {
    constexpr std::int16_t kUnknownPartition = 3, kNotLeader = 6, kLoading = 14, kNoCoordinator = 15,
                           kNotCoordinator = 16, kConcurrentTransactions = 51;
    return error == kUnknownPartition || error == kNotLeader || error == kLoading ||
           error == kNoCoordinator || error == kNotCoordinator || error == kConcurrentTransactions;
  }

  ProducerIdentity ask_producer_id() {
    send(producer_id_request(1, id_));
    const auto answer = socket_.receive();
    if (!answer) throw std::runtime_error("the connection is gone");
    return producer_id_answer(*answer);
  }
  void send(const Buffer& frame) {
    if (!socket_.send(frame)) throw std::runtime_error("the connection is gone");
  }

  Socket socket_;
  const std::string id_;
  const std::string topic_;
  const int partition_;
  ProducerIdentity producer_;
  bool ending_ = false;
  double asked_ = 0;
};

}  // namespace

void run_transactions(const Arguments& arguments) {
  const auto count = static_cast<int>(arguments.number("producers"));
  const std::string topic = arguments.text("topic");
  std::vector<Deliveries> deliveries(static_cast<std::size_t>(count));
  std::vector<Handle<rd_kafka_t>> producers;
  for (int i = 0; i < count; ++i) {
    producers.push_back(
        transactional(arguments, concat(topic, "-", i), &deliveries[static_cast<std::size_t>(i)]));
  }
  create_topics(producers.front().get(), {topic}, count);
  Tally tally;
  const double cpu_before = cpu_seconds();
  const double before = now_seconds();
  const double deadline = before + static_cast<double>(arguments.number("seconds"));
  std::vector<std::thread> threads;
  for (int i = 0; i < count; ++i) {
    threads.emplace_back([&, i] {
      try {
        commit_until(deadline, producers[static_cast<std::size_t>(i)].get(), topic, i, tally);
      } catch (const std::exception& failure) {
        tally.fail(failure.what());
      }
    });
  }
  for (auto& thread : threads) thread.join();
  tally.print(now_seconds() - before, cpu_seconds() - cpu_before);
}

void run_raw_transactions(const Arguments& arguments) {
  const auto count = static_cast<int>(arguments.number("producers"));
  const auto port = static_cast<std::uint16_t>(arguments.number("port"));
  const std::string topic = arguments.text("topic");
  // Makes the topics, the coordinator's among them.
  create_topics(transactional(arguments, topic + "-first", nullptr).get(), {topic}, count);
  std::vector<RawProducer> producers;
  producers.reserve(static_cast<std::size_t>(count));
  const int poll = epoll_create1(EPOLL_CLOEXEC);
  for (int i = 0; i < count; ++i) {
    producers.emplace_back(port, concat(topic, "-", i), topic, i);
    epoll_event event{.events = EPOLLIN, .data = {.u32 = static_cast<std::uint32_t>(i)}};
    epoll_ctl(poll, EPOLL_CTL_ADD, producers.back().fd(), &event);
  }
  Tally tally;
  const double cpu_before = cpu_seconds();
  const double before = now_seconds();
  const double deadline = before + static_cast<double>(arguments.number("seconds"));
  for (RawProducer& one : producers) one.produce();
  for (int running = count; running > 0;) {
    epoll_event events[64];
    const int ready = epoll_wait(poll, events, 64, 10'000);
    if (ready <= 0) throw std::runtime_error("no answer for ten seconds");
    for (int i = 0; i < ready; ++i) {
      const bool last = now_seconds() >= deadline;
      if (producers[events[i].data.u32].step(last, tally) && last) --running;
    }
  }
  close(poll);
  tally.print(now_seconds() - before, cpu_seconds() - cpu_before);
}

}  // namespace barnabas::bench
