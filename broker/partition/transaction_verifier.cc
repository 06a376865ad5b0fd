#include "broker/partition/transaction_verifier.h"

#include <algorithm>

namespace barnabas::broker {
namespace {

using protocol::ErrorCode;
using transactions::TransactionGate;

constexpr std::int16_t kFirstAbortableProduce = 11;
constexpr std::int16_t kFirstAddingProduce = 12;
constexpr std::int16_t kFirstAbortableOffsetCommit = 4;
constexpr std::int16_t kFirstAddingOffsetCommit = 5;

TransactionSupport support_of(std::int16_t version, std::int16_t abortable, std::int16_t adding) {
  if (version >= adding) return TransactionSupport::kImplicitAdd;
  return version >= abortable ? TransactionSupport::kAbortable : TransactionSupport::kOldErrors;
}

ErrorCode known_to_client(ErrorCode error, TransactionSupport support) {
  if (error == ErrorCode::kProducerFenced) return ErrorCode::kInvalidProducerEpoch;
  if (error == ErrorCode::kTransactionAbortable && support == TransactionSupport::kOldErrors)
    return ErrorCode::kInvalidTxnState;
  return error;
}

}  // namespace

TransactionSupport produce_support(std::int16_t api_version) {
  return support_of(api_version, kFirstAbortableProduce, kFirstAddingProduce);
}

TransactionSupport offset_commit_support(std::int16_t api_version) {
  return support_of(api_version, kFirstAbortableOffsetCommit, kFirstAddingOffsetCommit);
}

// Held by the question under way, or by the timer that repeats it.
struct TransactionVerifier::Pending {
  Question question;
  std::vector<Write> writes;
  Done done;
  std::int64_t give_up_ms = 0;  // monotonic: no repetition from then on
  std::vector<Verdict> verdicts;
};

void TransactionVerifier::verify(Question question, std::vector<Write> writes, Done done) {
  const bool enabled = settings_.enabled();
  if (!enabled && question.support != TransactionSupport::kImplicitAdd)
    return done(std::vector<Verdict>(writes.size()));
  auto pending = std::make_shared<Pending>();
  pending->question = std::move(question);
  pending->writes = std::move(writes);
  pending->done = std::move(done);
  pending->give_up_ms = clock_.monotonic_ms() + settings_.retry_max_ms;
  ask(std::move(pending));
}

void TransactionVerifier::ask(std::shared_ptr<Pending> pending) {
  const Question& question = pending->question;
  const bool guarded = settings_.enabled();
  std::vector<TopicPartition> asked;
  pending->verdicts.assign(pending->writes.size(), {});
  for (std::size_t i = 0; i < pending->writes.size(); ++i) {
    const Write& write = pending->writes[i];
    const auto guard = write.partition->begin_verification(
        {question.producer_id, question.producer_epoch, write.base_sequence,
         question.support == TransactionSupport::kImplicitAdd});
    Verdict& verdict = pending->verdicts[i];
    if (!guard) {
      verdict.error = guard.error();
      continue;
    }
    if (guarded) verdict.guard = *guard;
    if (*guard != storage::kNoGuard) asked.push_back(write.partition->name());
  }
  if (asked.empty()) return pending->done(std::move(pending->verdicts));
  const auto mode = question.support == TransactionSupport::kImplicitAdd ? TransactionGate::Mode::kAdd
                                                                         : TransactionGate::Mode::kVerify;
  gate_.check(question.transactional_id, question.producer_id, question.producer_epoch, mode,
              std::move(asked), [this, pending](std::vector<TransactionGate::Result> results) mutable {
                answered(std::move(pending), std::move(results));
              });
}

void TransactionVerifier::answered(std::shared_ptr<Pending> pending,
                                   std::vector<TransactionGate::Result> results) {
  const Question& question = pending->question;
  bool completing = false;
  for (const auto& [name, error] : results) {
    completing |= error == ErrorCode::kConcurrentTransactions;
    for (std::size_t i = 0; i < pending->writes.size(); ++i) {
      if (pending->writes[i].partition->name() == name)
        pending->verdicts[i].error = known_to_client(error, question.support);
    }
  }
  const bool again = completing && question.waits_for_completion &&
                     question.support == TransactionSupport::kImplicitAdd &&
                     clock_.monotonic_ms() < pending->give_up_ms;
  if (!again) return pending->done(std::move(pending->verdicts));
  scheduler_.after(std::chrono::milliseconds(settings_.retry_backoff_ms),
                   [this, pending = std::move(pending)]() mutable { ask(std::move(pending)); });
}

}  // namespace barnabas::broker
