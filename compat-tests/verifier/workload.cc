// The librdkafka side of the verifier, driven over standard input as src/Verifier.java is:
//
//   start FOLDER ROUND SEED   starts the workers and a reader; their histories go to FOLDER (see checker.py)
//   stop                      ends them, every transaction too
//
// Each is answered by a line: done, or failed and why.
#include <rdkafka.h>

#include <atomic>
#include <chrono>
#include <cstdio>
#include <fstream>
#include <functional>
#include <iostream>
#include <memory>
#include <mutex>
#include <random>
#include <sstream>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

namespace {

constexpr int kPartitions = 3;
constexpr int kAccounts = 6;
constexpr int kFirstBalance = 100;
constexpr int kCallLimitMs = 5'000;

struct Release {
  // What was not delivered is given back first: its delivery reports own something.
  void operator()(rd_kafka_t* client) const {
    if (rd_kafka_type(client) == RD_KAFKA_PRODUCER) {
      rd_kafka_purge(client, RD_KAFKA_PURGE_F_QUEUE | RD_KAFKA_PURGE_F_INFLIGHT);
      rd_kafka_flush(client, 1000);
    }
    rd_kafka_destroy(client);
  }
  void operator()(rd_kafka_topic_t* topic) const { rd_kafka_topic_destroy(topic); }
  void operator()(rd_kafka_topic_partition_list_t* list) const {
    rd_kafka_topic_partition_list_destroy(list);
  }
  void operator()(rd_kafka_error_t* error) const { rd_kafka_error_destroy(error); }
  void operator()(rd_kafka_message_t* message) const { rd_kafka_message_destroy(message); }
};
template <class T>
using Handle = std::unique_ptr<T, Release>;
using Settings = std::vector<std::pair<std::string, std::string>>;

// The file of one worker or reader, a line for each event. Written from the worker's thread alone: delivery
// reports come out of rd_kafka_poll.
class History {
 public:
  History(const std::string& folder, const std::string& name) : out_(folder + "/" + name + ".history") {}

  template <class... Words>
  void add(const char* kind, const Words&... words) {
    out_ << kind;
    ((out_ << ' ' << words), ...);
    out_ << '\n';
  }

 private:
  std::ofstream out_;
};

// A value on its way; librdkafka hands it back with the delivery report.
struct InFlight {
  History& history;
  std::string value;
};

void delivered(rd_kafka_t*, const rd_kafka_message_t* message, void*) {
  const std::unique_ptr<InFlight> one(static_cast<InFlight*>(message->_private));
  if (message->err == RD_KAFKA_RESP_ERR_NO_ERROR) {
    one->history.add("ack", message->partition, message->offset, one->value);
  }
}

Handle<rd_kafka_t> make_client(rd_kafka_type_t type, const std::string& address, const Settings& settings) {
  rd_kafka_conf_t* conf = rd_kafka_conf_new();
  char error[256] = "";
  Settings all = {
      {"bootstrap.servers", address}, {"socket.timeout.ms", "2000"},       {"log_level", "3"},
      {"reconnect.backoff.ms", "20"}, {"reconnect.backoff.max.ms", "100"}, {"retry.backoff.ms", "20"},
      {"retry.backoff.max.ms", "100"}};
  all.insert(all.end(), settings.begin(), settings.end());
  for (const auto& [name, value] : all) {
    if (rd_kafka_conf_set(conf, name.c_str(), value.c_str(), error, sizeof error) != RD_KAFKA_CONF_OK) {
      throw std::runtime_error(error);
    }
  }
  if (type == RD_KAFKA_PRODUCER) rd_kafka_conf_set_dr_msg_cb(conf, delivered);
  Handle<rd_kafka_t> client(rd_kafka_new(type, conf, error, sizeof error));
  if (!client) throw std::runtime_error(error);
  return client;
}

struct Round {
  std::string address;
  std::string folder;
  std::string append;
  std::string bank;
  std::atomic<bool> stopping{false};
};

void pause(std::mt19937_64& random, unsigned most_ms) {
  std::this_thread::sleep_for(std::chrono::milliseconds(random() % (most_ms + 1)));
}

// False when the queue is full or the client has failed for good.
bool produce(rd_kafka_t* producer, History& history, const std::string& txn, const std::string& topic,
             int partition, const std::string& key, const std::string& value) {
  auto one = std::make_unique<InFlight>(history, value);
  history.add("send", txn, partition, value);
  const Handle<rd_kafka_topic_t> to(rd_kafka_topic_new(producer, topic.c_str(), nullptr));
  std::string bytes = value;
  const int failed = rd_kafka_produce(to.get(), partition, RD_KAFKA_MSG_F_COPY, bytes.data(), bytes.size(),
                                      key.data(), key.size(), one.get());
  if (!failed) one.release();
  return !failed;
}

// A worker with transactions. One thread.
class Transactional {
 public:
  enum class End { kCommit, kAbort, kUnknown };

