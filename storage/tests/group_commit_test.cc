#include "storage/group_commit.h"

#include <cerrno>
#include <deque>

#include "common/logging.h"
#include "storage/tests/support.h"

namespace barnabas::storage {
namespace {

// Blocking work that runs when the test says so.
class Pool final : public Scheduler {
 public:
  TimerId after(std::chrono::milliseconds, Task) override { return 0; }
  bool cancel(TimerId) override { return false; }
  void run_blocking(Task task) override { tasks.push_back(std::move(task)); }
  void run() {
    while (!tasks.empty()) {
      Task task = std::move(tasks.front());
      tasks.pop_front();
      task();
    }
  }
  std::deque<Task> tasks;
};

class Group : public ::testing::Test {
 protected:
  void SetUp() override {
    auto opened = harness.open({.is_new = true});
    ASSERT_TRUE(opened) << opened.error().to_string();
    log = *opened;
    ASSERT_TRUE(log->flush());
    commit = std::make_shared<GroupCommit>(log, pool, [this] { ++rounds; });
    files.set_trace([this](const std::string& what) { syncs += what.starts_with("sync ") ? 1 : 0; });
  }
  // Appends one record as the broker does under group commit: the high watermark stays.
  std::int64_t write(const Buffer& batch = make_batch({})) {
    const auto info = log->append_as_leader(split_all(batch), 0);
    EXPECT_TRUE(info);
    return info->last_offset + 1;
  }
  void wait(std::int64_t offset) {
    commit->wait(offset, [this, offset](const StorageResult<void>& done) {
      EXPECT_TRUE(!done || log->recovery_point() >= offset);
      answers.push_back(done ? "ok" : std::string(to_string(done.error().code)));
    });
  }

  Pool pool;
  SimulatedFileSystem files;
  LogHarness harness{files};
  std::shared_ptr<Log> log;
  std::shared_ptr<GroupCommit> commit;
  std::vector<std::string> answers;
  int syncs = 0, rounds = 0;
};

TEST_F(Group, AllWhoWaitShareOneSync) {
  for (int i = 0; i < 10; ++i) wait(write());
  EXPECT_TRUE(answers.empty());
  EXPECT_EQ(log->high_watermark(), 0);
  ASSERT_EQ(pool.tasks.size(), 1u);
  syncs = 0;
  pool.run();
  EXPECT_EQ(answers, std::vector<std::string>(10, "ok"));
  EXPECT_EQ(log->high_watermark(), 10);
  EXPECT_EQ(rounds, 1);
  EXPECT_EQ(syncs, 2);  // the log, and once for its first leader epoch
  wait(write());
  syncs = 0;
  pool.run();
  EXPECT_EQ(syncs, 1);
}

TEST_F(Group, NothingUnsyncedIsReadable) {
  write();
  commit->request();
  const auto before = log->read(0, 1000, true, ReadBound::kHighWatermark);
  ASSERT_TRUE(before);
  EXPECT_TRUE(before->records.empty());
  pool.run();
  const auto after = log->read(0, 1000, true, ReadBound::kHighWatermark);
  ASSERT_TRUE(after);
  EXPECT_FALSE(after->records.empty());
}

TEST_F(Group, WhatIsCommittedIsAnsweredAtOnce) {
  const std::int64_t end = write();
  commit->request();
  pool.run();
  wait(end);
  EXPECT_EQ(answers, std::vector<std::string>{"ok"});
  EXPECT_TRUE(pool.tasks.empty());
}

TEST_F(Group, WhoComesDuringASyncIsCoveredByTheNextRound) {
  const std::int64_t end = write();
  commit->wait(end, [this](const StorageResult<void>&) { wait(write()); });
  pool.run();
  EXPECT_EQ(answers, std::vector<std::string>{"ok"});
  EXPECT_EQ(rounds, 2);
  EXPECT_EQ(log->high_watermark(), 2);
}

TEST_F(Group, FailedSyncAcknowledgesNothingAndIsNotTriedAgain) {
  set_log_level(LogLevel::kOff);
  for (const int code : {EIO, ENOSPC}) {
    SCOPED_TRACE(code);
    SimulatedFileSystem disk;
    LogHarness other{disk};
    log = other.open({.is_new = true}).value();
    ASSERT_TRUE(log->flush());
    commit = std::make_shared<GroupCommit>(log, pool, [] {});
    answers.clear();
    wait(write());
    disk.fail_at(disk.operations() + 1, code);
    pool.run();
    EXPECT_EQ(answers, std::vector<std::string>{"I/O error"});
    EXPECT_EQ(log->high_watermark(), 0);
    EXPECT_TRUE(log->is_offline());
    // The page cache may call the lost pages clean: another sync would succeed and prove nothing.
    wait(1);
    pool.run();
    EXPECT_EQ(answers.size(), 2u);
    EXPECT_NE(answers.back(), "ok");
    EXPECT_EQ(log->high_watermark(), 0);
    commit.reset();
    log.reset();
  }
  set_log_level(LogLevel::kInfo);
}

TEST_F(Group, RecordsThatWereCutOffAreNotAcknowledged) {
  const std::int64_t kept = write();
  wait(kept);
  wait(write());
  ASSERT_TRUE(log->truncate_to(kept));
  pool.run();
  EXPECT_EQ(answers, (std::vector<std::string>{"ok", "unexpected append offset"}));
}

TEST_F(Group, DeletedLogFailsItsWaitersAndLeavesTheDirectoryOnline) {
  wait(write());
  ASSERT_TRUE(log->rename_directory("/data/topic-0.0123-delete"));
  log->abandon();
  ASSERT_TRUE(remove_tree(files, "/data/topic-0.0123-delete"));
  pool.run();
  EXPECT_EQ(answers, std::vector<std::string>{std::string(to_string(StorageErrorCode::kClosed))});
  EXPECT_FALSE(log->is_offline());
}

TEST_F(Group, SyncUnderWayOutlivesItsOwner) {
  commit->wait(write(),
               [this](const StorageResult<void>& done) { answers.push_back(done ? "ok" : "failed"); });
  commit.reset();
  log.reset();
  pool.run();
  EXPECT_EQ(rounds, 1);
  EXPECT_EQ(answers, std::vector<std::string>{"ok"});
}

}  // namespace
}  // namespace barnabas::storage
