// Deadlines of one shard in virtual time: the shard asks for the next one and takes what is due.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <utility>

namespace barnabas::broker::coordination {

template <class Event>
class Deadlines;

// A handle that its holder keeps; empty when nothing is pending. Not copied on purpose: one holder each.
class Deadline {
 public:
  Deadline() = default;
  Deadline(Deadline&& other) noexcept : at_(std::exchange(other.at_, {0, 0})) {}
  Deadline& operator=(Deadline&& other) noexcept {
    at_ = std::exchange(other.at_, {0, 0});
    return *this;
  }
  bool armed() const { return at_.second != 0; }
  std::int64_t at_ms() const { return at_.first; }  // if armed

 private:
  template <class Event>
  friend class Deadlines;
  std::pair<std::int64_t, std::uint64_t> at_{0, 0};
};

// One thread (the shard's lock). Deadlines that fall together come out in the order they were set.
template <class Event>
class Deadlines {
 public:
  // Sets `deadline`, in place of what it was set to before.
  void set(Deadline& deadline, std::int64_t at_ms, Event event) {
    cancel(deadline);
    deadline.at_ = {at_ms, ++last_sequence_};
    events_.emplace(deadline.at_, std::move(event));
  }
  // Moves it without an allocation, its event unchanged. False if it is not pending any more.
  bool move(Deadline& deadline, std::int64_t at_ms) {
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
  void cancel(Deadline& deadline) {
    if (!deadline.armed()) return;
    events_.erase(deadline.at_);
    deadline.at_ = {0, 0};
  }
  std::optional<std::int64_t> next_ms() const {
    if (events_.empty()) return std::nullopt;
    return events_.begin()->first.first;
  }
  // Takes the earliest event at or before `now_ms`. Its handle is stale then, which every call tolerates.
  std::optional<Event> take_due(std::int64_t now_ms) {
    if (events_.empty() || events_.begin()->first.first > now_ms) return std::nullopt;
    return std::move(events_.extract(events_.begin()).mapped());
  }
  std::size_t size() const { return events_.size(); }

 private:
  std::map<std::pair<std::int64_t, std::uint64_t>, Event> events_;
  std::uint64_t last_sequence_ = 0;
};

}  // namespace barnabas::broker::coordination
