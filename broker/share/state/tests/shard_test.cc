// The rules of the share coordinator of one partition, in virtual time.
#include "broker/share/state/shard.h"

#include <gtest/gtest.h>

#include <limits>

#include "broker/share/state/tests/shard_bench.h"

namespace barnabas::broker::share {
namespace {

using protocol::ErrorCode;

StateWrite written(std::vector<StateBatch> batches, std::int64_t start_offset = -1,
                   std::int32_t leader_epoch = 0, std::int32_t state_epoch = 0) {
  StateWrite write;
  write.batches = std::move(batches);
  write.start_offset = start_offset;
  write.leader_epoch = leader_epoch;
  write.state_epoch = state_epoch;
  write.delivery_complete_count = 0;
  return write;
}

TEST(ShareState, IsNothingBeforeItIsInitialized) {
  ShardBench bench;
  const PartitionState read = bench.read(kKeyA, 0);
  EXPECT_EQ(read.result.error, ErrorCode::kInvalidRequest);
  EXPECT_EQ(read.result.error_message, "Read operation on uninitialized share partition not allowed.");
  const StateResult write = bench.write(kKeyA, written({}));
  EXPECT_EQ(write.error, ErrorCode::kInvalidRequest);
  EXPECT_EQ(write.error_message, "Write operation on uninitialized share partition not allowed.");
  const StateSummary summary = bench.summary(kKeyA);
  EXPECT_EQ(summary.result.error, ErrorCode::kNone);
  EXPECT_EQ(summary.start_offset, -1);
  EXPECT_EQ(summary.delivery_complete_count, -1);
  EXPECT_EQ(bench.remove(kKeyA).error, ErrorCode::kNone);
  EXPECT_TRUE(bench.log.empty());
}

TEST(ShareState, BeginsWithASnapshot) {
  ShardBench bench;
  ASSERT_EQ(bench.initialize(kKeyA, 2, -1).error, ErrorCode::kNone);
  ShareState wanted;
  wanted.state_epoch = 2;
  wanted.create_ms = wanted.write_ms = bench.now.wall_ms;
  EXPECT_EQ(bench.last_record(), (ShareStateRecord{kKeyA, wanted}));
  // From a start that is known nothing is done yet.
  ASSERT_EQ(bench.initialize(kKeyA, 3, 40).error, ErrorCode::kNone);
  wanted.snapshot_epoch = 1;
  wanted.state_epoch = 3;
  wanted.start_offset = 40;
  wanted.delivery_complete_count = 0;
  EXPECT_EQ(bench.last_record(), (ShareStateRecord{kKeyA, wanted}));
}

TEST(ShareState, IsInitializedByNoOlderEpoch) {
  ShardBench bench;
  bench.initialize(kKeyA, 5, -1);
  EXPECT_EQ(bench.initialize(kKeyA, 4, -1).error, ErrorCode::kFencedStateEpoch);
  EXPECT_EQ(bench.initialize(kKeyA, 5, 1).error, ErrorCode::kNone) << "the same";
  EXPECT_EQ(bench.initialize(kKeyA, -1, 2).error, ErrorCode::kNone) << "not checked";
}

TEST(ShareState, BelongsToPartitionsThatExist) {
  ShardBench bench;
  bench.initialize(kKeyA, 0, 0);
  const SharePartitionKey beyond{"sg", kKeyA.topic_id, 4};
  EXPECT_EQ(bench.initialize(beyond, 0, 0).error, ErrorCode::kUnknownTopicOrPartition);
  bench.topics.clear();
  EXPECT_EQ(bench.initialize(kKeyA, 0, 0).error, ErrorCode::kUnknownTopicOrPartition);
  EXPECT_EQ(bench.read(kKeyA, 0).result.error, ErrorCode::kUnknownTopicOrPartition);
  EXPECT_EQ(bench.summary(kKeyA).result.error, ErrorCode::kUnknownTopicOrPartition);
  EXPECT_EQ(bench.write(kKeyA, written({})).error, ErrorCode::kUnknownTopicOrPartition);
  EXPECT_EQ(bench.remove(kKeyA).error, ErrorCode::kUnknownTopicOrPartition);
}

TEST(ShareState, RefusesNegativePartitions) {
  ShardBench bench;
  const SharePartitionKey key{"sg", kKeyA.topic_id, -1};
  EXPECT_EQ(bench.initialize(key, 0, 0).error_message, "The partition id cannot be a negative number.");
  EXPECT_EQ(bench.read(key, 0).result.error, ErrorCode::kInvalidRequest);
  EXPECT_EQ(bench.summary(key).result.error, ErrorCode::kInvalidRequest);
  EXPECT_EQ(bench.write(key, written({})).error, ErrorCode::kInvalidRequest);
  EXPECT_EQ(bench.remove(key).error, ErrorCode::kInvalidRequest);
}

TEST(ShareState, FollowsWhatIsWritten) {
  ShardBench bench;
  bench.initialize(kKeyA, 1, -1);
  bench.write(kKeyA, written({{0, 9, 0, 1}}, 0, 0, 1));
  bench.write(kKeyA, written({{3, 5, 2, 1}}, -1, 0, 1));
  ShareUpdate wanted;
  wanted.delivery_complete_count = 0;
  wanted.batches = {{3, 5, 2, 1}};
  EXPECT_EQ(bench.last_record(), (ShareStateRecord{kKeyA, wanted})) << "only what changed";
  PartitionState read = bench.read(kKeyA, -1);
  EXPECT_EQ(read.state_epoch, 1);
  EXPECT_EQ(read.start_offset, 0);
  EXPECT_EQ(read.batches, (std::vector<StateBatch>{{0, 2, 0, 1}, {3, 5, 2, 1}, {6, 9, 0, 1}}));
  bench.write(kKeyA, written({}, 4, 0, 1));
  read = bench.read(kKeyA, -1);
  EXPECT_EQ(read.start_offset, 4);
  EXPECT_EQ(read.batches, (std::vector<StateBatch>{{4, 5, 2, 1}, {6, 9, 0, 1}}));
}

TEST(ShareState, FencesWritersOfOlderEpochs) {
  ShardBench bench;
  bench.initialize(kKeyA, 5, 0);
  EXPECT_EQ(bench.read(kKeyA, 7).result.error, ErrorCode::kNone);
  EXPECT_EQ(bench.write(kKeyA, written({}, 0, 6, 5)).error, ErrorCode::kFencedLeaderEpoch);
  EXPECT_EQ(bench.write(kKeyA, written({}, 0, 7, 4)).error, ErrorCode::kFencedStateEpoch);
  EXPECT_EQ(bench.write(kKeyA, written({}, 0, 7, 5)).error, ErrorCode::kNone);
  EXPECT_EQ(bench.write(kKeyA, written({}, 0, -1, -1)).error, ErrorCode::kNone);
  EXPECT_EQ(bench.read(kKeyA, 6).result.error, ErrorCode::kFencedLeaderEpoch);
}

TEST(ShareState, RecordsALeaderEpochWithTheReadThatBringsIt) {
  ShardBench bench;
  bench.initialize(kKeyA, 0, 10);
  bench.write(kKeyA, written({{10, 12, 2, 1}}, -1, 0, 0));
  const std::size_t before = bench.log.size();
  bench.read(kKeyA, 3);
  ASSERT_EQ(bench.log.size(), before + 1);
  ShareUpdate wanted;
  wanted.leader_epoch = 3;
  wanted.start_offset = 10;
  wanted.delivery_complete_count = 0;
  EXPECT_EQ(bench.last_record(), (ShareStateRecord{kKeyA, wanted}));
  bench.read(kKeyA, 3);
  bench.read(kKeyA, -1);
  EXPECT_EQ(bench.log.size(), before + 1);
  EXPECT_EQ(bench.summary(kKeyA).leader_epoch, 3);
  // A write's own epoch is checked and not recorded.
  bench.write(kKeyA, written({}, -1, 9, 0));
  EXPECT_EQ(bench.summary(kKeyA).leader_epoch, 3);
}

TEST(ShareState, KeepsTheLeaderEpochOfAnOlderStart) {
  ShardBench bench;
  bench.initialize(kKeyA, 0, 10);
  bench.read(kKeyA, 3);
  bench.initialize(kKeyA, 1, 20);
  EXPECT_EQ(bench.summary(kKeyA).leader_epoch, 0);
  EXPECT_EQ(bench.write(kKeyA, written({}, -1, 2, 1)).error, ErrorCode::kFencedLeaderEpoch);
}

TEST(ShareState, IsWrittenWholeAfterSoManyUpdates) {
  ShardBench bench({.updates_per_snapshot = 2});
  bench.initialize(kKeyA, 1, 0);
  bench.write(kKeyA, written({{0, 3, 2, 1}}, -1, 0, 1));
  bench.write(kKeyA, written({{6, 9, 0, 1}}, -1, 0, 1));
  bench.advance(1'000);
  bench.write(kKeyA, written({{4, 5, 2, 1}}, 2, 0, 1));
  ShareState wanted;
  wanted.snapshot_epoch = 1;
  wanted.state_epoch = 1;
  wanted.start_offset = 2;
  wanted.delivery_complete_count = 0;
  wanted.create_ms = wanted.write_ms = bench.now.wall_ms;
  wanted.batches = {{2, 5, 2, 1}, {6, 9, 0, 1}};
  EXPECT_EQ(bench.last_record(), (ShareStateRecord{kKeyA, wanted}));
  bench.write(kKeyA, written({{7, 7, 2, 2}}, -1, 0, 1));
  EXPECT_TRUE(std::holds_alternative<ShareUpdate>(bench.last_record().value)) << "the count begins anew";
  EXPECT_EQ(std::get<ShareUpdate>(bench.last_record().value).snapshot_epoch, 1);
}

TEST(ShareState, IsWrittenWholeEachTimeIfToldSo) {
  ShardBench bench({.updates_per_snapshot = 0});
  bench.initialize(kKeyA, 1, 0);
  for (int i = 1; i <= 3; ++i) {
    bench.write(kKeyA, written({}, i, 0, 1));
    EXPECT_EQ(std::get<ShareState>(bench.last_record().value).snapshot_epoch, i);
  }
}

TEST(ShareState, IsGoneOnceDeleted) {
  ShardBench bench;
  bench.initialize(kKeyA, 4, 7);
  bench.read(kKeyA, 9);
  EXPECT_EQ(bench.remove(kKeyA).error, ErrorCode::kNone);
  EXPECT_EQ(bench.last_record(), (ShareStateRecord{kKeyA, std::monostate()}));
  EXPECT_EQ(bench.shard->size(), 0u);
  EXPECT_EQ(bench.initialize(kKeyA, 0, 0).error, ErrorCode::kNone) << "no epoch is left to fence";
  EXPECT_EQ(std::get<ShareState>(bench.last_record().value).snapshot_epoch, 0);
  EXPECT_EQ(bench.write(kKeyA, written({})).error, ErrorCode::kNone);
}

TEST(ShareState, GoesWithItsTopic) {
  ShardBench bench;
  bench.initialize(kKeyA, 0, 0);
  bench.initialize(kKeyB, 0, 0);
  bench.forget(kKeyA.topic_id);
  EXPECT_EQ(bench.shard->find(kKeyA), nullptr);
  EXPECT_NE(bench.shard->find(kKeyB), nullptr);
}

TEST(ShareStateLog, BeginsWithTheOldestSnapshotThatIsNeeded) {
  ShardBench bench({.updates_per_snapshot = 0, .prune_interval_ms = 1'000});
  bench.initialize(kKeyA, 0, 0);  // 0
  bench.initialize(kKeyB, 0, 0);  // 1
  bench.advance(1'000);
  EXPECT_TRUE(bench.pruned.empty());
  bench.write(kKeyA, written({}, 1));  // 2
  bench.advance(1'000);
  EXPECT_EQ(bench.pruned, std::vector<std::int64_t>{1});
  bench.write(kKeyB, written({}, 1));  // 3
  bench.write(kKeyB, written({}, 2));  // 4
  bench.advance(3'000);
  EXPECT_EQ(bench.pruned, (std::vector<std::int64_t>{1, 2})) << "each offset once";
  bench.remove(kKeyA);  // 5
  bench.advance(1'000);
  EXPECT_EQ(bench.pruned.back(), 4);
  bench.remove(kKeyB);  // 6
  bench.advance(1'000);
  EXPECT_EQ(bench.pruned.back(), 6);
}

TEST(ShareStateLog, IsHeldByUpdatesOfAnOldSnapshot) {
  ShardBench bench({.prune_interval_ms = 1'000});
  bench.initialize(kKeyA, 0, 0);
  for (int i = 0; i < 10; ++i) bench.write(kKeyA, written({}, i));
  bench.advance(2'000);
  EXPECT_TRUE(bench.pruned.empty());
}

TEST(ShareStateLog, TakesSnapshotsOfWhatDoesNotChangeWhileOthersDo) {
  ShardBench bench({.updates_per_snapshot = 0, .cold_snapshot_interval_ms = 1'000});
  bench.initialize(kKeyA, 0, 0);
  const std::int64_t created_ms = bench.now.wall_ms;
  bench.initialize(kKeyB, 0, 0);
  bench.advance(900);
  bench.write(kKeyB, written({{0, 1, 2, 1}}, -1));
  bench.advance(100);
  ASSERT_EQ(bench.log.size(), 4u);
  ShareState wanted;
  wanted.snapshot_epoch = 1;
  wanted.start_offset = 0;
  wanted.delivery_complete_count = 0;
  wanted.create_ms = created_ms;
  wanted.write_ms = created_ms + 1'000;
  EXPECT_EQ(bench.last_record(), (ShareStateRecord{kKeyA, wanted}));
  // When all are cold nobody writes on, and nothing has to go.
  bench.advance(1'000);
  const std::size_t after = bench.log.size();
  EXPECT_EQ(after, 6u) << "both";
  bench.advance(10'000);
  EXPECT_EQ(bench.log.size(), after);
}

TEST(ShareStateLog, IsLeftAloneWithoutShareGroups) {
  ShardBench bench(
      {.updates_per_snapshot = 0, .cold_snapshot_interval_ms = 1'000, .prune_interval_ms = 1'000});
  bench.initialize(kKeyA, 0, 0);
  bench.write(kKeyA, written({}, 1));
  bench.enabled = false;
  bench.advance(5'000);
  EXPECT_EQ(bench.log.size(), 2u);
  EXPECT_TRUE(bench.pruned.empty());
  bench.enabled = true;
  bench.advance(1'000);
  EXPECT_FALSE(bench.pruned.empty());
}

TEST(ShareStateLog, WithoutTheSnapshotGivesWhatItsUpdatesSay) {
  ShardBench bench;
  bench.initialize(kKeyA, 3, 5);
  bench.read(kKeyA, 2);
  bench.write(kKeyA, written({{5, 8, 2, 1}}, -1, 2, 3));
  bench.log[0].value->resize(10);
  bench.restart();
  const ShareState* state = bench.shard->find(kKeyA);
  ASSERT_NE(state, nullptr);
  EXPECT_EQ(state->batches, (std::vector<StateBatch>{{5, 8, 2, 1}}));
  EXPECT_EQ(state->start_offset, 5);
  EXPECT_EQ(bench.shard->take_redundant(), std::nullopt) << "its snapshot may come to light";
  EXPECT_EQ(bench.initialize(kKeyA, 1, 0).error, ErrorCode::kNone);
}

TEST(ShareStateLog, MayHoldTheHighestEpochsThereAre) {
  constexpr std::int32_t kLast = std::numeric_limits<std::int32_t>::max();
  ShardBench bench({.updates_per_snapshot = 0});
  ShareState state;
  state.snapshot_epoch = state.state_epoch = state.leader_epoch = kLast;
  state.write_ms = std::numeric_limits<std::int64_t>::min();
  bench.log.push_back(ShareStateShard::encode({kKeyA, state}));
  bench.restart();
  EXPECT_EQ(bench.write(kKeyA, written({}, 1, kLast, kLast)).error, ErrorCode::kNone);
  EXPECT_EQ(bench.shard->find(kKeyA)->snapshot_epoch, std::numeric_limits<std::int32_t>::min());
}

}  // namespace
}  // namespace barnabas::broker::share