  Transactional(Round& round, std::string name, std::uint64_t seed)
      : round_(round), name_(std::move(name)), history_(round.folder, name_), random_(seed) {}
  virtual ~Transactional() = default;

  void run() {
    try {
      renew();
      while (!round_.stopping) {
        transaction();
        pause(random_, 15);
      }
      renew();
    } catch (const std::exception& failure) {
      history_.add("error", failure.what());
    }
    producer_.reset();
  }

 protected:
  // What one transaction writes; false when the client refuses.
  virtual bool write() = 0;
  virtual void ended(End how) = 0;

  bool send(const std::string& topic, int partition, const std::string& key, const std::string& value) {
    return produce(producer_.get(), history_, std::to_string(txn_), topic, partition, key, value);
  }

  Round& round_;
  const std::string name_;
  History history_;
  std::mt19937_64 random_;
  int txn_ = 0;

 private:
  using Call = std::function<rd_kafka_error_t*()>;

  // Asks again as long as librdkafka says that this may help; null when it went through.
  static Handle<rd_kafka_error_t> insist(const Call& call) {
    for (int attempt = 0;; ++attempt) {
      Handle<rd_kafka_error_t> error(call());
      if (!error || !rd_kafka_error_is_retriable(error.get()) || attempt == 3) return error;
    }
  }

  // A new producer under the same id: what the one before left open ends.
  void renew() {
    const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(30);
    while (true) {
      producer_.reset();
      producer_ = make_client(RD_KAFKA_PRODUCER, round_.address,
                              {{"transactional.id", round_.append + "-" + name_},
                               {"transaction.timeout.ms", "2500"},
                               {"message.timeout.ms", "2500"},
                               {"linger.ms", random_() % 2 ? "0" : "2"}});
      const auto error = insist([this] { return rd_kafka_init_transactions(producer_.get(), kCallLimitMs); });
      if (!error) return;
      if (std::chrono::steady_clock::now() > deadline) {
        throw std::runtime_error(rd_kafka_error_string(error.get()));
      }
    }
  }

  void end(End how) {
    constexpr const char* kNames[] = {"commit", "abort", "unknown"};
    history_.add(kNames[static_cast<int>(how)], txn_);
    ended(how);
  }

  void abort() {
    const auto error = insist([this] { return rd_kafka_abort_transaction(producer_.get(), kCallLimitMs); });
    end(End::kAbort);  // commit was never asked for
    if (error) renew();
  }

  void commit() {
    const auto error = insist([this] { return rd_kafka_commit_transaction(producer_.get(), kCallLimitMs); });
    if (!error) {
      end(End::kCommit);
    } else if (rd_kafka_error_txn_requires_abort(error.get())) {
      abort();
    } else {
      end(End::kUnknown);
      renew();
    }
  }

  void transaction() {
    ++txn_;
    const Handle<rd_kafka_error_t> error(rd_kafka_begin_transaction(producer_.get()));
    if (error || !write()) {
      end(End::kAbort);
      renew();
      return;
    }
    rd_kafka_poll(producer_.get(), 0);
    const auto choice = random_() % 100;
    if (choice < 4) {
      rd_kafka_flush(producer_.get(), 1000);
      end(End::kAbort);
      renew();  // in the middle of a transaction
    } else if (choice < 25) {
      abort();
    } else {
      commit();
    }
  }

  Handle<rd_kafka_t> producer_;
};

class Appender final : public Transactional {
 public:
  using Transactional::Transactional;

 private:
  bool write() override {
    const auto records = 1 + random_() % 6;
    for (std::uint64_t i = 0; i < records; ++i) {
      const auto partition = static_cast<int>(random_() % kPartitions);
      if (!send(round_.append, partition, name_, name_ + ":" + std::to_string(number_++))) return false;
    }
    return true;
  }
  void ended(End) override {}

  int number_ = 0;
};

// Moves money between accounts of its own. After an end that it does not know it opens new accounts, which
// the judge holds for another worker's.
class Banker final : public Transactional {
 public:
  using Transactional::Transactional;

 private:
  bool write() override {
    if (balances_.empty()) {
      next_.assign(kAccounts, kFirstBalance);
      bool taken = true;
      for (int account = 0; account < kAccounts; ++account) taken = taken && put(account);
      return taken;
    }
    next_ = balances_;
    const auto from = static_cast<int>(random_() % kAccounts);
    const auto to = (from + 1 + static_cast<int>(random_() % (kAccounts - 1))) % kAccounts;
    const auto amount = static_cast<int>(1 + random_() % 20);
    next_[static_cast<std::size_t>(from)] -= amount;
    next_[static_cast<std::size_t>(to)] += amount;
    return put(from) && put(to);
  }

