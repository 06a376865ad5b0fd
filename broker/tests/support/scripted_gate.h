// A transaction coordinator that answers what a test told it to, when it was told to.
#pragma once

#include <deque>
#include <string>
#include <utility>
#include <vector>

#include "broker/transactions/transaction_gate.h"

namespace barnabas::broker::testing {

class ScriptedGate final : public transactions::TransactionGate {
 public:
  struct Question {
    std::string transactional_id;
    std::int64_t producer_id = -1;
    std::int16_t producer_epoch = -1;
    Mode mode{};
    std::vector<TopicPartition> partitions;
    Done done;
  };

  void check(const std::string& transactional_id, std::int64_t producer_id, std::int16_t producer_epoch,
             Mode mode, std::vector<TopicPartition> partitions, Done done) override {
    ++asked;
    waiting.push_back(
        {transactional_id, producer_id, producer_epoch, mode, std::move(partitions), std::move(done)});
    if (!hold) answer(next);
  }
  // Gives the oldest question this answer for each of its partitions.
  void answer(protocol::ErrorCode error) {
    last = std::move(waiting.front());
    waiting.pop_front();
    std::vector<Result> results;
    for (const TopicPartition& name : last.partitions) results.emplace_back(name, error);
    std::exchange(last.done, nullptr)(std::move(results));
  }

  bool hold = false;                                      // answer() is left to the test
  protocol::ErrorCode next = protocol::ErrorCode::kNone;  // what is answered at once
  int asked = 0;
  std::deque<Question> waiting;
  Question last;  // the one answered last
};

}  // namespace barnabas::broker::testing
