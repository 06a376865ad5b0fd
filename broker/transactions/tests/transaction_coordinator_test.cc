// The coordinator as threads use it: hosts, markers that are answered elsewhere, resignation.
#include "broker/transactions/transaction_coordinator.h"

#include <gtest/gtest.h>

#include <deque>
#include <future>
#include <thread>

#include "broker/coordination/tests/memory_log.h"
#include "broker/tests/support/virtual_scheduler.h"

namespace barnabas::broker::transactions {
namespace {

// Answers every marker on a thread of its own.
class DistantPartitions final : public MarkerSink {
 public:
  ~DistantPartitions() override { stop(); }

  void write(const Marker& marker, std::vector<TopicPartition> partitions, Done done) override {
    const std::lock_guard lock(mutex_);
    if (marker.commit) ++commits;
    waiting_.emplace_back(std::move(partitions), std::move(done));
    arrived_.notify_one();
  }
  void stop() {
    {
      const std::lock_guard lock(mutex_);
      stopped_ = true;
      arrived_.notify_one();
    }
    if (thread_.joinable()) thread_.join();
  }

  std::atomic<int> commits = 0;

 private:
  void work() {
    std::unique_lock lock(mutex_);
    while (true) {
      arrived_.wait(lock, [this] { return stopped_ || !waiting_.empty(); });
      if (waiting_.empty()) return;
      auto [partitions, done] = std::move(waiting_.front());
      waiting_.pop_front();
      lock.unlock();
      std::vector<Result> results;
      for (TopicPartition& partition : partitions)
        results.emplace_back(std::move(partition), ErrorCode::kNone);
      done(std::move(results));
      lock.lock();
    }
  }

  std::mutex mutex_;
  std::condition_variable arrived_;
  std::deque<std::pair<std::vector<TopicPartition>, Done>> waiting_;
  bool stopped_ = false;
  std::thread thread_{[this] { work(); }};
};

class TransactionCoordinatorTest : public ::testing::Test {
 protected:
  static constexpr std::int32_t kPartitions = 3;

  TransactionCoordinatorTest() {
    coordinator.set_transaction_version(2);
    for (std::int32_t i = 0; i < kPartitions; ++i) coordinator.on_leader(i, 4);
    scheduler.run_pending();
  }
  ~TransactionCoordinatorTest() override {
    coordinator.shut_down();
    partitions.stop();
  }

