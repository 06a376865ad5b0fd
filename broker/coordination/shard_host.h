// Gives a core its lock, its log, its timer and its answers: the I/O around the coordinator of one partition.
#pragma once

#include <concepts>
#include <condition_variable>
#include <cstdint>
#include <functional>
#include <list>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "broker/coordination/coordinator_log.h"
#include "broker/coordination/effects.h"
#include "common/clock.h"
#include "common/scheduler.h"

namespace barnabas::broker::coordination {

// What a host shares with the other hosts of a coordinator. All outlive the hosts' last timer and append.
struct HostEnvironment {
  std::string topic;  // the log's name in messages
  std::int32_t commit_timeout_ms = 5'000;
  const Clock& clock;
  Scheduler& scheduler;
  CoordinatorLog& log;
};

// What a core is: commands of its own that fill Effects, deadlines in virtual time, and hard state that
// follows from records alone.
template <class C>
concept Core = requires(C core, const typename C::Record record, ByteView bytes, Instant now,
                        Effects<typename C::Record> effects) {
  // nullopt if the bytes are malformed.
  { C::decode(bytes, std::optional<ByteView>(bytes)) } -> std::same_as<std::optional<typename C::Record>>;
  { C::encode(record) } -> std::same_as<EncodedRecord>;
  // One record of the log at its offset, with the producer of its transaction or -1.
  core.replay(record, std::int64_t{}, std::int64_t{}, now, effects);
  core.replay_end_transaction(std::int64_t{}, bool{});  // producer id, committed
  // The epoch under which this broker leads the partition; before `loaded`, and when it changes.
  core.led(std::int32_t{});
  core.loaded(now, effects);  // the last record has been replayed
  core.unload(effects);       // another broker goes on: whoever waits is told
  { core.next_deadline_ms() } -> std::same_as<std::optional<std::int64_t>>;
  { core.run_due(now, effects) } -> std::same_as<bool>;  // false if nothing was due
};

// Any thread. Held by the coordinator and, through weak pointers, by its timers and appends. One timer of the
// scheduler at most is pending per host. Defined in shard_host_impl.h, for the one file of a coordinator that
// instantiates it.
template <Core C>
class ShardHost : public std::enable_shared_from_this<ShardHost<C>> {
 public:
  using Record = typename C::Record;
  using HostEffects = Effects<Record>;
  using ErrorCode = protocol::ErrorCode;
  using Operation = std::move_only_function<void(C& core, Instant now, HostEffects& effects)>;
  using Refused = std::move_only_function<void(ErrorCode)>;
  using MakeCore = std::function<std::unique_ptr<C>(std::int32_t partition)>;

  ShardHost(HostEnvironment environment, std::int32_t partition, MakeCore make)
      : environment_(std::move(environment)), partition_(partition), make_(std::move(make)) {}
  ~ShardHost();

  // This broker leads the partition now: loads it on the scheduler's pool. A newer epoch of a partition that
  // is led already changes nothing but the epoch.
  void lead(std::int32_t leader_epoch);
  // It does not any more: all that waits hears NOT_COORDINATOR.
  void resign();
  // Blocks while the pool still reads the log for this host.
  void await_load();

  // Runs `operation` under the lock, appends what it wrote, and gives the answers after that, outside the
  // lock. If the shard cannot be used, `refused` is called with kNotCoordinator or
  // kCoordinatorLoadInProgress.
  void run(Operation operation, Refused refused);
  // The same for what only reads: `operation`'s answers also wait for every write before them to be
  // committed, so that nobody is told what a failing broker could still forget.
  void read(Operation operation, Refused refused);
  // Carries out what is due by now and its timer is about to do, for an operation that must not find a
  // session alive whose time is over.
  void catch_up();
  // Shows the core to `look` under the lock, for metrics; not if it is loading or not led.
  template <class Look>
  void inspect(Look&& look) const {
    const std::lock_guard lock(mutex_);
    if (phase_ == Phase::kActive) look(std::as_const(*core_));
  }

 private:
  enum class Phase : std::uint8_t { kAbsent, kLoading, kActive };

  // One batch between its append and its commit.
  struct Pending {
    std::vector<WriteDone<Record>> done;
    std::vector<Task> later;  // answers of reads
    std::mutex mutex;
    bool appended = false;            // guarded by mutex
    std::optional<ErrorCode> result;  // guarded by mutex
  };
  using PendingPtr = std::shared_ptr<Pending>;
  using Outbox = std::vector<Task>;

  ErrorCode unusable() const;  // kNone if active
  Instant now() const { return {environment_.clock.wall_ms(), environment_.clock.monotonic_ms()}; }
  void submit(Operation operation, Refused refused, bool only_reads);
  void carry_out(HostEffects effects, Outbox& outbox);
  void write(Write<Record> write, Outbox& outbox);
  ErrorCode append(std::span<const Record> records, std::span<const EncodedRecord> encoded,
                   const Write<Record>& write, const PendingPtr& pending, Outbox& outbox);
  void committed(const PendingPtr& pending, ErrorCode error);
  void finish(const PendingPtr& pending, ErrorCode error, Outbox& outbox);
  void load(std::int32_t leader_epoch);
  void arm_timer();
  void on_timer(std::uint64_t token);
  void run_all_due(Outbox& outbox);
  static void send(Outbox& outbox);

  const HostEnvironment environment_;
  const std::int32_t partition_;
  const MakeCore make_;
  mutable std::mutex mutex_;  // guards all below; never held while an answer is given
  std::condition_variable load_ended_;
  bool load_running_ = false;
  Phase phase_ = Phase::kAbsent;
  std::int32_t leader_epoch_ = -1;
  std::unique_ptr<C> core_;
  std::list<PendingPtr> in_flight_;
  TimerId timer_ = 0;
  std::int64_t timer_at_ms_ = 0;
  // Of the latest timer: an earlier one that could not be cancelled is ignored.
  std::uint64_t timer_token_ = 0;
};

}  // namespace barnabas::broker::coordination
