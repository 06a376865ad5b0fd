// The definitions behind shard_host.h, for the file that instantiates a coordinator's hosts.
#pragma once

#include <algorithm>

#include "broker/coordination/shard_host.h"
#include "common/assert.h"
#include "common/logging.h"

namespace barnabas::broker::coordination {
namespace host_detail {

inline const Logger logger("broker.coordination.ShardHost");

// Records that need not be in one batch are split into batches of about this size, below every sensible
// max.message.bytes.
inline constexpr std::size_t kBatchBytes = 256 * 1024;

// Replays a log into a shard that nobody else sees yet.
template <class C>
class Replayer final : public CoordinatorLogReader {
 public:
  Replayer(C& core, Instant now, const std::string& topic) : core_(core), now_(now), topic_(topic) {}

  void on_record(std::int64_t offset, std::int64_t producer_id, ByteView key,
                 std::optional<ByteView> value) override {
    const auto record = C::decode(key, value);
    if (!record) {
      host_detail::logger.error("The record at offset ", offset, " of ", topic_,
                                " cannot be read and is skipped.");
      return;
    }
    Effects<typename C::Record> none;
    core_.replay(*record, offset, producer_id, now_, none);
  }
  void on_end_transaction(std::int64_t producer_id, bool committed) override {
    core_.replay_end_transaction(producer_id, committed);
  }

