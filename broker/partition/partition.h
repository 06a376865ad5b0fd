// One partition as its leader serves it: rules, checks, appends, reads, and those who wait.
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "broker/partition/data_watch.h"
#include "broker/partition/topic_rules.h"
#include "common/result.h"
#include "common/scheduler.h"
#include "common/topic_partition.h"
#include "common/uuid.h"
#include "protocol/error_code.h"
#include "storage/group_commit.h"
#include "storage/log.h"

namespace barnabas::broker {

// Why a produce was refused, with the records at fault where the fault is theirs (KIP-467).
struct AppendRefusal {
  struct Record {
    std::int32_t batch_index = 0;
    std::string message;
  };
  protocol::ErrorCode error = protocol::ErrorCode::kUnknownServerError;
  std::string message;
  std::vector<Record> records;
};

// How a partition is led, as the metadata log says it. Immutable.
struct Leadership {
  std::int32_t leader = -1;
  std::int32_t leader_epoch = 0;
  std::int32_t partition_epoch = -1;
  std::int32_t replica_count = 1;
  std::int32_t isr_count = 1;
};

// Any thread. Owned by the PartitionManager and by whoever holds a pointer from it: a deleted partition's
// object stays until its last request is done, and answers NOT_LEADER_OR_FOLLOWER.
class Partition {
 public:
  // `group_commit`: where the log is synced before an append is committed; null: the page cache is enough.
  Partition(TopicPartition name, Uuid topic_id, std::int32_t broker_id, std::shared_ptr<storage::Log> log,
            std::shared_ptr<const TopicRules> rules, Scheduler* group_commit = nullptr);

  const TopicPartition& name() const { return name_; }
  const Uuid& topic_id() const { return topic_id_; }
  storage::Log& log() { return *log_; }
  const storage::Log& log() const { return *log_; }
  std::shared_ptr<const TopicRules> rules() const { return rules_.load(); }
  Leadership leadership() const;
  std::int32_t leader_epoch() const { return leader_epoch_.load(std::memory_order_acquire); }
  bool is_leader() const { return leading_.load(std::memory_order_acquire); }

  // --- changes that come with a metadata image (the publisher's thread) ---
  void set_rules(std::shared_ptr<const TopicRules> rules);
  // Takes a newer state of the partition; older partition epochs are ignored. A new leader epoch of this
  // broker's own is noted in the log before the first append under it.
  void lead(const Leadership& leadership);
  // The topic is gone: every later call is refused and everybody who waits is woken.
  void retire();

  // --- requests ---

  // NONE, NOT_LEADER_OR_FOLLOWER, or FENCED_/UNKNOWN_LEADER_EPOCH for a client whose view is older or newer
  // (KIP-320); -1 is not checked.
  protocol::ErrorCode check_leader(std::int32_t current_leader_epoch) const;

  struct ClientAppend {
    std::int16_t produce_version = 12;
    std::int16_t required_acks = -1;
    std::int64_t now_ms = 0;
    // Set: what a batch must come with to begin a transaction here (KIP-890).
    std::optional<storage::VerificationGuard> guard = {};
  };
  // Before the first write of a transaction: the guard to append it under once the transaction coordinator
  // has agreed, kNoGuard if it need not be asked. NOT_LEADER_OR_FOLLOWER.
  Result<storage::VerificationGuard, protocol::ErrorCode> begin_verification(
      const storage::VerificationRequest& request);
  // Validates and appends what a client sent. Does not wake the watchers: the caller answers the producer
  // first and calls announce() then.
  Result<storage::AppendInfo, AppendRefusal> append(ByteView payload, const ClientAppend& how);
  // Appends a batch of the broker's own (coordinators), as the leader.
  Result<storage::AppendInfo, AppendRefusal> append_own(ByteView batch,
                                                        const storage::AppendOptions& options);
  // True when everything below `offset` (exclusive) is committed: readers see it, producers may be told.
  // False under group commit alone, until the sync.
  bool is_committed(std::int64_t offset) const { return !group_commit_ || log_->high_watermark() >= offset; }
  // Calls `done` with NONE once is_committed(offset), or with why it will never be: at once if it is known,
  // else from a thread of the pool. Those who wait to read are woken after that.
  using Committed = std::move_only_function<void(protocol::ErrorCode)>;
  void when_committed(std::int64_t offset, Committed done);
  // Tells those who wait that there is more to read.
  void announce() { watchers_->wake(); }

  WatchList& watchers() { return *watchers_; }

 private:
  Result<storage::AppendInfo, AppendRefusal> write(const records::BatchView& batch,
                                                   const storage::AppendOptions& options);
  // What is in the log of the only replica is committed; under group commit once it is synced: `wait` for
  // that.
  void commit_log_end(bool wait);

  const TopicPartition name_;
  const Uuid topic_id_;
  const std::int32_t broker_id_;
  const std::shared_ptr<storage::Log> log_;
  const std::shared_ptr<WatchList> watchers_;                 // outlives the partition in a sync under way
  const std::shared_ptr<storage::GroupCommit> group_commit_;  // null: nothing waits for the disk
  std::atomic<std::shared_ptr<const TopicRules>> rules_;
  std::atomic<bool> leading_{false};
  std::atomic<std::int32_t> leader_epoch_{-1};
  std::mutex watermark_mutex_;  // so that of two appends the later one's watermark stays
  mutable std::mutex leadership_mutex_;
  Leadership leadership_;
};

}  // namespace barnabas::broker
