// A share fetch from its first look until records can be handed out or its time is over.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "broker/share/partition/share_partition_manager.h"
#include "common/metrics.h"
#include "common/scheduler.h"

namespace barnabas::broker::share {

// One partition's part of an answer.
struct SharedRecords {
  SessionPartition partition;
  std::shared_ptr<Partition> led;  // null if it could not be found
  HostedPartition::Taken taken;
};

// Finished by whoever comes first: the caller itself, a partition that has more, or the timer. Held by the
// watch lists and the timer while it waits. Its mutex guards everything and is taken before those of the
// partitions it looks at.
class ParkedShareFetch final : public DataWatcher, public std::enable_shared_from_this<ParkedShareFetch> {
 public:
  struct Wants {
    std::string group_id;
    Holder member;
    std::int32_t max_wait_ms = 0;
    std::int32_t min_bytes = 0;
    std::int32_t max_bytes = 0;
    std::int32_t max_records = 0;
    std::int32_t batch_size = 1;
    bool record_limit = false;
    std::vector<SessionPartition> partitions = {};  // in the order to serve them
  };
  // Those that have an error, and those that were looked at last. Given once, with the mutex held.
  using Done = std::move_only_function<void(std::vector<SharedRecords>)>;

  ParkedShareFetch(SharePartitionManager& manager, Wants wants, std::shared_ptr<Gauge> waiting, Done done)
      : manager_(manager), wants_(std::move(wants)), waiting_(std::move(waiting)), done_(std::move(done)) {}

  // Looks, and finishes or waits. Called once.
  void begin();
  void data_changed(WatchList& list) override;

 private:
  struct Part {
    SessionPartition partition;
    std::shared_ptr<HostedPartition> hosted;  // null: failed
    HostedPartition::Taken failure = {};
  };

  void find_partitions();
  void load_partitions();
  // Unless it can be finished at once.
  void begin_to_wait();
  void note_failures();
  // Hands records out if there are enough of them or, with `now`, whatever there is. True if finished.
  bool look(bool now);
  bool is_worth_taking();
  void watch();
  void time_out();
  void finish(std::vector<SharedRecords> records);

  SharePartitionManager& manager_;
  const Wants wants_;
  const std::shared_ptr<Gauge> waiting_;
  std::mutex mutex_;
  Done done_;  // empty once finished
  std::vector<Part> parts_;
  TimerId timer_ = 0;
  bool is_waiting_ = false;
  bool is_watching_ = false;
};

}  // namespace barnabas::broker::share
