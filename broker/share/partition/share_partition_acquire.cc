// Handing records out: what is available again first, then what is new.
#include <algorithm>
#include <set>

#include "broker/share/partition/share_partition.h"
#include "broker/share/partition/share_partition_parts.h"

namespace barnabas::broker::share {

struct SharePartition::Taking {
  const Acquire& request;
  const ShareLimits& limits;
  std::int64_t room = 0;  // records that may be handed out
  std::vector<AcquiredRange> taken = {};
  std::int64_t count = 0;

  std::int64_t left() const { return room - count; }
  std::int32_t throttle_from() const { return std::max(2, (limits.delivery_count_limit + 1) / 2); }
  void add(std::int64_t first, std::int64_t last, std::int16_t delivery_count) {
    taken.push_back({first, last, delivery_count});
    count += last - first + 1;
  }
  // Joins records that were taken one by one.
  void add_record(std::int64_t offset, std::int16_t delivery_count, bool joins) {
    ++count;
    if (joins && taken.back().last_offset + 1 == offset && taken.back().delivery_count == delivery_count) {
      taken.back().last_offset = offset;
      return;
    }
    taken.push_back({offset, offset, delivery_count});
  }
};

namespace {

// The last offset of the batch that holds `offset`, so that a batch is not cut for the sake of a limit.
std::int64_t end_of_batch(std::span<const LogBatch> batches, std::int64_t offset) {
  const LogBatch* holding = nullptr;
  for (const LogBatch& batch : batches) {
    if (offset < batch.base_offset) break;
    holding = &batch;
  }
  return holding != nullptr && offset <= holding->last_offset ? holding->last_offset : offset;
}

// The data batches of transactions that were aborted. `aborted` names them by producer and first offset; a
// marker of the producer ends each.
std::vector<LogBatch> aborted_batches(std::span<const LogBatch> batches,
                                      std::vector<storage::AbortedTransaction> aborted) {
  std::ranges::sort(aborted, {}, &storage::AbortedTransaction::first_offset);
  std::vector<LogBatch> out;
  std::set<std::int64_t> producers;
  auto next = aborted.begin();
  for (const LogBatch& batch : batches) {
    if (batch.producer_id < 0) continue;
    for (; next != aborted.end() && next->first_offset <= batch.last_offset; ++next) {
      producers.insert(next->producer_id);
    }
    if (batch.is_control) {
      producers.erase(batch.producer_id);
    } else if (batch.is_transactional && producers.contains(batch.producer_id)) {
      out.push_back(batch);
    }
  }
  return out;
}

// `ranges` without the offsets of `removed`, which are in order as well.
std::vector<AcquiredRange> without(const std::vector<AcquiredRange>& ranges,
                                   const std::vector<LogBatch>& removed) {
  std::vector<AcquiredRange> out;
  for (const AcquiredRange& range : ranges) {
    std::int64_t first = range.first_offset;
    for (const LogBatch& batch : removed) {
      if (batch.last_offset < first || batch.base_offset > range.last_offset) continue;
      if (batch.base_offset > first) out.push_back({first, batch.base_offset - 1, range.delivery_count});
      first = batch.last_offset + 1;
    }
    if (first <= range.last_offset) out.push_back({first, range.last_offset, range.delivery_count});
  }
  return out;
}

}  // namespace

std::vector<AcquiredRange> SharePartition::acquire(const Acquire& request, const ShareLimits& limits) {
  if (request.batches.empty() || request.max_records <= 0) return {};
  std::int64_t last = request.batches.back().last_offset;
  if (last < start_offset_) return {};
  Taking taking{request, limits};
  taking.room = std::min<std::int64_t>(request.max_records, limits.max_in_flight - in_flight_count());
  if (taking.room <= 0) {
    // Nothing new fits, but what has been handed out before may be handed out again.
    if (request.fetch_offset >= next_new_offset_) return {};
    taking.room = std::min<std::int64_t>(request.max_records, next_new_offset_ - request.fetch_offset);
    last = std::min(last, next_new_offset_ - 1);
  }
  const std::int64_t first = request.batches.front().base_offset;
  give_up_stale(request.fetch_offset, first);
  if (take_in_flight(taking, first, last) && taking.left() > 0 && last >= next_new_offset_) {
    take_new(taking, std::max(first, next_new_offset_), last);
  }
  if (request.aborted != nullptr && !request.aborted->empty()) give_up_aborted(taking);
  advance();
  return std::move(taking.taken);
}

void SharePartition::hand_out(DeliveryState& state, const Taking& taking) {
  state.state = RecordState::kAcquired;
  ++state.delivery_count;
  state.holder = taking.request.member;
  state.deadline_ms = taking.request.now_ms + taking.limits.lock_duration_ms;
  next_deadline_ms_ = std::min(next_deadline_ms_, state.deadline_ms);
}

// False if nothing more may be taken beside what was: a record close to its last delivery goes out with few
// others or alone, so that one bad record does not take a whole batch with it (KIP-932, throttled delivery).
bool SharePartition::take_in_flight(Taking& taking, std::int64_t first, std::int64_t last) {
  for (auto at = batch_at(first); at != in_flight_.end() && at->first <= last && taking.left() > 0; ++at) {
    auto& [batch_first, batch] = *at;
    const bool inside = batch_first >= first && batch.last <= last;
    const bool too_many = taking.request.record_limit && batch.last - batch_first + 1 > taking.left();
    const bool throttled = is_throttled(taking, batch_first, batch, first, last);
    if (throttled && taking.count > 0) return false;
    if (inside && !batch.is_split() && !too_many && !throttled) {
      if (!batch.whole.is_free()) continue;
      hand_out(batch.whole, taking);
      taking.add(batch_first, batch.last, batch.whole.delivery_count);
      continue;
    }
    if (!batch.is_split()) {
      if (!batch.whole.is_free()) continue;
      batch.split(batch_first);
    }
    const auto most = static_cast<std::int32_t>(taking.left());
    const std::int32_t taken = take_records(taking, batch_first, batch, first, last, most);
    if (throttled && taken > 0) return false;
  }
  return true;
}

bool SharePartition::is_throttled(const Taking& taking, std::int64_t batch_first, const InFlightBatch& batch,
                                  std::int64_t first, std::int64_t last) const {
  if (!batch.is_split()) {
    return batch.whole.is_free() && batch.whole.delivery_count >= taking.throttle_from();
  }
  const std::int64_t end = std::min(last, batch.last);
  for (std::int64_t offset = std::max(first, batch_first); offset <= end; ++offset) {
    const DeliveryState& state = batch.each[index_of(batch_first, offset)];
    if (state.is_free() && state.delivery_count >= taking.throttle_from()) return true;
  }
  return false;
}

std::int32_t SharePartition::take_records(Taking& taking, std::int64_t batch_first, InFlightBatch& batch,
                                          std::int64_t first, std::int64_t last, std::int32_t most) {
  const std::int32_t limit = taking.limits.delivery_count_limit;
  const bool isolates_last = limit > 2;
  std::int64_t few = -1;  // set once a throttled record is met: how many go with it
  std::int32_t taken = 0;
  const std::int64_t end = std::min(last, batch.last);
  for (std::int64_t offset = std::max(first, batch_first); offset <= end; ++offset) {
    DeliveryState& state = batch.each[index_of(batch_first, offset)];
    if (!state.is_free()) continue;
    const std::int32_t count = state.delivery_count;
    if (isolates_last && count == limit - 1 && taken > 0) break;  // its last delivery: alone, next time
    if (count >= taking.throttle_from() && few < 0) {
      few = std::max<std::int64_t>(1, static_cast<std::int64_t>(batch.each.size()) >>
                                          std::min(62, count - taking.throttle_from() + 1));
    }
    hand_out(state, taking);
    taking.add_record(offset, state.delivery_count, taken > 0);
    ++taken;
    if (isolates_last && state.delivery_count == limit) break;
    if (taking.request.record_limit && taken == most) break;
    if (few >= 0 && taken >= few) break;
  }
  return taken;
}

void SharePartition::take_new(Taking& taking, std::int64_t first, std::int64_t last) {
  if (in_flight_.empty()) {
    start_offset_ = first;
  } else if (first > next_new_offset_) {
    // The log holds no such records (compaction).
    in_flight_[next_new_offset_].last = first - 1;
    change_state(in_flight_[next_new_offset_].whole, next_new_offset_, first - 1, RecordState::kArchived);
  }
  next_new_offset_ = first;
  if (taking.left() < last - first + 1) {
    last = end_of_batch(taking.request.batches, first + taking.left() - 1);
  }
  if (taking.request.record_limit) {
    const std::int64_t last_taken = std::min(last, first + taking.left() - 1);
    add_new(taking, first, last, last_taken);
    return taking.add(first, last_taken, 1);
  }
  const std::int64_t batch_size = std::max(1, taking.request.batch_size);
  std::int64_t from = first;
  if (last - first + 1 > batch_size) {
    for (const LogBatch& batch : taking.request.batches) {
      if (batch.base_offset > last) break;
      if (batch.base_offset - from < batch_size) continue;
      add_new(taking, from, batch.base_offset - 1, batch.base_offset - 1);
      taking.add(from, batch.base_offset - 1, 1);
      from = batch.base_offset;
    }
  }
  add_new(taking, from, last, last);
  taking.add(from, last, 1);
}

// A batch that begins where the known ones end; what lies behind `last_taken` stays available.
void SharePartition::add_new(const Taking& taking, std::int64_t first, std::int64_t last,
                             std::int64_t last_taken) {
  InFlightBatch& batch = in_flight_[first];
  batch.last = last;
  next_new_offset_ = last + 1;
  if (last_taken == last) return hand_out(batch.whole, taking);
  batch.split(first);
  for (std::int64_t offset = first; offset <= last_taken; ++offset) {
    hand_out(batch.each[index_of(first, offset)], taking);
  }
  has_free_ = true;
}

// Available records below the first one that was read where they should be are not in the log any more.
void SharePartition::give_up_stale(std::int64_t fetch_offset, std::int64_t first_read) {
  if (fetch_offset < first_read) give_up(fetch_offset, first_read - 1, RecordState::kAvailable);
}

void SharePartition::give_up_aborted(Taking& taking) {
  const auto aborted = aborted_batches(taking.request.batches, *taking.request.aborted);
  if (aborted.empty()) return;
  for (const LogBatch& batch : aborted) {
    give_up(batch.base_offset, batch.last_offset, RecordState::kAcquired);
  }
  taking.taken = without(taking.taken, aborted);
}

void SharePartition::give_up(std::int64_t first, std::int64_t last, RecordState from) {
  for_each(first, last, [&](DeliveryState& state, std::int64_t at, std::int64_t end) {
    if (state.state != from) return;
    change_state(state, at, end, RecordState::kArchived);
    state.is_changing = false;
    state.holder.reset();
  });
}

}  // namespace barnabas::broker::share
