#include "broker/share/partition/hosted_partition.h"

#include <gtest/gtest.h>

#include <atomic>
#include <set>
#include <thread>

#include "broker/share/partition/tests/fake_persister.h"
#include "broker/tests/support/partition_world.h"

namespace barnabas::broker::share {
namespace {

using broker::testing::batch_of;
using broker::testing::PartitionWorld;
using protocol::ErrorCode;

// FakePersister for several threads.
class LockedPersister final : public Persister {
 public:
  void initialize(SharePartitionKey key, std::int32_t state_epoch, std::int64_t start_offset,
                  coordination::Answerer<StateResult> answerer) override {
    const std::scoped_lock lock(mutex_);
    kept.initialize(std::move(key), state_epoch, start_offset, std::move(answerer));
  }
  void read(SharePartitionKey key, std::int32_t leader_epoch,
            coordination::Answerer<PartitionState> answerer) override {
    const std::scoped_lock lock(mutex_);
    kept.read(std::move(key), leader_epoch, std::move(answerer));
  }
  void read_summary(SharePartitionKey key, std::int32_t leader_epoch,
                    coordination::Answerer<StateSummary> answerer) override {
    const std::scoped_lock lock(mutex_);
    kept.read_summary(std::move(key), leader_epoch, std::move(answerer));
  }
  void write(SharePartitionKey key, StateWrite state, coordination::Answerer<StateResult> answerer) override {
    StateResult told;
    {
      const std::scoped_lock lock(mutex_);
      kept.write(std::move(key), std::move(state), [&](StateResult&& result) { told = std::move(result); });
    }
    answerer(std::move(told));
  }
  void remove(SharePartitionKey key, coordination::Answerer<StateResult> answerer) override {
    const std::scoped_lock lock(mutex_);
    kept.remove(std::move(key), std::move(answerer));
  }

  testing::FakePersister kept;

 private:
  std::mutex mutex_;
};

class HostedPartitions : public ::testing::Test {
 protected:
  void SetUp() override {
    config.auto_offset_reset = "earliest";
    world.create_topic("orders", 1);
  }
  void produce(int records) {
    for (int number = 0; number < records; ++number) {
      const auto found = *world.partitions->find("orders", 0);
      ASSERT_TRUE(found->append(batch_of({std::to_string(number)}), {.now_ms = world.clock.wall_ms()}));
    }
  }
  std::shared_ptr<HostedPartition> host() {
    auto hosted = std::make_shared<HostedPartition>(key(), *world.partitions->find("orders", 0), environment,
                                                    [this](const HostedPartition&) { ++lost; });
    hosted->load();
    return hosted;
  }
  SharePartitionKey key() { return {"group", world.topic_id("orders"), 0}; }
  static HostedPartition::Wants wants(const std::string& member, std::int32_t max_records) {
    HostedPartition::Wants wants;
    wants.member = std::make_shared<const std::string>(member);
    wants.record_limit = true;
    wants.max_records = max_records;
    wants.max_bytes = 1 << 20;
    return wants;
  }

  PartitionWorld world;
  LockedPersister persister;
  ShareGroupConfig config;
  HostEnvironment environment{persister, world.clock, world.scheduler,
                              [this](const std::string&) { return config; }};
  std::atomic<int> lost{0};
};

TEST_F(HostedPartitions, ManyThreadsShareTheRecordsWithoutLossOrDoubling) {
  constexpr int kRecords = 400;
  produce(kRecords);
  const auto hosted = host();
  std::mutex mutex;
  std::multiset<std::int64_t> accepted;
  std::atomic<int> failures{0};
  const auto work = [&](const std::string& member) {
    int turn = 0;
    while (hosted->numbers().in_flight > 0 || hosted->readable(1).bytes > 0) {
      for (const AcquiredRange& range : hosted->take(wants(member, 7)).acquired) {
        // Every fifth run goes back once and comes again.
        const bool releases = range.delivery_count == 1 && ++turn % 5 == 0;
        hosted->acknowledge(
            member, {{range.first_offset, range.last_offset, {static_cast<std::int8_t>(releases ? 2 : 1)}}},
            [&, range, releases](StateResult&& result) {
              if (result.error != ErrorCode::kNone) ++failures;
              if (releases) return;
              const std::scoped_lock lock(mutex);
              for (auto offset = range.first_offset; offset <= range.last_offset; ++offset) {
                accepted.insert(offset);
              }
            });
      }
    }
  };
  std::vector<std::thread> threads;
  for (const char* member : {"a", "b", "c", "d"}) threads.emplace_back(work, member);
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(failures, 0);
  EXPECT_EQ(accepted.size(), static_cast<std::size_t>(kRecords));
  EXPECT_EQ(std::set<std::int64_t>(accepted.begin(), accepted.end()).size(), accepted.size());
}

TEST_F(HostedPartitions, AFencedOneHandsNothingOut) {
  produce(2);
  const auto hosted = host();
  hosted->fence();
  EXPECT_TRUE(hosted->take(wants("a", 5)).acquired.empty());
  EXPECT_FALSE(hosted->readable(10).can_acquire);
}

TEST_F(HostedPartitions, OneThatWritesIsFencedOnlyWhenThatIsDone) {
  produce(2);
  const auto hosted = host();
  hosted->take(wants("a", 5));
  bool idle = true;
  hosted->acknowledge("a", {{0, 0, {1}}}, [&](StateResult&&) { idle = hosted->fence_when_idle(); });
  EXPECT_FALSE(idle);
  EXPECT_EQ(lost, 1);  // told when the last write was done
  EXPECT_TRUE(hosted->fence_when_idle());
}

TEST_F(HostedPartitions, AStateThatCannotBeReadIsAnErrorAndIsReadAnewByAnother) {
  persister.kept.result.error = ErrorCode::kCoordinatorLoadInProgress;
  const auto hosted = host();
  ASSERT_TRUE(hosted->loaded());
  EXPECT_EQ(hosted->loaded()->error, ErrorCode::kCoordinatorNotAvailable);
  EXPECT_EQ(lost, 1);
  EXPECT_TRUE(hosted->take(wants("a", 5)).acquired.empty());
}

TEST_F(HostedPartitions, DeletedRecordsAreSkippedByTheNextFetch) {
  produce(10);
  const auto hosted = host();
  const auto partition = *world.partitions->find("orders", 0);
  ASSERT_TRUE(partition->log().delete_records_before(4));
  const auto taken = hosted->take(wants("a", 3));
  EXPECT_EQ(taken.acquired, (std::vector<AcquiredRange>{{4, 6, 1}}));
}

}  // namespace
}  // namespace barnabas::broker::share
