#include "broker/share/state/local_persister.h"

#include <algorithm>
#include <utility>

namespace barnabas::broker::share {
namespace {

using coordination::Answerer;
using protocol::ErrorCode;

// 10, 20, 40 ... 500 ms: five seconds in all.
constexpr int kAttempts = 15;
constexpr std::int64_t kFirstPauseMs = 10;
constexpr std::int64_t kLongestPauseMs = 500;

ErrorCode error_of(const StateResult& answer) {
  return answer.error;
}

template <class Answer>
ErrorCode error_of(const Answer& answer) {
  return answer.result.error;
}

bool passes_by_itself(ErrorCode error) {
  return error == ErrorCode::kNotCoordinator || error == ErrorCode::kCoordinatorLoadInProgress ||
         error == ErrorCode::kCoordinatorNotAvailable;
}

std::chrono::milliseconds pause_after(int attempts) {
  return std::chrono::milliseconds(std::min(kFirstPauseMs << (attempts - 1), kLongestPauseMs));
}

}  // namespace

// Held by the question under way, or by the timer that repeats it.
template <class Answer>
struct LocalPersister::Question {
  std::function<void(Answerer<Answer>)> ask;
  Answerer<Answer> answerer;
  int attempts = 0;
};

template <class Answer>
void LocalPersister::begin(std::function<void(Answerer<Answer>)> ask, Answerer<Answer> answerer) {
  auto question = std::make_shared<Question<Answer>>();
  question->ask = std::move(ask);
  question->answerer = std::move(answerer);
  attempt(std::move(question));
}

template <class Answer>
void LocalPersister::attempt(std::shared_ptr<Question<Answer>> question) {
  if (shut_down_ || environment_.topic_exists()) return ask(std::move(question));
  environment_.create_topic([this, question = std::move(question)]() mutable { ask(std::move(question)); });
}

template <class Answer>
void LocalPersister::ask(std::shared_ptr<Question<Answer>> question) {
  ++question->attempts;
  const auto& call = question->ask;
  call([this, question](Answer&& answer) mutable {
    if (!passes_by_itself(error_of(answer)) || question->attempts >= kAttempts || shut_down_) {
      return question->answerer(std::move(answer));
    }
    const auto pause = pause_after(question->attempts);
    environment_.scheduler.after(
        pause, [this, question = std::move(question)]() mutable { attempt(std::move(question)); });
  });
}

void LocalPersister::initialize(SharePartitionKey key, std::int32_t state_epoch, std::int64_t start_offset,
                                Answerer<StateResult> answerer) {
  begin<StateResult>(
      [this, key = std::move(key), state_epoch, start_offset](Answerer<StateResult> done) {
        environment_.coordinator.initialize(key, state_epoch, start_offset, std::move(done));
      },
      std::move(answerer));
}

void LocalPersister::read(SharePartitionKey key, std::int32_t leader_epoch,
                          Answerer<PartitionState> answerer) {
  begin<PartitionState>(
      [this, key = std::move(key), leader_epoch](Answerer<PartitionState> done) {
        environment_.coordinator.read(key, leader_epoch, std::move(done));
      },
      std::move(answerer));
}

void LocalPersister::read_summary(SharePartitionKey key, std::int32_t leader_epoch,
                                  Answerer<StateSummary> answerer) {
  begin<StateSummary>(
      [this, key = std::move(key), leader_epoch](Answerer<StateSummary> done) {
        environment_.coordinator.read_summary(key, leader_epoch, std::move(done));
      },
      std::move(answerer));
}

void LocalPersister::write(SharePartitionKey key, StateWrite state, Answerer<StateResult> answerer) {
  begin<StateResult>(
      [this, key = std::move(key), state = std::move(state)](Answerer<StateResult> done) {
        environment_.coordinator.write(key, state, std::move(done));
      },
      std::move(answerer));
}

void LocalPersister::remove(SharePartitionKey key, Answerer<StateResult> answerer) {
  begin<StateResult>(
      [this, key = std::move(key)](Answerer<StateResult> done) {
        environment_.coordinator.remove(key, std::move(done));
      },
      std::move(answerer));
}

}  // namespace barnabas::broker::share
