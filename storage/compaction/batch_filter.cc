#include "storage/compaction/batch_filter.h"

#include "records/batch_builder.h"

namespace barnabas::storage {
namespace {

using records::BatchView;
using records::RecordFault;

// What was appended once is read again, however large.
constexpr records::RecordLimits kNoLimits{.max_batch_bytes = INT32_MAX, .max_record_bytes = INT32_MAX};

records::BatchOptions options_of(const BatchView& batch) {
  records::BatchOptions options;
  options.base_offset = batch.base_offset();
  options.leader_epoch = batch.leader_epoch();
  options.codec = batch.codec();
  options.timestamp_type = batch.timestamp_type();
  if (options.timestamp_type == records::TimestampType::kLogAppendTime)
    options.log_append_time_ms = batch.max_timestamp();
  options.producer_id = batch.producer_id();
  options.producer_epoch = batch.producer_epoch();
  options.base_sequence = batch.base_sequence();
  options.transactional = batch.is_transactional();
  options.control = batch.is_control();
  return options;
}

}  // namespace

bool BatchFilter::is_last_of_producer(const BatchView& batch) const {
  const auto found = rules_.producers.find(batch.producer_id());
  if (found == rules_.producers.end()) return false;
  const LastRecord& last = found->second;
  if (last.data_offset) return batch.last_offset() == *last.data_offset;
  return batch.is_control() && batch.producer_epoch() == last.epoch;
}

BatchFilter::Verdict BatchFilter::judge(const BatchView& batch, std::int64_t offset,
                                        const records::RecordView& record) {
  if (offset > rules_.keys.latest_offset()) return Verdict::kStays;
  if (!record.key) {
    ++counts_.records_without_key;
    return Verdict::kGoes;
  }
  if (!record.value && batch.has_delete_horizon() && rules_.now_ms >= batch.base_timestamp())
    return Verdict::kGoes;
  const NotedOffsets& noted = rules_.keys.noted();
  if (!noted.is_noted(offset)) return Verdict::kMapDecides;
  return noted.is_replaced(offset) ? Verdict::kGoes : Verdict::kStays;
}

void BatchFilter::keep(std::size_t place, bool tombstone) {
  kept_[place] = true;
  ++kept_count_;
  kept_tombstone_ |= tombstone;
}

void BatchFilter::look_up(std::size_t place, std::int64_t offset, const records::RecordView& record) {
  lookups_[lookup_count_++] = {rules_.keys.ask_for(*record.key), offset, place, !record.value};
  if (lookup_count_ == lookups_.size()) decide_lookups();
}

void BatchFilter::decide_lookups() {
  for (std::size_t i = 0; i < lookup_count_; ++i) {
    const LookUp& one = lookups_[i];
    if (const auto last = rules_.keys.find(one.key); !last || one.offset >= *last)
      keep(one.place, one.tombstone);
  }
  lookup_count_ = 0;
}

RecordFault BatchFilter::mark_kept(const BatchView& batch, bool discards) {
  kept_.clear();
  kept_count_ = 0;
  kept_tombstone_ = false;
  records::BatchRecords walk(batch, kNoLimits);
  while (const records::RecordView* record = walk.next()) {
    const std::size_t place = kept_.size();
    kept_.push_back(false);
    if (discards) continue;
    const Verdict verdict = batch.is_control() ? Verdict::kStays : judge(batch, walk.offset(), *record);
    if (verdict == Verdict::kStays) keep(place, !record->value);
    if (verdict == Verdict::kMapDecides) look_up(place, walk.offset(), *record);
  }
  decide_lookups();
  counts_.records_read += static_cast<std::int64_t>(kept_.size());
  counts_.records_kept += kept_count_;
  return walk.fault();
}

RecordFault BatchFilter::rewrite(const BatchView& batch, std::optional<std::int64_t> horizon_ms) {
  records::BatchOptions options = options_of(batch);
  options.delete_horizon_ms = horizon_ms;
  records::BatchBuilder builder(options);
  records::BatchRecords walk(batch, kNoLimits);
  for (std::size_t place = 0; const records::RecordView* record = walk.next(); ++place)
    if (kept_[place]) builder.add_copy(record->offset_delta, walk.timestamp(), *record);
  if (walk.fault() != RecordFault::kNone) return walk.fault();
  rewritten_ = builder.build(batch.last_offset_delta());
  return RecordFault::kNone;
}

void BatchFilter::write_empty(const BatchView& batch) {
  records::BatchBuilder builder(options_of(batch));
  rewritten_ = builder.build(batch.last_offset_delta());
  records::set_max_timestamp(rewritten_, batch.timestamp_type(), batch.max_timestamp());
}

Result<BatchFate, std::string_view> BatchFilter::filter(const BatchView& batch) {
  const bool control = batch.is_control();
  const bool discardable = control ? transactions_.on_control(batch) : transactions_.on_data(batch);
  const bool has_horizon = batch.has_delete_horizon();
  const bool discards = discardable && (!control || (has_horizon && batch.base_timestamp() <= rules_.now_ms));
  const bool stays_empty =
      (batch.has_producer_id() && is_last_of_producer(batch)) || batch.next_offset() == rules_.round_end;
  // All of its records were walked through when the map was made.
  const bool all_replaced =
      !control && rules_.keys.noted().all_replaced(batch.base_offset(), batch.last_offset(), batch.count());
  if ((discards || all_replaced) && !stays_empty) {
    counts_.records_read += batch.count();
    return BatchFate::kGone;
  }
  if (const auto fault = mark_kept(batch, discards); fault != RecordFault::kNone)
    return std::unexpected(records::record_fault_name(fault));
  if (kept_count_ == 0 && !stays_empty) return BatchFate::kGone;
  const bool new_horizon = kept_count_ > 0 && !has_horizon && (kept_tombstone_ || (control && discardable));
  const bool all_kept = kept_count_ > 0 && kept_count_ == batch.count();
  if (all_kept && !new_horizon) return BatchFate::kWhole;
  // Written anew, damage would get a good CRC.
  if (!batch.crc_is_valid()) return std::unexpected(std::string_view("the CRC of a batch is wrong"));
  if (kept_count_ == 0) {
    write_empty(batch);
    return BatchFate::kRewritten;
  }
  std::optional<std::int64_t> horizon;
  if (new_horizon) horizon = records::wrapping_add(rules_.now_ms, rules_.delete_retention_ms);
  if (!new_horizon && has_horizon) horizon = batch.base_timestamp();
  if (const auto fault = rewrite(batch, horizon); fault != RecordFault::kNone)
    return std::unexpected(records::record_fault_name(fault));
  return BatchFate::kRewritten;
}

}  // namespace barnabas::storage