  template <class Answer, class Ask>
  static Answer wait_for(Ask ask) {
    std::promise<Answer> promise;
    auto future = promise.get_future();
    ask([&promise](Answer&& answer) { promise.set_value(std::move(answer)); });
    return future.get();
  }
  ProducerReply init(const std::string& id) {
    return wait_for<ProducerReply>([&](auto answer) {
      coordinator.init_producer({.transactional_id = id, .timeout_ms = 1'000}, std::move(answer));
    });
  }
  ErrorCode add(const std::string& id, const ProducerReply& producer) {
    return wait_for<PartitionResults>([&](auto answer) {
             coordinator.add_partitions({id, {producer.producer_id, producer.producer_epoch}, {{"t", 0}}, 2},
                                        std::move(answer));
           })
        .at(0)
        .second;
  }
  ProducerReply commit(const std::string& id, const ProducerReply& producer) {
    return wait_for<ProducerReply>([&](auto answer) {
      coordinator.end({id, {producer.producer_id, producer.producer_epoch}, true, 2}, std::move(answer));
    });
  }

  ManualClock clock;
  testing::VirtualScheduler scheduler{clock};
  coordination::MemoryLog log;
  std::atomic<std::int64_t> next_id = 0;
  ProducerIds ids{[this](auto done) { done(ProducerIds::Block{next_id.fetch_add(1'000), 1'000}); }};
  DistantPartitions partitions;
  TransactionCoordinator coordinator{{.topic_partitions = kPartitions},
                                     {clock, scheduler, log, ids, partitions}};
};

TEST_F(TransactionCoordinatorTest, ServesProducersOfManyThreads) {
  constexpr int kThreads = 4, kRounds = 100;
  std::vector<std::thread> threads;
  for (int i = 0; i < kThreads; ++i) {
    threads.emplace_back([this, id = "producer-" + std::to_string(i)] {
      ProducerReply producer = init(id);
      for (int round = 0; round < kRounds; ++round) {
        ErrorCode added = add(id, producer);
        while (added == ErrorCode::kConcurrentTransactions) {  // the marker before is on its way
          std::this_thread::yield();
          added = add(id, producer);
        }
        EXPECT_EQ(added, ErrorCode::kNone);
        producer = commit(id, producer);
        EXPECT_EQ(producer.producer_epoch, round + 1);
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(partitions.commits, kThreads * kRounds);
}

TEST_F(TransactionCoordinatorTest, RecordsLieInThePartitionOfTheirIdUnderTheLeadersEpoch) {
  for (int i = 0; i < 20; ++i) {
    const std::string id = "id-" + std::to_string(i);
    init(id);
    EXPECT_EQ(log.partitions[coordinator.partition_for(id)].back().key.size(), 4 + id.size());
  }
  EXPECT_EQ(log.last_epoch, 4);
}

TEST_F(TransactionCoordinatorTest, ResignationAnswersWhatIsUnderWay) {
  log.hold = true;
  std::optional<ErrorCode> error;
  coordinator.init_producer({.transactional_id = "t", .timeout_ms = 1'000},
                            [&](ProducerReply&& reply) { error = reply.error; });
  EXPECT_FALSE(error);
  coordinator.on_resign(coordinator.partition_for("t"));
  EXPECT_EQ(error, ErrorCode::kNotCoordinator);
}

TEST_F(TransactionCoordinatorTest, DeletedTopicTakesItsTransactionsAlong) {
  init("t");
  EXPECT_EQ(init("t").producer_epoch, 1);
  coordinator.on_topic_deleted();
  EXPECT_EQ(init("t").error, ErrorCode::kNotCoordinator);
  log.partitions.clear();
  for (std::int32_t i = 0; i < kPartitions; ++i) coordinator.on_leader(i, 0);
  scheduler.run_pending();
  EXPECT_EQ(init("t").producer_epoch, 0);
}

TEST_F(TransactionCoordinatorTest, DamagedRecordsAreSkipped) {
  init("t");
  auto& records = log.partitions[coordinator.partition_for("t")];
  records.push_back({Buffer{0, 0, 0, 9}, Buffer{1}});
  records.push_back({records.front().key, Buffer{0, 7}});
  records.push_back({Buffer{0, 5}, std::nullopt});
  coordinator.on_resign(coordinator.partition_for("t"));
  coordinator.on_leader(coordinator.partition_for("t"), 5);
  scheduler.run_pending();
  EXPECT_EQ(init("t").producer_epoch, 1);
}

TEST_F(TransactionCoordinatorTest, ReadersWaitForWhatIsNotCommitted) {
  const ProducerReply producer = init("t");
  log.hold = true;
  std::optional<ErrorCode> added, verified;
  const AddPartitionsCommand command{"t", {producer.producer_id, producer.producer_epoch}, {{"t", 0}}, 2};
  coordinator.add_partitions(command, [&](PartitionResults&& results) { added = results.at(0).second; });
  coordinator.verify(command, [&](PartitionResults&& results) { verified = results.at(0).second; });
  EXPECT_FALSE(added || verified);
  log.hold = false;
  log.release();
  EXPECT_EQ(added, ErrorCode::kNone);
  EXPECT_EQ(verified, ErrorCode::kNone);
}

TEST_F(TransactionCoordinatorTest, ShutDownRefusesWhatFollows) {
  coordinator.shut_down();
  EXPECT_EQ(init("t").error, ErrorCode::kNotCoordinator);
  coordinator.on_leader(0, 5);
  EXPECT_EQ(init("t").error, ErrorCode::kNotCoordinator);
}

}  // namespace
}  // namespace barnabas::broker::transactions
