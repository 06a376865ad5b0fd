#include "broker/share/partition/hosted_partition.h"

#include <algorithm>
#include <atomic>

#include "broker/error_mapping.h"
#include "broker/share/partition/log_batches.h"
#include "broker/share/partition/offset_reset.h"
#include "common/logging.h"

namespace barnabas::broker::share {
namespace {

using protocol::ErrorCode;

const Logger logger("kafka.server.share.SharePartition");

// Stretches of aborted transactions, of deleted or of compacted records are passed over in one look.
constexpr int kMostTries = 16;
// Of one write, so that a record of __share_group_state stays well below the largest message.
constexpr std::size_t kMostBatchesPerWrite = 10'000;

bool overlaps(const std::vector<StateBatch>& left, const std::vector<StateBatch>& right) {
  return std::ranges::any_of(left, [&](const StateBatch& one) {
    return std::ranges::any_of(right, [&](const StateBatch& other) {
      return one.first_offset <= other.last_offset && other.first_offset <= one.last_offset;
    });
  });
}

}  // namespace

ShareLimits limits_of(const ShareGroupConfig& config) {
  ShareLimits limits;
  limits.max_in_flight = config.partition_max_record_locks;
  limits.delivery_count_limit = config.delivery_count_limit;
  limits.lock_duration_ms = config.record_lock_duration_ms;
  limits.renew_acknowledge = config.renew_acknowledge;
  return limits;
}

void ShareCounts::count(std::span<const AcknowledgeBatch> batches) const {
  const auto add = [this](std::int8_t type, std::int64_t records) {
    const auto index = static_cast<std::size_t>(type) - 1;  // gaps, type 0, are no records
    if (index < acknowledged.size()) acknowledged[index]->add(records);
  };
  for (const AcknowledgeBatch& batch : batches) {
    if (batch.types.size() == 1) add(batch.types.front(), batch.last_offset - batch.first_offset + 1);
    if (batch.types.size() == 1) continue;
    for (const std::int8_t type : batch.types) add(type, 1);
  }
}

StateResult client_error(StateResult&& result) {
  switch (result.error) {
    case ErrorCode::kNone:
    case ErrorCode::kGroupIdNotFound:
    case ErrorCode::kUnknownTopicOrPartition:
      break;
    case ErrorCode::kNotCoordinator:
    case ErrorCode::kCoordinatorNotAvailable:
    case ErrorCode::kCoordinatorLoadInProgress:
      result.error = ErrorCode::kCoordinatorNotAvailable;
      break;
    case ErrorCode::kFencedLeaderEpoch:
    case ErrorCode::kFencedStateEpoch:
      result.error = ErrorCode::kNotLeaderOrFollower;
      break;
    default:
      result.error = ErrorCode::kUnknownServerError;
  }
  return std::move(result);
}

HostedPartition::HostedPartition(SharePartitionKey key, std::shared_ptr<Partition> partition,
                                 HostEnvironment& environment, Lost lost)
    : key_(std::move(key)),
      partition_(std::move(partition)),
      leader_epoch_(partition_->leader_epoch()),
      environment_(environment),
      lost_(std::move(lost)),
      load_start_ms_(environment.clock.monotonic_ms()) {}

bool HostedPartition::is_current() const {
  return partition_->is_leader() && partition_->leader_epoch() == leader_epoch_;
}

ShareLimits HostedPartition::limits() const {
  return limits_of(environment_.config_of(key_.group_id));
}

void HostedPartition::load() {
  if (load_begun_.exchange(true)) return;
  environment_.persister.read(key_, leader_epoch_, [self = shared_from_this()](PartitionState&& state) {
    self->on_loaded(std::move(state));
  });
}

void HostedPartition::on_loaded(PartitionState&& state) {
  StateResult result = client_error(std::move(state.result));
  std::int64_t start = state.start_offset;
  if (result.error == ErrorCode::kNone && start < 0) {
    const auto config = environment_.config_of(key_.group_id);
    const auto offset =
        reset_offset(partition_->log(), config.auto_offset_reset, environment_.clock.wall_ms());
    if (offset) start = *offset;
    if (!offset) result = {error_code_of(offset.error().code), offset.error().message};
  }
  {
    const std::scoped_lock lock(mutex_);
    if (status_ == Status::kLoading) {
      status_ = result.error == ErrorCode::kNone ? Status::kReady : Status::kFailed;
      if (status_ == Status::kReady) core_.emplace(start, state.batches);
    }
    state_epoch_ = state.state_epoch;
    load_result_ = result;
  }
  environment_.counts.load_time_ms->record(environment_.clock.monotonic_ms() - load_start_ms_);
  if (result.error != ErrorCode::kNone) {
    logger.error("Failed to initialize the share partition ", key_.group_id, ":", partition_->name().topic,
                 "-", key_.partition, ": ", result.error_message);
    lost_(*this);
  }
  watchers_.wake();
}

std::optional<StateResult> HostedPartition::loaded() const {
  const std::scoped_lock lock(mutex_);
  if (status_ == Status::kLoading) return std::nullopt;
  return load_result_;
}

HostedPartition::Look HostedPartition::look(std::int64_t max_bytes, bool min_one_batch, bool committed_only) {
  Look out;
  out.error = partition_->check_leader(leader_epoch_);
  if (out.error == ErrorCode::kFencedLeaderEpoch || out.error == ErrorCode::kUnknownLeaderEpoch) {
    out.error = ErrorCode::kNotLeaderOrFollower;
  }
  if (out.error != ErrorCode::kNone) return out;
  const auto bound = committed_only ? storage::ReadBound::kLastStable : storage::ReadBound::kHighWatermark;
  const storage::Log& log = partition_->log();
  for (int attempt = 0; attempt < 2; ++attempt) {
    core_->move_log_start(log.log_start_offset());
    out.offset = core_->next_fetch_offset();
    auto read = log.read(out.offset, max_bytes, min_one_batch, bound);
    if (read) {
      out.read = std::move(*read);
      return out;
    }
    out.error = error_code_of(read.error().code);
    out.message = std::move(read.error().message);
    if (out.error != ErrorCode::kOffsetOutOfRange) return out;
  }
  // Above the end of a log that lost records: they will be written again.
  out.error = ErrorCode::kNone;
  return out;
}

HostedPartition::Readable HostedPartition::readable(std::int64_t max_bytes) {
  const ShareGroupConfig config = environment_.config_of(key_.group_id);
  const std::scoped_lock lock(mutex_);
  Readable out;
  if (status_ != Status::kReady || !core_->can_acquire(limits_of(config))) return out;
  out.can_acquire = true;
  if (max_bytes <= 0) return out;
  const Look found = look(max_bytes, true, config.read_committed);
  out.error = found.error;
  out.bytes = static_cast<std::int64_t>(found.read.records.size());
  return out;
}

HostedPartition::Taken HostedPartition::take(const Wants& wants) {
  const ShareGroupConfig config = environment_.config_of(key_.group_id);
  const std::scoped_lock lock(mutex_);
  Taken taken;
  for (int attempt = 0; attempt < kMostTries; ++attempt) {
    if (status_ != Status::kReady || !core_->can_acquire(limits_of(config))) break;
    if (!take_once(wants, config, taken)) break;
  }
  arm_timer();
  return taken;
}

// True if nothing was found, but more lies behind what was passed over.
bool HostedPartition::take_once(const Wants& wants, const ShareGroupConfig& config, Taken& taken) {
  Look found = look(wants.max_bytes, wants.min_one_batch, config.read_committed);
  if (found.error != ErrorCode::kNone) {
    taken.error = found.error;
    taken.message = std::move(found.message);
    return false;
  }
  if (found.read.records.empty()) return false;
  // No record behind this one can be handed out now.
  const std::int64_t reach = std::max(core_->next_new_offset(), found.offset) + wants.max_records;
  const auto batches = log_batches(found.read.records, reach);
  SharePartition::Acquire request;
  request.member = wants.member;
  request.record_limit = wants.record_limit;
  request.batch_size = wants.batch_size;
  request.max_records = wants.max_records;
  request.fetch_offset = found.offset;
  request.batches = batches;
  request.aborted = config.read_committed ? &found.read.aborted : nullptr;
  request.now_ms = environment_.clock.monotonic_ms();
  taken.acquired = core_->acquire(request, limits_of(config));
  if (taken.acquired.empty()) return core_->next_fetch_offset() > found.offset;
  const std::int64_t first = taken.acquired.front().first_offset;
  const std::int64_t last = taken.acquired.back().last_offset;
  std::size_t from = 0, to = 0;
  for (const LogBatch& batch : batches) {
    if (batch.base_offset <= first) from = batch.position;
    if (batch.base_offset <= last) to = batch.position + batch.bytes;
  }
  taken.records = slice(found.read.records, from, std::max(from, to) - from);
  for (const AcquiredRange& range : taken.acquired) taken.count += range.last_offset - range.first_offset + 1;
  return false;
}

void HostedPartition::acknowledge(const std::string& member, std::vector<AcknowledgeBatch> batches,
                                  Answerer answerer) {
  SharePartition::Change change;
  {
    const ShareLimits now = limits();
    const std::scoped_lock lock(mutex_);
    if (status_ == Status::kReady) {
      change = core_->acknowledge(member, batches, now, environment_.clock.monotonic_ms());
      arm_timer();
    } else {
      change.error = ErrorCode::kUnknownTopicOrPartition;
    }
  }
  carry_out(std::move(change), std::move(answerer));
}

void HostedPartition::release(const std::string& member, Answerer answerer) {
  SharePartition::Change change;
  {
    const ShareLimits now = limits();
    const std::scoped_lock lock(mutex_);
    if (status_ == Status::kReady) change = core_->release(member, now);
  }
  carry_out(std::move(change), std::move(answerer));
}

void HostedPartition::carry_out(SharePartition::Change&& change, Answerer&& answerer) {
  if (change.error != ErrorCode::kNone || change.batches.empty()) {
    return answerer({change.error, std::string(change.message)});
  }
  push({std::move(change.batches), true, std::move(answerer)});
}

void HostedPartition::push(PendingWrite write) {
  {
    const std::scoped_lock lock(mutex_);
    waiting_.push_back(std::move(write));
    if (is_writing_) return;
    is_writing_ = true;
  }
  pump();
}

std::optional<StateWrite> HostedPartition::next_write() {
  if (waiting_.empty() || status_ != Status::kReady) return std::nullopt;
  StateWrite write;
  write.state_epoch = state_epoch_;
  write.leader_epoch = leader_epoch_;
  write.start_offset = core_->start_offset();
  write.delivery_complete_count = core_->delivery_complete_count();
  while (!waiting_.empty()) {
    PendingWrite& next = waiting_.front();
    const bool fits = write.batches.size() + next.batches.size() <= kMostBatchesPerWrite;
    if (!write.batches.empty() && (!fits || overlaps(write.batches, next.batches))) break;
    for (const StateBatch& batch : next.batches) append_joined(write.batches, batch);
    writing_.push_back(std::move(next));
    waiting_.pop_front();
  }
  return write;
}

void HostedPartition::pump() {
  while (true) {
    std::optional<StateWrite> write;
    std::deque<PendingWrite> refused;
    bool is_done = false;
    {
      const std::scoped_lock lock(mutex_);
      write = next_write();
      if (!write) {
        is_writing_ = false;
        refused.swap(waiting_);
        is_done = is_retiring_;
      }
    }
    if (!write) {
      for (PendingWrite& each : refused) {
        if (each.answerer) each.answerer({ErrorCode::kNotLeaderOrFollower, {}});
      }
      if (is_done) lost_(*this);
      return;
    }
    // Whoever comes second, the answer or the return of the call, goes on: answers given at once must not
    // pile up calls.
    auto met = std::make_shared<std::atomic<bool>>(false);
    environment_.persister.write(key_, std::move(*write),
                                 [self = shared_from_this(), met](StateResult&& result) {
                                   self->on_written(std::move(result));
                                   if (met->exchange(true)) self->pump();
                                 });
    if (!met->exchange(true)) return;
  }
}

void HostedPartition::on_written(StateResult&& result) {
  const bool persisted = result.error == ErrorCode::kNone;
  if (!persisted) {
    logger.error("Failed to write the share group state for share partition ", key_.group_id, ":",
                 partition_->name().topic, "-", key_.partition, ": ", result.error_message);
  }
  const StateResult told = client_error(std::move(result));
  std::vector<PendingWrite> written;
  {
    const ShareLimits now = limits();
    const std::scoped_lock lock(mutex_);
    written.swap(writing_);
    if (core_) {
      for (const PendingWrite& each : written) {
        if (!each.confirms) continue;
        core_->finish(each.batches, persisted, now, environment_.clock.monotonic_ms());
      }
      arm_timer();
    }
  }
  for (PendingWrite& each : written) {
    if (each.answerer) each.answerer(StateResult(told));
  }
  if (told.error == ErrorCode::kNotLeaderOrFollower || told.error == ErrorCode::kUnknownTopicOrPartition ||
      told.error == ErrorCode::kGroupIdNotFound) {
    lost_(*this);
  }
  watchers_.wake();
}

void HostedPartition::arm_timer() {
  if (status_ != Status::kReady) return;
  const std::int64_t due_ms = core_->next_deadline_ms();
  if (due_ms >= timer_at_ms_) return;
  if (timer_ != 0) environment_.scheduler.cancel(timer_);
  timer_at_ms_ = due_ms;
  const std::int64_t delay_ms = std::max<std::int64_t>(0, due_ms - environment_.clock.monotonic_ms());
  timer_ = environment_.scheduler.after(std::chrono::milliseconds(delay_ms), [weak = weak_from_this()] {
    if (const auto self = weak.lock()) self->on_timer();
  });
}

void HostedPartition::on_timer() {
  std::vector<StateBatch> expired;
  {
    const ShareLimits now = limits();
    const std::scoped_lock lock(mutex_);
    timer_ = 0;
    timer_at_ms_ = INT64_MAX;
    if (status_ != Status::kReady) return;
    expired = core_->expire(now, environment_.clock.monotonic_ms());
    arm_timer();
  }
  if (expired.empty()) return;
  for (const StateBatch& batch : expired) {
    environment_.counts.lock_timeouts->add(batch.last_offset - batch.first_offset + 1);
  }
  push({std::move(expired), false, {}});
  watchers_.wake();
}

void HostedPartition::fence() {
  {
    const std::scoped_lock lock(mutex_);
    status_ = Status::kFenced;
    if (timer_ != 0) environment_.scheduler.cancel(timer_);
    timer_ = 0;
  }
  watchers_.wake();
}

bool HostedPartition::fence_when_idle() {
  {
    const std::scoped_lock lock(mutex_);
    is_retiring_ = is_writing_ || status_ == Status::kLoading;
    if (is_retiring_) return false;
  }
  fence();
  return true;
}

void HostedPartition::keep() {
  const std::scoped_lock lock(mutex_);
  is_retiring_ = false;
}

HostedPartition::Numbers HostedPartition::numbers() const {
  const std::scoped_lock lock(mutex_);
  if (!core_) return {};
  return {core_->in_flight_count(), core_->in_flight().size()};
}

}  // namespace barnabas::broker::share
