// A crash, a full disk or an I/O error at every operation of two cleanings. What must hold afterwards has
// names:
//   LastValuesAreKept       every key has the value it had, and deleted keys stay deleted
//   NothingAboveIsChanged   the bytes from the end of the cleaned range on are what they were
//   RecordsAreOnesOfBefore  no record is there that was not, and offsets rise
//   MarkersAgree            read_committed readers see the same transactions
//   EndsAreKept             log start, log end and last stable offset are what they were
//   LifeGoesOn              the log takes appends, a cleaning, a clean stop, and holds the last values after
//   it
#include <cerrno>
#include <set>

#include "common/logging.h"
#include "storage/segment.h"
#include "storage/tests/compaction_support.h"

namespace barnabas::storage {
namespace {

constexpr std::int64_t kNow = 1'700'000'000'000;

struct Machine {
  explicit Machine(std::uint64_t seed) : files(seed), harness(files) {
    harness.config->segment_bytes = 1500;
    harness.config->index_interval_bytes = 150;
    harness.config->file_delete_delay_ms = 0;
    harness.config->cleanup_compact = true;
    harness.config->cleanup_delete = false;
    harness.config->delete_retention_ms = 100;
  }
  SimulatedFileSystem files;
  LogHarness harness;
};

struct Before {
  std::map<std::string, std::optional<std::string>> last;
  std::set<std::pair<std::int64_t, std::string>> records;
  std::vector<std::string> committed;
  Buffer above;
  std::int64_t cleaned_end = 0;
  std::int64_t log_end = 0;
  std::int64_t last_stable = 0;
};

// Tombstones, transactions, and a run of segments of which nothing stays.
void fill(Log& log) {
  const AppendOptions coordinator{.origin = AppendOrigin::kCoordinator};
  std::int32_t sequence = 0;
  for (int round = 0; round < 5; ++round) {
    const std::string text = std::to_string(round);
    ASSERT_TRUE(append(log, keyed_batch({{"a", text}, {"b", text}, {"only-" + text, "1"}})));
    for (int i = 0; i < 3; ++i) ASSERT_TRUE(append(log, keyed("filler", text + std::string(120, 'f'))));
    ASSERT_TRUE(append(log, keyed("only-" + text, std::nullopt)));
    ASSERT_TRUE(append(log, transactional(9, sequence++, "t", text)));
    ASSERT_TRUE(append(log, marker_batch(9, 0, round % 3 != 0), coordinator));
    ASSERT_TRUE(log.roll());
  }
  ASSERT_TRUE(append(log, keyed("a", "active")));
  ASSERT_TRUE(append(log, keyed("above", "1")));
  ASSERT_TRUE(log.flush());
}

// The keys that read_committed readers see last, with their values; tombstones are no values.
std::vector<std::string> committed_values(const Log& log) {
  std::map<std::string, std::string> last;
  const auto read_all = [&](auto&& see) {
    for (std::int64_t offset = log.log_start_offset(); offset < log.last_stable_offset();) {
      const auto read = log.read(offset, 1 << 20, true, ReadBound::kLastStable);
      if (!read || read->next_offset == offset) return;
      see(*read);
      offset = read->next_offset;
    }
  };
  read_all([&](const ReadResult& read) {
    std::set<std::int64_t> aborting;
    auto aborted = read.aborted;
    const Buffer bytes = read.records.to_buffer();
    for (const records::BatchView& batch : split_all(bytes)) {
      std::erase_if(aborted, [&](const AbortedTransaction& one) {
        if (one.first_offset > batch.last_offset()) return false;
        aborting.insert(one.producer_id);
        return true;
      });
      if (batch.is_control()) aborting.erase(batch.producer_id());
      if (batch.is_control() || (batch.is_transactional() && aborting.contains(batch.producer_id())))
        continue;
      records::BatchRecords walk(batch);
      while (const records::RecordView* record = walk.next()) {
        const std::string key(as_text(*record->key));
        if (record->value)
          last[key] = std::string(as_text(*record->value));
        else
          last.erase(key);
      }
    }
  });
  std::vector<std::string> values;
  for (const auto& [key, value] : last) values.push_back(key + "=" + value);
  return values;
}

Before state_of(const Log& log) {
  Before before;
  for (const StoredRecord& record : stored_records(log))
    before.records.emplace(record.offset, record.key.value_or("-") + "=" + record.value.value_or("<null>"));
  before.committed = committed_values(log);
  before.log_end = log.log_end_offset();
  before.last_stable = log.last_stable_offset();
  before.cleaned_end = log.segments().back().base_offset;
  const auto above = log.read(before.cleaned_end, 1 << 20, true, ReadBound::kLogEnd);
  before.above = above->records.to_buffer();
  return before;
}

void clean_twice(Machine& machine, Log& log) {
  (void)compact(log, {.now_ms = kNow});
  machine.harness.deletions.run(machine.files, machine.harness.clock.monotonic_ms());
  (void)compact(log, {.now_ms = kNow + 1000});
  machine.harness.deletions.run(machine.files, machine.harness.clock.monotonic_ms());
}

void check(const Log& log, const Before& before) {
  EXPECT_EQ(log.log_end_offset(), before.log_end) << "EndsAreKept";
  EXPECT_EQ(log.log_start_offset(), 0) << "EndsAreKept";
  EXPECT_EQ(log.last_stable_offset(), before.last_stable) << "EndsAreKept";
  EXPECT_EQ(committed_values(log), before.committed) << "LastValuesAreKept, MarkersAgree";
  std::int64_t last_offset = -1;
  for (const StoredRecord& record : stored_records(log)) {
    EXPECT_GT(record.offset, last_offset) << "RecordsAreOnesOfBefore";
    last_offset = record.offset;
    EXPECT_TRUE(before.records.contains(
        {record.offset, record.key.value_or("-") + "=" + record.value.value_or("<null>")}))
        << "RecordsAreOnesOfBefore " << record.offset;
  }
  const auto above = log.read(before.cleaned_end, 1 << 20, true, ReadBound::kLogEnd);
  ASSERT_TRUE(above);
  EXPECT_EQ(above->records.to_buffer(), before.above) << "NothingAboveIsChanged";
}

void check_life_goes_on(Machine& machine, std::shared_ptr<Log> log, Before before) {
  const auto more = append(*log, keyed("new", "1"));
  ASSERT_TRUE(more) << "LifeGoesOn";
  EXPECT_EQ(more->first_offset, before.log_end) << "LifeGoesOn";
  ASSERT_TRUE(log->roll()) << "LifeGoesOn";
  const auto report = compact(*log, {.now_ms = kNow + 2000});
  ASSERT_TRUE(report) << "LifeGoesOn " << report.error().to_string();
  auto values = before.committed;
  std::erase(values, "a=4");
  values.push_back("new=1");
  std::sort(values.begin(), values.end());
  EXPECT_EQ(committed_values(*log), values) << "LifeGoesOn";
  ASSERT_TRUE(log->close()) << "LifeGoesOn";
  log.reset();
  machine.files.crash(CrashLoss::kAllUnsynced);
  auto again = machine.harness.open({.clean = true});
  ASSERT_TRUE(again) << "LifeGoesOn";
  (*again)->set_high_watermark((*again)->log_end_offset());
  EXPECT_EQ(committed_values(**again), values) << "LifeGoesOn";
  for (const std::string& path : machine.files.paths())
    EXPECT_FALSE(path.ends_with(".cleaned") || path.ends_with(".swap")) << path;
}

std::shared_ptr<Log> filled(Machine& machine) {
  EXPECT_TRUE(make_directories(machine.files, machine.harness.directory));
  auto log = machine.harness.open({.is_new = true}).value();
  fill(*log);
  EXPECT_TRUE(machine.files.sync_all("/"));
  return log;
}

class CompactionCrash : public ::testing::TestWithParam<std::tuple<CrashLoss, std::uint64_t>> {
 protected:
  void SetUp() override { set_log_level(LogLevel::kOff); }
  void TearDown() override { set_log_level(LogLevel::kInfo); }
};

TEST_P(CompactionCrash, AtEveryOperationKeepsWhatKeysHold) {
  const auto [loss, seed] = GetParam();
  std::uint64_t first = 0, last = 0;
  {
    Machine machine(seed);
    const auto log = filled(machine);
    first = machine.files.operations();
    clean_twice(machine, *log);
    last = machine.files.operations();
    ASSERT_GT(last - first, 60u);
    EXPECT_LT(log->segments().size(), 6u);
  }
  for (std::uint64_t stop = first + 1; stop <= last + 1 && !HasFailure(); ++stop) {
    SCOPED_TRACE("stopped at operation " + std::to_string(stop) + ", seed " + std::to_string(seed));
    Machine machine(seed * 1000 + stop);
    auto log = filled(machine);
    const Before before = state_of(*log);
    machine.files.stop_at(stop);
    clean_twice(machine, *log);
    log.reset();
    machine.files.crash(loss);
    auto opened = machine.harness.open({.recovery_point = before.log_end});
    ASSERT_TRUE(opened) << opened.error().to_string();
    (*opened)->set_high_watermark(before.log_end);
    check(**opened, before);
    if (!HasFailure()) check_life_goes_on(machine, *opened, before);
  }
}

INSTANTIATE_TEST_SUITE_P(Losses, CompactionCrash,
                         ::testing::Values(std::tuple(CrashLoss::kNothing, 1),
                                           std::tuple(CrashLoss::kAllUnsynced, 1),
                                           std::tuple(CrashLoss::kRandom, 1),
                                           std::tuple(CrashLoss::kRandom, 2),
                                           std::tuple(CrashLoss::kRandom, 3)));

// One operation fails and the machine goes on: what readers see stays right, then and after a restart.
TEST(CompactionFailure, FullDiskOrIoErrorAtEveryOperationLosesNothing) {
  set_log_level(LogLevel::kOff);
  for (const int code : {ENOSPC, EIO}) {
    std::uint64_t first = 0, last = 0;
    {
      Machine machine(1);
      const auto log = filled(machine);
      first = machine.files.operations();
      clean_twice(machine, *log);
      last = machine.files.operations();
    }
    for (std::uint64_t at = first + 1; at <= last && !::testing::Test::HasFailure(); ++at) {
      SCOPED_TRACE("operation " + std::to_string(at) + " fails with " + std::to_string(code));
      Machine machine(at);
      auto log = filled(machine);
      const Before before = state_of(*log);
      machine.files.fail_at(at, code);
      clean_twice(machine, *log);
      if (!log->is_offline()) check(*log, before);
      log.reset();
      machine.files.crash(CrashLoss::kNothing);
      auto opened = machine.harness.open({.recovery_point = before.log_end});
      ASSERT_TRUE(opened) << opened.error().to_string();
      (*opened)->set_high_watermark(before.log_end);
      check(**opened, before);
      if (!::testing::Test::HasFailure()) check_life_goes_on(machine, *opened, before);
    }
  }
  set_log_level(LogLevel::kInfo);
}

}  // namespace
}  // namespace barnabas::storage
