// The share coordinator as the rest of this broker asks it: creates its topic when it is first needed, and
// asks again while a shard is not ready.
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>

#include "broker/share/persister.h"
#include "common/scheduler.h"

namespace barnabas::broker::share {

// Any thread. Lives as long as the broker; what it works with outlives it, and the scheduler's last callback
// comes before its end. A question that waits is a timer and takes no thread; after about five seconds it is
// answered with the coordinator's error.
class LocalPersister final : public Persister {
 public:
  struct Environment {
    Persister& coordinator;
    Scheduler& scheduler;
    std::function<bool()> topic_exists;
    // Calls back once the topic is there or could not be created.
    std::function<void(Task done)> create_topic;
  };
  explicit LocalPersister(Environment environment) : environment_(std::move(environment)) {}

  // No question is asked again from now on.
  void shut_down() { shut_down_ = true; }

  void initialize(SharePartitionKey key, std::int32_t state_epoch, std::int64_t start_offset,
                  coordination::Answerer<StateResult> answerer) override;
  void read(SharePartitionKey key, std::int32_t leader_epoch,
            coordination::Answerer<PartitionState> answerer) override;
  void read_summary(SharePartitionKey key, std::int32_t leader_epoch,
                    coordination::Answerer<StateSummary> answerer) override;
  void write(SharePartitionKey key, StateWrite state, coordination::Answerer<StateResult> answerer) override;
  void remove(SharePartitionKey key, coordination::Answerer<StateResult> answerer) override;

 private:
  template <class Answer>
  struct Question;
  template <class Answer>
  void begin(std::function<void(coordination::Answerer<Answer>)> ask,
             coordination::Answerer<Answer> answerer);
  template <class Answer>
  void attempt(std::shared_ptr<Question<Answer>> question);
  template <class Answer>
  void ask(std::shared_ptr<Question<Answer>> question);

  const Environment environment_;
  std::atomic<bool> shut_down_{false};
};

}  // namespace barnabas::broker::share
