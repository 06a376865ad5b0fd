// What an operation on a shard leaves to its host: one batch to append, and answers to give.
#pragma once

#include <functional>
#include <memory>
#include <utility>
#include <vector>

#include "broker/groups/commands.h"
#include "broker/groups/group_records.h"
#include "common/assert.h"
#include "common/scheduler.h"

namespace barnabas::broker::groups {

struct Write;

// Filled under the shard's lock, carried out after it: first the append, then the answers.
struct Effects {
  std::unique_ptr<Write> write;
  std::vector<Task> answers;

  Write& add_write();
  template <class Answer>
  void answer(Answerer<Answer> who, Answer what) {
    answers.emplace_back([who = std::move(who), what = std::move(what)]() mutable { who(std::move(what)); });
  }
};

// Told once whether the batch is committed; `error` is the log's. May ask for more.
using WriteDone = std::move_only_function<void(ErrorCode error, Instant now, Effects& effects)>;

struct Write {
  std::vector<GroupRecord> records;
  // Whether the shard's state follows from replaying the records once they are appended. A live classic group
  // runs ahead of its log (a rebalance in progress is in no record), so its own records are not replayed.
  bool replay = true;
  // Whether the records must be in one batch.
  bool atomic = true;
  WriteDone done;
};

// An operation writes once.
inline Write& Effects::add_write() {
  ASSERT(write == nullptr);
  write = std::make_unique<Write>();
  return *write;
}

}  // namespace barnabas::broker::groups
