#include "broker/groups/shard_host.h"

#include <algorithm>

#include "broker/groups/group_records.h"
#include "common/assert.h"
#include "common/logging.h"

namespace barnabas::broker::groups {
namespace {

const Logger logger("broker.groups.ShardHost");

// Records that need not be in one batch are split into batches of about this size, below every sensible
// max.message.bytes.
constexpr std::size_t kBatchBytes = 256 * 1024;

// Replays a log into a shard that nobody else sees yet.
class Replayer final : public CoordinatorLogReader {
 public:
  Replayer(GroupShard& shard, Instant now) : shard_(shard), now_(now) {}

  void on_record(std::int64_t offset, std::int64_t producer_id, ByteView key,
                 std::optional<ByteView> value) override {
    const auto record = decode_record(key, value);
    if (!record) {
      logger.error("The record at offset ", offset, " cannot be read and is skipped.");
      return;
    }
    Effects none;
    shard_.replay(*record, offset, producer_id, now_, none);
  }
  void on_end_transaction(std::int64_t producer_id, bool committed) override {
    shard_.replay_end_transaction(producer_id, committed);
  }

 private:
  GroupShard& shard_;
  const Instant now_;
};

}  // namespace

ShardHost::~ShardHost() {
  if (timer_ != 0) environment_.scheduler.cancel(timer_);
}

void ShardHost::lead(std::int32_t leader_epoch) {
  {
    const std::lock_guard lock(mutex_);
    if (leader_epoch < leader_epoch_) return;
    leader_epoch_ = leader_epoch;
    if (phase_ != Phase::kAbsent) return;
    phase_ = Phase::kLoading;
  }
  environment_.scheduler.run_blocking([weak = weak_from_this(), leader_epoch] {
    if (const auto self = weak.lock()) self->load(leader_epoch);
  });
}

void ShardHost::load(std::int32_t leader_epoch) {
  {
    const std::lock_guard lock(mutex_);
    if (phase_ != Phase::kLoading) return;  // resigned meanwhile
    load_running_ = true;
  }
  auto shard = std::make_unique<GroupShard>(environment_.settings, environment_.random);
  Replayer replayer(*shard, now());
  const auto read = environment_.log.read(partition_, replayer);
  Outbox outbox;
  {
    const std::lock_guard lock(mutex_);
    load_running_ = false;
    if (phase_ == Phase::kLoading && read) {
      phase_ = Phase::kActive;
      shard_ = std::move(shard);
      Effects effects;
      shard_->loaded(now(), effects);
      carry_out(std::move(effects), outbox);
      arm_timer();
    } else if (phase_ == Phase::kLoading) {
      logger.error("Partition ", partition_, " of __consumer_offsets could not be loaded under epoch ",
                   leader_epoch, ": ", protocol::error_name(read.error()));
      phase_ = Phase::kAbsent;
      leader_epoch_ = -1;
    }
    load_ended_.notify_all();
  }
  send(outbox);
}

void ShardHost::await_load() {
  std::unique_lock lock(mutex_);
  load_ended_.wait(lock, [this] { return !load_running_; });
}

void ShardHost::resign() {
  Outbox outbox;
  {
    const std::lock_guard lock(mutex_);
    if (phase_ == Phase::kActive) {
      while (!in_flight_.empty()) {
        const PendingPtr pending = in_flight_.front();
        finish(pending, ErrorCode::kNotLeaderOrFollower, outbox);
      }
      Effects effects;
      shard_->unload(effects);
      for (Task& answer : effects.answers) outbox.push_back(std::move(answer));
      shard_.reset();
    }
    phase_ = Phase::kAbsent;
    leader_epoch_ = -1;
    if (timer_ != 0) environment_.scheduler.cancel(std::exchange(timer_, 0));
  }
  send(outbox);
}

ErrorCode ShardHost::unusable() const {
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

void ShardHost::run(Operation operation, std::move_only_function<void(ErrorCode)> refused) {
  submit(std::move(operation), std::move(refused), false);
}

void ShardHost::read(Operation operation, std::move_only_function<void(ErrorCode)> refused) {
  submit(std::move(operation), std::move(refused), true);
}

void ShardHost::submit(Operation operation, std::move_only_function<void(ErrorCode)> refused,
                       bool only_reads) {
  Outbox outbox;
  {
    const std::lock_guard lock(mutex_);
    if (const ErrorCode error = unusable(); error != ErrorCode::kNone) {
      outbox.emplace_back([refused = std::move(refused), error]() mutable { refused(error); });
    } else {
      Effects effects;
      operation(*shard_, now(), effects);
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

void ShardHost::carry_out(Effects effects, Outbox& outbox) {
  if (effects.write) write(std::move(*effects.write), outbox);
  std::move(effects.answers.begin(), effects.answers.end(), std::back_inserter(outbox));
}

void ShardHost::write(Write write, Outbox& outbox) {
  std::vector<EncodedRecord> encoded;
  encoded.reserve(write.records.size());
  for (const GroupRecord& record : write.records) encoded.push_back(encode_record(record));
  const std::span<const GroupRecord> records(write.records);
  const std::span<const EncodedRecord> bytes(encoded);
  ErrorCode error = ErrorCode::kNone;
  std::size_t from = 0;
  while (from < records.size() && error == ErrorCode::kNone) {
    std::size_t to = from;
    std::size_t size = 0;
    while (to < records.size() && (write.atomic || to == from || size < kBatchBytes)) {
      size += bytes[to].key.size() + (bytes[to].value ? bytes[to].value->size() : 0);
      ++to;
    }
    const auto pending = std::make_shared<Pending>();
    if (to == records.size() && write.done) pending->done.push_back(std::move(write.done));
    error = append(records.subspan(from, to - from), bytes.subspan(from, to - from), write.replay, pending,
                   outbox);
    if (error != ErrorCode::kNone && !pending->done.empty()) write.done = std::move(pending->done.front());
    from = to;
  }
  if (error == ErrorCode::kNone || !write.done) return;
  Effects more;
  write.done(error, now(), more);
  carry_out(std::move(more), outbox);
}

ErrorCode ShardHost::append(std::span<const GroupRecord> records, std::span<const EncodedRecord> encoded,
                            bool replay, const PendingPtr& pending, Outbox& outbox) {
  const auto first =
      environment_.log.append(partition_, leader_epoch_, encoded, environment_.settings.commit_timeout_ms,
                              [weak = weak_from_this(), pending](ErrorCode error) {
                                if (const auto self = weak.lock()) self->committed(pending, error);
                              });
  if (!first) {
    logger.warn("A write to partition ", partition_,
                " of __consumer_offsets failed: ", protocol::error_name(first.error()));
    return first.error();
  }
  if (replay) {
    std::int64_t offset = *first;
    Effects effects;
    for (const GroupRecord& record : records) shard_->replay(record, offset++, -1, now(), effects);
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
void ShardHost::committed(const PendingPtr& pending, ErrorCode error) {
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

void ShardHost::finish(const PendingPtr& pending, ErrorCode error, Outbox& outbox) {
  const auto place = std::find(in_flight_.begin(), in_flight_.end(), pending);
  if (place == in_flight_.end()) return;  // the host has resigned since
  in_flight_.erase(place);
  for (WriteDone& done : pending->done) {
    Effects more;
    done(error, now(), more);
    carry_out(std::move(more), outbox);
  }
  std::move(pending->later.begin(), pending->later.end(), std::back_inserter(outbox));
}

void ShardHost::arm_timer() {
  if (!shard_) return;
  const auto next_ms = shard_->next_deadline_ms();
  if (!next_ms || (timer_ != 0 && timer_at_ms_ <= *next_ms)) return;
  if (timer_ != 0) environment_.scheduler.cancel(timer_);
  const std::int64_t delay_ms = std::max<std::int64_t>(*next_ms - environment_.clock.monotonic_ms(), 0);
  timer_at_ms_ = *next_ms;
  timer_ = environment_.scheduler.after(std::chrono::milliseconds(delay_ms),
                                        [weak = weak_from_this(), token = ++timer_token_] {
                                          if (const auto self = weak.lock()) self->on_timer(token);
                                        });
}

void ShardHost::on_timer(std::uint64_t token) {
  Outbox outbox;
  {
    const std::lock_guard lock(mutex_);
    if (token != timer_token_) return;
    timer_ = 0;
    if (phase_ == Phase::kActive) {
      bool more = true;
      while (more) {
        Effects effects;
        more = shard_->run_due(now(), effects);
        carry_out(std::move(effects), outbox);
      }
      arm_timer();
    }
  }
  send(outbox);
}

GroupCounts ShardHost::counts() const {
  const std::lock_guard lock(mutex_);
  return phase_ == Phase::kActive ? shard_->counts() : GroupCounts{};
}

void ShardHost::send(Outbox& outbox) {
  for (Task& answer : outbox) answer();
  outbox.clear();
}

}  // namespace barnabas::broker::groups
