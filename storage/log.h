// One partition's log: appends, reads, look-ups, truncation, retention and recovery over Kafka's files.
#pragma once

#include <array>
#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "common/payload.h"
#include "common/topic_partition.h"
#include "common/uuid.h"
#include "records/batch.h"
#include "storage/leader_epoch_cache.h"
#include "storage/log_config.h"
#include "storage/log_environment.h"
#include "storage/producer_state.h"
#include "storage/storage_error.h"

namespace barnabas::storage {

class Segment;

struct LogIdentity {
  TopicPartition partition;
  Uuid topic_id;          // zero: take the one of partition.metadata, write none
  std::string directory;  // of the partition: "<log dir>/<topic>-<partition>"
};

// What the checkpoint files of the log directory say about a log that is opened.
struct LogOpenOptions {
  bool is_new = false;  // the directory was just made and is empty
  bool clean = false;   // the directory was shut down cleanly: nothing is verified
  std::int64_t recovery_point = 0;
  int recovery_threads = 1;  // that read what must be verified, the caller's included
  // What each of them may note of the producers it meets before it waits for the segments before its own.
  std::size_t recovery_notes_bytes = 64 << 20;
  // False when the checkpoint of recovery points was lost: a gap between segments may be an old compaction's
  // then, and is kept. From a known recovery point on it is what a crash lost.
  bool recovery_point_known = true;
  std::int64_t log_start_offset = 0;
  std::int64_t high_watermark = 0;
};

struct AppendOptions {
  AppendOrigin origin = AppendOrigin::kClient;
  std::int64_t log_append_time_ms = -1;         // >= 0: stamped on the batches (message.timestamp.type)
  std::optional<VerificationGuard> guard = {};  // set: needed to open a transaction (KIP-890)
  std::int16_t transaction_version = 0;         // of the coordinator that writes a marker
  bool flush = false;                           // fdatasync before the append returns (the metadata log)
};

struct AppendInfo {
  std::int64_t first_offset = -1;
  std::int64_t last_offset = -1;
  std::int64_t max_timestamp = -1;
  std::int64_t log_append_time_ms = -1;
  std::int64_t log_start_offset = 0;
  // An idempotent producer sent again what the log holds: the offsets are those of the first time.
  bool duplicate = false;
};

enum class ReadBound : std::uint8_t { kLogEnd, kHighWatermark, kLastStable };

struct AbortedTransaction {
  std::int64_t producer_id = -1;
  std::int64_t first_offset = -1;
  auto operator<=>(const AbortedTransaction&) const = default;
};

struct ReadResult {
  Payload records;                 // whole batches; the first may begin below the offset asked for
  std::int64_t first_offset = -1;  // base offset of the first batch is at most this; the offset asked for
  std::int64_t next_offset = -1;   // where the next read continues
  std::int64_t log_start_offset = 0;
  std::int64_t high_watermark = 0;
  std::int64_t last_stable_offset = 0;
  std::vector<AbortedTransaction> aborted;  // filled under ReadBound::kLastStable
};

struct TimestampOffset {
  std::int64_t timestamp = -1;
  std::int64_t offset = -1;
  std::int32_t leader_epoch = -1;
  bool operator==(const TimestampOffset&) const = default;
};

struct ActiveProducer {
  std::int64_t producer_id = -1;
  std::int32_t producer_epoch = -1;
  std::int32_t last_sequence = -1;
  std::int64_t last_timestamp = -1;
  std::int32_t coordinator_epoch = -1;
  std::int64_t transaction_start_offset = -1;
  std::int64_t last_data_offset = -1;  // -1: a marker was the last of it
};

struct SegmentInfo {
  std::int64_t base_offset = 0;
  std::int64_t size_bytes = 0;
  std::int64_t max_timestamp = -1;
};

// What a compaction works from: closed segments do not change while `cuts` stays the same.
struct CleaningView {
  std::vector<std::shared_ptr<Segment>> segments;  // the last one is active
  std::uint64_t cuts = 0;
  std::int64_t log_start_offset = 0;
  std::int64_t log_end_offset = 0;
  std::int64_t last_stable_offset = 0;
};

// Any thread. Four mutexes: `swap_` is held while segments leave the log for another reason than the end of
// their time, and while a compaction exchanges some, so that the two exclude each other and appends wait for
// neither; `writer_` by whatever changes the log, for the whole of an append and its write; `flusher_` by one
// flush at a time; `state_` only while memory changes or is copied out, so that readers wait neither for a
// write nor for a sync. Order: swap, writer, flusher, state. Reads hold their segment and its file, which
// stay good when retention or a compaction takes them away meanwhile. Owned by the LogManager (the metadata
// log by the controller) and by whoever keeps the shared_ptr.
class Log {
 public:
  // Opens the log in `identity.directory`, which exists; an empty one is a new log. Recovers unless clean.
  static StorageResult<std::shared_ptr<Log>> open(LogEnvironment& environment, LogIdentity identity,
                                                  std::shared_ptr<const LogConfig> config,
                                                  const LogOpenOptions& options);
  ~Log();
  Log(const Log&) = delete;
  Log& operator=(const Log&) = delete;

