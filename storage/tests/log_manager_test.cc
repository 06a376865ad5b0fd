#include "storage/log_manager.h"

#include <zlib.h>

#include <cerrno>

#include "common/logging.h"
#include "storage/log_maintenance.h"
#include "storage/tests/support.h"

namespace barnabas::storage {
namespace {

const TopicPartition kA{"a", 0}, kB{"b.x-y", 11};

class Manager : public ::testing::Test {
 protected:
  void SetUp() override {
    config.directories = {"/d1", "/d2"};
    log_config->file_delete_delay_ms = 1000;
    plan.default_config = log_config;
    set_log_level(LogLevel::kOff);
  }
  void TearDown() override { set_log_level(LogLevel::kInfo); }

  StorageResult<LoadReport> start(const std::string& cluster = "cluster", std::int32_t node = 1) {
    logs = std::make_unique<LogManager>(files, clock, *random, config);
    if (auto done = logs->open_directories(cluster, node); !done) return std::unexpected(done.error());
    return logs->load(plan);
  }
  void kill(CrashLoss loss = CrashLoss::kNothing) {
    logs.reset();
    files.crash(loss);
  }
  std::shared_ptr<Log> create(const TopicPartition& partition) {
    auto log = logs->get_or_create(partition, Uuid::reserved(150), log_config);
    EXPECT_TRUE(log) << (log ? "" : log.error().to_string());
    return log ? *log : nullptr;
  }
  std::vector<DirectoryEntry> entries(const std::string& directory) {
    auto listed = files.list(directory);
    EXPECT_TRUE(listed);
    return listed ? *listed : std::vector<DirectoryEntry>();
  }
  std::string text(const std::string& path) {
    const auto content = files.content(path);
    return content ? std::string(as_text(*content)) : "(none)";
  }

