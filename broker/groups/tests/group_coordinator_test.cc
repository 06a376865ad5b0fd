#include "broker/groups/group_coordinator.h"

#include <gtest/gtest.h>

#include <thread>

#include "broker/coordination/tests/memory_log.h"
#include "broker/groups/java_text.h"
#include "broker/groups/tests/shard_bench.h"
#include "broker/tests/support/virtual_scheduler.h"

namespace barnabas::broker::groups {
namespace {

class GroupCoordinatorTest : public ::testing::Test {
 protected:
  GroupCoordinatorTest() { lead_all(); }
  ~GroupCoordinatorTest() override { groups_.shut_down(); }

  void lead_all() {
    for (std::int32_t i = 0; i < settings_.offsets_topic_partitions; ++i) groups_.on_leader(i, 3);
    scheduler_.run_pending();
  }
  Answered<JoinReply> join(const std::string& group_id, const std::string& member_id = "",
                           std::int32_t session_timeout_ms = 10'000) {
    JoinCommand command;
    command.group_id = group_id;
    command.member_id = member_id;
    command.client_id = "c";
    command.client_host = "/127.0.0.1";
    command.protocol_type = "consumer";
    command.protocols = {{"range", subscription({"t"})}};
    command.session_timeout_ms = session_timeout_ms;
    command.rebalance_timeout_ms = 30'000;
    Answered<JoinReply> answered;
    groups_.join(std::move(command), answered.answerer());
    return answered;
  }
  Answered<CommitReply> commit(const std::string& group_id, std::int64_t offset) {
    CommitCommand command;
    command.group_id = group_id;
    command.topics.push_back({"t", Uuid::zero(), {{0, offset, -1, std::nullopt}}});
    Answered<CommitReply> answered;
    groups_.commit_offsets(std::move(command), answered.answerer());
    return answered;
  }
  Answered<FetchOffsetsReply> fetch(const std::string& group_id) {
    FetchOffsetsCommand command;
    command.group_id = group_id;
    command.topics = std::vector<OffsetsTopic>{{"t", Uuid::zero(), {0}}};
    Answered<FetchOffsetsReply> answered;
    groups_.fetch_offsets(std::move(command), answered.answerer());
    return answered;
  }
  std::int64_t fetched(const std::string& group_id) {
    return fetch(group_id)->topics.at(0).partitions.at(0).offset;
  }
  Answered<ListReply> list() {
    Answered<ListReply> answered;
    groups_.list({}, answered.answerer());
    return answered;
  }

