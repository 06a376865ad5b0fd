// The share coordinator as threads use it: hosts, commits that take time, resignation, and who asks again.
#include "broker/share/state/coordinator.h"

#include <gtest/gtest.h>

#include "broker/coordination/tests/memory_log.h"
#include "broker/share/state/local_persister.h"
#include "broker/tests/support/partition_world.h"
#include "controller/image/image_builder.h"

namespace barnabas::broker::share {
namespace {

using protocol::ErrorCode;

constexpr std::int32_t kPartitions = 5;

class ShareCoordinatorTest : public ::testing::Test {
 protected:
  ShareCoordinatorTest() {
    world.create_topic("orders", 3);
    world.create_topic("bills", 1);
    show(1);
  }
  ~ShareCoordinatorTest() override {
    persister.shut_down();
    coordinator.shut_down();
  }

  // The cluster as it is, at a level of share.version.
  void show(std::int16_t share_version) {
    controller::ImageBuilder builder(*world.image());
    protocol::FeatureLevelRecord feature;
    feature.name = "share.version";
    feature.feature_level = share_version;
    EXPECT_TRUE(builder.apply(feature));
    coordinator.set_cluster(builder.build(100, 1, world.clock.wall_ms()));
  }
  void lead() {
    coordinator.set_partition_count(kPartitions);
    for (std::int32_t i = 0; i < kPartitions; ++i) coordinator.on_leader(i, 4);
    world.scheduler.run_pending();
  }
  SharePartitionKey key(const std::string& topic = "orders", std::int32_t partition = 0) const {
    return {"sg", world.topic_id(topic), partition};
  }
  // What an answer leaves behind; nullopt while there is none.
  template <class Answer>
  static coordination::Answerer<Answer> into(std::optional<Answer>& place) {
    return [&place](Answer&& answer) { place = std::move(answer); };
  }
  StateResult initialize(const SharePartitionKey& of, std::int64_t start = 0) {
    std::optional<StateResult> answer;
    coordinator.initialize(of, 1, start, into(answer));
    return answer.value_or(StateResult{ErrorCode::kUnknownServerError, "no answer"});
  }
  StateWrite batch(std::int64_t first, std::int64_t last) {
    StateWrite write;
    write.state_epoch = 1;
    write.batches = {{first, last, 2, 1}};
    return write;
  }

