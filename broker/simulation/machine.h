// A broker's storage and its transaction coordinator over simulated files, in virtual time: what starts,
// crashes and starts again.
#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "broker/coordination/partition_log.h"
#include "broker/partition/marker_writer.h"
#include "broker/partition/partition_manager.h"
#include "broker/partition/transaction_verifier.h"
#include "broker/producer_ids.h"
#include "broker/transactions/transaction_coordinator.h"
#include "common/clock.h"
#include "common/random.h"
#include "common/scheduler.h"
#include "storage/compaction/log_cleaner.h"
#include "storage/log_manager.h"
#include "storage/simulation/simulated_file_system.h"

namespace barnabas::broker::simulation {

// Timers by virtual time, blocking work when it is told to. One thread.
class WorldScheduler final : public Scheduler {
 public:
  explicit WorldScheduler(ManualClock& clock) : clock_(clock) {}
  TimerId after(std::chrono::milliseconds delay, Task task) override;
  bool cancel(TimerId timer) override;
  void run_blocking(Task task) override { blocking_.push_back(std::move(task)); }
  void run_pending();
  void advance_ms(std::int64_t ms);
  // The process died.
  void forget();

 private:
  ManualClock& clock_;
  TimerId last_id_ = 0;
  std::map<std::pair<std::int64_t, TimerId>, Task> timers_;
  std::deque<Task> blocking_;
};

inline constexpr std::int32_t kStatePartitions = 2;
inline constexpr std::int32_t kDataPartitions = 3;

// Two log directories with __transaction_state, compacted, and one topic "t", all under group commit. Lives
// through its own crashes; everything that start() makes is gone after one. One thread.
class Machine {
 public:
  Machine(std::uint64_t seed, std::int16_t transaction_version);
  ~Machine() { stop(); }
  Machine(const Machine&) = delete;
  Machine& operator=(const Machine&) = delete;

  // The text of what went wrong; empty if all is well.
  std::string start();
  std::string crash(storage::CrashLoss loss);
  std::string clean_restart();
  // The coordinator's partitions go to another broker and come back.
  void move_leadership();

  transactions::TransactionCoordinator& coordinator() { return *coordinator_; }
  TransactionVerifier& verifier() { return *verifier_; }
  storage::LogManager& logs() { return *logs_; }
  storage::LogCleaner& cleaner() { return *cleaner_; }
  std::shared_ptr<Partition> data(std::int32_t number) const;
  bool any_offline() const { return !logs_->offline_directories().empty(); }
  // Rises with every start: what an earlier life was asked is never answered.
  std::uint64_t life() const { return life_; }

  storage::SimulatedFileSystem files;
  ManualClock clock;
  WorldScheduler scheduler{clock};

 private:
  void stop();
  void lead();
  std::shared_ptr<const TopicRules> rules_of(const std::string& topic) const;
  std::shared_ptr<const controller::MetadataImage> image() const;

  const std::int16_t version_;
  std::unique_ptr<Random> random_;
  std::shared_ptr<const TopicRules> state_rules_, data_rules_;
  std::uint64_t life_ = 0;
  std::int32_t leader_epoch_ = 0;
  std::int64_t next_producer_id_ = 1'000;  // the controller's, which does not crash here
  std::unique_ptr<storage::LogManager> logs_;
  std::unique_ptr<storage::LogCleaner> cleaner_;
  std::unique_ptr<PartitionManager> partitions_;
  std::unique_ptr<coordination::PartitionLog> state_log_;
  std::unique_ptr<ProducerIds> producer_ids_;
  std::unique_ptr<MarkerWriter> markers_;
  std::unique_ptr<transactions::TransactionCoordinator> coordinator_;
  std::unique_ptr<TransactionVerifier> verifier_;
};

}  // namespace barnabas::broker::simulation
