// Group commit under a machine that stops, or whose disk fails, at every operation:
//   AcknowledgedIsKept   what a writer was told is there, whatever the power loss took
//   SeenIsKept           what the high watermark showed to readers is there too
//   NothingTwice         a repetition after the crash is recognised or is the first to be there
#include <cerrno>
#include <deque>

#include "common/logging.h"
#include "storage/group_commit.h"
#include "storage/tests/log_checks.h"
#include "storage/tests/support.h"

namespace barnabas::storage {
namespace {

class Pool final : public Scheduler {
 public:
  TimerId after(std::chrono::milliseconds, Task) override { return 0; }
  bool cancel(TimerId) override { return false; }
  void run_blocking(Task task) override { tasks_.push_back(std::move(task)); }
  void run() {
    while (!tasks_.empty()) {
      Task task = std::move(tasks_.front());
      tasks_.pop_front();
      task();
    }
  }

 private:
  std::deque<Task> tasks_;
};

struct Told {
  std::int64_t acknowledged = 0, seen = 0;  // offsets, exclusive
  std::int32_t next_sequence = 0;           // of the batch that was tried last
  bool done = false;
};

constexpr int kBatches = 24;

Buffer batch_number(int number) {
  return data_batch(1, 0, number * 2, 2, number % 8 >= 4);
}

void live(SimulatedFileSystem& files, LogHarness& harness, Told& told) {
  Pool pool;
  auto log = harness.open({.is_new = true});
  if (!log) return;
  const auto commit = std::make_shared<GroupCommit>(*log, pool, [] {});
  bool lost = false;
  for (int number = 0; number < kBatches && !lost; ++number) {
    told.next_sequence = number * 2;
    const Buffer batch = batch_number(number);
    const auto written = (*log)->append_as_leader(split_all(batch), number / 10);
    if (!written) return;
    commit->wait(written->last_offset + 1, [&, end = written->last_offset + 1](const auto& synced) {
      if (synced) told.acknowledged = std::max(told.acknowledged, end);
      lost |= !synced;
    });
    if (number % 8 == 7) {
      AppendOptions options;
      options.origin = AppendOrigin::kCoordinator;
      const Buffer marker = marker_batch(1, 0, number % 16 == 7);
      if (!(*log)->append_as_leader(split_all(marker), number / 10, options)) return;
      commit->request();
    }
    if (number % 3 == 2) pool.run();
    told.seen = std::max(told.seen, (*log)->high_watermark());
  }
  pool.run();
  told.seen = std::max(told.seen, (*log)->high_watermark());
  told.done = !lost;
  (void)files;
}

void check(LogHarness& harness, const Told& told) {
  auto opened = harness.open({.recovery_point = 0});
  ASSERT_TRUE(opened) << opened.error().to_string();
  Log& log = **opened;
  EXPECT_GE(log.log_end_offset(), told.acknowledged) << "AcknowledgedIsKept";
  EXPECT_GE(log.log_end_offset(), told.seen) << "SeenIsKept";
  log.set_high_watermark(log.log_end_offset());
  check_log(log);
  // The client sends again what it had no answer for, from the first batch that is missing on.
  std::int64_t batches = 0;
  const Buffer before = all_bytes(log);
  for (const auto& batch : split_all(before)) batches += batch.is_control() ? 0 : 1;
  if (batches == 0 || batches >= kBatches || (*opened)->producer(1)->transaction_first_offset >= 0) return;
  const Buffer again = batch_number(static_cast<int>(batches) - 1);
  const auto repeated = log.append_as_leader(split_all(again), 3);
  ASSERT_TRUE(repeated) << "NothingTwice: " << repeated.error().to_string();
  EXPECT_TRUE(repeated->duplicate) << "NothingTwice";
  if (batches % 8 >= 4) return;  // a transaction wants its verification first
  const Buffer next = batch_number(static_cast<int>(batches));
  const auto fresh = log.append_as_leader(split_all(next), 3);
  ASSERT_TRUE(fresh) << "NothingTwice: " << fresh.error().to_string();
  EXPECT_FALSE(fresh->duplicate) << "NothingTwice";
}

class GroupCrash : public ::testing::Test {
 protected:
  GroupCrash() { set_log_level(LogLevel::kOff); }
  ~GroupCrash() override { set_log_level(LogLevel::kInfo); }

  static void prepare(SimulatedFileSystem& files, LogHarness& harness) {
    harness.config->segment_bytes = 700;
    harness.config->index_interval_bytes = 150;
    ASSERT_TRUE(make_directories(files, harness.directory));
    ASSERT_TRUE(files.sync_all("/"));
  }
};

TEST_F(GroupCrash, AtEveryOperationKeepsWhatWasAcknowledgedOrSeen) {
  std::uint64_t operations = 500;
  for (std::uint64_t stop = 3; stop <= operations && !HasFailure(); ++stop) {
    for (const CrashLoss loss : {CrashLoss::kNothing, CrashLoss::kAllUnsynced, CrashLoss::kRandom}) {
      SCOPED_TRACE("stopped at operation " + std::to_string(stop));
      SimulatedFileSystem files(stop);
      LogHarness harness(files);
      prepare(files, harness);
      files.stop_at(stop);
      Told told;
      live(files, harness, told);
      if (told.done) operations = std::min(operations, files.operations());
      files.crash(loss);
      check(harness, told);
    }
  }
  EXPECT_LT(operations, 500u);
}

TEST_F(GroupCrash, FailureOfAnyOperationAcknowledgesNothingThatIsLost) {
  for (const int code : {EIO, ENOSPC}) {
    std::uint64_t operations = 500;
    for (std::uint64_t at = 3; at <= operations && !HasFailure(); ++at) {
      SCOPED_TRACE("operation " + std::to_string(at) + " fails with " + std::to_string(code));
      SimulatedFileSystem files(at);
      LogHarness harness(files);
      prepare(files, harness);
      files.fail_at(at, code);
      Told told;
      live(files, harness, told);
      if (told.done) operations = std::min(operations, files.operations());
      files.crash(CrashLoss::kAllUnsynced);
      check(harness, told);
    }
    EXPECT_LT(operations, 500u);
  }
}

}  // namespace
}  // namespace barnabas::storage
