// How a coordinator's core is asked and answers.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <utility>

namespace barnabas::broker::coordination {

// The two clocks of one moment: wall time is stored in records, monotonic time drives deadlines.
struct Instant {
  std::int64_t wall_ms = 0;
  std::int64_t mono_ms = 0;
};

// Where an answer goes. Called once, without any lock of the coordinator held, from any thread.
template <class Answer>
using Answerer = std::move_only_function<void(Answer&&)>;

// An answerer that both the operation and its refusal may need; one of them uses it.
template <class Answer>
std::shared_ptr<Answerer<Answer>> shared(Answerer<Answer> answerer) {
  return std::make_shared<Answerer<Answer>>(std::move(answerer));
}

}  // namespace barnabas::broker::coordination
