// What a partition knows about idempotent and transactional producers (KIP-98, KIP-360, KIP-890).
#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <optional>
#include <span>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "records/batch.h"
#include "records/record.h"
#include "storage/storage_error.h"

namespace barnabas::storage {

// Who appends, which decides how much is checked.
enum class AppendOrigin : std::uint8_t {
  kClient,       // everything: duplicates, sequences, epochs
  kCoordinator,  // offset commits and markers: epochs, no sequences
  kRaftLeader,   // the metadata log: no producers at all
  kReplication,  // followers and recovery: checked by the leader already
};

struct ProducerBatch {
  std::int32_t last_sequence = -1;
  std::int64_t last_offset = -1;
  std::int32_t offset_delta = 0;
  std::int64_t timestamp = -1;

  std::int64_t first_offset() const { return last_offset - offset_delta; }
  std::int32_t first_sequence() const;
  bool operator==(const ProducerBatch&) const = default;
};

// One producer. The last five batches, oldest first: the window in which duplicates are recognised.
class ProducerEntry {
 public:
  static constexpr std::size_t kWindow = 5;

  std::int64_t producer_id = -1;
  std::int16_t epoch = -1;
  std::int32_t coordinator_epoch = -1;
  std::int64_t last_timestamp = -1;
  std::int64_t transaction_first_offset = -1;  // -1: no open transaction

  std::span<const ProducerBatch> batches() const { return {batches_.data(), count_}; }
  bool has_batches() const { return count_ > 0; }
  const ProducerBatch& last_batch() const { return batches_[count_ - 1]; }
  std::int32_t last_sequence() const { return count_ > 0 ? last_batch().last_sequence : -1; }
  const ProducerBatch* find_duplicate(const records::BatchView& batch) const;
  void add_batch(std::int16_t batch_epoch, const ProducerBatch& batch);
  // Another epoch forgets the batches of the old one.
  void set_epoch(std::int16_t new_epoch);
  void forget_batches() { count_ = 0; }

 private:
  std::array<ProducerBatch, kWindow> batches_{};
  std::uint8_t count_ = 0;
};

// An end-of-transaction marker that closed a transaction here.
struct CompletedTransaction {
  std::int64_t producer_id = -1;
  std::int64_t first_offset = -1;
  std::int64_t last_offset = -1;  // of the marker
  bool aborted = false;
};

// Names one question to the transaction coordinator. A marker that comes before the answer makes it void, so
// that no late answer opens a transaction anew (KIP-890).
using VerificationGuard = std::uint64_t;
inline constexpr VerificationGuard kNoGuard = 0;

// A first write of a transaction that the coordinator must know of before it is appended.
struct VerificationRequest {
  std::int64_t producer_id = -1;
  std::int16_t producer_epoch = -1;
  std::int32_t sequence = records::kNoSequence;  // of the write; kNoSequence for offset commits
  bool supports_epoch_bump = false;              // the client follows transaction.version 2
};

// What is remembered between the question and the write it was asked for.
struct ProducerVerification {
  VerificationGuard guard = kNoGuard;
  std::int64_t started_ms = 0;
  std::int16_t epoch = -1;
  std::int32_t lowest_sequence = 0;  // of the writes of this epoch that were asked for
  bool supports_epoch_bump = false;

  void note(const VerificationRequest& request);
};

struct ProducerCheck {
  AppendOrigin origin = AppendOrigin::kClient;
  // Set: a batch that opens a transaction must come with the guard of its verification.
  std::optional<VerificationGuard> guard = {};
  std::int16_t transaction_version = 0;  // of markers: 2 wants an epoch above the known one
};

// What the batches of one append change, applied when they are in the log. Kept and reused by its Log.
struct ProducerChanges {
  struct Update {
    ProducerEntry before;   // as known; epoch -1 if it was not
    ProducerEntry updated;  // with the batches of this append alone
    bool transactional = false;
  };
  struct Opened {
    std::int64_t producer_id;
    std::int64_t first_offset;
  };
  std::vector<Update> updates;
  std::vector<Opened> opened;
  std::vector<CompletedTransaction> completed;

  void clear() {
    updates.clear();
    opened.clear();
    completed.clear();
  }
};

// Owned by one Log and guarded by its state mutex. Knows no files beyond the bytes of a snapshot.
class ProducerState {
 public:
  const ProducerEntry* find(std::int64_t producer_id) const;
  std::size_t size() const { return producers_.size(); }
  std::vector<ProducerEntry> entries() const;

  // The known batch of which this one is a repetition, or null.
  const ProducerBatch* find_duplicate(const records::BatchView& batch) const;
  // The guard under which the write may be appended once the coordinator has agreed; kNoGuard if it goes on
  // with an open transaction and nobody needs to be asked.
  VerificationGuard begin_verification(const VerificationRequest& request, std::int64_t now_ms);
  const ProducerVerification* verification(std::int64_t producer_id) const;

  // Checks a batch that will stand at `base_offset` and folds it into `changes`, which holds those of the
  // batches before it in the same append.
  StorageResult<void> check(const records::BatchView& batch, std::int64_t base_offset,
                            const ProducerCheck& how, ProducerChanges& changes) const;
  // All but the completed transactions, which complete() takes one by one.
  void apply(const ProducerChanges& changes);
  // The last stable offset as the abort entry of `transaction` records it.
  std::int64_t last_stable_offset(const CompletedTransaction& transaction) const;
  void complete(const CompletedTransaction& transaction);

  // The first offset that read_committed readers may not pass yet; nullopt if there is none.
  std::optional<std::int64_t> first_unstable_offset() const;
  // Completed transactions whose marker lies below the high watermark do not hold readers any more.
  void on_high_watermark(std::int64_t high_watermark);
  void on_log_start_offset(std::int64_t log_start_offset);
  // Forgets producers without an open transaction that were last heard of more than `age_ms` ago, and
  // verifications of that age. Returns how many producers.
  std::size_t expire(std::int64_t now_ms, std::int64_t age_ms);
  void clear();

  // Everything below this offset is contained.
  std::int64_t end_offset() const { return end_offset_; }
  void set_end_offset(std::int64_t offset) { end_offset_ = offset; }

  // The .snapshot file's bytes: only the last batch of each producer.
  Buffer to_snapshot() const;
  // Replaces everything by a snapshot's content, but for producers expired at `now_ms`.
  StorageResult<void> load_snapshot(ByteView bytes, std::int64_t now_ms, std::int64_t age_ms);

 private:
  ProducerChanges::Update& update_of(std::int64_t producer_id, ProducerChanges& changes) const;

  std::unordered_map<std::int64_t, ProducerEntry> producers_;
  std::unordered_map<std::int64_t, ProducerVerification> verifications_;
  VerificationGuard last_guard_ = kNoGuard;
  std::map<std::int64_t, std::int64_t> ongoing_;  // first offset -> producer id
  // Completed, but the marker is not below the high watermark: first offset -> offset of the marker.
  std::map<std::int64_t, std::int64_t> unreplicated_;
  std::int64_t end_offset_ = 0;
};

}  // namespace barnabas::storage
