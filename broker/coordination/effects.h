// What an operation on a core leaves to its host: one batch to append, and answers to give.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <utility>
#include <vector>

#include "broker/coordination/answerer.h"
#include "broker/transactions/marker_sink.h"
#include "common/assert.h"
#include "common/scheduler.h"
#include "protocol/error_code.h"
#include "storage/producer_state.h"

namespace barnabas::broker::coordination {

template <class Record>
struct Write;

// Filled under the shard's lock, carried out after it: first the append, then the answers.
template <class Record>
struct Effects {
  std::unique_ptr<Write<Record>> write;
  std::vector<Task> answers;

  // An operation writes once.
  Write<Record>& add_write() {
    ASSERT(write == nullptr);
    write = std::make_unique<Write<Record>>();
    return *write;
  }
  template <class Answer>
  void answer(Answerer<Answer> who, Answer what) {
    answers.emplace_back([who = std::move(who), what = std::move(what)]() mutable { who(std::move(what)); });
  }
};

// Told once whether the batch is committed; `error` is the log's. May ask for more.
template <class Record>
using WriteDone =
    std::move_only_function<void(protocol::ErrorCode error, Instant now, Effects<Record>& effects)>;

template <class Record>
struct Write {
  std::vector<Record> records;
  // Whether the core's state follows from replaying the records once they are appended. A live classic group
  // runs ahead of its log (a rebalance in progress is in no record), so its own records are not replayed.
  bool replay = true;
  // Whether the records must be in one batch.
  bool atomic = true;
  // Of the transaction that the records belong to; -1 outside transactions.
  std::int64_t producer_id = -1;
  std::int16_t producer_epoch = -1;
  // Of the transaction's verification; none where verification is off (KIP-890).
  std::optional<storage::VerificationGuard> guard = {};
  // Set: no records but the end of a transaction is written, and replayed once it is appended.
  std::optional<transactions::Marker> marker = {};
  WriteDone<Record> done;
};

}  // namespace barnabas::broker::coordination