  testing::PartitionWorld world;
  coordination::MemoryLog log;
  ShareStateCoordinator coordinator{
      {.topic_partitions = kPartitions, .updates_per_snapshot = 0, .prune_interval_ms = 1'000},
      world.clock,
      world.scheduler,
      log};
  int created = 0;
  bool creation_works = true;
  LocalPersister persister{{coordinator, world.scheduler, [this] { return coordinator.topic_exists(); },
                            [this](Task done) {
                              ++created;
                              if (creation_works) lead();
                              done();
                            }}};
};

TEST_F(ShareCoordinatorTest, RecordsLieInThePartitionOfTheirKey) {
  lead();
  for (const std::int32_t partition : {0, 1, 2}) {
    ASSERT_EQ(initialize(key("orders", partition)).error, ErrorCode::kNone);
    EXPECT_FALSE(log.partitions[coordinator.partition_for(key("orders", partition))].empty());
  }
  EXPECT_EQ(log.last_epoch, 4);
}

TEST_F(ShareCoordinatorTest, FindsThePartitionThatKafkaFinds) {
  coordinator.set_partition_count(50);
  EXPECT_EQ(coordinator.partition_for({"sg", *Uuid::parse("8hRfI4xiQR-D7R7r7jqlug"), 0}), 46);
}

TEST_F(ShareCoordinatorTest, IsNobodysCoordinatorBeforeItLeads) {
  const StateResult refused = initialize(key());
  EXPECT_EQ(refused.error, ErrorCode::kNotCoordinator);
  EXPECT_TRUE(refused.error_message.starts_with("Unable to initialize share group state: "));
  std::optional<PartitionState> read;
  coordinator.read(key(), 0, into(read));
  EXPECT_EQ(read->result.error, ErrorCode::kNotCoordinator);
}

TEST_F(ShareCoordinatorTest, SaysThatItLoads) {
  coordinator.set_partition_count(kPartitions);
  coordinator.on_leader(coordinator.partition_for(key()), 1);
  EXPECT_EQ(initialize(key()).error, ErrorCode::kCoordinatorLoadInProgress);
}

TEST_F(ShareCoordinatorTest, AnswersWhatIsCommitted) {
  lead();
  ASSERT_EQ(initialize(key()).error, ErrorCode::kNone);
  log.hold = true;
  std::optional<StateResult> written;
  coordinator.write(key(), batch(0, 3), into(written));
  std::optional<PartitionState> read;
  coordinator.read(key(), -1, into(read));
  std::optional<StateSummary> summary;
  coordinator.read_summary(key(), -1, into(summary));
  EXPECT_FALSE(written || read || summary);
  log.release();
  ASSERT_TRUE(written && read && summary);
  EXPECT_EQ(written->error, ErrorCode::kNone);
  EXPECT_EQ(read->batches, (std::vector<StateBatch>{{0, 3, 2, 1}}));
}

TEST_F(ShareCoordinatorTest, SaysNothingIsThereOnceItsTombstoneIsCommitted) {
  lead();
  initialize(key());
  log.hold = true;
  std::optional<StateResult> first, second;
  coordinator.remove(key(), into(first));
  coordinator.remove(key(), into(second));
  EXPECT_FALSE(first || second);
  log.release();
  EXPECT_EQ(first->error, ErrorCode::kNone);
  EXPECT_EQ(second->error, ErrorCode::kNone);
}

TEST_F(ShareCoordinatorTest, TellsWhatTheLogRefuses) {
  lead();
  initialize(key());
  log.append_error = ErrorCode::kNotEnoughReplicas;
  std::optional<StateResult> written;
  coordinator.write(key(), batch(0, 3), into(written));
  EXPECT_EQ(written->error, ErrorCode::kCoordinatorNotAvailable);
  EXPECT_TRUE(written->error_message.starts_with("Unable to write share group state: "));
  log.append_error = ErrorCode::kNone;
  std::optional<PartitionState> read;
  coordinator.read(key(), -1, into(read));
  EXPECT_TRUE(read->batches.empty()) << "nothing is left of it";
}

TEST_F(ShareCoordinatorTest, ResignationAnswersWhatIsUnderWay) {
  lead();
  initialize(key());
  log.hold = true;
  std::optional<StateResult> written;
  coordinator.write(key(), batch(0, 3), into(written));
  coordinator.on_resign(coordinator.partition_for(key()));
  EXPECT_EQ(written->error, ErrorCode::kNotCoordinator);
}

TEST_F(ShareCoordinatorTest, ANewLeaderGoesOnWithTheLog) {
  lead();
  initialize(key());
  std::optional<StateResult> written;
  coordinator.write(key(), batch(0, 3), into(written));
  coordinator.on_resign(coordinator.partition_for(key()));
  lead();
  std::optional<PartitionState> read;
  coordinator.read(key(), 2, into(read));
  EXPECT_EQ(read->state_epoch, 1);
  EXPECT_EQ(read->batches, (std::vector<StateBatch>{{0, 3, 2, 1}}));
}

TEST_F(ShareCoordinatorTest, CountsItsWrites) {
  lead();
  initialize(key());
  log.hold = true;
  std::optional<StateResult> written, refused;
  coordinator.write(key(), batch(0, 3), into(written));
  world.clock.advance_ms(30);
  log.hold = false;
  log.release();
  coordinator.write(key("bills"), batch(0, 3), into(refused));
  std::optional<PartitionState> first, second;
  coordinator.read(key(), 3, into(first));
  coordinator.read(key(), 3, into(second));
  EXPECT_EQ(coordinator.counts().writes.value(), 3) << "with the refused one and the new leader epoch";
  EXPECT_EQ(coordinator.counts().write_latency_ms.count(), 2);
}

TEST_F(ShareCoordinatorTest, StatesGoWithTheirTopics) {
  lead();
  initialize(key());
  initialize(key("bills"));
  const SharePartitionKey orders = key();
  world.delete_topic("orders");
  show(1);
  coordinator.on_topics_deleted({orders.topic_id});
  EXPECT_FALSE(log.partitions[coordinator.partition_for(orders)].back().value) << "a tombstone";
  std::optional<PartitionState> read;
  coordinator.read(key("bills"), -1, into(read));
  EXPECT_EQ(read->result.error, ErrorCode::kNone);
}

TEST_F(ShareCoordinatorTest, DeletesWhatIsCommittedElsewhere) {
  lead();
  initialize(key());
  const std::int32_t at = coordinator.partition_for(key());
  log.hold = true;
  std::optional<StateResult> written;
  coordinator.write(key(), batch(0, 3), into(written));
  world.scheduler.advance_ms(1'000);
  EXPECT_EQ(log.starts[at], 0) << "the newer snapshot could still be lost";
  log.release();
  EXPECT_EQ(log.starts[at], 1);
  EXPECT_EQ(coordinator.pruned_offsets(), (std::map<std::int32_t, std::int64_t>{{at, 1}}));
  coordinator.on_resign(at);
  lead();
  std::optional<PartitionState> read;
  coordinator.read(key(), -1, into(read));
  EXPECT_EQ(read->batches, (std::vector<StateBatch>{{0, 3, 2, 1}}));
}

TEST_F(ShareCoordinatorTest, DeletesNothingWhileShareGroupsAreOff) {
  show(0);
  lead();
  initialize(key());
  initialize(key(), 5);
  world.scheduler.advance_ms(5'000);
  EXPECT_EQ(log.starts[coordinator.partition_for(key())], 0);
  show(1);
  world.scheduler.advance_ms(1'000);
  EXPECT_EQ(log.starts[coordinator.partition_for(key())], 1);
}

TEST_F(ShareCoordinatorTest, ForgetsAllWithItsOwnTopic) {
  lead();
  initialize(key());
  coordinator.on_topic_deleted();
  EXPECT_FALSE(coordinator.topic_exists());
  EXPECT_EQ(initialize(key()).error, ErrorCode::kNotCoordinator);
}

TEST_F(ShareCoordinatorTest, LocalQuestionsCreateTheTopicAndWaitForIt) {
  std::optional<StateResult> answer;
  persister.initialize(key(), 1, 0, into(answer));
  EXPECT_EQ(created, 1);
  ASSERT_TRUE(answer) << "lead() has loaded the shards";
  EXPECT_EQ(answer->error, ErrorCode::kNone);
  std::optional<PartitionState> read;
  persister.read(key(), 1, into(read));
  EXPECT_EQ(read->start_offset, 0);
  EXPECT_EQ(created, 1);
}

TEST_F(ShareCoordinatorTest, LocalQuestionsWaitForAShardThatLoads) {
  coordinator.set_partition_count(kPartitions);
  coordinator.on_leader(coordinator.partition_for(key()), 1);
  std::optional<StateResult> initialized, written, removed;
  std::optional<StateSummary> summary;
  persister.initialize(key(), 1, 0, into(initialized));
  world.scheduler.advance_ms(100);
  EXPECT_FALSE(initialized);
  world.scheduler.run_pending();
  world.scheduler.advance_ms(500);
  ASSERT_TRUE(initialized);
  EXPECT_EQ(initialized->error, ErrorCode::kNone);
  persister.write(key(), batch(0, 3), into(written));
  EXPECT_EQ(written->error, ErrorCode::kNone);
  persister.read_summary(key(), -1, into(summary));
  EXPECT_EQ(summary->state_epoch, 1);
  persister.remove(key(), into(removed));
  EXPECT_EQ(removed->error, ErrorCode::kNone);
  EXPECT_EQ(created, 0);
}

TEST_F(ShareCoordinatorTest, LocalQuestionsEndSomeDay) {
  creation_works = false;
  std::optional<PartitionState> read;
  persister.read(key(), 1, into(read));
  world.scheduler.advance_ms(4'000);
  EXPECT_FALSE(read);
  world.scheduler.advance_ms(2'000);
  ASSERT_TRUE(read);
  EXPECT_EQ(read->result.error, ErrorCode::kNotCoordinator);
  EXPECT_GT(created, 10);
}

TEST_F(ShareCoordinatorTest, ErrorsThatStayAreTold) {
  lead();
  std::optional<StateResult> written;
  persister.write(key(), batch(0, 3), into(written));
  EXPECT_EQ(written->error, ErrorCode::kInvalidRequest);
}

TEST_F(ShareCoordinatorTest, ShutDownEndsLocalQuestions) {
  coordinator.set_partition_count(kPartitions);
  std::optional<StateResult> written;
  persister.write(key(), batch(0, 3), into(written));
  EXPECT_FALSE(written);
  persister.shut_down();
  world.scheduler.advance_ms(20);
  EXPECT_EQ(written->error, ErrorCode::kNotCoordinator);
}

}  // namespace
}  // namespace barnabas::broker::share
