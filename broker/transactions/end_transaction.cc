// The decision about a transaction: EndTxn of old and new clients, fencing and time-outs (KIP-98, 588, 890).
#include "broker/transactions/transaction_shard.h"
#include "common/logging.h"

namespace barnabas::broker::transactions {
namespace {

const Logger logger("kafka.coordinator.transaction.TransactionCoordinator");

Asked answer(Answerer<ProducerReply>& answerer, const ProducerReply& reply,
             coordination::Effects<TransactionRecord>& effects) {
  effects.answer(std::move(answerer), ProducerReply(reply));
  return Asked::kAnswered;
}

Asked refuse(Answerer<ProducerReply>& answerer, ErrorCode error,
             coordination::Effects<TransactionRecord>& effects) {
  return answer(answerer, {.error = error}, effects);
}

// What an EndTxn of transaction version 2 says about itself: the answer to its predecessor may be lost.
struct Retry {
  bool of_bump = false;      // its epoch is the one before the bump that ended the transaction
  bool of_overflow = false;  // likewise, and the bump brought a new producer id
  bool any() const { return of_bump || of_overflow; }
};

Retry retry_of(const EndCommand& command, const TransactionMetadata& metadata) {
  Retry retry;
  retry.of_overflow = metadata.previous_producer_id == command.producer.id &&
                      command.producer.epoch == kExhaustedEpoch && metadata.producer_epoch == 0;
  retry.of_bump = metadata.producer_epoch == command.producer.epoch + 1;
  return retry;
}

}  // namespace

Asked TransactionShard::end(const EndCommand& command, std::optional<std::int64_t> fresh_id,
                            Answerer<ProducerReply>& answerer, Instant now, Effects& effects) {
  const Transaction* transaction = live(command.transactional_id);
  if (transaction == nullptr) return refuse(answerer, ErrorCode::kInvalidProducerIdMapping, effects);
  const TransactionMetadata& from = transaction->metadata;
  if (command.client_version >= kVersionWithEpochBump) {
    return end_with_bump(command, from, fresh_id, answerer, now, effects);
  }
  return end_without_bump(command, from, answerer, now, effects);
}

Asked TransactionShard::end_without_bump(const EndCommand& command, const TransactionMetadata& from,
                                         Answerer<ProducerReply>& answerer, Instant now, Effects& effects) {
  if (from.producer_id != command.producer.id) {
    return refuse(answerer, ErrorCode::kInvalidProducerIdMapping, effects);
  }
  if (from.producer_epoch != command.producer.epoch) {
    return refuse(answerer, ErrorCode::kProducerFenced, effects);
  }
  if (from.preparing() || pending(command.transactional_id)) {
    return refuse(answerer, ErrorCode::kConcurrentTransactions, effects);
  }
  switch (from.state) {
    case TransactionState::kOngoing:
      return decide(command, from, false, std::nullopt, answerer, now, effects);
    case TransactionState::kCompleteCommit:
      return refuse(answerer, command.commit ? ErrorCode::kNone : ErrorCode::kInvalidTxnState, effects);
    case TransactionState::kCompleteAbort:
      return refuse(answerer, command.commit ? ErrorCode::kInvalidTxnState : ErrorCode::kNone, effects);
    case TransactionState::kEmpty:
    case TransactionState::kPrepareCommit:
    case TransactionState::kPrepareAbort:
    case TransactionState::kDead:
    case TransactionState::kPrepareEpochFence:
      break;
  }
  return refuse(answerer, ErrorCode::kInvalidTxnState, effects);
}

Asked TransactionShard::end_with_bump(const EndCommand& command, const TransactionMetadata& from,
                                      std::optional<std::int64_t> fresh_id, Answerer<ProducerReply>& answerer,
                                      Instant now, Effects& effects) {
  // Markers on their way count as pending in Kafka, before anything else is asked.
  if (from.preparing() || pending(command.transactional_id)) {
    return refuse(answerer, ErrorCode::kConcurrentTransactions, effects);
  }
  const Retry retry = retry_of(command, from);
  if (from.producer_id != command.producer.id && !retry.of_overflow) {
    return refuse(answerer, ErrorCode::kInvalidProducerIdMapping, effects);
  }
  const bool ended =
      from.state == TransactionState::kCompleteCommit || from.state == TransactionState::kCompleteAbort;
  if (from.producer_epoch != command.producer.epoch && !(ended && retry.any())) {
    return refuse(answerer, ErrorCode::kProducerFenced, effects);
  }
  const ProducerReply as_before{ErrorCode::kNone, from.producer_id, from.producer_epoch};
  if (from.state == TransactionState::kOngoing) {
    return decide(command, from, false, fresh_id, answerer, now, effects);
  }
  if (ended && retry.any()) {
    const bool same = command.commit == (from.state == TransactionState::kCompleteCommit);
    return same ? answer(answerer, as_before, effects)
                : refuse(answerer, ErrorCode::kInvalidTxnState, effects);
  }
  // Nothing to commit is an error; an abort bumps the epoch, whatever may have been produced under the old.
  if (command.commit) return refuse(answerer, ErrorCode::kInvalidTxnState, effects);
  return decide(command, from, true, fresh_id, answerer, now, effects);
}

Asked TransactionShard::decide(const EndCommand& command, const TransactionMetadata& from, bool starts_here,
                               std::optional<std::int64_t> fresh_id, Answerer<ProducerReply>& answerer,
                               Instant now, Effects& effects) {
  Decision decision{.commit = command.commit,
                    .client_version = command.client_version >= kVersionWithEpochBump ? command.client_version
                                                                                      : std::int16_t{0},
                    .next_producer_id = -1,
                    .starts_here = starts_here};
  if (needs_producer(from, decision.client_version)) {
    if (!fresh_id) return Asked::kNeedsProducerId;
    decision.next_producer_id = *fresh_id;
  }
  TransactionMetadata next = prepared(from, decision, now.wall_ms);
  const TransactionMetadata last = completed(next, now.wall_ms);
  const ProducerReply reply{ErrorCode::kNone, last.producer_id, last.producer_epoch};
  put(command.transactional_id, std::move(next), effects,
      [this, id = command.transactional_id, reply, answerer = std::move(answerer)](
          ErrorCode error, Instant at, Effects& more) mutable {
        // Markers first: when everything is on this broker, the producer's next transaction finds this one
        // complete.
        begin_finish(id, error, at, more);
        more.answer(std::move(answerer), error == ErrorCode::kNone ? reply : ProducerReply{.error = error});
      });
  return Asked::kAnswered;
}

void TransactionShard::fence(const std::string& transactional_id, const TransactionMetadata& from,
                             std::int16_t version, std::optional<std::int64_t> fresh_id, Instant now,
                             Effects& effects, Then then) {
  const std::int64_t next_id = needs_producer(from, version) ? fresh_id.value() : -1;
  put(transactional_id, fenced(from, version, next_id, now.wall_ms), effects,
      [this, transactional_id, then = std::move(then)](ErrorCode error, Instant at, Effects& more) mutable {
        begin_finish(transactional_id, error, at, more);
        then(error, at, more);
      });
}

void TransactionShard::time_out(const std::string& transactional_id, ProducerIdentity producer,
                                std::optional<std::int64_t> fresh_id, Instant now, Effects& effects) {
  const Transaction* transaction = live(transactional_id);
  if (transaction == nullptr || pending(transactional_id)) return;
  const TransactionMetadata& metadata = transaction->metadata;
  const bool late = metadata.state == TransactionState::kOngoing && !metadata.two_phase() &&
                    metadata.start_ms + metadata.timeout_ms < now.wall_ms;
  if (!late || producer != ProducerIdentity{metadata.producer_id, metadata.producer_epoch}) return;
  const std::int16_t version = version_;
  if (needs_producer(metadata, version) && !fresh_id) {
    effects.answers.emplace_back([&ports = ports_, shard = shard_, transactional_id, producer] {
      ports.time_out_with_new_producer(shard, transactional_id, producer);
    });
    return;
  }
  fence(transactional_id, metadata, version, fresh_id, now, effects,
        [transactional_id](ErrorCode error, Instant, Effects&) {
          if (error == ErrorCode::kNone) {
            logger.info("Completed rollback of ongoing transaction for transactionalId ", transactional_id,
                        " due to timeout");
          } else {
            logger.warn("Rollback of ongoing transaction for transactionalId ", transactional_id,
                        " due to timeout failed: ", protocol::error_name(error));
          }
        });
}

}  // namespace barnabas::broker::transactions
