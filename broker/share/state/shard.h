// The share coordinator of one __share_group_state partition, without I/O: questions are decided into an
// answer and at most one record, and the state of share partitions changes by replay of records alone
// (KIP-932).
#pragma once

#include <cstdint>
#include <optional>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include "broker/coordination/deadlines.h"
#include "broker/coordination/effects.h"
#include "broker/share/persister.h"
#include "broker/share/state/records.h"
#include "broker/share/state/settings.h"

namespace barnabas::broker::share {

using coordination::Answerer;
using coordination::Instant;

// What the shards ask of the world around them. Any thread.
class ShareStatePorts {
 public:
  virtual ~ShareStatePorts() = default;
  // How many partitions the topic has; 0 if there is none of this id. Called within the shard's lock.
  virtual std::int32_t partition_count(const Uuid& topic_id) const = 0;
  // Whether the cluster's share.version has share groups. Called within the shard's lock.
  virtual bool share_groups_enabled() const = 0;
  // Deletes the records that take_redundant names once all before them is committed. Called as an answer.
  virtual void prune(std::int32_t shard) = 0;
};

// What comes of a question: the answer, valid once the record is committed.
template <class Answer>
struct Decision {
  Answer answer = {};
  std::optional<ShareStateRecord> record = {};
};

// Not thread-safe: the host calls it under its lock. The ports outlive it.
class ShareStateShard {
 public:
  using Record = ShareStateRecord;
  using Effects = coordination::Effects<Record>;
  static std::optional<Record> decode(ByteView key, std::optional<ByteView> value) {
    return decode_record(key, value);
  }
  static coordination::EncodedRecord encode(const Record& record) { return encode_record(record); }

  ShareStateShard(const ShareStateSettings& settings, ShareStatePorts& ports, std::int32_t shard)
      : settings_(settings), ports_(ports), shard_(shard) {}
  ShareStateShard(const ShareStateShard&) = delete;
  ShareStateShard& operator=(const ShareStateShard&) = delete;

  // --- Questions; the errors are those of Persister. Epochs of -1 are not checked. ---
  // Starts anew whatever was there, from `start_offset` or, with -1, from nowhere yet.
  Decision<StateResult> initialize(const SharePartitionKey& key, std::int32_t state_epoch,
                                   std::int64_t start_offset, Instant now) const;
  // Records a leader epoch that is new.
  Decision<PartitionState> read(const SharePartitionKey& key, std::int32_t leader_epoch, Instant now) const;
  Decision<StateSummary> read_summary(const SharePartitionKey& key) const;
  // An update, or the whole state where enough updates have followed the last.
  Decision<StateResult> write(const SharePartitionKey& key, const StateWrite& state, Instant now) const;
  // What is not there is deleted already.
  Decision<StateResult> remove(const SharePartitionKey& key) const;
  // Tombstones of what belongs to these topics.
  std::vector<Record> forget_topics(const std::unordered_set<Uuid>& topic_ids) const;
  // The offset below which no record is needed any more, each offset once; nullopt if there is none that is
  // new.
  std::optional<std::int64_t> take_redundant();

  // --- Time ---
  std::optional<std::int64_t> next_deadline_ms() const { return deadlines_.next_ms(); }
  bool run_due(Instant now, Effects& effects);

  // --- State ---
  void replay(const Record& record, std::int64_t offset, std::int64_t producer_id, Instant now,
              Effects& effects);
  void replay_end_transaction(std::int64_t, bool) {}  // no transaction writes to this topic
  void led(std::int32_t) {}                           // no record names the epoch
  void loaded(Instant now, Effects& effects);
  void unload(Effects&) {}  // nobody is parked: every answer waits for a write, and the host ends those

  // For tests and metrics.
  std::size_t size() const { return partitions_.size(); }
  const ShareState* find(const SharePartitionKey& key) const;

 private:
  enum class Job : std::uint8_t { kSnapshotCold, kPrune };
  struct SharePartition {
    ShareState state;
    // The highest that were seen; a new start may have put lower ones into the state.
    std::int32_t highest_leader_epoch = -1;
    std::int32_t highest_state_epoch = -1;
    std::int32_t updates = 0;           // since the last snapshot that was due to their number
    std::int64_t snapshot_offset = -1;  // where the log has the last whole state
  };

  bool topic_partition_exists(const SharePartitionKey& key) const;
  const SharePartition* partition(const SharePartitionKey& key) const;
  ShareStateRecord next_record(const SharePartitionKey& key, const SharePartition& partition,
                               const StateWrite& write, std::int32_t leader_epoch, Instant now) const;
  void replay_snapshot(const SharePartitionKey& key, const ShareState& state, std::int64_t offset);
  void replay_update(const SharePartitionKey& key, const ShareUpdate& update);
  void snapshot_cold(Instant now, Effects& effects) const;

  const ShareStateSettings settings_;
  ShareStatePorts& ports_;
  const std::int32_t shard_;
  std::unordered_map<SharePartitionKey, SharePartition, SharePartitionKeyHash> partitions_;
  std::int64_t last_tombstone_ = -1;  // its offset
  std::int64_t taken_redundant_ = 0;
  coordination::Deadlines<Job> deadlines_;
  coordination::Deadline cold_;
  coordination::Deadline prune_;
};

}  // namespace barnabas::broker::share
