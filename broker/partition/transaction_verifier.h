// Asks the transaction coordinator before a partition takes the first write of a transaction (KIP-890).
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "broker/partition/partition.h"
#include "broker/transactions/transaction_gate.h"
#include "common/clock.h"
#include "common/scheduler.h"

namespace barnabas::broker {

// What a client's version of Produce or TxnOffsetCommit knows of transactions.
enum class TransactionSupport : std::uint8_t {
  kOldErrors,   // adds its partitions itself; TRANSACTION_ABORTABLE would be unknown to it
  kAbortable,   // adds its partitions itself
  kImplicitAdd  // transaction version 2: the broker adds them with the first write
};
TransactionSupport produce_support(std::int16_t api_version);
TransactionSupport offset_commit_support(std::int16_t api_version);

// Any thread. Lives as long as the broker; its references and the scheduler's last callback outlive it. A
// write that waits for the coordinator is a callback there and takes no thread.
class TransactionVerifier {
 public:
  struct Settings {
    // transaction.partition.verification.enable, asked for every transactional write.
    std::function<bool()> enabled;
    std::int64_t retry_backoff_ms = 20;  // add.partitions.to.txn.retry.backoff.ms
    std::int64_t retry_max_ms = 100;     // add.partitions.to.txn.retry.backoff.max.ms
  };
  struct Question {
    std::string transactional_id;
    std::int64_t producer_id = -1;
    std::int16_t producer_epoch = -1;
    TransactionSupport support = TransactionSupport::kOldErrors;
    // Whether a transaction that is just being completed is waited for, as far as retry_max_ms goes.
    bool waits_for_completion = false;
  };
  struct Write {
    std::shared_ptr<Partition> partition;
    std::int32_t base_sequence = -1;  // -1 for offset commits
  };
  struct Verdict {
    protocol::ErrorCode error = protocol::ErrorCode::kNone;
    // What the append goes on with: see storage::AppendOptions.
    std::optional<storage::VerificationGuard> guard = {};
  };
  using Done = std::move_only_function<void(std::vector<Verdict>)>;

  TransactionVerifier(transactions::TransactionGate& gate, const Clock& clock, Scheduler& scheduler,
                      Settings settings)
      : gate_(gate), clock_(clock), scheduler_(scheduler), settings_(std::move(settings)) {}

  // `done` gets one verdict per write, in their order: at once if nobody needs to be asked, else from
  // whatever thread the coordinator answers on. Errors are those of AddPartitionsToTxn as Kafka's brokers
  // pass them on: INVALID_PRODUCER_EPOCH for PRODUCER_FENCED, INVALID_TXN_STATE for TRANSACTION_ABORTABLE
  // where the client does not know that one.
  void verify(Question question, std::vector<Write> writes, Done done);

 private:
  struct Pending;
  void ask(std::shared_ptr<Pending> pending);
  void answered(std::shared_ptr<Pending> pending, std::vector<transactions::TransactionGate::Result> results);

  transactions::TransactionGate& gate_;
  const Clock& clock_;
  Scheduler& scheduler_;
  const Settings settings_;
};

}  // namespace barnabas::broker
