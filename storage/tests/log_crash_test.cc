// A crash at every operation of a log's life, with every kind of loss. What must hold afterwards has names:
//   AcknowledgedIsKept    what the flush policy promised is there
//   RecoveredIsAPrefix    the log holds what was appended, from its start on, and nothing else
//   LookUpsAgree          every offset and timestamp is found as a linear search finds it
//   ProducersAgree        the producers are those that the records give
//   LifeGoesOn            the log takes appends, and a clean stop after that loses nothing
#include <algorithm>
#include <cerrno>

#include "common/logging.h"
#include "storage/segment.h"
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

void check_look_ups(const Log& log) {
  const Buffer bytes = all_bytes(log);
  for (const auto& batch : split_all(bytes)) {
    for (std::int64_t offset = std::max(batch.base_offset(), log.log_start_offset());
         offset <= batch.last_offset(); ++offset) {
      const auto read = log.read(offset, 1, true, ReadBound::kLogEnd);
      ASSERT_TRUE(read) << "LookUpsAgree " << offset;
      const Buffer found = read->records.to_buffer();
      ASSERT_EQ(split_all(found).size(), 1u);
      EXPECT_EQ(split_all(found).front().base_offset(), batch.base_offset()) << "LookUpsAgree";
    }
  }
  const auto first = log.offset_for_timestamp(0);
  ASSERT_TRUE(first) << "LookUpsAgree";
  EXPECT_EQ(first->has_value(), !bytes.empty()) << "LookUpsAgree";
  if (*first) {
    EXPECT_EQ((*first)->offset, log.log_start_offset()) << "LookUpsAgree";
  }
}

void check_producers(const Log& log) {
  ProducerState wanted;
  ProducerCheck how;
  how.origin = AppendOrigin::kReplication;
  const Buffer bytes = all_bytes(log);
  for (const auto& batch : split_all(bytes)) {
    ProducerChanges changes;
    ASSERT_TRUE(wanted.check(batch, batch.base_offset(), how, changes));
    wanted.apply(changes);
    for (const auto& transaction : changes.completed) wanted.complete(transaction);
  }
  for (const ProducerEntry& entry : wanted.entries()) {
    const auto known = log.producer(entry.producer_id);
    ASSERT_TRUE(known) << "ProducersAgree";
    EXPECT_EQ(known->epoch, entry.epoch) << "ProducersAgree";
    EXPECT_EQ(known->transaction_first_offset, entry.transaction_first_offset) << "ProducersAgree";
    if (known->has_batches() && entry.has_batches()) {
      EXPECT_EQ(known->last_sequence(), entry.last_sequence()) << "ProducersAgree";
    }
  }
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
  check_look_ups(log);
  check_producers(log);
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
  check_look_ups(**again);
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
