#include "broker/transactions/transaction_shard.h"

#include "broker/groups/log_errors.h"
#include "common/logging.h"

namespace barnabas::broker::transactions {
namespace {

const Logger logger("kafka.coordinator.transaction.TransactionStateManager");

}  // namespace

TransactionShard::Transaction* TransactionShard::live(const std::string& transactional_id) {
  const auto found = transactions_.find(transactional_id);
  return found == transactions_.end() ? nullptr : &found->second;
}

const TransactionMetadata* TransactionShard::find(const std::string& transactional_id) const {
  const auto found = transactions_.find(transactional_id);
  return found == transactions_.end() ? nullptr : &found->second.metadata;
}

// Version 0 under transaction.version 0, unless the transaction of a new client could not go on from it.
std::int16_t TransactionShard::value_version(const TransactionMetadata& metadata) const {
  const bool open = metadata.preparing() || metadata.state == TransactionState::kOngoing;
  const bool needs_more = open && metadata.client_version >= kVersionWithEpochBump;
  return version_ >= 1 || needs_more ? 1 : 0;
}

void TransactionShard::put(const std::string& transactional_id, TransactionMetadata next, Effects& effects,
                           Then then) {
  pending_.insert(transactional_id);
  auto& write = effects.add_write();
  const std::int16_t version = value_version(next);
  write.records.push_back({transactional_id, std::move(next), version});
  write.done = [this, transactional_id, then = std::move(then)](ErrorCode error, Instant now,
                                                                Effects& more) mutable {
    pending_.erase(transactional_id);
    then(groups::coordinator_error(error), now, more);
  };
}

void TransactionShard::replay(const Record& record, std::int64_t, std::int64_t, Instant now, Effects&) {
  const auto found = transactions_.find(record.transactional_id);
  if (!record.value) {
    if (found == transactions_.end()) return;
    deadlines_.cancel(found->second.deadline);
    transactions_.erase(found);
    return;
  }
  Transaction& transaction =
      found != transactions_.end() ? found->second : transactions_[record.transactional_id];
  deadlines_.cancel(transaction.deadline);
  // A decision that is only written again goes on counting, so that its repetitions become rare.
  if (transaction.metadata != *record.value) transaction.attempts = 0;
  if (loaded_ && transaction.metadata.state != record.value->state) {
    committed_ += record.value->state == TransactionState::kCompleteCommit ? 1 : 0;
    aborted_ += record.value->state == TransactionState::kCompleteAbort ? 1 : 0;
  }
  transaction.metadata = *record.value;
  transaction.sending = false;
  transaction.committed = true;
  transaction.fenced = false;
  if (transaction.metadata.preparing()) {
    transaction.unmarked = transaction.metadata.partitions;
  } else {
    transaction.unmarked.clear();
  }
  if (transaction.metadata.state == TransactionState::kOngoing) await_timeouts(now);
  await_expiry(now);
}

// Decided transactions go on where the last coordinator stopped: with the first marker again, since nobody
// wrote down which were written.
void TransactionShard::loaded(Instant now, Effects&) {
  loaded_ = true;
  std::size_t unfinished = 0;
  for (auto& [id, transaction] : transactions_) {
    if (!transaction.metadata.preparing()) continue;
    ++unfinished;
    deadlines_.set(transaction.deadline, now.mono_ms,
                   {.kind = DeadlineKind::kFinish, .transactional_id = id});
  }
  if (!transactions_.empty()) {
    logger.info("Loaded ", transactions_.size(), " transactional ids of partition ", shard_, ", ", unfinished,
                " of them with markers to write.");
  }
}

bool TransactionShard::run_due(Instant now, Effects& effects) {
  const auto event = deadlines_.take_due(now.mono_ms);
  if (!event) return false;
  switch (event->kind) {
    case DeadlineKind::kLookForTimeouts:
      look_for_timeouts(now);
      break;
    case DeadlineKind::kTimeOut:
      if (const auto* metadata = find(event->transactional_id)) {
        time_out(event->transactional_id, {metadata->producer_id, metadata->producer_epoch}, std::nullopt,
                 now, effects);
      }
      break;
    case DeadlineKind::kFinish:
      finish(event->transactional_id, now, effects);
      break;
    case DeadlineKind::kExpireIds:
      expire_ids(now, effects);
      break;
  }
  return true;
}

void TransactionShard::await_timeouts(Instant now) {
  if (std::exchange(timeouts_awaited_, true)) return;
  deadlines_.set(timeouts_, now.mono_ms + settings_.abort_check_interval_ms,
                 {.kind = DeadlineKind::kLookForTimeouts});
}

void TransactionShard::look_for_timeouts(Instant now) {
  timeouts_awaited_ = false;
  for (auto& [id, transaction] : transactions_) {
    const TransactionMetadata& metadata = transaction.metadata;
    if (metadata.state != TransactionState::kOngoing) continue;
    await_timeouts(now);
    if (pending(id) || metadata.two_phase() || metadata.start_ms + metadata.timeout_ms >= now.wall_ms)
      continue;
    deadlines_.set(transaction.deadline, now.mono_ms,
                   {.kind = DeadlineKind::kTimeOut, .transactional_id = id});
  }
}

void TransactionShard::await_expiry(Instant now) {
  if (std::exchange(expiry_awaited_, true)) return;
  deadlines_.set(expiry_, now.mono_ms + settings_.expiration_check_interval_ms,
                 {.kind = DeadlineKind::kExpireIds});
}

void TransactionShard::expire_ids(Instant now, Effects& effects) {
  expiry_awaited_ = false;
  std::vector<std::string> expired;
  for (const auto& [id, transaction] : transactions_) {
    await_expiry(now);
    const TransactionMetadata& metadata = transaction.metadata;
    const bool idle = !metadata.preparing() && metadata.state != TransactionState::kOngoing && !pending(id);
    if (idle && metadata.last_update_ms <= now.wall_ms - settings_.id_expiration_ms) expired.push_back(id);
  }
  if (expired.empty()) return;
  logger.info("Removing ", expired.size(), " expired transactional ids of partition ", shard_, ".");
  auto& write = effects.add_write();
  for (const std::string& id : expired) {
    pending_.insert(id);
    write.records.push_back({id, std::nullopt});
  }
  write.atomic = false;
  write.done = [this, expired = std::move(expired)](ErrorCode error, Instant, Effects&) {
    for (const std::string& id : expired) pending_.erase(id);
    if (error != ErrorCode::kNone)
      logger.warn("Expired transactional ids could not be removed; the next round tries again.");
  };
}

}  // namespace barnabas::broker::transactions