  SimulatedFileSystem files;
  ManualClock clock;
  std::unique_ptr<Random> random = seeded_random(3);
  LogManagerConfig config;
  std::shared_ptr<LogConfig> log_config = std::make_shared<LogConfig>();
  LoadPlan plan;
  std::unique_ptr<LogManager> logs;
};

TEST_F(Manager, FormatsNewDirectoriesAndKeepsTheirIdentity) {
  ASSERT_TRUE(start());
  const auto ids = logs->online_directory_ids();
  ASSERT_EQ(ids.size(), 2u);
  EXPECT_NE(ids[0], ids[1]);
  logs->shutdown(1);
  ASSERT_TRUE(start(""));
  EXPECT_EQ(logs->cluster_id(), "cluster");
  EXPECT_EQ(logs->online_directory_ids(), ids);
}

TEST_F(Manager, RefusesForeignAndUnknownIdentities) {
  EXPECT_EQ(start("").error().code, StorageErrorCode::kNotFound);
  ASSERT_TRUE(start());
  logs->shutdown(1);
  EXPECT_EQ(start("other").error().code, StorageErrorCode::kInvalidFile);
  EXPECT_EQ(start("cluster", 2).error().code, StorageErrorCode::kInvalidFile);
  files.put("/d2/meta.properties", *files.content("/d1/meta.properties"));
  EXPECT_EQ(start().error().code, StorageErrorCode::kInvalidFile);
}

TEST_F(Manager, SecondProcessIsLockedOut) {
  ASSERT_TRUE(start());
  LogManager second(files, clock, *random, config);
  EXPECT_EQ(second.open_directories("cluster", 1).error().code, StorageErrorCode::kLocked);
  logs->shutdown(1);
  EXPECT_FALSE(files.content("/d1/.lock"));
  LogManager third(files, clock, *random, config);
  EXPECT_TRUE(third.open_directories("cluster", 1));
}

TEST_F(Manager, NewPartitionsGoToTheEmptierDirectoryOrTheOneNamed) {
  ASSERT_TRUE(start());
  for (int i = 0; i < 6; ++i) create({"t", i});
  const auto all = logs->describe();
  ASSERT_EQ(all.size(), 2u);
  EXPECT_EQ(all[0].partitions.size(), 3u);
  EXPECT_EQ(all[1].partitions.size(), 3u);
  EXPECT_GT(all[0].total_bytes, 0);
  const Uuid second = logs->online_directory_ids()[1];
  ASSERT_TRUE(logs->get_or_create(kA, Uuid::reserved(150), log_config, second));
  EXPECT_EQ(logs->directory_of(kA), second);
  EXPECT_EQ(logs->get_or_create(kA, Uuid::reserved(151), log_config).error().code,
            StorageErrorCode::kInconsistentTopicId);
}

TEST_F(Manager, CreationOfAPartitionTakesFewOperations) {
  ASSERT_TRUE(start());
  const auto before = files.operations();
  create(kA);
  // The directory, partition.metadata and its bytes; no sync.
  EXPECT_EQ(files.operations(), before + 3);
}

TEST_F(Manager, CleanStopKeepsOrderAndIsLoadedWithoutRecovery) {
  ASSERT_TRUE(start());
  const auto log = create(kA);
  ASSERT_TRUE(append(*log, make_batch({.count = 3})));
  ASSERT_TRUE(append(*create(kB), make_batch({.count = 2})));
  ASSERT_TRUE(log->delete_records_before(2));
  std::vector<std::string> trace;
  files.set_trace([&](const std::string& operation) { trace.push_back(operation); });
  logs->shutdown(77);
  files.set_trace({});
  const auto place = [&](std::string_view part) {
    const auto found = std::find_if(trace.begin(), trace.end(), [&](const std::string& operation) {
      return operation.find(part) != std::string::npos;
    });
    return found - trace.begin();
  };
  EXPECT_LT(place("replication-offset-checkpoint"), place("a-0/00000000000000000003.snapshot"));
  EXPECT_LT(place("a-0/00000000000000000003.snapshot"), place("recovery-point-offset-checkpoint"));
  EXPECT_LT(place("recovery-point-offset-checkpoint"), place("log-start-offset-checkpoint"));
  EXPECT_LT(place("log-start-offset-checkpoint"), place(".kafka_cleanshutdown"));
  EXPECT_LT(place(".kafka_cleanshutdown"), place("remove /d1/.lock"));
  EXPECT_LT(place("remove /d1/.lock"), static_cast<std::ptrdiff_t>(trace.size()));
  const std::string first = logs->describe()[0].partitions.front().partition == kA ? "/d1/" : "/d2/";
  EXPECT_EQ(text(first + "recovery-point-offset-checkpoint"), "0\n1\na 0 3\n");
  EXPECT_EQ(text(first + "replication-offset-checkpoint"), "0\n1\na 0 3\n");
  EXPECT_EQ(text(first + "log-start-offset-checkpoint"), "0\n1\na 0 2\n");
  kill(CrashLoss::kAllUnsynced);
  const auto report = start();
  ASSERT_TRUE(report);
  EXPECT_EQ(report->logs, 2u);
  EXPECT_EQ(report->recovered, 0u);
  EXPECT_EQ(logs->previous_broker_epoch(), 77);
  EXPECT_FALSE(files.content("/d1/.kafka_cleanshutdown"));
  const auto again = logs->find(kA);
  ASSERT_TRUE(again);
  EXPECT_EQ(again->log_start_offset(), 2);
  EXPECT_EQ(again->log_end_offset(), 3);
  EXPECT_EQ(again->high_watermark(), 3);
  EXPECT_EQ(again->topic_id(), Uuid::reserved(150));
}

TEST_F(Manager, KilledBrokerRecoversAndKnowsNoEpoch) {
  ASSERT_TRUE(start());
  ASSERT_TRUE(append(*create(kA), make_batch({.count = 3})));
  logs->checkpoint_high_watermarks();
  kill();
  const auto report = start();
  ASSERT_TRUE(report);
  EXPECT_EQ(report->recovered, 1u);
  EXPECT_EQ(logs->previous_broker_epoch(), std::nullopt);
  EXPECT_EQ(logs->find(kA)->log_end_offset(), 3);
  EXPECT_EQ(logs->find(kA)->high_watermark(), 3);
}

TEST_F(Manager, CheckpointedStartHoldsWhileRemovedSegmentsMayComeBack) {
  config.directories = {"/d1"};
  log_config->segment_bytes = 300;
  ASSERT_TRUE(start());
  auto log = create(kA);
  for (int i = 0; i < 8; ++i) ASSERT_TRUE(append(*log, make_batch({.count = 2, .value_bytes = 60})));
  ASSERT_TRUE(log->flush());
  logs->checkpoint_recovery_points();
  const std::int64_t base = log->segments().at(2).base_offset;
  ASSERT_TRUE(log->delete_records_before(base));
  EXPECT_EQ(log->enforce_retention().value(), 2u);
  logs->checkpoint_recovery_points();
  log.reset();
  kill(CrashLoss::kAllUnsynced);
  ASSERT_TRUE(start());
  EXPECT_EQ(logs->find(kA)->log_start_offset(), base);
}

TEST_F(Manager, UncleanStartWritesRecoveryPointsThatCoverWhatItCutOff) {
  config.directories = {"/d1"};
  ASSERT_TRUE(start());
  for (int i = 0; i < 3; ++i) ASSERT_TRUE(append(*create(kA), make_batch({})));
  ASSERT_TRUE(logs->find(kA)->flush());
  logs->checkpoint_recovery_points();
  kill();
  // The last batch is damaged: it goes, and the log ends at the point of the last life.
  Buffer bytes = *files.content("/d1/a-0/00000000000000000000.log");
  bytes.back() ^= 1;
  files.put("/d1/a-0/00000000000000000000.log", bytes);
  ASSERT_TRUE(start());
  EXPECT_EQ(logs->find(kA)->log_end_offset(), 2);
  EXPECT_EQ(text("/d1/recovery-point-offset-checkpoint"), "0\n1\na 0 1\n");
}

TEST_F(Manager, ManyChangedLogsAreSyncedAtOnce) {
  ASSERT_TRUE(start());
  for (int i = 0; i < 200; ++i) create({"t", i});
  const auto created = files.operations();
  logs->checkpoint_recovery_points();
  // Per directory one sync of everything and two checkpoint files of five operations each.
  EXPECT_EQ(files.operations() - created, 22u);
  for (const auto& log : logs->logs()) ASSERT_TRUE(append(*log, make_batch({})));
  std::size_t syncs = 0, all = 0;
  files.set_trace([&](const std::string& operation) {
    syncs += operation.starts_with("sync ");
    all += operation.starts_with("syncfs");
  });
  logs->shutdown(1);
  files.set_trace({});
  EXPECT_EQ(all, 2u);
  EXPECT_LT(syncs, 20u);
  kill(CrashLoss::kAllUnsynced);
  const auto report = start();
  ASSERT_TRUE(report);
  EXPECT_EQ(report->logs, 200u);
  EXPECT_EQ(report->recovered, 0u);
  for (const auto& log : logs->logs()) EXPECT_EQ(log->log_end_offset(), 1);
}

TEST_F(Manager, RemovedPartitionIsRenamedThenUnlinked) {
  config.directories = {"/d1"};
  ASSERT_TRUE(start());
  const TopicPartition longest{std::string(249, 'l'), 0};
  for (const auto& partition : {kA, longest}) {
    const auto log = create(partition);
    ASSERT_TRUE(append(*log, make_batch({})));
    ASSERT_TRUE(logs->remove(partition));
    EXPECT_EQ(logs->find(partition), nullptr);
    EXPECT_EQ(append(*log, make_batch({})).error().code, StorageErrorCode::kClosed);
  }
  EXPECT_EQ(logs->remove(kA).error().code, StorageErrorCode::kNotFound);
  std::size_t renamed = 0;
  for (const auto& entry : entries("/d1"))
    if (entry.is_directory) {
      EXPECT_TRUE(entry.name.ends_with("-delete")) << entry.name;
      EXPECT_LE(entry.name.size(), 255u);
      ++renamed;
    }
  EXPECT_EQ(renamed, 2u);
  // The same name again, while the old one waits.
  EXPECT_EQ(append(*create(kA), make_batch({}))->first_offset, 0);
  clock.advance_ms(1000);
  logs->delete_pending_files();
  for (const auto& entry : entries("/d1"))
    if (entry.is_directory) {
      EXPECT_EQ(entry.name, "a-0");
    }
}

TEST_F(Manager, LeftoverDeletionsGoAfterTheStart) {
  ASSERT_TRUE(start());
  logs->shutdown(1);
  files.put("/d1/a-0.0123456789abcdef0123456789abcdef-delete/00000000000000000000.log", as_bytes("x"));
  ASSERT_TRUE(start());
  EXPECT_EQ(logs->size(), 0u);
  logs->delete_pending_files();
  EXPECT_FALSE(exists(files, "/d1/a-0.0123456789abcdef0123456789abcdef-delete"));
}

TEST_F(Manager, OffsetsOfADeletedPartitionDoNotMeetItsSuccessor) {
  config.directories = {"/d1"};
  ASSERT_TRUE(start());
  ASSERT_TRUE(append(*create(kA), make_batch({.count = 50})));
  ASSERT_TRUE(logs->find(kA)->delete_records_before(40));
  logs->checkpoint_recovery_points();
  logs->checkpoint_high_watermarks();
  ASSERT_TRUE(logs->remove(kA));
  ASSERT_TRUE(append(*create(kA), make_batch({.count = 2})));
  kill();
  ASSERT_TRUE(start());
  EXPECT_EQ(logs->find(kA)->log_start_offset(), 0);
  EXPECT_EQ(logs->find(kA)->log_end_offset(), 2);
}

TEST_F(Manager, UnknownReplicasBecomeStrayAndForeignDirectoriesStay) {
  ASSERT_TRUE(start());
  ASSERT_TRUE(append(*create(kA), make_batch({})));
  create(kB);
  logs->shutdown(1);
  files.put("/d1/lost+found/x", {});
  files.put("/d1/__cluster_metadata-0/00000000000000000000.log", as_bytes("not ours"));
  plan.is_stray = [](const TopicPartition& partition, const Uuid& id) {
    return partition == kA && id == Uuid::reserved(150);
  };
  const auto report = start();
  ASSERT_TRUE(report);
  EXPECT_EQ(report->strays, 1u);
  EXPECT_EQ(logs->find(kA), nullptr);
  EXPECT_NE(logs->find(kB), nullptr);
  bool stray = false;
  for (const std::string& path : files.paths())
    stray |= path.find("/a-0.") != std::string::npos &&
             path.find("-stray/00000000000000000000.log") != std::string::npos;
  EXPECT_TRUE(stray);
  EXPECT_TRUE(exists(files, "/d1/lost+found"));
  EXPECT_EQ(text("/d1/__cluster_metadata-0/00000000000000000000.log"), "not ours");
}

TEST_F(Manager, SamePartitionInTwoDirectoriesIsRefused) {
  ASSERT_TRUE(start());
  logs->shutdown(1);
  for (const std::string directory : {"/d1", "/d2"})
    files.put(directory + "/a-0/partition.metadata",
              as_bytes("version: 0\ntopic_id: ISIjJCUmJygxMjM0NTY3OA"));
  EXPECT_EQ(start().error().code, StorageErrorCode::kAlreadyExists);
}

TEST_F(Manager, FailedDirectoryGoesOfflineAndTheOthersServe) {
  ASSERT_TRUE(start());
  const auto a = create(kA), b = create(kB);
  std::string told;
  logs->set_on_offline([&](const Uuid&, const std::string& path) { told = path; });
  ASSERT_TRUE(append(*a, make_batch({})));
  files.fail_at(files.operations() + 1, EIO);
  EXPECT_FALSE(append(*a, make_batch({})));
  EXPECT_EQ(logs->offline_directories(), (std::vector<std::string>{told}));
  EXPECT_TRUE(a->is_offline());
  EXPECT_FALSE(b->is_offline());
  ASSERT_TRUE(append(*b, make_batch({})));
  for (int i = 0; i < 3; ++i) EXPECT_FALSE(create({"later", i})->is_offline());
  logs->shutdown(1);
  EXPECT_FALSE(files.content(told + "/.kafka_cleanshutdown"));
  EXPECT_TRUE(files.content((told == "/d1" ? "/d2" : "/d1") + std::string("/.kafka_cleanshutdown")));
}

TEST_F(Manager, BrokenCheckpointMeansRecoveryNotLoss) {
  config.directories = {"/d1"};
  ASSERT_TRUE(start());
  ASSERT_TRUE(append(*create(kA), make_batch({.count = 3})));
  logs->shutdown(1);
  files.put("/d1/recovery-point-offset-checkpoint", as_bytes("0\n5\na 0"));
  const auto report = start();
  ASSERT_TRUE(report);
  EXPECT_EQ(report->recovered, 1u);
  EXPECT_EQ(logs->find(kA)->log_end_offset(), 3);
}

TEST_F(Manager, LogThatCannotBeLoadedBarsTheCleanMarkerAfterACrash) {
  config.directories = {"/d1"};
  ASSERT_TRUE(start());
  create(kB);
  kill();
  // A message of magic 0: 14 bytes, CRC, no key, no value.
  Buffer old(26);
  old[11] = 14;
  std::fill(old.begin() + 18, old.end(), 0xff);
  store_be(old.data() + 12, static_cast<std::uint32_t>(::crc32_z(0, old.data() + 16, 10)));
  files.put("/d1/a-0/00000000000000000000.log", old);
  ASSERT_TRUE(start());
  EXPECT_EQ(logs->find(kA), nullptr);
  EXPECT_NE(logs->find(kB), nullptr);
  EXPECT_EQ(logs->get_or_create(kA, Uuid::reserved(150), log_config).error().code,
            StorageErrorCode::kAlreadyExists);
  logs->shutdown(1);
  EXPECT_FALSE(files.content("/d1/.kafka_cleanshutdown"));
}

TEST_F(Manager, ThousandsOfPartitionsLiveUnderAFewDescriptors) {
  config.open_files_max = 50;
  ASSERT_TRUE(start());
  const Buffer batch = make_batch({});
  for (int i = 0; i < 1000; ++i) ASSERT_TRUE(append(*create({"t", i}), batch));
  for (const auto& log : logs->logs()) EXPECT_EQ(all_offsets(*log).size(), 1u);
  logs->shutdown(1);
  const auto report = start();
  ASSERT_TRUE(report);
  EXPECT_EQ(report->logs, 1000u);
}

// Runs what is due when told.
class StepScheduler final : public Scheduler {
 public:
  TimerId after(std::chrono::milliseconds delay, Task task) override {
    tasks_.emplace(now_ + delay.count(), std::move(task));
    return ++next_;
  }
  bool cancel(TimerId) override { return false; }
  void run_blocking(Task task) override { task(); }
  void advance(std::int64_t ms) {
    now_ += ms;
    while (!tasks_.empty() && tasks_.begin()->first <= now_) {
      Task task = std::move(tasks_.begin()->second);
      tasks_.erase(tasks_.begin());
      task();
    }
  }

