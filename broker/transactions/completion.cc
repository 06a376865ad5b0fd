// From the decision about a transaction to its end: markers to every partition, as often as it takes, then
// the last record. Nothing here waits for a client.
#include <algorithm>
#include <utility>

#include "broker/transactions/transaction_shard.h"
#include "common/logging.h"

namespace barnabas::broker::transactions {
namespace {

const Logger logger("kafka.coordinator.transaction.TransactionMarkerChannelManager");

constexpr std::int64_t kRetryMinMs = 20;
constexpr std::int64_t kRetryMaxMs = 1'000;
constexpr std::int32_t kAttemptsBetweenWarnings = 60;

// Whether a partition needs no marker any more.
bool is_settled(ErrorCode error) {
  switch (error) {
    case ErrorCode::kNone:
    case ErrorCode::kUnknownTopicOrPartition:  // deleted
    case ErrorCode::kUnsupportedForMessageFormat:
    // A later epoch has written there, so this transaction has its marker or left nothing behind.
    case ErrorCode::kInvalidProducerEpoch:
    case ErrorCode::kProducerFenced:
      return true;
    default:  // an open list: whatever else goes wrong is tried again
      return false;
  }
}

}  // namespace

void TransactionShard::begin_finish(const std::string& transactional_id, ErrorCode error, Instant now,
                                    Effects& effects) {
  Transaction* transaction = live(transactional_id);
  // A batch that the log refused has changed nothing.
  if (transaction == nullptr || !transaction->metadata.preparing()) return;
  if (error == ErrorCode::kNone) return finish(transactional_id, now, effects);
  // The decision is in the log, and no marker may go out before it is known to stay there.
  transaction->committed = false;
  finish_later(transactional_id, *transaction, now);
}

void TransactionShard::finish(const std::string& transactional_id, Instant now, Effects& effects) {
  Transaction* transaction = live(transactional_id);
  if (transaction == nullptr || !transaction->metadata.preparing()) return;
  if (transaction->sending || pending(transactional_id)) return;
  if (!transaction->committed) return confirm(transactional_id, effects);
  if (transaction->unmarked.empty()) return complete(transactional_id, now, effects);
  transaction->sending = true;
  const TransactionMetadata& metadata = transaction->metadata;
  const Marker marker{metadata.producer_id, metadata.producer_epoch, coordinator_epoch_,
                      metadata.state == TransactionState::kPrepareCommit, metadata.client_version};
  effects.answers.emplace_back([&ports = ports_, shard = shard_, transactional_id, marker,
                                partitions = transaction->unmarked]() mutable {
    ports.send_marker(shard, transactional_id, marker, std::move(partitions));
  });
}

void TransactionShard::markers_written(const std::string& transactional_id, const Marker& marker,
                                       const PartitionResults& results, Instant now, Effects& effects) {
  Transaction* transaction = live(transactional_id);
  if (transaction == nullptr || !transaction->sending || !transaction->metadata.preparing() ||
      transaction->metadata.producer_id != marker.producer_id ||
      transaction->metadata.producer_epoch != marker.producer_epoch) {
    return;
  }
  transaction->sending = false;
  for (const auto& [partition, error] : results) {
    if (error == ErrorCode::kTransactionCoordinatorFenced) transaction->fenced = true;
    if (is_settled(error)) {
      std::erase(transaction->unmarked, partition);
      if (error == ErrorCode::kNone) continue;
    }
    if (error == ErrorCode::kTransactionCoordinatorFenced) {
      logger.info("Sending ", transactional_id, "'s transaction marker for partition ", partition.to_string(),
                  " has permanently failed with error ", protocol::error_name(error),
                  " with the current coordinator epoch ", marker.coordinator_epoch,
                  "; cancel sending any more transaction markers.");
    } else if (transaction->attempts % kAttemptsBetweenWarnings == 0) {
      logger.warn("Writing the marker of transactionalId ", transactional_id, " to ", partition.to_string(),
                  " failed: ", protocol::error_name(error), is_settled(error) ? "." : "; trying again.");
    }
  }
  if (transaction->unmarked.empty()) return complete(transactional_id, now, effects);
  // A coordinator of a later epoch has been at work there, and finishes it.
  if (transaction->fenced) return;
  finish_later(transactional_id, *transaction, now);
}

void TransactionShard::led(std::int32_t leader_epoch) {
  const bool later = leader_epoch > coordinator_epoch_;
  coordinator_epoch_ = leader_epoch;
  if (!later) return;
  for (auto& [id, transaction] : transactions_) {
    if (!std::exchange(transaction.fenced, false)) continue;
    deadlines_.set(transaction.deadline, 0, {.kind = DeadlineKind::kFinish, .transactional_id = id});
  }
}

void TransactionShard::complete(const std::string& transactional_id, Instant now, Effects& effects) {
  put(transactional_id, completed(live(transactional_id)->metadata, now.wall_ms), effects,
      [this, transactional_id](ErrorCode error, Instant at, Effects&) {
        Transaction* transaction = live(transactional_id);
        if (error == ErrorCode::kNone || transaction == nullptr || !transaction->metadata.preparing()) return;
        finish_later(transactional_id, *transaction, at);
      });
}

// Writes the decision once more, since the log could not say that it keeps the first.
void TransactionShard::confirm(const std::string& transactional_id, Effects& effects) {
  put(transactional_id, live(transactional_id)->metadata, effects,
      [this, transactional_id](ErrorCode error, Instant at, Effects& more) {
        begin_finish(transactional_id, error, at, more);
      });
}

void TransactionShard::finish_later(const std::string& transactional_id, Transaction& transaction,
                                    Instant now) {
  const std::int64_t delay_ms = std::min(kRetryMinMs << std::min(transaction.attempts, 6), kRetryMaxMs);
  ++transaction.attempts;
  deadlines_.set(transaction.deadline, now.mono_ms + delay_ms,
                 {.kind = DeadlineKind::kFinish, .transactional_id = transactional_id});
}

}  // namespace barnabas::broker::transactions
