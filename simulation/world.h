// Partitions over simulated files that crash, with producers, transactions, readers and a cleaner around
// them.
#pragma once

#include <cstdint>
#include <deque>
#include <memory>
#include <optional>
#include <set>
#include <span>
#include <vector>

#include "common/clock.h"
#include "common/random.h"
#include "common/scheduler.h"
#include "simulation/partition_model.h"
#include "simulation/steps.h"
#include "storage/compaction/log_cleaner.h"
#include "storage/group_commit.h"
#include "storage/log_manager.h"
#include "storage/simulation/simulated_file_system.h"

namespace barnabas::simulation {

// Blocking work, done when the world says so.
class SimulatedPool final : public Scheduler {
 public:
  TimerId after(std::chrono::milliseconds, Task) override { return 0; }
  bool cancel(TimerId) override { return false; }
  void run_blocking(Task task) override { tasks_.push_back(std::move(task)); }
  void run();
  void forget() { tasks_.clear(); }

 private:
  std::deque<Task> tasks_;
};

// One thread and virtual time: the same seed and steps give the same world. Two log directories; partitions
// that delete and partitions that compact, all under group commit.
class World {
 public:
  explicit World(std::uint64_t seed);
  ~World();

  // Lives through the steps, then once through a power loss. None if every invariant held.
  Verdict run(std::span<const Step> steps);
  // Steps done; the one that failed included.
  std::size_t steps_done() const { return steps_done_; }
  std::int64_t passed_ms() const;
  struct Counts {
    std::uint64_t batches = 0, transactions = 0, crashes = 0, cleanings = 0, refused = 0;
  };
  const Counts& counts() const { return counts_; }

 private:
  struct Partition {
    explicit Partition(PartitionModel known) : model(std::move(known)) {}
    PartitionModel model;
    std::shared_ptr<storage::LogConfig> config = std::make_shared<storage::LogConfig>();
    std::shared_ptr<storage::Log> log;
    std::shared_ptr<storage::GroupCommit> commit;
  };
  // Where a producer stands in one partition. One batch at a time is in flight.
  struct Writing {
    std::int32_t next_sequence = 0;
    std::int64_t next_number = 0;
    std::optional<Buffer> unanswered;
    bool waiting = false;  // appended, the sync is to come
    std::optional<Buffer> last;
    std::int64_t last_offset = -1;  // first offset of `last`
  };
  struct Producer {
    std::int64_t id = 0;
    std::int16_t epoch = 0;
    std::vector<Writing> partitions;  // by partition
    bool bumps_epoch = false;         // transaction.version 2
    std::set<std::size_t> joined;     // partitions of the open transaction
    std::optional<bool> decision;     // commit?
    std::set<std::size_t> unmarked;   // that still need the marker
  };
  enum class Outcome : std::uint8_t { kAppended, kRepeated, kLater, kRefused };

  void perform(const Step& step);
  void start();
  void stop_machine();
  void crash(storage::CrashLoss loss);
  void clean_restart();
  bool any_offline() const;

  void produce(Random& random);
  void repeat(Random& random);
  void transact(Random& random);
  void end_transaction(Random& random);
  void write_marker(Producer& producer, std::size_t to);
  void send(Producer& producer, std::size_t to, Random& random, bool transactional);
  Buffer make_batch(Producer& producer, std::size_t to, Random& random, bool transactional);
  Outcome append(std::size_t to, const Buffer& batch, const storage::AppendOptions& options,
                 storage::AppendInfo& info);
  void delete_records(Random& random);
  void checkpoint();
  void arm_fault(Random& random);
  void read(Random& random);
  void check(const Partition& partition);
  void failed(Verdict verdict);

  storage::SimulatedFileSystem files_;
  ManualClock clock_;
  const std::int64_t begun_ms_;
  std::unique_ptr<Random> random_;
  SimulatedPool pool_;
  std::vector<Partition> partitions_;
  std::vector<Producer> idempotent_, transactional_;
  std::unique_ptr<storage::LogManager> logs_;
  std::unique_ptr<storage::LogCleaner> cleaner_;
  std::int32_t leader_epoch_ = 0;
  std::uint64_t life_ = 0;  // rises with every start: what an earlier one promised is void
  bool fault_armed_ = false;
  std::size_t steps_done_ = 0;
  Counts counts_;
  Verdict verdict_;
};

}  // namespace barnabas::simulation