 private:
  std::int64_t now_ = 0;
  TimerId next_ = 0;
  std::multimap<std::int64_t, Task> tasks_;
};

TEST_F(Manager, MaintenanceRunsEachWorkAtItsIntervalUntilStopped) {
  config.directories = {"/d1"};
  ASSERT_TRUE(start());
  StepScheduler scheduler;
  LogMaintenance maintenance(*logs, scheduler, {});
  ASSERT_TRUE(append(*create(kA), make_batch({.count = 4})));
  scheduler.advance(4'999);
  EXPECT_EQ(text("/d1/replication-offset-checkpoint"), "(none)");
  scheduler.advance(1);
  EXPECT_EQ(text("/d1/replication-offset-checkpoint"), "0\n1\na 0 4\n");
  scheduler.advance(55'000);
  EXPECT_EQ(text("/d1/recovery-point-offset-checkpoint"), "0\n1\na 0 0\n");
  log_config->flush_ms = 10;
  clock.advance_ms(10);
  scheduler.advance(60'000);
  // The last record's offset: at the one behind it another segment could begin.
  EXPECT_EQ(text("/d1/recovery-point-offset-checkpoint"), "0\n1\na 0 3\n");
  maintenance.stop();
  ASSERT_TRUE(append(*logs->find(kA), make_batch({})));
  scheduler.advance(600'000);
  EXPECT_EQ(text("/d1/replication-offset-checkpoint"), "0\n1\na 0 4\n");
}

TEST_F(Manager, LooksForExpiredSegmentsThirtySecondsAfterTheStartAndThenEveryInterval) {
  config.directories = {"/d1"};
  ASSERT_TRUE(start());
  StepScheduler scheduler;
  LogMaintenance maintenance(*logs, scheduler, {});
  log_config->retention_ms = 1000;
  const auto log = create(kA);
  ASSERT_TRUE(append(*log, make_batch({.count = 4})));
  clock.advance_ms(10'000);
  scheduler.advance(29'999);
  EXPECT_EQ(log->log_start_offset(), 0);
  scheduler.advance(1);
  EXPECT_EQ(log->log_start_offset(), 4);
  ASSERT_TRUE(append(*log, make_batch({.count = 2})));
  clock.advance_ms(10'000);
  scheduler.advance(299'999);
  EXPECT_EQ(log->log_start_offset(), 4);
  scheduler.advance(1);
  EXPECT_EQ(log->log_start_offset(), 6);
}

// A crash at every operation of a manager's life: nothing it called durable is missing afterwards.
TEST_F(Manager, CrashAtEveryOperationLeavesDirectoriesThatLoad) {
  config.directories = {"/d1", "/d2"};
  log_config->segment_bytes = 300;
  std::uint64_t operations = 1000;
  for (std::uint64_t stop = 1; stop <= operations && !HasFailure(); ++stop) {
    for (const CrashLoss loss : {CrashLoss::kNothing, CrashLoss::kAllUnsynced, CrashLoss::kRandom}) {
      SCOPED_TRACE("stopped at operation " + std::to_string(stop));
      SimulatedFileSystem disk(stop);
      std::map<TopicPartition, std::int64_t> durable;
      const auto live = [&] {
        LogManager manager(disk, clock, *random, config);
        if (!manager.open_directories("cluster", 1) || !manager.load(plan)) return;
        for (int round = 0; round < 3; ++round) {
          for (const TopicPartition& partition : {kA, kB}) {
            auto log = manager.get_or_create(partition, Uuid::reserved(150), log_config);
            if (!log || !append(**log, make_batch({.count = 2, .value_bytes = 60}))) return;
            if (round == 1 && !(*log)->flush()) return;
            durable[partition] = (*log)->recovery_point();
          }
          manager.checkpoint_recovery_points();
          manager.checkpoint_high_watermarks();
        }
        manager.shutdown(5);
        if (!manager.offline_directories().empty()) return;
        operations = std::min(operations, disk.operations());
        durable[kA] = durable[kB] = 6;
      };
      disk.stop_at(stop);
      live();
      disk.crash(loss);
      LogManager manager(disk, clock, *random, config);
      ASSERT_TRUE(manager.open_directories("cluster", 1));
      const auto report = manager.load(plan);
      ASSERT_TRUE(report) << report.error().to_string();
      for (const auto& [partition, offset] : durable) {
        const auto log = manager.get_or_create(partition, Uuid::reserved(150), log_config);
        ASSERT_TRUE(log) << log.error().to_string();
        EXPECT_GE((*log)->log_end_offset(), offset);
        const auto offsets = all_offsets(**log);
        EXPECT_EQ(static_cast<std::int64_t>(offsets.size()), (*log)->log_end_offset());
        ASSERT_TRUE(append(**log, make_batch({})));
      }
      manager.shutdown(6);
      EXPECT_TRUE(disk.content("/d1/.kafka_cleanshutdown"));
    }
  }
  EXPECT_LT(operations, 1000u);
}

}  // namespace
}  // namespace barnabas::storage
