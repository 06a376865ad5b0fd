// A crash at every operation of a log's life, with every kind of loss. What must hold afterwards has names:
//   AcknowledgedIsKept    what the flush policy promised is there
//   RecoveredIsAPrefix    the log holds what was appended, from its start on, and nothing else
//   LookUpsAgree, ProducersAgree, AbortedAgree, EpochsAgree: see log_checks.h
//   LifeGoesOn            the log takes appends, and a clean stop after that loses nothing
#include <algorithm>
#include <cerrno>

#include "common/logging.h"
#include "storage/segment.h"
#include "storage/tests/log_checks.h"
#include "storage/tests/support.h"

namespace barnabas::storage {
namespace {

// What the script did, outside the files.
struct History {
  Buffer bytes;                    // of every batch appended, as the log should hold it
  std::vector<std::int64_t> ends;  // log end after each append tried
  std::int64_t acknowledged = 0;   // log end after the last append that succeeded
  std::int64_t durable = 0;        // recovery point told
  std::int64_t start = 0;          // log start offset moved to
  bool done = false;
};

struct Machine {
  explicit Machine(std::uint64_t seed) : files(seed), harness(files) {
    harness.config->segment_bytes = 700;
    harness.config->index_interval_bytes = 150;
    harness.config->file_delete_delay_ms = 0;
    harness.config->retention_ms = -1;
  }
  SimulatedFileSystem files;
  LogHarness harness;
};

bool try_append(Log& log, History& history, const Buffer& batch, std::int32_t epoch,
                const AppendOptions& options = {}) {
  const records::BatchView view{ByteView(batch)};
  Buffer expected = batch;
  records::set_base_offset(expected, log.log_end_offset());
  records::set_leader_epoch(expected, epoch);
  history.bytes.insert(history.bytes.end(), expected.begin(), expected.end());
  history.ends.push_back(log.log_end_offset() + view.last_offset_delta() + 1);
  if (!append(log, batch, options, epoch)) return false;
  history.acknowledged = log.log_end_offset();
  history.durable = std::max(history.durable, options.flush ? log.recovery_point() : history.durable);
  return true;
}

// Appends of several producers, a transaction that aborts, rolls, flushes, a deletion, a clean stop.
void live(Machine& machine, History& history) {
  auto opened = machine.harness.open({.is_new = true});
  if (!opened) return;
  Log& log = **opened;
  AppendOptions coordinator;
  coordinator.origin = AppendOrigin::kCoordinator;
  AppendOptions durable;
  durable.flush = true;
  std::int32_t sequence = 0;
  for (int round = 0; round < 6; ++round) {
    const std::int32_t epoch = round / 2;
    for (int i = 0; i < 3; ++i) {
      if (!try_append(log, history, data_batch(1, 0, sequence, 2), epoch)) return;
      sequence += 2;
    }
    if (!try_append(log, history, data_batch(7, static_cast<std::int16_t>(round), 0, 1, true), epoch)) return;
    if (!try_append(log, history, marker_batch(7, static_cast<std::int16_t>(round), round % 2 == 0), epoch,
                    coordinator))
      return;
    if (round == 1 || round == 4) {
      if (!log.flush()) return;
      history.durable = std::max(history.durable, log.recovery_point());
    }
    if (round == 3) {
      if (!log.delete_records_before(9)) return;
      history.start = 9;
      if (!log.enforce_retention()) return;
      machine.harness.deletions.run(machine.files, machine.harness.clock.monotonic_ms());
    }
    if (round == 5 && !try_append(log, history, make_batch({.count = 3}), epoch, durable)) return;
  }
  if (!log.close()) return;
  history.durable = history.acknowledged;
  history.done = true;
}

void check_after_crash(Machine& machine, const History& history, CrashLoss loss) {
  LogOpenOptions options{.clean = history.done && loss != CrashLoss::kRandom,
                         .recovery_point = history.durable};
  options.log_start_offset = history.start;
  auto opened = machine.harness.open(options);
  ASSERT_TRUE(opened) << opened.error().to_string();
  Log& log = **opened;
  log.set_high_watermark(log.log_end_offset());
  const std::int64_t kept = loss == CrashLoss::kNothing ? history.acknowledged : history.durable;
  EXPECT_GE(log.log_end_offset(), kept) << "AcknowledgedIsKept";
  const Buffer bytes = all_bytes(log);
  // RecoveredIsAPrefix: of what was appended, from the first batch that reads return.
  Buffer wanted;
  for (const auto& batch : split_all(history.bytes))
    if (batch.last_offset() >= log.log_start_offset() && batch.last_offset() < log.log_end_offset())
      wanted.insert(wanted.end(), batch.bytes().begin(), batch.bytes().end());
  EXPECT_EQ(bytes, wanted) << "RecoveredIsAPrefix";
  EXPECT_TRUE(log.log_end_offset() == history.start ||
              std::find(history.ends.begin(), history.ends.end(), log.log_end_offset()) !=
                  history.ends.end() ||
              log.log_end_offset() == 0)
      << "RecoveredIsAPrefix";
  check_log(log);
  // LifeGoesOn
  const std::int64_t end = log.log_end_offset();
  const auto more = append(log, make_batch({.count = 2}), {}, 9);
  ASSERT_TRUE(more) << "LifeGoesOn";
  EXPECT_EQ(more->first_offset, end) << "LifeGoesOn";
  ASSERT_TRUE(log.close()) << "LifeGoesOn";
  opened->reset();
  machine.files.crash(CrashLoss::kAllUnsynced);
  auto again = machine.harness.open({.clean = true, .log_start_offset = history.start});
  ASSERT_TRUE(again) << "LifeGoesOn";
  EXPECT_EQ((*again)->log_end_offset(), end + 2) << "LifeGoesOn";
  check_log(**again);
}

class CrashAtEveryOperation : public ::testing::TestWithParam<std::tuple<CrashLoss, std::uint64_t>> {};

TEST_P(CrashAtEveryOperation, LeavesALogThatKeepsItsPromises) {
  const auto [loss, seed] = GetParam();
  set_log_level(LogLevel::kOff);
  std::uint64_t operations = 0;
  {
    Machine machine(seed);
    History history;
    ASSERT_TRUE(make_directories(machine.files, machine.harness.directory));
    ASSERT_TRUE(machine.files.sync_all("/"));
    live(machine, history);
    ASSERT_TRUE(history.done);
    operations = machine.files.operations();
    ASSERT_GT(operations, 80u);
  }
  for (std::uint64_t stop = 3; stop <= operations + 1 && !HasFailure(); ++stop) {
    SCOPED_TRACE("stopped at operation " + std::to_string(stop) + ", seed " + std::to_string(seed));
    Machine machine(seed * 1000 + stop);
    ASSERT_TRUE(make_directories(machine.files, machine.harness.directory));
    ASSERT_TRUE(machine.files.sync_all("/"));
    machine.files.stop_at(stop);
    History history;
    live(machine, history);
    machine.files.crash(loss);
    check_after_crash(machine, history, loss);
  }
  set_log_level(LogLevel::kInfo);
}

INSTANTIATE_TEST_SUITE_P(Losses, CrashAtEveryOperation,
                         ::testing::Values(std::tuple(CrashLoss::kNothing, 1),
                                           std::tuple(CrashLoss::kAllUnsynced, 1),
                                           std::tuple(CrashLoss::kRandom, 1),
                                           std::tuple(CrashLoss::kRandom, 2),
                                           std::tuple(CrashLoss::kRandom, 3)));

// A log that loses its end and goes on with other records: the old ones or the new ones, never a mixture.
struct Rewritten {
  Buffer before, after;      // what the log held when it was cut, and what it held in the end
  std::int64_t durable = 0;  // of `before` or, once `cut_durable`, of `after`
  bool cut_durable = false;
};

void rewrite(Machine& machine, Rewritten& history) {
  auto opened = machine.harness.open({.is_new = true});
  if (!opened) return;
  Log& log = **opened;
  const auto note = [&](Buffer& into) { into = all_bytes(log); };
  for (int i = 0; i < 8; ++i) {
    if (!append(log, data_batch(1, 0, i * 2, 2), {}, 1)) return;
    note(history.before);
    if (i == 4 && !log.flush()) return;
    history.durable = log.recovery_point();
  }
  note(history.after);
  if (!log.truncate_to(6)) return;
  for (int i = 0; i < 5; ++i) {
    if (!append(log, data_batch(2, 0, i, 1, true), {}, 2)) return;
    note(history.after);
    if (i != 2) continue;
    if (!log.flush()) return;
    history.cut_durable = true;
    history.durable = log.recovery_point();
  }
  if (log.close()) history.durable = log.log_end_offset();
}

bool is_prefix(const Buffer& prefix, const Buffer& whole) {
  return prefix.size() <= whole.size() && std::equal(prefix.begin(), prefix.end(), whole.begin());
}

TEST(TruncationAtEveryOperation, LeavesTheOldRecordsOrTheNewOnes) {
  set_log_level(LogLevel::kOff);
  std::uint64_t operations = 200;
  for (std::uint64_t stop = 3; stop <= operations && !::testing::Test::HasFailure(); ++stop) {
    for (const CrashLoss loss : {CrashLoss::kNothing, CrashLoss::kAllUnsynced, CrashLoss::kRandom}) {
      SCOPED_TRACE("stopped at operation " + std::to_string(stop));
      Machine machine(stop);
      ASSERT_TRUE(make_directories(machine.files, machine.harness.directory));
      ASSERT_TRUE(machine.files.sync_all("/"));
      machine.files.stop_at(stop);
      Rewritten history;
      rewrite(machine, history);
      if (machine.files.operations() < stop) operations = std::min(operations, machine.files.operations());
      machine.files.crash(loss);
      auto opened = machine.harness.open({.recovery_point = 0});
      ASSERT_TRUE(opened) << opened.error().to_string();
      Log& log = **opened;
      log.set_high_watermark(log.log_end_offset());
      const Buffer bytes = all_bytes(log);
      const bool old_records = is_prefix(bytes, history.before) && !history.cut_durable;
      EXPECT_TRUE(old_records || is_prefix(bytes, history.after)) << "RecoveredIsAPrefix";
      if (history.cut_durable) {
        EXPECT_GE(log.log_end_offset(), history.durable) << "AcknowledgedIsKept";
      } else {
        EXPECT_GE(log.log_end_offset(), std::min<std::int64_t>(history.durable, 6)) << "AcknowledgedIsKept";
      }
      check_log(log);
    }
  }
  EXPECT_LT(operations, 200u);
  set_log_level(LogLevel::kInfo);
}

// One operation fails, the machine goes on: the log answers with errors, never with wrong data.
TEST(FailureAtEveryOperation, FullDiskOrIoErrorNeverCorrupts) {
  set_log_level(LogLevel::kOff);
  for (const int code : {ENOSPC, EIO}) {
    std::uint64_t operations = 1000;
    for (std::uint64_t at = 3; at <= operations && !::testing::Test::HasFailure(); ++at) {
      SCOPED_TRACE("operation " + std::to_string(at) + " fails with " + std::to_string(code));
      Machine machine(at);
      ASSERT_TRUE(make_directories(machine.files, machine.harness.directory));
      ASSERT_TRUE(machine.files.sync_all("/"));
      machine.files.fail_at(at, code);
      History history;
      live(machine, history);
      if (history.done) operations = std::min(operations, machine.files.operations());
      machine.files.crash(CrashLoss::kNothing);
      history.done = false;
      check_after_crash(machine, history, CrashLoss::kNothing);
    }
  }
  set_log_level(LogLevel::kInfo);
}

}  // namespace
}  // namespace barnabas::storage