  GroupSettings settings_{.offsets_topic_partitions = 4};
  ManualClock clock_;
  testing::VirtualScheduler scheduler_{clock_};
  std::unique_ptr<Random> random_ = seeded_random(3);
  coordination::MemoryLog log_;
  GroupCoordinator groups_{settings_, clock_, *random_, scheduler_, log_};
};

TEST_F(GroupCoordinatorTest, GroupsLiveInThePartitionOfTheirHash) {
  for (int i = 0; i < 40; ++i) {
    const std::string id = "group-" + std::to_string(i);
    EXPECT_EQ(commit(id, i)->error, ErrorCode::kNone);
    EXPECT_EQ(log_.partitions[coordinator_partition(id, 4)].back().key.size(), 2 + 2 + id.size() + 3 + 4);
  }
  EXPECT_EQ(list()->groups.size(), 40u);
  EXPECT_EQ(groups_.counts().offsets, 40u);
  EXPECT_EQ(groups_.counts().classic_by_state[0], 40u);
  EXPECT_EQ(log_.last_epoch, 3);
}

TEST_F(GroupCoordinatorTest, RequestsAreCheckedBeforeAShardIsAsked) {
  EXPECT_EQ(join("")->error, ErrorCode::kInvalidGroupId);
  EXPECT_EQ(join("g", "me", 5'999)->error, ErrorCode::kInvalidSessionTimeout);
  EXPECT_EQ(join("g", "me", 5'999)->member_id, "me");
  EXPECT_EQ(join("g", "", 1'800'001)->error, ErrorCode::kInvalidSessionTimeout);
  Answered<SyncReply> sync;
  groups_.sync({}, sync.answerer());
  EXPECT_EQ(sync->error, ErrorCode::kInvalidGroupId);
  Answered<ErrorCode> heartbeat;
  groups_.heartbeat({}, heartbeat.answerer());
  EXPECT_EQ(*heartbeat, ErrorCode::kInvalidGroupId);
  Answered<LeaveReply> leave;
  groups_.leave({}, leave.answerer());
  EXPECT_EQ(leave->error, ErrorCode::kInvalidGroupId);
  Answered<DeleteOffsetsReply> deletion;
  groups_.delete_offsets({}, deletion.answerer());
  EXPECT_EQ(deletion->error, ErrorCode::kInvalidGroupId);
}

TEST_F(GroupCoordinatorTest, PartitionThatIsLoadingSaysSo) {
  groups_.on_resign(0);
  groups_.on_resign(1);
  groups_.on_resign(2);
  groups_.on_resign(3);
  EXPECT_EQ(join("g")->error, ErrorCode::kNotCoordinator);
  EXPECT_EQ(commit("g", 1)->error, ErrorCode::kNotCoordinator);
  EXPECT_EQ(fetch("g")->error, ErrorCode::kNotCoordinator);
  EXPECT_EQ(list()->error, ErrorCode::kNone);
  for (std::int32_t i = 0; i < 4; ++i) groups_.on_leader(i, 4);
  EXPECT_EQ(join("g")->error, ErrorCode::kCoordinatorLoadInProgress);
  EXPECT_EQ(fetch("g")->error, ErrorCode::kCoordinatorLoadInProgress);
  EXPECT_EQ(list()->error, ErrorCode::kCoordinatorLoadInProgress);
  Answered<ErrorCode> heartbeat;
  groups_.heartbeat({"g", 1, "m", std::nullopt}, heartbeat.answerer());
  EXPECT_EQ(*heartbeat, ErrorCode::kNone);
  scheduler_.run_pending();
  EXPECT_FALSE(join("g").done());
}

TEST_F(GroupCoordinatorTest, PartitionThatCannotBeReadIsTriedAgainWithTheNextEpoch) {
  groups_.on_resign(coordinator_partition("g", 4));
  log_.read_error = ErrorCode::kKafkaStorageError;
  groups_.on_leader(coordinator_partition("g", 4), 4);
  scheduler_.run_pending();
  EXPECT_EQ(join("g")->error, ErrorCode::kNotCoordinator);
  log_.read_error = ErrorCode::kNone;
  groups_.on_leader(coordinator_partition("g", 4), 5);
  scheduler_.run_pending();
  EXPECT_EQ(commit("g", 1)->error, ErrorCode::kNone);
}

TEST_F(GroupCoordinatorTest, TakeOverLoadsWhatTheLogHas) {
  EXPECT_EQ(commit("g", 41)->error, ErrorCode::kNone);
  const auto parked = join("g");
  EXPECT_FALSE(parked.done());
  const std::int32_t partition = coordinator_partition("g", 4);
  groups_.on_resign(partition);
  EXPECT_EQ(parked->error, ErrorCode::kNotCoordinator);
  groups_.on_leader(partition, 4);
  scheduler_.run_pending();
  EXPECT_EQ(fetched("g"), 41);
}

TEST_F(GroupCoordinatorTest, TimersDriveTheShardThroughTheScheduler) {
  const auto joined = join("g");
  EXPECT_FALSE(joined.done());
  EXPECT_EQ(scheduler_.timers(), 4u);  // one per shard
  scheduler_.advance_ms(2'999);
  EXPECT_FALSE(joined.done());
  scheduler_.advance_ms(1);
  ASSERT_TRUE(joined.done());
  EXPECT_EQ(joined->error, ErrorCode::kNone);
  EXPECT_EQ(scheduler_.timers(), 4u);
  EXPECT_EQ(groups_.counts().classic_by_state[static_cast<std::size_t>(GroupState::kCompletingRebalance)],
            1u);
  scheduler_.advance_ms(10'000);  // neither sync nor heartbeat: the session ends
  EXPECT_EQ(groups_.counts().classic_by_state[static_cast<std::size_t>(GroupState::kEmpty)], 1u);
}

TEST_F(GroupCoordinatorTest, DeletingAGroupDoesNotWaitForTheTimerOfASessionThatIsOver) {
  join("g");
  scheduler_.advance_ms(3'000);
  const auto erase = [&] {
    Answered<std::vector<DeletedGroup>> deleted;
    groups_.delete_groups({"g"}, deleted.answerer());
    return deleted->at(0).error;
  };
  clock_.advance_ms(9'999);  // the scheduler is late
  EXPECT_EQ(erase(), ErrorCode::kNonEmptyGroup);
  clock_.advance_ms(1);
  EXPECT_EQ(erase(), ErrorCode::kNone);
}

TEST_F(GroupCoordinatorTest, AnswersWaitForTheCommitAndReadsForTheWritesBeforeThem) {
  log_.hold = true;
  const auto committed = commit("g", 7);
  const auto read = fetch("g");
  EXPECT_FALSE(committed.done());
  EXPECT_FALSE(read.done());
  log_.release();
  EXPECT_EQ(committed->error, ErrorCode::kNone);
  ASSERT_TRUE(read.done());
  EXPECT_EQ(read->topics.at(0).partitions.at(0).offset, 7);
}

TEST_F(GroupCoordinatorTest, LostCommitIsSaidInTheCoordinatorsWords) {
  log_.hold = true;
  const auto committed = commit("g", 7);
  log_.release(ErrorCode::kNotEnoughReplicas);
  EXPECT_EQ(committed->error, ErrorCode::kCoordinatorNotAvailable);
  const auto lost = commit("g", 8);
  groups_.on_resign(coordinator_partition("g", 4));
  EXPECT_EQ(lost->error, ErrorCode::kNotCoordinator);
  log_.release();
  EXPECT_EQ(lost.times(), 1);
}

TEST_F(GroupCoordinatorTest, RefusedAppendIsSaidInTheCoordinatorsWords) {
  const std::pair<ErrorCode, ErrorCode> table[] = {
      {ErrorCode::kNotEnoughReplicas, ErrorCode::kCoordinatorNotAvailable},
      {ErrorCode::kRequestTimedOut, ErrorCode::kCoordinatorNotAvailable},
      {ErrorCode::kUnknownTopicOrPartition, ErrorCode::kCoordinatorNotAvailable},
      {ErrorCode::kNotLeaderOrFollower, ErrorCode::kNotCoordinator},
      {ErrorCode::kKafkaStorageError, ErrorCode::kNotCoordinator},
      {ErrorCode::kMessageTooLarge, ErrorCode::kUnknownServerError},
      {ErrorCode::kRecordListTooLarge, ErrorCode::kUnknownServerError},
      {ErrorCode::kInvalidTimestamp, ErrorCode::kInvalidTimestamp},
  };
  for (const auto& [from_log, told] : table) {
    log_.append_error = from_log;
    EXPECT_EQ(commit("g", 1)->error, told);
  }
  log_.append_error = ErrorCode::kNone;
  EXPECT_EQ(fetched("g"), -1);
}

TEST_F(GroupCoordinatorTest, ManyTombstonesAreSplitIntoBatches) {
  CommitCommand command;
  command.group_id = "g";
  CommitTopic& topic = command.topics.emplace_back();
  topic.name = std::string(200, 't');
  for (std::int32_t i = 0; i < 5'000; ++i) topic.partitions.push_back({i, 1, -1, std::nullopt});
  Answered<CommitReply> answered;
  const int before = log_.batches;
  groups_.commit_offsets(std::move(command), answered.answerer());
  EXPECT_EQ(log_.batches, before + 1);
  groups_.on_topics_deleted({{std::string(200, 't'), Uuid::zero()}});
  EXPECT_GT(log_.batches, before + 3);
  EXPECT_EQ(groups_.counts().offsets, 0u);
}

TEST_F(GroupCoordinatorTest, DescribeAndDeleteAnswerInTheOrderAsked) {
  commit("a", 1);
  commit("b", 1);
  Answered<std::vector<GroupDescription>> described;
  groups_.describe({"b", "ghost", "a"}, described.answerer());
  ASSERT_EQ(described->size(), 3u);
  EXPECT_EQ(described->at(0).group_id, "b");
  EXPECT_EQ(described->at(0).state, "Empty");
  EXPECT_EQ(described->at(1).error, ErrorCode::kGroupIdNotFound);
  EXPECT_EQ(described->at(1).state, "Dead");
  Answered<std::vector<DeletedGroup>> deleted;
  groups_.delete_groups({"ghost", "b"}, deleted.answerer());
  ASSERT_EQ(deleted->size(), 2u);
  EXPECT_EQ(deleted->at(0).error, ErrorCode::kGroupIdNotFound);
  EXPECT_EQ(deleted->at(1).error, ErrorCode::kNone);
  EXPECT_EQ(list()->groups.size(), 1u);
  Answered<std::vector<GroupDescription>> none;
  groups_.describe({}, none.answerer());
  EXPECT_TRUE(none->empty());
}

TEST_F(GroupCoordinatorTest, ListFiltersByStateAndType) {
  commit("simple", 1);
  join("busy");
  const auto names = [&](GroupFilter filter) {
    Answered<ListReply> answered;
    groups_.list(std::move(filter), answered.answerer());
    std::vector<std::string> out;
    for (const auto& group : answered->groups) out.push_back(group.group_id);
    return out;
  };
  EXPECT_EQ(names({.states = {"empty"}, .types = {}}), std::vector<std::string>{"simple"});
  EXPECT_EQ(names({.states = {"preparingrebalance"}, .types = {"classic"}}),
            std::vector<std::string>{"busy"});
  EXPECT_TRUE(names({.states = {}, .types = {"consumer"}}).empty());
  EXPECT_EQ(names({}).size(), 2u);
}

TEST_F(GroupCoordinatorTest, ShutDownAnswersWhoWaitsAndRefusesTheRest) {
  const auto parked = join("g");
  groups_.shut_down();
  EXPECT_EQ(parked->error, ErrorCode::kNotCoordinator);
  EXPECT_EQ(join("g")->error, ErrorCode::kNotCoordinator);
  EXPECT_EQ(scheduler_.timers(), 0u);
  groups_.on_leader(0, 9);
  scheduler_.run_pending();
  EXPECT_EQ(list()->groups.size(), 0u);
}

TEST_F(GroupCoordinatorTest, ShutDownWaitsForALoad) {
  const std::int32_t partition = coordinator_partition("g", 4);
  groups_.on_resign(partition);
  std::atomic<bool> reading{false};
  std::atomic<bool> go_on{false};
  log_.on_read = [&] {
    reading = true;
    while (!go_on) std::this_thread::yield();
  };
  groups_.on_leader(partition, 4);
  std::thread pool([this] { scheduler_.run_pending(); });
  while (!reading) std::this_thread::yield();
  std::atomic<bool> shut_down{false};
  std::thread stopper([&] {
    groups_.shut_down();
    shut_down = true;
  });
  EXPECT_FALSE(shut_down);
  go_on = true;
  stopper.join();
  pool.join();
  EXPECT_EQ(join("g")->error, ErrorCode::kNotCoordinator);
}

TEST_F(GroupCoordinatorTest, ManyThreadsMayCommitAtOnce) {
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; ++t) {
    threads.emplace_back([this, t] {
      for (int i = 0; i < 200; ++i) {
        EXPECT_EQ(commit("group-" + std::to_string(i % 8), t * 1'000 + i)->error, ErrorCode::kNone);
      }
    });
  }
  for (auto& thread : threads) thread.join();
  EXPECT_EQ(groups_.counts().offsets, 8u);
}

}  // namespace
}  // namespace barnabas::broker::groups
