#include "broker/groups/deadlines.h"

namespace barnabas::broker::groups {

void Deadlines::set(Deadline& deadline, std::int64_t at_ms, DeadlineEvent event) {
  cancel(deadline);
  deadline.at_ = {at_ms, ++last_sequence_};
  events_.emplace(deadline.at_, std::move(event));
}

bool Deadlines::move(Deadline& deadline, std::int64_t at_ms) {
  if (!deadline.armed()) return false;
  auto node = events_.extract(deadline.at_);
  if (node.empty()) {
    deadline.at_ = {0, 0};
    return false;
  }
  deadline.at_ = {at_ms, ++last_sequence_};
  node.key() = deadline.at_;
  events_.insert(std::move(node));
  return true;
}

void Deadlines::cancel(Deadline& deadline) {
  if (!deadline.armed()) return;
  events_.erase(deadline.at_);
  deadline.at_ = {0, 0};
}

std::optional<std::int64_t> Deadlines::next_ms() const {
  if (events_.empty()) return std::nullopt;
  return events_.begin()->first.first;
}

std::optional<DeadlineEvent> Deadlines::take_due(std::int64_t now_ms) {
  if (events_.empty() || events_.begin()->first.first > now_ms) return std::nullopt;
  return std::move(events_.extract(events_.begin()).mapped());
}

}  // namespace barnabas::broker::groups
