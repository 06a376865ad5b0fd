#include "broker/producer_ids.h"

#include <vector>

namespace barnabas::broker {

using protocol::ErrorCode;

void ProducerIds::take(Taken taken) {
  std::unique_lock lock(mutex_);
  if (next_ != end_) {
    const std::int64_t id = next_++;
    lock.unlock();
    return taken(id);
  }
  waiting_.push_back(std::move(taken));
  const bool asked = std::exchange(asked_, true);
  lock.unlock();
  if (!asked) allocate_([this](BlockResult block) { arrived(block); });
}

void ProducerIds::arrived(BlockResult block) {
  std::vector<std::pair<Taken, Result<std::int64_t, ErrorCode>>> served;
  bool ask_again = false;
  {
    const std::scoped_lock lock(mutex_);
    asked_ = false;
    if (block) {
      next_ = block->first;
      end_ = block->first + block->size;
    }
    while (!waiting_.empty() && (!block || next_ < end_)) {
      Result<std::int64_t, ErrorCode> answer = unexpected(ErrorCode::kCoordinatorLoadInProgress);
      if (block) answer = next_++;
      served.emplace_back(std::move(waiting_.front()), answer);
      waiting_.pop_front();
    }
    ask_again = asked_ = !waiting_.empty();
  }
  for (auto& [taken, answer] : served) taken(answer);
  if (ask_again) allocate_([this](BlockResult next) { arrived(next); });
}

}  // namespace barnabas::broker
