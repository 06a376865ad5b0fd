// Gives a GroupShard its lock, its log, its timer and its answers: the I/O around the core.
#pragma once

#include <condition_variable>
#include <cstdint>
#include <functional>
#include <list>
#include <memory>
#include <mutex>
#include <optional>
#include <vector>

#include "broker/groups/coordinator_log.h"
#include "broker/groups/effects.h"
#include "broker/groups/group_shard.h"
#include "common/clock.h"
#include "common/random.h"
#include "common/scheduler.h"

namespace barnabas::broker::groups {

// What a host shares with the other hosts of a coordinator. All outlive the hosts' last timer and append.
struct HostEnvironment {
  GroupSettings settings;
  const Clock& clock;
  Random& random;
  Scheduler& scheduler;
  CoordinatorLog& log;
};

// Any thread. Held by the coordinator and, through weak pointers, by its timers and appends. One timer of the
// scheduler at most is pending per host.
class ShardHost : public std::enable_shared_from_this<ShardHost> {
 public:
  using Operation = std::move_only_function<void(GroupShard& shard, Instant now, Effects& effects)>;

  ShardHost(HostEnvironment environment, std::int32_t partition)
      : environment_(environment), partition_(partition) {}
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
  void run(Operation operation, std::move_only_function<void(ErrorCode)> refused);
  // The same for what only reads: `operation`'s answers also wait for every write before them to be
  // committed, so that nobody is told what a failing broker could still forget.
  void read(Operation operation, std::move_only_function<void(ErrorCode)> refused);
  // For metrics: nothing of what is loading or not led.
  GroupCounts counts() const;

 private:
  enum class Phase : std::uint8_t { kAbsent, kLoading, kActive };

  // One batch between its append and its commit.
  struct Pending {
    std::vector<WriteDone> done;
    std::vector<Task> later;  // answers of reads
    std::mutex mutex;
    bool appended = false;            // guarded by mutex
    std::optional<ErrorCode> result;  // guarded by mutex
  };
  using PendingPtr = std::shared_ptr<Pending>;
  using Outbox = std::vector<Task>;

  ErrorCode unusable() const;  // kNone if active
  Instant now() const { return {environment_.clock.wall_ms(), environment_.clock.monotonic_ms()}; }
  void submit(Operation operation, std::move_only_function<void(ErrorCode)> refused, bool only_reads);
  void carry_out(Effects effects, Outbox& outbox);
  void write(Write write, Outbox& outbox);
  ErrorCode append(std::span<const GroupRecord> records, std::span<const EncodedRecord> encoded, bool replay,
                   const PendingPtr& pending, Outbox& outbox);
  void committed(const PendingPtr& pending, ErrorCode error);
  void finish(const PendingPtr& pending, ErrorCode error, Outbox& outbox);
  void load(std::int32_t leader_epoch);
  void arm_timer();
  void on_timer(std::uint64_t token);
  static void send(Outbox& outbox);

  const HostEnvironment environment_;
  const std::int32_t partition_;
  mutable std::mutex mutex_;  // guards all below; never held while an answer is given
  std::condition_variable load_ended_;
  bool load_running_ = false;
  Phase phase_ = Phase::kAbsent;
  std::int32_t leader_epoch_ = -1;
  std::unique_ptr<GroupShard> shard_;
  std::list<PendingPtr> in_flight_;
  TimerId timer_ = 0;
  std::int64_t timer_at_ms_ = 0;
  std::uint64_t timer_token_ =
      0;  // of the latest timer: an earlier one that could not be cancelled is ignored
};

}  // namespace barnabas::broker::groups
