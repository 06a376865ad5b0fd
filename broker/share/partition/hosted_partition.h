// A share partition at work: the core with its lock, its log, its timer and the persister behind it.
#pragma once

#include <array>
#include <atomic>
#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "broker/configs/group_configs.h"
#include "broker/partition/partition.h"
#include "broker/share/partition/share_partition.h"
#include "broker/share/persister.h"
#include "common/clock.h"
#include "common/metrics.h"
#include "common/scheduler.h"

namespace barnabas::broker::share {

// What hosted partitions count; Kafka's names are given where they are registered.
struct ShareCounts {
  std::shared_ptr<Counter> lock_timeouts = std::make_shared<Counter>();
  std::shared_ptr<Summary> load_time_ms = std::make_shared<Summary>();
  // Records by what was said of them: accepted, released, rejected, renewed.
  std::array<std::shared_ptr<Counter>, 4> acknowledged = {
      std::make_shared<Counter>(), std::make_shared<Counter>(), std::make_shared<Counter>(),
      std::make_shared<Counter>()};

  void count(std::span<const AcknowledgeBatch> batches) const;
};

// What a hosted partition works with. All outlive it and its last callback.
struct HostEnvironment {
  Persister& persister;
  const Clock& clock;
  Scheduler& scheduler;
  std::function<ShareGroupConfig(const std::string& group_id)> config_of;
  ShareCounts counts = {};
};

// Any thread. Owned by the SharePartitionManager and by whoever uses it; one that was fenced hands nothing
// out and writes nothing more. Its mutex is held while a member reads from it, headers of batches included,
// so that no record goes to two; never while the persister, a watcher or an answer is called.
class HostedPartition : public std::enable_shared_from_this<HostedPartition> {
 public:
  using Answerer = coordination::Answerer<StateResult>;
  // Told, without a lock held, that the persister knows better who owns the state: another one must be made.
  using Lost = std::function<void(const HostedPartition&)>;

  HostedPartition(SharePartitionKey key, std::shared_ptr<Partition> partition, HostEnvironment& environment,
                  Lost lost);

  // Reads the persisted state, the first time it is called; the watchers are woken when it is done.
  void load();

  const SharePartitionKey& key() const { return key_; }
  Partition& partition() const { return *partition_; }
  // Those who wait for records to become available.
  WatchList& watchers() { return watchers_; }
  // False once the partition is led under another epoch, or not here, or its topic is gone.
  bool is_current() const;
  // NONE, COORDINATOR_NOT_AVAILABLE ... while the state could not be read; none while it is being read.
  std::optional<StateResult> loaded() const;

  struct Wants {
    Holder member;
    bool record_limit = false;
    std::int32_t batch_size = 1;
    std::int32_t max_records = 0;
    std::int64_t max_bytes = 0;
    bool min_one_batch = false;
  };
  struct Taken {
    protocol::ErrorCode error = protocol::ErrorCode::kNone;
    std::string message = {};
    Payload records = {};  // whole batches, all that hold acquired records and perhaps more
    std::vector<AcquiredRange> acquired = {};
    std::int64_t count = 0;
  };
  // Hands records out to a member; nothing while loading, fenced or full.
  Taken take(const Wants& wants);
  // Whether records may be handed out, and how many bytes of them can be read (at most `max_bytes`).
  struct Readable {
    bool can_acquire = false;
    protocol::ErrorCode error = protocol::ErrorCode::kNone;
    std::int64_t bytes = 0;
  };
  Readable readable(std::int64_t max_bytes);

  // Answered once it is persisted or refused: INVALID_RECORD_STATE, INVALID_REQUEST, and of the persister
  // COORDINATOR_NOT_AVAILABLE, NOT_LEADER_OR_FOLLOWER, UNKNOWN_TOPIC_OR_PARTITION, UNKNOWN_SERVER_ERROR.
  void acknowledge(const std::string& member, std::vector<AcknowledgeBatch> batches, Answerer answerer);
  void release(const std::string& member, Answerer answerer);
  // It is no longer in use.
  void fence();
  // The same once nothing is left to be written: fences and is true, or reports itself as lost later, unless
  // keep() comes before.
  bool fence_when_idle();
  void keep();

  struct Numbers {
    std::int64_t in_flight = 0;
    std::size_t batches = 0;
  };
  Numbers numbers() const;

 private:
  enum class Status : std::uint8_t { kLoading, kReady, kFailed, kFenced };
  // What is to be persisted; `confirms`: the core waits to hear of it.
  struct PendingWrite {
    std::vector<StateBatch> batches;
    bool confirms = false;
    Answerer answerer = {};
  };

  ShareLimits limits() const;
  void on_loaded(PartitionState&& state);
  void carry_out(SharePartition::Change&& change, Answerer&& answerer);
  void push(PendingWrite write);
  // Writes what waits, one write after the other, so that an older start offset never overwrites a newer one.
  void pump();
  std::optional<StateWrite> next_write();  // under mutex_
  void on_written(StateResult&& result);
  void arm_timer();  // under mutex_
  void on_timer();
  // What was read at the next offset to hand out; under mutex_.
  struct Look {
    protocol::ErrorCode error = protocol::ErrorCode::kNone;
    std::string message = {};
    std::int64_t offset = 0;
    storage::ReadResult read = {};
  };
  Look look(std::int64_t max_bytes, bool min_one_batch, bool committed_only);
  bool take_once(const Wants& wants, const ShareGroupConfig& config, Taken& taken);  // under mutex_

  const SharePartitionKey key_;
  const std::shared_ptr<Partition> partition_;
  const std::int32_t leader_epoch_;
  HostEnvironment& environment_;
  const Lost lost_;
  const std::int64_t load_start_ms_;
  WatchList watchers_;
  std::atomic<bool> load_begun_{false};

  mutable std::mutex mutex_;  // guards all below
  Status status_ = Status::kLoading;
  StateResult load_result_;
  std::optional<SharePartition> core_;  // once loaded
  std::int32_t state_epoch_ = 0;
  std::deque<PendingWrite> waiting_;
  std::vector<PendingWrite> writing_;  // the parts of the write under way
  bool is_writing_ = false;
  bool is_retiring_ = false;  // fence_when_idle() was called
  TimerId timer_ = 0;
  std::int64_t timer_at_ms_ = INT64_MAX;
};

ShareLimits limits_of(const ShareGroupConfig& config);

// What the persister's errors mean to members.
StateResult client_error(StateResult&& result);

}  // namespace barnabas::broker::share
