#include "storage/producer_state.h"

#include <algorithm>
#include <limits>

#include "common/assert.h"
#include "common/crc32c.h"
#include "common/text.h"

namespace barnabas::storage {
namespace {

constexpr std::int16_t kSnapshotVersion = 1;
constexpr std::size_t kSnapshotHeaderBytes = 10;  // version, crc, number of entries
constexpr std::size_t kSnapshotCrcEnd = 6;
constexpr std::size_t kSnapshotEntryBytes = 46;

bool follows(std::int32_t last_sequence, std::int32_t next_sequence) {
  return next_sequence == std::int64_t{last_sequence} + 1 ||
         (next_sequence == 0 && last_sequence == std::numeric_limits<std::int32_t>::max());
}

// Rules of Kafka 4.3: a write needs an epoch not below the known one; a marker of transaction.version 2 one
// above it, unless it repeats a marker whose transaction is over (KAFKA-19999) or no epoch is left above.
StorageResult<void> check_epoch(const ProducerEntry& entry, std::int16_t epoch, std::int64_t offset,
                                AppendOrigin origin, std::int16_t transaction_version) {
  const bool strict = transaction_version >= 2;
  const bool stale = strict ? epoch <= entry.epoch : epoch < entry.epoch;
  if (!stale || origin == AppendOrigin::kReplication) return {};
  const bool repeated = entry.transaction_first_offset < 0;
  const bool exhausted = epoch == std::numeric_limits<std::int16_t>::max();
  if (strict && epoch == entry.epoch && (repeated || exhausted)) return {};
  return fail(StorageErrorCode::kInvalidProducerEpoch,
              concat("producer ", entry.producer_id, " writes at offset ", offset, " with epoch ", epoch,
                     ", the last known epoch is ", entry.epoch));
}

StorageResult<void> check_sequence(const ProducerChanges::Update& known, const records::BatchView& batch,
                                   std::int64_t offset, const ProducerVerification* verification) {
  const ProducerEntry& before = known.before;
  const ProducerEntry& updated = known.updated;
  const std::int32_t sequence = batch.base_sequence();
  const auto out_of_order = [&](std::string_view why, std::int64_t expected) {
    return fail(StorageErrorCode::kOutOfOrderSequence,
                concat("producer ", updated.producer_id, " writes sequence ", sequence, " with epoch ",
                       batch.producer_epoch(), " at offset ", offset, ": ", why, ' ', expected));
  };
  if (verification != nullptr && verification->supports_epoch_bump && sequence != 0 && !before.has_batches())
    return out_of_order("a producer without state begins with", 0);
  if (verification != nullptr && sequence > verification->lowest_sequence)
    return out_of_order("the lowest sequence seen is", verification->lowest_sequence);
  if (batch.producer_epoch() != updated.epoch) {
    if (sequence != 0 && updated.epoch != records::kNoProducerEpoch)
      return out_of_order("a new epoch begins with sequence 0, the known one is", updated.epoch);
    return {};
  }
  const std::int32_t last = updated.has_batches()                    ? updated.last_sequence()
                            : batch.producer_epoch() == before.epoch ? before.last_sequence()
                                                                     : records::kNoSequence;
  // A producer whose records are all gone may go on with any sequence.
  if (before.epoch != records::kNoProducerEpoch && !follows(last, sequence))
    return out_of_order("the last known sequence is", last);
  return {};
}

// A transaction begins in this partition only with the coordinator's knowledge (KIP-890).
StorageResult<void> check_guard(const ProducerEntry& entry, const records::BatchView& batch,
                                const ProducerCheck& how, const ProducerVerification* verification) {
  if (!how.guard || !batch.is_transactional()) return {};
  if (entry.transaction_first_offset >= 0 && entry.epoch == batch.producer_epoch()) return {};
  if (verification != nullptr && verification->guard == *how.guard) return {};
  return fail(StorageErrorCode::kInvalidTransactionState,
              concat("Record was not part of an ongoing transaction of producer ", batch.producer_id(),
                     " with epoch ", batch.producer_epoch()));
}

StorageResult<void> check_data(ProducerChanges::Update& known, const records::BatchView& batch,
                               std::int64_t base_offset, const ProducerCheck& how,
                               const ProducerVerification* verification, ProducerChanges& changes) {
  ProducerEntry& entry = known.updated;
  if (auto done = check_guard(entry, batch, how, verification); !done) return done;
  if (auto done = check_epoch(entry, batch.producer_epoch(), base_offset, how.origin, 0); !done) return done;
  if (how.origin == AppendOrigin::kClient)
    if (auto done = check_sequence(known, batch, base_offset, verification); !done) return done;
  if (entry.transaction_first_offset >= 0 && !batch.is_transactional())
    return fail(StorageErrorCode::kInvalidTransactionState,
                concat("producer ", entry.producer_id, " writes outside its open transaction at offset ",
                       base_offset));
  entry.add_batch(batch.producer_epoch(), {.last_sequence = batch.last_sequence(),
                                           .last_offset = base_offset + batch.last_offset_delta(),
                                           .offset_delta = batch.last_offset_delta(),
                                           .timestamp = batch.max_timestamp()});
  entry.last_timestamp = batch.max_timestamp();
  if (entry.transaction_first_offset < 0 && batch.is_transactional()) {
    entry.transaction_first_offset = base_offset;
    changes.opened.push_back({entry.producer_id, base_offset});
  }
  return {};
}

StorageResult<void> check_marker(ProducerEntry& entry, const records::BatchView& batch,
                                 std::int64_t base_offset, const ProducerCheck& how,
                                 ProducerChanges& changes) {
  records::BatchRecords records(batch);
  const records::RecordView* record = records.next();
  if (record == nullptr && records.fault() == records::RecordFault::kNone) return {};  // compacted away
  const auto marker = record == nullptr ? std::nullopt : records::parse_end_transaction(*record);
  if (!marker)
    return fail(StorageErrorCode::kCorruptRecord,
                concat("a control batch of producer ", entry.producer_id, " at offset ", base_offset,
                       " holds no transaction marker"));
  if (auto done =
          check_epoch(entry, batch.producer_epoch(), base_offset, how.origin, how.transaction_version);
      !done)
    return done;
  if (entry.coordinator_epoch > marker->coordinator_epoch && how.origin != AppendOrigin::kReplication)
    return fail(
        StorageErrorCode::kCoordinatorFenced,
        concat("a marker for producer ", entry.producer_id, " at offset ", base_offset,
               " of coordinator epoch ", marker->coordinator_epoch, ", known is ", entry.coordinator_epoch));
  entry.set_epoch(batch.producer_epoch());
  if (entry.transaction_first_offset >= 0)
    changes.completed.push_back({.producer_id = entry.producer_id,
                                 .first_offset = entry.transaction_first_offset,
                                 .last_offset = base_offset,
                                 .aborted = !marker->committed});
  entry.transaction_first_offset = -1;
  entry.coordinator_epoch = marker->coordinator_epoch;
  entry.last_timestamp = records.timestamp();
  return {};
}

}  // namespace

std::int32_t ProducerBatch::first_sequence() const {
  if (last_sequence >= offset_delta) return last_sequence - offset_delta;
  return std::numeric_limits<std::int32_t>::max() - (offset_delta - last_sequence) + 1;
}

const ProducerBatch* ProducerEntry::find_duplicate(const records::BatchView& batch) const {
  if (batch.producer_epoch() != epoch) return nullptr;
  for (const ProducerBatch& known : batches())
    if (known.first_sequence() == batch.base_sequence() && known.last_sequence == batch.last_sequence())
      return &known;
  return nullptr;
}

void ProducerEntry::set_epoch(std::int16_t new_epoch) {
  if (epoch != new_epoch) count_ = 0;
  epoch = new_epoch;
}

void ProducerEntry::add_batch(std::int16_t batch_epoch, const ProducerBatch& batch) {
  set_epoch(batch_epoch);
  if (count_ == kWindow) {
    std::copy(batches_.begin() + 1, batches_.end(), batches_.begin());
    --count_;
  }
  batches_[count_++] = batch;
}

void ProducerVerification::note(const VerificationRequest& request) {
  if (request.producer_epoch == epoch) lowest_sequence = std::min(lowest_sequence, request.sequence);
  if (request.producer_epoch <= epoch) return;
  epoch = request.producer_epoch;
  lowest_sequence = request.sequence;
}

const ProducerEntry* ProducerState::find(std::int64_t producer_id) const {
  const auto found = producers_.find(producer_id);
  return found == producers_.end() ? nullptr : &found->second;
}

std::vector<ProducerEntry> ProducerState::entries() const {
  std::vector<ProducerEntry> all;
  all.reserve(producers_.size());
  for (const auto& [id, entry] : producers_) all.push_back(entry);
  return all;
}

const ProducerBatch* ProducerState::find_duplicate(const records::BatchView& batch) const {
  if (!batch.has_producer_id()) return nullptr;
  const ProducerEntry* entry = find(batch.producer_id());
  return entry == nullptr ? nullptr : entry->find_duplicate(batch);
}

VerificationGuard ProducerState::begin_verification(const VerificationRequest& request, std::int64_t now_ms) {
  const ProducerEntry* known = find(request.producer_id);
  if (known != nullptr && known->transaction_first_offset >= 0 && known->epoch == request.producer_epoch)
    return kNoGuard;
  const auto [place, is_new] = verifications_.try_emplace(request.producer_id);
  ProducerVerification& verification = place->second;
  if (is_new) {
    verification.guard = ++last_guard_;
    verification.started_ms = now_ms;
    verification.epoch = request.producer_epoch;
    verification.lowest_sequence = request.sequence;
    verification.supports_epoch_bump = request.supports_epoch_bump;
  }
  verification.note(request);
  return verification.guard;
}

const ProducerVerification* ProducerState::verification(std::int64_t producer_id) const {
  if (verifications_.empty()) return nullptr;
  const auto found = verifications_.find(producer_id);
  return found == verifications_.end() ? nullptr : &found->second;
}

ProducerChanges::Update& ProducerState::update_of(std::int64_t producer_id, ProducerChanges& changes) const {
  for (auto& update : changes.updates)
    if (update.updated.producer_id == producer_id) return update;
  ProducerChanges::Update& update = changes.updates.emplace_back();
  if (const ProducerEntry* known = find(producer_id)) {
    update.before = update.updated = *known;
    update.updated.forget_batches();
  }
  update.before.producer_id = update.updated.producer_id = producer_id;
  return update;
}

StorageResult<void> ProducerState::check(const records::BatchView& batch, std::int64_t base_offset,
                                         const ProducerCheck& how, ProducerChanges& changes) const {
  if (!batch.has_producer_id()) return {};
  ProducerChanges::Update& update = update_of(batch.producer_id(), changes);
  update.transactional |= batch.is_transactional();
  if (batch.is_control()) return check_marker(update.updated, batch, base_offset, how, changes);
  return check_data(update, batch, base_offset, how, verification(batch.producer_id()), changes);
}

void ProducerState::apply(const ProducerChanges& changes) {
  for (const auto& update : changes.updates) {
    ProducerEntry& entry = producers_[update.updated.producer_id];
    entry.producer_id = update.updated.producer_id;
    entry.set_epoch(update.updated.epoch);
    for (const ProducerBatch& batch : update.updated.batches()) entry.add_batch(update.updated.epoch, batch);
    entry.coordinator_epoch = update.updated.coordinator_epoch;
    entry.last_timestamp = update.updated.last_timestamp;
    entry.transaction_first_offset = update.updated.transaction_first_offset;
    // The transaction is open now, or over: what was asked before counts no more.
    if (update.transactional && !verifications_.empty()) verifications_.erase(entry.producer_id);
  }
  for (const auto& opened : changes.opened) ongoing_[opened.first_offset] = opened.producer_id;
}

std::int64_t ProducerState::last_stable_offset(const CompletedTransaction& transaction) const {
  for (const auto& [first_offset, producer_id] : ongoing_)
    if (first_offset != transaction.first_offset) return first_offset;
  return transaction.last_offset + 1;
}

void ProducerState::complete(const CompletedTransaction& transaction) {
  if (ongoing_.erase(transaction.first_offset) > 0)
    unreplicated_[transaction.first_offset] = transaction.last_offset;
}

std::optional<std::int64_t> ProducerState::first_unstable_offset() const {
  std::optional<std::int64_t> first;
  if (!ongoing_.empty()) first = ongoing_.begin()->first;
  if (!unreplicated_.empty() && (!first || unreplicated_.begin()->first < *first))
    first = unreplicated_.begin()->first;
  return first;
}

void ProducerState::on_high_watermark(std::int64_t high_watermark) {
  std::erase_if(unreplicated_, [&](const auto& entry) { return entry.second < high_watermark; });
}

void ProducerState::on_log_start_offset(std::int64_t log_start_offset) {
  on_high_watermark(log_start_offset);
}

std::size_t ProducerState::expire(std::int64_t now_ms, std::int64_t age_ms) {
  std::erase_if(verifications_, [&](const auto& item) { return now_ms - item.second.started_ms >= age_ms; });
  return std::erase_if(producers_, [&](const auto& item) {
    const ProducerEntry& entry = item.second;
    return entry.transaction_first_offset < 0 && now_ms - entry.last_timestamp >= age_ms;
  });
}

void ProducerState::clear() {
  producers_.clear();
  verifications_.clear();
  ongoing_.clear();
  unreplicated_.clear();
  end_offset_ = 0;
}

Buffer ProducerState::to_snapshot() const {
  Buffer bytes(kSnapshotHeaderBytes + producers_.size() * kSnapshotEntryBytes);
  store_be(bytes.data(), kSnapshotVersion);
  store_be(bytes.data() + kSnapshotCrcEnd, static_cast<std::int32_t>(producers_.size()));
  std::uint8_t* to = bytes.data() + kSnapshotHeaderBytes;
  for (const auto& [id, entry] : producers_) {
    const ProducerBatch last = entry.has_batches() ? entry.last_batch() : ProducerBatch{};
    store_be(to, id);
    store_be(to + 8, entry.epoch);
    store_be(to + 10, last.last_sequence);
    store_be(to + 14, last.last_offset);
    store_be(to + 22, last.offset_delta);
    store_be(to + 26, entry.last_timestamp);
    store_be(to + 34, entry.coordinator_epoch);
    store_be(to + 38, entry.transaction_first_offset);
    to += kSnapshotEntryBytes;
  }
  store_be(bytes.data() + 2, crc32c(ByteView(bytes).subspan(kSnapshotCrcEnd)));
  return bytes;
}

StorageResult<void> ProducerState::load_snapshot(ByteView bytes, std::int64_t now_ms, std::int64_t age_ms) {
  const auto corrupt = [](std::string_view why) {
    return fail(StorageErrorCode::kInvalidFile, concat("producer snapshot: ", why));
  };
  if (bytes.size() < kSnapshotHeaderBytes) return corrupt("too short");
  if (load_be<std::int16_t>(bytes.data()) != kSnapshotVersion) return corrupt("unknown version");
  if (load_be<std::uint32_t>(bytes.data() + 2) != crc32c(bytes.subspan(kSnapshotCrcEnd)))
    return corrupt("wrong CRC");
  const auto count = load_be<std::int32_t>(bytes.data() + kSnapshotCrcEnd);
  if (count < 0 ||
      bytes.size() != kSnapshotHeaderBytes + static_cast<std::size_t>(count) * kSnapshotEntryBytes)
    return corrupt("wrong size");
  clear();
  const std::uint8_t* from = bytes.data() + kSnapshotHeaderBytes;
  for (std::int32_t i = 0; i < count; ++i, from += kSnapshotEntryBytes) {
    ProducerEntry entry;
    entry.producer_id = load_be<std::int64_t>(from);
    entry.epoch = load_be<std::int16_t>(from + 8);
    const ProducerBatch last{.last_sequence = load_be<std::int32_t>(from + 10),
                             .last_offset = load_be<std::int64_t>(from + 14),
                             .offset_delta = load_be<std::int32_t>(from + 22),
                             .timestamp = load_be<std::int64_t>(from + 26)};
    entry.last_timestamp = last.timestamp;
    entry.coordinator_epoch = load_be<std::int32_t>(from + 34);
    entry.transaction_first_offset = load_be<std::int64_t>(from + 38);
    if (last.last_offset >= 0) entry.add_batch(entry.epoch, last);
    if (entry.transaction_first_offset < 0 && now_ms - entry.last_timestamp >= age_ms) continue;
    if (entry.transaction_first_offset >= 0) ongoing_[entry.transaction_first_offset] = entry.producer_id;
    producers_[entry.producer_id] = entry;
  }
  return {};
}

}  // namespace barnabas::storage