  const TopicPartition& partition() const { return partition_; }
  Uuid topic_id() const;
  std::string directory() const;
  std::shared_ptr<const LogConfig> config() const;
  void set_config(std::shared_ptr<const LogConfig> config);

  // --- writing ---

  // Appends batches that were validated, giving them offsets from the log end and `leader_epoch`; the bytes
  // are not changed. All batches of a call stand together in one segment and reach it with one write.
  StorageResult<AppendInfo> append_as_leader(std::span<const records::BatchView> batches,
                                             std::int32_t leader_epoch, const AppendOptions& options = {});
  // Appends batches as they are: offsets rise and begin at or above the log end, epochs never fall.
  StorageResult<AppendInfo> append_as_follower(std::span<const records::BatchView> batches,
                                               const AppendOptions& options = {
                                                   .origin = AppendOrigin::kReplication});
  // Before the first write of a transaction: see ProducerState. The guard goes into AppendOptions.
  VerificationGuard begin_verification(const VerificationRequest& request);
  // A leader epoch that begins at the log end, before it has records.
  StorageResult<void> assign_epoch(std::int32_t epoch);

  // Makes everything appended so far durable. Callers that wait together share one fdatasync. The second
  // form returns at once when `offset` (exclusive) is durable already.
  StorageResult<void> flush();
  StorageResult<void> flush_to(std::int64_t offset);
  // Starts a new segment unless the active one is empty. Returns the active base offset.
  StorageResult<std::int64_t> roll();

  // --- reading ---

  // Whole batches from the one that holds `offset`, at most `max_bytes` of one segment; with `min_one_batch`
  // at least one even if it is larger. Empty at the bound. kOffsetOutOfRange outside [log start, log end].
  StorageResult<ReadResult> read(std::int64_t offset, std::int64_t max_bytes, bool min_one_batch,
                                 ReadBound bound) const;
  // The first record with a timestamp of at least `timestamp`; nullopt if there is none.
  StorageResult<std::optional<TimestampOffset>> offset_for_timestamp(std::int64_t timestamp) const;
  // The first record with the largest timestamp; nullopt in a log without timestamps.
  StorageResult<std::optional<TimestampOffset>> offset_of_max_timestamp() const;

  std::int64_t log_start_offset() const { return log_start_offset_.load(std::memory_order_acquire); }
  std::int64_t log_end_offset() const { return log_end_offset_.load(std::memory_order_acquire); }
  std::int64_t high_watermark() const { return high_watermark_.load(std::memory_order_acquire); }
  // First offset that read_committed readers may not see; at most the high watermark.
  std::int64_t last_stable_offset() const { return last_stable_offset_.load(std::memory_order_acquire); }
  // Everything below is known to be on disk.
  std::int64_t recovery_point() const { return recovery_point_.load(std::memory_order_acquire); }
  // Where a recovery may begin: at or below recovery_point(), and not behind a segment whose records are on
  // disk but whose indexes need not be.
  std::int64_t recovery_start() const;
  // Kept within [log start, log end]; returns what it became.
  std::int64_t set_high_watermark(std::int64_t offset);
  // The same, but never back.
  void raise_high_watermark(std::int64_t offset);

  std::int32_t latest_epoch() const;  // -1 if none
  std::optional<std::int32_t> epoch_of(std::int64_t offset) const;
  EpochEndOffset end_offset_for_epoch(std::int32_t epoch) const;
  std::vector<EpochEntry> epochs() const;
  std::vector<ActiveProducer> active_producers() const;
  // The entry of a producer, for verification and tests.
  std::optional<ProducerEntry> producer(std::int64_t producer_id) const;

  std::int64_t size_bytes() const { return size_bytes_.load(std::memory_order_relaxed); }
  std::vector<SegmentInfo> segments() const;

  // --- cutting ---

  // Moves the log start up (DeleteRecords). kOffsetOutOfRange above the high watermark; never moves back.
  StorageResult<std::int64_t> delete_records_before(std::int64_t offset);
  // Drops everything from `offset` on (and from the start of the batch that holds it).
  StorageResult<void> truncate_to(std::int64_t offset);
  // Drops everything; the log goes on at `offset`.
  StorageResult<void> truncate_fully_and_start_at(std::int64_t offset);
  // Removes segments by time and size (cleanup.policy delete) and by log start offset (the metadata log: by
  // the last alone, when its config says neither). Returns how many.
  StorageResult<std::size_t> enforce_retention();
  std::size_t expire_producers();

