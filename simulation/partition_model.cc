#include "simulation/partition_model.h"

#include <algorithm>
#include <set>

#include "common/text.h"
#include "records/record.h"
#include "storage/producer_state.h"

namespace barnabas::simulation {
namespace {

using storage::Log;
using storage::ReadBound;

Violation violation(std::string_view invariant, std::string what) {
  return {std::string(invariant), std::move(what)};
}

// All bytes that a reader gets between `from` and the bound; false if a read failed.
bool read_all(const Log& log, ReadBound bound, Buffer& bytes,
              std::vector<storage::AbortedTransaction>* aborted = nullptr) {
  for (std::int64_t offset = log.log_start_offset();;) {
    const auto read = log.read(offset, 700, true, bound);
    if (!read) return false;
    if (read->records.empty()) return true;
    const Buffer more = read->records.to_buffer();
    bytes.insert(bytes.end(), more.begin(), more.end());
    if (aborted) aborted->insert(aborted->end(), read->aborted.begin(), read->aborted.end());
    if (read->next_offset <= offset) return false;
    offset = read->next_offset;
  }
}

template <class Visit>
bool for_each_batch(const Buffer& bytes, Visit&& visit) {
  records::BatchSplitter splitter(bytes);
  records::BatchView batch;
  for (;;) {
    const auto outcome = splitter.next(batch);
    if (outcome == records::SplitOutcome::kEnd) return true;
    if (outcome != records::SplitOutcome::kBatch) return false;
    visit(batch);
  }
}

}  // namespace

void PartitionModel::writing(const Buffer& bytes, std::int64_t offset, std::int32_t leader_epoch) {
  Batch batch;
  batch.bytes = bytes;
  records::set_base_offset(batch.bytes, offset);
  records::set_leader_epoch(batch.bytes, leader_epoch);
  const records::BatchView view{ByteView(batch.bytes)};
  batch.last_offset = view.last_offset();
  batch.producer_id = view.producer_id();
  batch.epoch = view.producer_epoch();
  batch.sequence = view.base_sequence();
  batch.transactional = view.is_transactional();
  batch.control = view.is_control();
  records::BatchRecords walk(view);
  while (const auto* record = walk.next()) {
    if (batch.control) {
      const auto marker = records::parse_end_transaction(*record);
      batch.committed = marker && marker->committed;
      continue;
    }
    Record& own = batch.records[walk.offset()];
    own.key = std::string(as_text(*record->key));
    if (record->value) own.value = std::string(as_text(*record->value));
  }
  written_[offset] = std::move(batch);
}

std::int64_t PartitionModel::deletable() const {
  std::map<std::int64_t, std::int64_t> last_of;
  for (const auto& [base, batch] : written_)
    if (!batch.control) last_of[batch.producer_id] = base;
  for (const auto& [producer, first] : replay().open) last_of[producer] = std::min(last_of[producer], first);
  std::int64_t limit = end();
  for (const auto& [producer, base] : last_of) limit = std::min(limit, base);
  return limit;
}

bool PartitionModel::holds(std::int64_t producer_id, std::int16_t epoch, std::int32_t sequence,
                           std::int64_t offset) const {
  const auto found = written_.find(offset);
  return found != written_.end() && found->second.producer_id == producer_id &&
         found->second.epoch == epoch && found->second.sequence == sequence;
}

Verdict PartitionModel::take_over(const Log& log) {
  const std::int64_t end = log.log_end_offset();
  if (end < acknowledged_)
    return violation("AcknowledgedIsKept",
                     concat(name_, " ends at ", end, ", acknowledged was ", acknowledged_));
  if (end < seen_) return violation("SeenIsKept", concat(name_, " ends at ", end, ", readers saw ", seen_));
  if (log.log_start_offset() < durable_start_)
    return violation("StartNeverBack",
                     concat(name_, " begins at ", log.log_start_offset(), ", it was ", durable_start_));
  written_.erase(written_.lower_bound(end), written_.end());
  if (compacted_) forget_lost(log);
  if (!compacted_ && this->end() != end && !(written_.empty() && log.log_start_offset() == end))
    return violation("WrittenIsThere",
                     concat(name_, " ends at ", end, ", inside or beyond what was written"));
  return check(log);
}

// A compacted log may go on behind a hole: a segment's name can outlive the end of the one before.
void PartitionModel::forget_lost(const Log& log) {
  Buffer bytes;
  if (!read_all(log, ReadBound::kLogEnd, bytes)) return;  // check() says so
  std::set<std::int64_t> present;
  for_each_batch(bytes, [&](const records::BatchView& batch) { present.insert(batch.base_offset()); });
  // Nothing above the high watermark is compacted away.
  const auto above = written_.lower_bound(std::max(acknowledged_, seen_));
  for (auto batch = above; batch != written_.end();)
    batch = present.contains(batch->first) ? std::next(batch) : written_.erase(batch);
}

PartitionModel::Outcome PartitionModel::replay() const {
  Outcome outcome;
  std::map<std::int64_t, std::vector<std::int64_t>> in_transaction;
  for (const auto& [base, batch] : written_) {
    if (!batch.control) {
      outcome.visible_batches[base] = !batch.transactional;
      if (!batch.transactional) continue;
      outcome.open.emplace(batch.producer_id, base);
      in_transaction[batch.producer_id].push_back(base);
      continue;
    }
    const auto began = outcome.open.find(batch.producer_id);
    if (began == outcome.open.end()) continue;
    outcome.ended.push_back({batch.producer_id, began->second, base, !batch.committed});
    for (const std::int64_t data : in_transaction[batch.producer_id])
      outcome.visible_batches[data] = batch.committed;
    in_transaction.erase(batch.producer_id);
    outcome.open.erase(began);
  }
  return outcome;
}

Verdict PartitionModel::check(const Log& log) const {
  Buffer bytes;
  if (!read_all(log, ReadBound::kLogEnd, bytes))
    return violation("EverythingReads", concat(name_, " cannot be read from its start to its end"));
  const Outcome outcome = replay();
  if (auto found = check_content(log, bytes)) return found;
  if (auto found = check_look_ups(log, bytes)) return found;
  if (auto found = check_producers(log, bytes)) return found;
  if (auto found = check_stable_offset(log, outcome)) return found;
  if (auto found = check_committed_view(log, outcome)) return found;
  return check_numbers();
}

Verdict PartitionModel::check_content(const Log& log, const Buffer& bytes) const {
  Verdict found;
  std::int64_t next = -1;
  const bool whole = for_each_batch(bytes, [&](const records::BatchView& batch) {
    if (found) return;
    const std::int64_t base = batch.base_offset();
    if (!batch.crc_is_valid()) {
      found = violation("WrittenIsThere", concat(name_, " holds a damaged batch at ", base));
    } else if (next >= 0 && (compacted_ ? base < next : base != next)) {
      found = violation("OffsetsDense", concat(name_, " goes on at ", base, " after ", next - 1));
    } else if (!compacted_) {
      const auto wanted = written_.find(base);
      const ByteView held = batch.bytes();
      if (wanted == written_.end() ||
          !std::equal(held.begin(), held.end(), wanted->second.bytes.begin(), wanted->second.bytes.end()))
        found = violation("WrittenIsThere", concat(name_, " holds at ", base, " what was not written there"));
    } else if (!batch.is_control()) {
      records::BatchRecords walk(batch);
      while (const auto* record = walk.next())
        if (!found) found = check_record(walk.offset(), *record);
    }
    next = batch.next_offset();
  });
  if (found) return found;
  if (!whole) return violation("WrittenIsThere", concat(name_, " holds bytes that are no batch"));
  if (!compacted_ && next >= 0 && next != log.log_end_offset())
    return violation("OffsetsDense", concat(name_, " ends at ", next, ", not at ", log.log_end_offset()));
  return std::nullopt;
}

Verdict PartitionModel::check_record(std::int64_t offset, const records::RecordView& record) const {
  const auto above = written_.upper_bound(offset);
  const auto batch = above == written_.begin() ? written_.end() : std::prev(above);
  const auto wanted = batch == written_.end() ? std::map<std::int64_t, Record>::const_iterator{}
                                              : batch->second.records.find(offset);
  const bool known = batch != written_.end() && wanted != batch->second.records.end();
  if (known && record.key && as_text(*record.key) == wanted->second.key &&
      record.value.has_value() == wanted->second.value.has_value() &&
      (!record.value || as_text(*record.value) == *wanted->second.value))
    return std::nullopt;
  return violation("WrittenIsThere", concat(name_, " holds at ", offset, " what was not written there"));
}

Verdict PartitionModel::check_look_ups(const Log& log, const Buffer& bytes) const {
  Verdict found;
  for_each_batch(bytes, [&](const records::BatchView& batch) {
    const std::int64_t offset = std::max(batch.last_offset(), log.log_start_offset());
    if (found || offset > batch.last_offset()) return;
    const auto read = log.read(offset, 1, true, ReadBound::kLogEnd);
    const Buffer got = read ? read->records.to_buffer() : Buffer{};
    if (got.empty() || records::BatchView(ByteView(got)).base_offset() != batch.base_offset())
      found = violation("LookUpsAgree", concat(name_, " does not find offset ", offset));
  });
  return found;
}

Verdict PartitionModel::check_producers(const Log& log, const Buffer& bytes) const {
  storage::ProducerState wanted;
  storage::ProducerCheck how;
  how.origin = storage::AppendOrigin::kReplication;
  for_each_batch(bytes, [&](const records::BatchView& batch) {
    if (!batch.has_producer_id()) return;
    storage::ProducerChanges changes;
    if (!wanted.check(batch, batch.base_offset(), how, changes)) return;
    wanted.apply(changes);
    for (const auto& transaction : changes.completed) wanted.complete(transaction);
  });
  for (const auto& entry : wanted.entries()) {
    const auto known = log.producer(entry.producer_id);
    // Of a compacted log the marker that raised the epoch may be gone.
    const bool later = compacted_ && known && known->epoch > entry.epoch;
    const bool agrees =
        known &&
        (later || (known->epoch == entry.epoch &&
                   (!entry.has_batches() || !known->has_batches() ||
                    known->last_sequence() == entry.last_sequence()) &&
                   (compacted_ || known->transaction_first_offset == entry.transaction_first_offset)));
    if (!agrees)
      return violation("ProducersAgree", concat(name_, " knows another state of producer ", entry.producer_id,
                                                " than its records tell"));
  }
  return std::nullopt;
}

Verdict PartitionModel::check_stable_offset(const Log& log, const Outcome& outcome) const {
  std::int64_t stable = log.high_watermark();
  for (const auto& [producer, first] : outcome.open) stable = std::min(stable, first);
  for (const Transaction& ended : outcome.ended)
    if (ended.last_offset >= log.high_watermark()) stable = std::min(stable, ended.first_offset);
  stable = std::max(stable, std::min(log.log_start_offset(), log.high_watermark()));
  if (stable == log.last_stable_offset()) return std::nullopt;
  return violation("StableOffsetAgrees",
                   concat(name_, " is stable up to ", log.last_stable_offset(), ", it should be ", stable));
}

Violation PartitionModel::shown_in_error(const Log& log, const Outcome& outcome, std::int64_t offset) const {
  std::string what = concat(name_, " shows the record at ", offset, "; log start ", log.log_start_offset(),
                            ", stable up to ", log.last_stable_offset());
  const auto batch = written_.upper_bound(offset);
  if (batch == written_.begin()) return {"OnlyCommittedIsSeen", std::move(what)};
  const std::int64_t producer_id = std::prev(batch)->second.producer_id;
  what += concat(", written by ", producer_id);
  for (const Transaction& ended : outcome.ended)
    if (ended.producer_id == producer_id && ended.first_offset <= offset && ended.last_offset > offset)
      what += concat(ended.aborted ? ", aborted from " : ", committed from ", ended.first_offset, " to ",
                     ended.last_offset);
  for (const auto& segment : log.segments()) what += concat(", segment ", segment.base_offset);
  return {"OnlyCommittedIsSeen", std::move(what)};
}

// Reads as a consumer of committed records does and compares with what the markers decided.
Verdict PartitionModel::check_committed_view(const Log& log, const Outcome& outcome) const {
  Buffer bytes;
  std::vector<storage::AbortedTransaction> aborted;
  if (!read_all(log, ReadBound::kLastStable, bytes, &aborted))
    return violation("EverythingReads", concat(name_, " cannot be read by a consumer of committed records"));
  std::multimap<std::int64_t, std::int64_t> begins;  // first offset -> producer id
  for (const auto& entry : aborted) begins.emplace(entry.first_offset, entry.producer_id);
  std::set<std::int64_t> skipping;
  std::map<std::int64_t, Record> shown;
  for_each_batch(bytes, [&](const records::BatchView& batch) {
    while (!begins.empty() && begins.begin()->first <= batch.last_offset()) {
      skipping.insert(begins.begin()->second);
      begins.erase(begins.begin());
    }
    records::BatchRecords walk(batch);
    if (batch.is_control()) {
      const auto* record = walk.next();
      const auto marker = record ? records::parse_end_transaction(*record) : std::nullopt;
      if (marker && !marker->committed) skipping.erase(batch.producer_id());
      return;
    }
    if (batch.is_transactional() && skipping.contains(batch.producer_id())) return;
    while (const auto* record = walk.next()) {
      if (walk.offset() < log.log_start_offset()) continue;
      Record& one = shown[walk.offset()];
      one.key = std::string(as_text(*record->key));
      if (record->value) one.value = std::string(as_text(*record->value));
    }
  });
  std::map<std::int64_t, const Record*> wanted;
  std::map<std::string, std::int64_t> last_of_key;
  for (const auto& [base, batch] : written_)
    for (const auto& [offset, record] : batch.records) {
      if (offset < log.log_start_offset() || offset >= log.last_stable_offset()) continue;
      if (!outcome.visible_batches.at(base)) continue;
      wanted[offset] = &record;
      last_of_key[record.key] = offset;
    }
  for (const auto& [offset, record] : shown) {
    if (!wanted.contains(offset)) return shown_in_error(log, outcome, offset);
    // A tombstone may be forgotten once what it deletes is gone.
    const std::int64_t last = last_of_key.at(record.key);
    if (last > offset && !wanted.at(last)->value && !shown.contains(last))
      return violation("DeletedStaysDeleted", concat(name_, " shows the record at ", offset, " of key ",
                                                     record.key, ", deleted at ", last));
  }
  for (const auto& [offset, record] : wanted) {
    if (shown.contains(offset)) continue;
    const bool may_be_gone =
        compacted_ && (last_of_key.at(record->key) != offset || !record->value.has_value());
    if (!may_be_gone)
      return violation(compacted_ ? "LastValuesStay" : "CommittedIsSeen",
                       concat(name_, " does not show the record at ", offset, ", key ", record->key));
  }
  return std::nullopt;
}

// Values are "PRODUCER:NUMBER": a producer's numbers rise.
Verdict PartitionModel::check_numbers() const {
  std::map<std::string, std::int64_t> last;
  for (const auto& [base, batch] : written_)
    for (const auto& [offset, record] : batch.records) {
      if (!record.value) continue;
      const auto colon = record.value->find(':');
      const std::string who = record.value->substr(0, colon);
      const auto number = parse_number<std::int64_t>(std::string_view(*record.value).substr(colon + 1));
      const auto [place, first] = last.emplace(who, *number);
      if (!first && *number <= place->second)
        return violation("NothingTwice", concat(name_, " holds ", *record.value, " at ", offset,
                                                " after number ", place->second));
      place->second = *number;
    }
  return std::nullopt;
}

}  // namespace barnabas::simulation