 private:
  C& core_;
  const Instant now_;
  const std::string topic_;
};

}  // namespace host_detail

template <Core C>
ShardHost<C>::~ShardHost() {
  if (timer_ != 0) environment_.scheduler.cancel(timer_);
}

template <Core C>
void ShardHost<C>::lead(std::int32_t leader_epoch) {
  {
    const std::lock_guard lock(mutex_);
    if (leader_epoch < leader_epoch_) return;
    leader_epoch_ = leader_epoch;
    if (phase_ == Phase::kActive) {
      core_->led(leader_epoch);
      arm_timer();
    }
    if (phase_ != Phase::kAbsent) return;
    phase_ = Phase::kLoading;
  }
  environment_.scheduler.run_blocking([weak = this->weak_from_this(), leader_epoch] {
    if (const auto self = weak.lock()) self->load(leader_epoch);
  });
}

template <Core C>
void ShardHost<C>::load(std::int32_t leader_epoch) {
  {
    const std::lock_guard lock(mutex_);
    if (phase_ != Phase::kLoading) return;  // resigned meanwhile
    load_running_ = true;
  }
  auto core = make_(partition_);
  host_detail::Replayer<C> replayer(*core, now(), environment_.topic);
  const auto read = environment_.log.read(partition_, replayer);
  Outbox outbox;
  {
    const std::lock_guard lock(mutex_);
    load_running_ = false;
    if (phase_ == Phase::kLoading && read) {
      phase_ = Phase::kActive;
      core_ = std::move(core);
      core_->led(leader_epoch_);
      HostEffects effects;
      core_->loaded(now(), effects);
      carry_out(std::move(effects), outbox);
      arm_timer();
    } else if (phase_ == Phase::kLoading) {
      host_detail::logger.error("Partition ", partition_, " of ", environment_.topic,
                                " could not be loaded under epoch ", leader_epoch, ": ",
                                protocol::error_name(read.error()));
      phase_ = Phase::kAbsent;
      leader_epoch_ = -1;
    }
    load_ended_.notify_all();
  }
  send(outbox);
}

template <Core C>
void ShardHost<C>::await_load() {
  std::unique_lock lock(mutex_);
  load_ended_.wait(lock, [this] { return !load_running_; });
}

template <Core C>
void ShardHost<C>::resign() {
  Outbox outbox;
  {
    const std::lock_guard lock(mutex_);
    if (phase_ == Phase::kActive) {
      while (!in_flight_.empty()) {
        const PendingPtr pending = in_flight_.front();
        finish(pending, ErrorCode::kNotLeaderOrFollower, outbox);
      }
      HostEffects effects;
      core_->unload(effects);
      for (Task& answer : effects.answers) outbox.push_back(std::move(answer));
      core_.reset();
    }
    phase_ = Phase::kAbsent;
    leader_epoch_ = -1;
    if (timer_ != 0) environment_.scheduler.cancel(std::exchange(timer_, 0));
  }
  send(outbox);
}

template <Core C>
protocol::ErrorCode ShardHost<C>::unusable() const {
  switch (phase_) {
    case Phase::kAbsent:
      return ErrorCode::kNotCoordinator;
    case Phase::kLoading:
      return ErrorCode::kCoordinatorLoadInProgress;
    case Phase::kActive:
      return ErrorCode::kNone;
  }
  return ErrorCode::kNotCoordinator;
}

template <Core C>
void ShardHost<C>::run(Operation operation, Refused refused) {
  submit(std::move(operation), std::move(refused), false);
}

template <Core C>
void ShardHost<C>::read(Operation operation, Refused refused) {
  submit(std::move(operation), std::move(refused), true);
}

template <Core C>
void ShardHost<C>::submit(Operation operation, Refused refused, bool only_reads) {
  Outbox outbox;
  {
    const std::lock_guard lock(mutex_);
    if (const ErrorCode error = unusable(); error != ErrorCode::kNone) {
      outbox.emplace_back([refused = std::move(refused), error]() mutable { refused(error); });
    } else {
      HostEffects effects;
      operation(*core_, now(), effects);
      if (only_reads && !in_flight_.empty()) {
        ASSERT(!effects.write);
        auto& later = in_flight_.back()->later;
        std::move(effects.answers.begin(), effects.answers.end(), std::back_inserter(later));
      } else {
        carry_out(std::move(effects), outbox);
      }
      arm_timer();
    }
  }
  send(outbox);
}

template <Core C>
void ShardHost<C>::carry_out(HostEffects effects, Outbox& outbox) {
  if (effects.write) write(std::move(*effects.write), outbox);
  std::move(effects.answers.begin(), effects.answers.end(), std::back_inserter(outbox));
}

template <Core C>
void ShardHost<C>::write(Write<Record> write, Outbox& outbox) {
  std::vector<EncodedRecord> encoded;
  encoded.reserve(write.records.size());
  for (const Record& record : write.records) encoded.push_back(C::encode(record));
  const std::span<const Record> records(write.records);
  const std::span<const EncodedRecord> bytes(encoded);
  ErrorCode error = ErrorCode::kNone;
  std::size_t from = 0;
  bool marker = write.marker.has_value();
  while ((marker || from < records.size()) && error == ErrorCode::kNone) {
    std::size_t to = from;
    std::size_t size = 0;
    while (to < records.size() && (write.atomic || to == from || size < host_detail::kBatchBytes)) {
      size += bytes[to].key.size() + (bytes[to].value ? bytes[to].value->size() : 0);
      ++to;
    }
    const auto pending = std::make_shared<Pending>();
    if (to == records.size() && write.done) pending->done.push_back(std::move(write.done));
    error = append(records.subspan(from, to - from), bytes.subspan(from, to - from), write, pending, outbox);
    if (error != ErrorCode::kNone && !pending->done.empty()) write.done = std::move(pending->done.front());
    from = to;
    marker = false;
  }
  if (error == ErrorCode::kNone || !write.done) return;
  HostEffects more;
  write.done(error, now(), more);
  carry_out(std::move(more), outbox);
}

template <Core C>
protocol::ErrorCode ShardHost<C>::append(std::span<const Record> records,
                                         std::span<const EncodedRecord> encoded, const Write<Record>& write,
                                         const PendingPtr& pending, Outbox& outbox) {
  auto committed = [weak = this->weak_from_this(), pending](ErrorCode error) {
    if (const auto self = weak.lock()) self->committed(pending, error);
  };
  CoordinatorLog& log = environment_.log;
  const auto first = write.marker
                         ? log.end_transaction(partition_, leader_epoch_, *write.marker,
                                               environment_.commit_timeout_ms, std::move(committed))
                         : log.append(partition_, leader_epoch_,
                                      {encoded, write.producer_id, write.producer_epoch, write.guard},
                                      environment_.commit_timeout_ms, std::move(committed));
  if (!first) {
    host_detail::logger.warn("A write to partition ", partition_, " of ", environment_.topic,
                             " failed: ", protocol::error_name(first.error()));
    return first.error();
  }
  if (write.marker) {
    core_->replay_end_transaction(write.marker->producer_id, write.marker->commit);
  } else if (write.replay) {
    std::int64_t offset = *first;
    HostEffects effects;
    for (const Record& record : records) core_->replay(record, offset++, write.producer_id, now(), effects);
    carry_out(std::move(effects), outbox);
  }
  in_flight_.push_back(pending);
  std::optional<ErrorCode> result;
  {
    const std::lock_guard lock(pending->mutex);
    pending->appended = true;
    result = pending->result;
  }
  if (result) finish(pending, *result, outbox);
  return ErrorCode::kNone;
}

// Called by the log: within append, under our own lock, or later, under none.
template <Core C>
void ShardHost<C>::committed(const PendingPtr& pending, ErrorCode error) {
  {
    const std::lock_guard lock(pending->mutex);
    if (pending->result) return;
    pending->result = error;
    if (!pending->appended) return;  // append goes on with it
  }
  Outbox outbox;
  {
    const std::lock_guard lock(mutex_);
    if (phase_ == Phase::kActive) {
      finish(pending, error, outbox);
      arm_timer();
    }
  }
  send(outbox);
}

template <Core C>
void ShardHost<C>::finish(const PendingPtr& pending, ErrorCode error, Outbox& outbox) {
  const auto place = std::find(in_flight_.begin(), in_flight_.end(), pending);
  if (place == in_flight_.end()) return;  // the host has resigned since
  in_flight_.erase(place);
  for (WriteDone<Record>& done : pending->done) {
    HostEffects more;
    done(error, now(), more);
    carry_out(std::move(more), outbox);
  }
  std::move(pending->later.begin(), pending->later.end(), std::back_inserter(outbox));
}

template <Core C>
void ShardHost<C>::arm_timer() {
  if (!core_) return;
  const auto next_ms = core_->next_deadline_ms();
  if (!next_ms || (timer_ != 0 && timer_at_ms_ <= *next_ms)) return;
  if (timer_ != 0) environment_.scheduler.cancel(timer_);
  const std::int64_t delay_ms = std::max<std::int64_t>(*next_ms - environment_.clock.monotonic_ms(), 0);
  timer_at_ms_ = *next_ms;
  timer_ = environment_.scheduler.after(std::chrono::milliseconds(delay_ms),
                                        [weak = this->weak_from_this(), token = ++timer_token_] {
                                          if (const auto self = weak.lock()) self->on_timer(token);
                                        });
}

template <Core C>
void ShardHost<C>::on_timer(std::uint64_t token) {
  Outbox outbox;
  {
    const std::lock_guard lock(mutex_);
    if (token != timer_token_) return;
    timer_ = 0;
    run_all_due(outbox);
  }
  send(outbox);
}

template <Core C>
void ShardHost<C>::catch_up() {
  Outbox outbox;
  {
    const std::lock_guard lock(mutex_);
    run_all_due(outbox);
  }
  send(outbox);
}

template <Core C>
void ShardHost<C>::run_all_due(Outbox& outbox) {
  if (phase_ != Phase::kActive) return;
  bool more = true;
  while (more) {
    HostEffects effects;
    more = core_->run_due(now(), effects);
    carry_out(std::move(effects), outbox);
  }
  arm_timer();
}

template <Core C>
void ShardHost<C>::send(Outbox& outbox) {
  for (Task& answer : outbox) answer();
  outbox.clear();
}

}  // namespace barnabas::broker::coordination