  // --- compaction (log_compaction.cc; what decides is in compaction/) ---

  CleaningView cleaning_view() const;
  // False once the view is no base for a cleaning any more: closed, offline, cut, or its policy changed.
  bool allows_cleaning(const CleaningView& view) const;
  // The lowest offset truncated to since the last call; nothing from there on counts as clean.
  std::optional<std::int64_t> take_lowest_cut();
  // A segment beside the log's own, in files that end with ".cleaned", empty.
  StorageResult<std::shared_ptr<Segment>> make_cleaned_segment(std::int64_t base_offset);
  // Puts `cleaned`, whole and durable, in the place of `sources`, a run of closed segments of the view.
  // False, and nothing happened, if they are not in the log any more as they were then.
  StorageResult<bool> replace_segments(const CleaningView& view,
                                       std::span<const std::shared_ptr<Segment>> sources,
                                       std::span<const std::shared_ptr<Segment>> cleaned);
  // What an I/O error of a compaction means for the log: kNoSpace; kNotFound when its directory got another
  // name meanwhile; else the log directory goes offline.
  StorageError report_io_error(const IoError& error) const;

  // --- life ---

  // Flushes when flush.ms has passed since the first unflushed append, and what a roll left behind.
  StorageResult<void> flush_if_due();
  // Makes what was put off at creation durable: partition.metadata and the directory's names.
  StorageResult<void> sync_metadata();
  bool has_unsynced_metadata() const { return metadata_unsynced_.load(); }
  // A power loss may bring back segments that were removed.
  bool has_unsynced_names() const { return names_unsynced_.load(); }
  // The caller has synced the whole file system.
  void metadata_was_synced() { metadata_unsynced_.store(false); }
  // Writes the topic id if the log has none; kInconsistentTopicId if it has another.
  StorageResult<void> set_topic_id(const Uuid& topic_id);
  // Everything that a clean stop needs: producer snapshot at the log end, final time index entries, indexes,
  // epochs. With `sync` it is all durable when this returns, else the caller calls sync_all once and then
  // close_was_synced(). Nothing else may be called afterwards but the accessors.
  StorageResult<void> close(bool sync = true);
  void close_was_synced();
  bool has_unsynced_data() const;
  // True after a failure that took the directory offline; every call but the accessors answers
  // kDirectoryOffline.
  bool is_offline() const { return offline_.load(std::memory_order_acquire); }
  void set_offline() { offline_.store(true, std::memory_order_release); }
  // Renames the directory (to -delete, from -future) and goes on under the new name.
  StorageResult<void> rename_directory(const std::string& directory);
  // Lets go of all files without writing anything; the directory is about to be removed.
  void abandon();

  // Called after every append and move of the high watermark or log start, without a lock held. Set once,
  // before the log is shared.
  void set_on_change(std::function<void()> on_change) { on_change_ = std::move(on_change); }

 private:
  friend class LogLoader;
  struct PositionHint {
    std::int64_t offset = -1;
    std::int64_t segment_base = -1;
    const Segment* segment = nullptr;  // for comparison alone: a compaction's has the base of another
    std::int64_t position = 0;
  };
  using SegmentPtr = std::shared_ptr<Segment>;

  Log(LogEnvironment& environment, LogIdentity identity, std::shared_ptr<const LogConfig> config);

  // log_append.cc
  StorageResult<AppendInfo> append(std::span<const records::BatchView> batches,
                                   std::optional<std::int32_t> leader_epoch, const AppendOptions& options);
  StorageResult<AppendInfo> write(std::span<const records::BatchView> batches,
                                  std::optional<std::int32_t> leader_epoch, const AppendOptions& options);
  AppendInfo describe(std::span<const records::BatchView> batches, bool assign_offsets,
                      const AppendOptions& options) const;
  StorageResult<void> check_given_offsets(std::span<const records::BatchView> batches) const;
  std::optional<AppendInfo> find_duplicate(std::span<const records::BatchView> batches) const;
  StorageResult<void> check_producers(std::span<const records::BatchView> batches, bool assign_offsets,
                                      const AppendOptions& options);
  StorageResult<void> write_batches(std::span<const records::BatchView> batches,
                                    std::optional<std::int32_t> leader_epoch, const AppendOptions& options);
  StorageResult<void> publish_append(std::span<const records::BatchView> batches,
                                     std::optional<std::int32_t> leader_epoch, const AppendInfo& info);
  IoResult<void> note_transactions(Segment& active);
  IoResult<bool> must_roll(const Segment& active, std::int64_t bytes, const AppendInfo& info) const;
  StorageResult<void> make_room(std::int64_t bytes, const AppendInfo& info);
  StorageResult<void> add_segment(std::int64_t base_offset);
  StorageResult<void> roll_to(std::int64_t base_offset);
  StorageResult<void> take_producer_snapshot(std::int64_t offset);