  bool put(int account) {
    return send(round_.bank, account % kPartitions, owner() + "-" + std::to_string(account),
                owner() + ":" + std::to_string(txn_) + ":" + std::to_string(account) + ":" +
                    std::to_string(next_[static_cast<std::size_t>(account)]));
  }
  std::string owner() const { return name_ + "." + std::to_string(owners_); }

  void ended(End how) override {
    if (how == End::kCommit) balances_ = next_;
    if (how == End::kUnknown) {
      balances_.clear();
      ++owners_;
    }
  }

  std::vector<int> balances_;
  std::vector<int> next_;
  int owners_ = 0;
};

void append_idempotently(Round& round, const std::string& name, std::uint64_t seed) {
  History history(round.folder, name);
  std::mt19937_64 random(seed);
  const auto producer =
      make_client(RD_KAFKA_PRODUCER, round.address,
                  {{"enable.idempotence", "true"}, {"message.timeout.ms", "30000"}, {"linger.ms", "1"}});
  for (int number = 0; !round.stopping; ++number) {
    const auto partition = static_cast<int>(random() % kPartitions);
    produce(producer.get(), history, "-", round.append, partition, name, name + ":" + std::to_string(number));
    rd_kafka_poll(producer.get(), 0);
    if (random() % 4 == 0) pause(random, 15);
  }
  if (rd_kafka_flush(producer.get(), 40'000)) history.add("error", "records are left over at the end");
}

void read_along(Round& round, const std::string& topic, const std::string& isolation) {
  History history(round.folder, "rlive-" + isolation + "-" + topic);
  const auto consumer = make_client(RD_KAFKA_CONSUMER, round.address,
                                    {{"group.id", "r-" + isolation + "-" + topic},
                                     {"isolation.level", isolation},
                                     {"enable.auto.commit", "false"},
                                     {"auto.offset.reset", "error"},
                                     {"fetch.wait.max.ms", "200"}});
  rd_kafka_poll_set_consumer(consumer.get());
  const Handle<rd_kafka_topic_partition_list_t> list(rd_kafka_topic_partition_list_new(kPartitions));
  for (int i = 0; i < kPartitions; ++i) {
    rd_kafka_topic_partition_list_add(list.get(), topic.c_str(), i)->offset = 0;
  }
  rd_kafka_assign(consumer.get(), list.get());
  while (!round.stopping) {
    const Handle<rd_kafka_message_t> message(rd_kafka_consumer_poll(consumer.get(), 100));
    if (!message) continue;
    if (message->err == RD_KAFKA_RESP_ERR_NO_ERROR) {
      history.add("record", message->partition, message->offset,
                  std::string(static_cast<const char*>(message->payload), message->len));
    } else if (message->err == RD_KAFKA_RESP_ERR__AUTO_OFFSET_RESET ||
               message->err == RD_KAFKA_RESP_ERR_OFFSET_OUT_OF_RANGE) {
      history.add("error", rd_kafka_message_errstr(message.get()));
    }
  }
}

class Session {
 public:
  explicit Session(std::string address) : address_(std::move(address)) {}

  void start(const std::string& folder, const std::string& number, std::uint64_t seed) {
    round_ = std::make_unique<Round>();
    round_->address = address_;
    round_->folder = folder;
    round_->append = "append-" + number;
    round_->bank = "bank-" + number;
    workers_.clear();
    for (int i = 0; i < 2; ++i) {
      const auto own = static_cast<std::uint64_t>(i);
      workers_.push_back(std::make_unique<Appender>(*round_, "rt" + std::to_string(i), seed + 10 + own));
    }
    workers_.push_back(std::make_unique<Banker>(*round_, "rb0", seed + 13));
    for (auto& worker : workers_) threads_.emplace_back([&worker] { worker->run(); });
    threads_.emplace_back([this, seed] { append_idempotently(*round_, "ri", seed + 12); });
    for (const std::string& topic : {round_->append, round_->bank}) {
      threads_.emplace_back([this, topic] { read_along(*round_, topic, "read_committed"); });
    }
  }

  void stop() {
    round_->stopping = true;
    for (auto& thread : threads_) thread.join();
    threads_.clear();
    workers_.clear();
  }

 private:
  const std::string address_;
  std::unique_ptr<Round> round_;
  std::vector<std::unique_ptr<Transactional>> workers_;
  std::vector<std::thread> threads_;
};

}  // namespace

int main(int argc, char** argv) {
  if (argc != 2) {
    std::fprintf(stderr, "usage: compat_workload HOST:PORT\n");
    return 2;
  }
  Session session(argv[1]);
  for (std::string line; std::getline(std::cin, line);) {
    std::istringstream words(line);
    std::string order, folder, number;
    std::uint64_t seed = 0;
    words >> order;
    if (order == "start") {
      words >> folder >> number >> seed;
      session.start(folder, number, seed);
    } else if (order == "stop") {
      session.stop();
    }
    std::cout << (order == "start" || order == "stop" ? "done" : "failed what is that") << std::endl;
  }
}
