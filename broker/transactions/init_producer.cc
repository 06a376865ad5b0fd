// InitProducerId, AddPartitionsToTxn and its verification: the rules of Kafka 4.3 (KIP-98, 360, 890).
#include "broker/transactions/transaction_shard.h"
#include "common/logging.h"

namespace barnabas::broker::transactions {
namespace {

const Logger logger("kafka.coordinator.transaction.TransactionCoordinator");

// A producer that says who it was must be the current one, or have been the current one when the answer that
// gave its id away was lost: then its epochs are used up.
bool is_known(const ProducerIdentity& expected, const TransactionMetadata& metadata) {
  return metadata.producer_epoch == -1 || expected.id == metadata.producer_id ||
         (expected.id == metadata.previous_producer_id && expected.epoch >= kExhaustedEpoch);
}

}  // namespace

Asked TransactionShard::init_producer(const InitProducerCommand& command,
                                      std::optional<std::int64_t> fresh_id, Answerer<ProducerReply>& answerer,
                                      Instant now, Effects& effects) {
  const auto refuse = [&](ErrorCode error) {
    effects.answer(std::move(answerer), ProducerReply{.error = error});
    return Asked::kAnswered;
  };
  if (pending(command.transactional_id)) return refuse(ErrorCode::kConcurrentTransactions);
  const Transaction* transaction = live(command.transactional_id);
  if (transaction == nullptr && !fresh_id) return Asked::kNeedsProducerId;
  TransactionMetadata from;
  if (transaction != nullptr) {
    from = transaction->metadata;
  } else {
    from.producer_id = *fresh_id;
  }
  if (from.preparing()) return refuse(ErrorCode::kConcurrentTransactions);
  if (command.expected && !is_known(*command.expected, from)) return refuse(ErrorCode::kProducerFenced);

  if (from.state == TransactionState::kOngoing) {
    // The predecessor's transaction goes first; the successor asks again when it is aborted.
    const std::int16_t version = version_;
    if (needs_producer(from, version) && !fresh_id) return Asked::kNeedsProducerId;
    fence(command.transactional_id, from, version, fresh_id, now, effects,
          [answerer = std::move(answerer)](ErrorCode error, Instant, Effects& more) mutable {
            if (error == ErrorCode::kNone) error = ErrorCode::kConcurrentTransactions;
            more.answer(std::move(answerer), ProducerReply{.error = error});
          });
    return Asked::kAnswered;
  }
  TransactionMetadata next;
  if (from.epochs_exhausted() && (!command.expected || command.expected->epoch == from.producer_epoch)) {
    if (!fresh_id) return Asked::kNeedsProducerId;
    next = with_new_producer(from, *fresh_id, command.timeout_ms, command.expected.has_value(), now.wall_ms);
  } else {
    const auto expected_epoch = command.expected ? std::optional(command.expected->epoch) : std::nullopt;
    auto bumped = with_next_epoch(from, command.timeout_ms, expected_epoch, now.wall_ms);
    if (!bumped) return refuse(bumped.error());
    next = std::move(*bumped);
  }
  const ProducerReply reply{ErrorCode::kNone, next.producer_id, next.producer_epoch};
  put(command.transactional_id, std::move(next), effects,
      [this, id = command.transactional_id, reply, answerer = std::move(answerer)](ErrorCode error, Instant,
                                                                                   Effects& more) mutable {
        if (error == ErrorCode::kNone) {
          logger.info("Initialized transactionalId ", id, " with producerId ", reply.producer_id,
                      " and producer epoch ", reply.producer_epoch, " on partition __transaction_state-",
                      shard_);
        }
        more.answer(std::move(answerer), error == ErrorCode::kNone ? reply : ProducerReply{.error = error});
      });
  return Asked::kAnswered;
}

void TransactionShard::add_partitions(AddPartitionsCommand command, Answerer<ErrorCode> answerer, Instant now,
                                      Effects& effects) {
  const auto answer = [&](ErrorCode error) { effects.answer(std::move(answerer), std::move(error)); };
  const Transaction* transaction = live(command.transactional_id);
  if (pending(command.transactional_id)) return answer(ErrorCode::kConcurrentTransactions);
  if (transaction == nullptr) return answer(ErrorCode::kInvalidProducerIdMapping);
  const TransactionMetadata& from = transaction->metadata;
  // Kafka counts a transaction whose markers are on their way as pending: before it asks who the producer is.
  if (from.preparing()) return answer(ErrorCode::kConcurrentTransactions);
  if (from.producer_id != command.producer.id) return answer(ErrorCode::kInvalidProducerIdMapping);
  if (from.producer_epoch != command.producer.epoch) return answer(ErrorCode::kProducerFenced);
  // What the log could not confirm is written again: a crash may take it back.
  const bool known = from.state == TransactionState::kOngoing && transaction->committed;
  if (known && from.contains_all(command.partitions)) return answer(ErrorCode::kNone);
  put(command.transactional_id,
      with_partitions(from, command.partitions, command.client_version, now.wall_ms), effects,
      [this, id = command.transactional_id, answerer = std::move(answerer)](ErrorCode error, Instant,
                                                                            Effects& more) mutable {
        Transaction* added = live(id);
        if (error != ErrorCode::kNone && added != nullptr) added->committed = false;
        more.answer(std::move(answerer), std::move(error));
      });
}

PartitionResults TransactionShard::verify(const AddPartitionsCommand& command) const {
  PartitionResults results;
  results.reserve(command.partitions.size());
  const auto found = transactions_.find(command.transactional_id);
  const TransactionMetadata* metadata = found == transactions_.end() ? nullptr : &found->second.metadata;
  ErrorCode error = ErrorCode::kNone;
  if (metadata == nullptr || metadata->producer_id != command.producer.id) {
    error = ErrorCode::kInvalidProducerIdMapping;
  } else if (metadata->producer_epoch != command.producer.epoch) {
    error = ErrorCode::kProducerFenced;
  } else if (metadata->preparing() || !found->second.committed) {
    error = ErrorCode::kConcurrentTransactions;
  }
  for (const TopicPartition& partition : command.partitions) {
    ErrorCode own = error;
    if (own == ErrorCode::kNone && !metadata->contains(partition)) own = ErrorCode::kTransactionAbortable;
    results.emplace_back(partition, own);
  }
  return results;
}

}  // namespace barnabas::broker::transactions