  // log_read.cc
  struct ReadPlan;
  StorageResult<ReadPlan> plan_read(std::int64_t offset, ReadBound bound) const;
  IoResult<void> read_segment(ReadPlan& plan, std::int64_t max_bytes, bool min_one_batch,
                              ReadResult& result) const;
  IoResult<void> add_aborted(const ReadPlan& plan, ReadResult& result) const;
  std::optional<std::int64_t> hinted_position(const Segment& segment, std::int64_t offset) const;
  void remember_position(const Segment& segment, std::int64_t offset, std::int64_t position) const;

  // log_cut.cc
  StorageResult<void> remove_segments(std::span<const SegmentPtr> removed);
  void advance_log_start(std::int64_t offset);
  void note_cut(std::int64_t offset);
  StorageResult<std::size_t> count_deletable(const LogConfig& config) const;
  StorageResult<void> restart_at(std::int64_t offset);

  // log_compaction.cc
  bool are_in_place(const CleaningView& view, std::span<const SegmentPtr> sources) const;  // state_ held
  StorageResult<void> finish_swap(std::span<const SegmentPtr> sources, std::span<const SegmentPtr> cleaned);
  StorageResult<void> retire_source(const SegmentPtr& source, bool keeps_snapshot);

  // log_flush.cc
  StorageResult<void> flush_locked(bool with_active_indexes);
  StorageResult<void> sync_metadata_locked();
  StorageResult<void> write_epochs(bool sync);

  std::vector<SegmentPtr> copy_segments() const;
  SegmentPtr segment_of(std::int64_t offset) const;  // state_ held; null below the first
  void update_stable_offset();                       // state_ held
  std::unexpected<StorageError> io_failure(const IoError& error) const;
  // The same where memory and disk may differ afterwards, a failed sync above all: even a full disk takes the
  // directory offline then.
  std::unexpected<StorageError> fatal_failure(const IoError& error) const;
  StorageResult<void> check_open() const;  // writer_ held
  void set_offsets(std::int64_t log_start, std::int64_t log_end);
  void changed() const;

  LogEnvironment& environment_;
  const TopicPartition partition_;
  std::shared_ptr<const LogConfig> config_;       // state_
  std::shared_ptr<const std::string> directory_;  // state_; changed under writer_ too
  Uuid topic_id_;                                 // state_

  mutable std::mutex swap_;
  mutable std::mutex writer_;
  mutable std::mutex flusher_;
  mutable std::mutex state_;

  // By base offset; the last one is active. Empty in a log that was never written. Changed under writer_ and
  // state_.
  std::vector<SegmentPtr> segments_;
  LeaderEpochCache epochs_;                    // state_
  bool epochs_dirty_ = false;                  // state_
  ProducerState producers_;                    // state_
  std::uint64_t cuts_ = 0;                     // state_: truncations so far
  std::optional<std::int64_t> lowest_cut_;     // state_
  std::int64_t last_snapshot_offset_ = -1;     // writer_
  ProducerChanges changes_;                    // writer_: scratch of one append
  mutable std::array<PositionHint, 4> hints_;  // state_
  mutable std::size_t next_hint_ = 0;          // state_

  std::atomic<std::int64_t> log_start_offset_{0};
  std::atomic<std::int64_t> log_end_offset_{0};
  std::atomic<std::int64_t> high_watermark_{0};
  std::atomic<std::int64_t> last_stable_offset_{0};
  std::atomic<std::int64_t> recovery_point_{0};
  std::atomic<std::int64_t> size_bytes_{0};
  std::atomic<std::int64_t> unflushed_since_ms_{-1};
  std::atomic<bool> metadata_unsynced_{false};  // partition.metadata was written but not synced
  std::atomic<bool> names_unsynced_{false};     // files were created or renamed in the directory
  std::atomic<bool> rolled_{false};             // since the last flush
  mutable std::atomic<bool> offline_{false};
  std::atomic<bool> closed_{false};  // changed under writer_
  bool abandoned_ = false;           // flusher_
  bool touched_ = false;  // writer_: written to since it was opened; else a close has nothing to do
  std::function<void()> on_change_;
};

}  // namespace barnabas::storage
