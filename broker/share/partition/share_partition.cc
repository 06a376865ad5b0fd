#include "broker/share/partition/share_partition.h"

#include <algorithm>

#include "broker/share/partition/share_partition_parts.h"

namespace barnabas::broker::share {

void append_joined(std::vector<StateBatch>& batches, const StateBatch& batch) {
  if (!batches.empty()) {
    StateBatch& last = batches.back();
    if (last.last_offset + 1 == batch.first_offset && last.delivery_state == batch.delivery_state &&
        last.delivery_count == batch.delivery_count) {
      last.last_offset = batch.last_offset;
      return;
    }
  }
  batches.push_back(batch);
}

SharePartition::SharePartition(std::int64_t start_offset, std::span<const StateBatch> batches)
    : start_offset_(start_offset), next_new_offset_(start_offset) {
  std::vector<StateBatch> sorted(batches.begin(), batches.end());
  std::ranges::sort(sorted, {}, &StateBatch::first_offset);
  for (const StateBatch& batch : sorted) {
    const std::int64_t first = std::max(batch.first_offset, next_new_offset_);
    if (batch.last_offset < first) continue;
    if (first > next_new_offset_) in_flight_[next_new_offset_].last = first - 1;
    InFlightBatch& added = in_flight_[first];
    added.last = batch.last_offset;
    added.whole.state = static_cast<RecordState>(batch.delivery_state);
    added.whole.delivery_count = batch.delivery_count;
    next_new_offset_ = batch.last_offset + 1;
  }
  has_free_ = !in_flight_.empty();
  count_complete();
  advance();
}

std::int64_t SharePartition::next_fetch_offset() {
  if (!has_free_) return next_new_offset_;
  for (const auto& [first, batch] : in_flight_) {
    if (!batch.is_split()) {
      if (batch.whole.is_free()) return std::max(first, start_offset_);
      continue;
    }
    for (std::int64_t offset = std::max(first, start_offset_); offset <= batch.last; ++offset) {
      if (batch.each[index_of(first, offset)].is_free()) return offset;
    }
  }
  has_free_ = false;
  return next_new_offset_;
}

bool SharePartition::can_acquire(const ShareLimits& limits) {
  return next_fetch_offset() != next_new_offset_ || in_flight_count() < limits.max_in_flight;
}

void SharePartition::change_state(DeliveryState& state, std::int64_t first, std::int64_t last,
                                  RecordState to) {
  const auto counted =
      static_cast<std::int32_t>(std::max<std::int64_t>(0, last - std::max(first, start_offset_) + 1));
  if (is_final(state.state)) complete_count_ -= counted;
  if (is_final(to)) complete_count_ += counted;
  state.state = to;
  if (to == RecordState::kAvailable) has_free_ = true;
}

void SharePartition::begin_change(DeliveryState& state, std::int64_t first, std::int64_t last, RecordState to,
                                  const ShareLimits& limits, std::vector<StateBatch>& changed) {
  if (to == RecordState::kAvailable && state.delivery_count >= limits.delivery_count_limit) {
    to = RecordState::kArchived;
  }
  state.before = state.state;
  state.is_changing = true;
  change_state(state, first, last, to);
  append_joined(changed, {first, last, static_cast<std::int8_t>(to), state.delivery_count});
}

void SharePartition::finish_change(DeliveryState& state, std::int64_t first, std::int64_t last,
                                   bool persisted, const ShareLimits& limits, std::int64_t now_ms) {
  if (!state.is_changing) return;  // given up meanwhile
  state.is_changing = false;
  if (!persisted) {
    RecordState back = state.before;
    if (now_ms >= state.deadline_ms) {
      back = state.delivery_count >= limits.delivery_count_limit ? RecordState::kArchived
                                                                 : RecordState::kAvailable;
    }
    change_state(state, first, last, back);
  }
  if (state.is_held()) {
    next_deadline_ms_ = std::min(next_deadline_ms_, state.deadline_ms);
  } else {
    state.holder.reset();
  }
  if (state.is_free()) has_free_ = true;
}

void SharePartition::finish(std::span<const StateBatch> changed, bool persisted, const ShareLimits& limits,
                            std::int64_t now_ms) {
  for (const StateBatch& batch : changed) {
    for_each(batch.first_offset, batch.last_offset, [&](DeliveryState& state, auto first, auto last) {
      finish_change(state, first, last, persisted, limits, now_ms);
    });
  }
  advance();
}

SharePartition::Change SharePartition::release(const std::string& member, const ShareLimits& limits) {
  Change change;
  for (auto& [first, batch] : in_flight_) {
    if (!batch.is_split()) {
      if (batch.whole.is_held_by(member)) {
        begin_change(batch.whole, first, batch.last, RecordState::kAvailable, limits, change.batches);
      }
      continue;
    }
    for (std::int64_t offset = std::max(first, start_offset_); offset <= batch.last; ++offset) {
      DeliveryState& state = batch.each[index_of(first, offset)];
      if (state.is_held_by(member)) {
        begin_change(state, offset, offset, RecordState::kAvailable, limits, change.batches);
      }
    }
  }
  return change;
}

void SharePartition::expire_one(DeliveryState& state, std::int64_t first, std::int64_t last,
                                const ShareLimits& limits, std::int64_t now_ms,
                                std::vector<StateBatch>& changed) {
  if (!state.is_held()) return;
  if (state.deadline_ms > now_ms) {
    next_deadline_ms_ = std::min(next_deadline_ms_, state.deadline_ms);
    return;
  }
  const bool spent = state.delivery_count >= limits.delivery_count_limit;
  const RecordState to = spent ? RecordState::kArchived : RecordState::kAvailable;
  change_state(state, first, last, to);
  state.holder.reset();
  append_joined(changed, {first, last, static_cast<std::int8_t>(to), state.delivery_count});
}

std::vector<StateBatch> SharePartition::expire(const ShareLimits& limits, std::int64_t now_ms) {
  std::vector<StateBatch> changed;
  if (now_ms < next_deadline_ms_) return changed;
  next_deadline_ms_ = INT64_MAX;
  for (auto& [first, batch] : in_flight_) {
    if (!batch.is_split()) {
      expire_one(batch.whole, first, batch.last, limits, now_ms, changed);
      continue;
    }
    for (std::int64_t offset = std::max(first, start_offset_); offset <= batch.last; ++offset) {
      expire_one(batch.each[index_of(first, offset)], offset, offset, limits, now_ms, changed);
    }
  }
  advance();
  return changed;
}

void SharePartition::move_log_start(std::int64_t log_start_offset) {
  if (log_start_offset <= start_offset_) return;
  while (!in_flight_.empty() && in_flight_.begin()->second.last < log_start_offset) {
    in_flight_.erase(in_flight_.begin());
  }
  if (!in_flight_.empty() && in_flight_.begin()->first < log_start_offset) {
    auto& [first, batch] = *in_flight_.begin();
    batch.split(first);
    for (std::int64_t offset = first; offset < log_start_offset; ++offset) {
      DeliveryState& state = batch.each[index_of(first, offset)];
      state = DeliveryState();
      state.state = RecordState::kArchived;
    }
  }
  start_offset_ = log_start_offset;
  next_new_offset_ = std::max(next_new_offset_, start_offset_);
  count_complete();
  advance();
}

void SharePartition::advance() {
  while (!in_flight_.empty()) {
    auto& [first, batch] = *in_flight_.begin();
    std::int64_t offset = std::max(first, start_offset_);
    if (batch.is_split()) {
      while (offset <= batch.last && batch.each[index_of(first, offset)].is_settled()) ++offset;
    } else if (batch.whole.is_settled()) {
      offset = batch.last + 1;
    }
    complete_count_ -= static_cast<std::int32_t>(offset - std::max(first, start_offset_));
    start_offset_ = offset;
    if (offset <= batch.last) break;
    in_flight_.erase(in_flight_.begin());
  }
  next_new_offset_ = std::max(next_new_offset_, start_offset_);
}

void SharePartition::count_complete() {
  complete_count_ = 0;
  for (const auto& [first, batch] : in_flight_) {
    const std::int64_t from = std::max(first, start_offset_);
    if (!batch.is_split()) {
      if (is_final(batch.whole.state)) complete_count_ += static_cast<std::int32_t>(batch.last - from + 1);
      continue;
    }
    for (std::int64_t offset = from; offset <= batch.last; ++offset) {
      if (is_final(batch.each[index_of(first, offset)].state)) ++complete_count_;
    }
  }
}

InFlight::iterator SharePartition::batch_at(std::int64_t offset) {
  auto found = in_flight_.upper_bound(offset);
  if (found != in_flight_.begin()) --found;
  return found != in_flight_.end() && found->second.last < offset ? std::next(found) : found;
}

}  // namespace barnabas::broker::share
