// Keeps states of share partitions in memory, and answers at once or when told to.
#pragma once

#include <deque>
#include <map>
#include <string>
#include <unordered_map>
#include <vector>

#include "broker/share/persister.h"

namespace barnabas::broker::share::testing {

class FakePersister final : public Persister {
 public:
  struct Stored {
    std::int32_t state_epoch = 0;
    std::int32_t leader_epoch = -1;
    std::int64_t start_offset = -1;
    std::int32_t delivery_complete_count = -1;
    std::map<std::int64_t, std::pair<std::int8_t, std::int16_t>> records;  // state and count by offset

    void apply(const StateWrite& write) {
      if (write.start_offset >= 0) start_offset = write.start_offset;
      delivery_complete_count = write.delivery_complete_count;
      for (const StateBatch& batch : write.batches) {
        for (auto offset = batch.first_offset; offset <= batch.last_offset; ++offset) {
          records[offset] = {batch.delivery_state, batch.delivery_count};
        }
      }
      records.erase(records.begin(), records.lower_bound(start_offset));
    }
    std::vector<StateBatch> batches() const {
      std::vector<StateBatch> out;
      for (const auto& [offset, record] : records)
        out.push_back({offset, offset, record.first, record.second});
      return out;
    }
  };

  void initialize(SharePartitionKey key, std::int32_t state_epoch, std::int64_t start_offset,
                  coordination::Answerer<StateResult> answerer) override {
    Stored& stored = states[key];
    stored.state_epoch = state_epoch;
    stored.start_offset = start_offset;
    answerer(StateResult(result));
  }
  void read(SharePartitionKey key, std::int32_t leader_epoch,
            coordination::Answerer<PartitionState> answerer) override {
    PartitionState state;
    state.result = result;
    Stored& stored = states[key];
    stored.leader_epoch = leader_epoch;
    state.state_epoch = stored.state_epoch;
    state.start_offset = stored.start_offset;
    state.batches = stored.batches();
    answer(
        [answerer = std::move(answerer), state = std::move(state)]() mutable { answerer(std::move(state)); });
  }
  void read_summary(SharePartitionKey key, std::int32_t,
                    coordination::Answerer<StateSummary> answerer) override {
    StateSummary summary;
    summary.start_offset = states[key].start_offset;
    answerer(std::move(summary));
  }
  void write(SharePartitionKey key, StateWrite state, coordination::Answerer<StateResult> answerer) override {
    ++writes;
    if (result.error == protocol::ErrorCode::kNone) states[key].apply(state);
    answer([answerer = std::move(answerer), told = result]() mutable { answerer(std::move(told)); });
  }
  void remove(SharePartitionKey key, coordination::Answerer<StateResult> answerer) override {
    states.erase(key);
    answerer(StateResult(result));
  }

  // Gives the answers that wait, and those that follow from them.
  void answer_all() {
    while (!waiting.empty()) {
      auto next = std::move(waiting.front());
      waiting.pop_front();
      next();
    }
  }

  std::unordered_map<SharePartitionKey, Stored, SharePartitionKeyHash> states;
  StateResult result;  // what is answered, and done
  bool waits = false;  // answers are given by answer_all()
  int writes = 0;

 private:
  void answer(std::move_only_function<void()> give) {
    if (!waits) return give();
    waiting.push_back(std::move(give));
  }
  std::deque<std::move_only_function<void()>> waiting;
};

}  // namespace barnabas::broker::share::testing
