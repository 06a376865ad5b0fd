// Deadlines of one shard in virtual time: the shard asks for the next one and takes what is due.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <utility>

namespace barnabas::broker::groups {

enum class DeadlineKind : std::uint8_t {
  kSession,       // a member has not been heard of, or a pending member has not joined
  kInitialDelay,  // a new group has waited for further members
  kJoin,          // the rebalance time-out of the join phase
  kSync,          // the rebalance time-out of the sync phase
  kExpireOffsets  // the periodic look for what may be forgotten
};

struct DeadlineEvent {
  DeadlineKind kind{};
  std::string group_id = {};
  std::string member_id = {};       // kSession
  std::int32_t delay_ms = 0;        // kInitialDelay: the delay that ends here
  std::int32_t remaining_ms = 0;    // kInitialDelay: how much longer it may be extended
  std::int32_t generation_id = -1;  // kSync
};

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

 private:
  friend class Deadlines;
  std::pair<std::int64_t, std::uint64_t> at_{0, 0};
};

// One thread (the shard's lock). Deadlines that fall together come out in the order they were set.
class Deadlines {
 public:
  // Sets `deadline`, in place of what it was set to before.
  void set(Deadline& deadline, std::int64_t at_ms, DeadlineEvent event);
  // Moves it without an allocation, its event unchanged. False if it is not pending any more.
  bool move(Deadline& deadline, std::int64_t at_ms);
  void cancel(Deadline& deadline);
  std::optional<std::int64_t> next_ms() const;
  // Takes the earliest event at or before `now_ms`. Its handle is stale then, which every call tolerates.
  std::optional<DeadlineEvent> take_due(std::int64_t now_ms);
  std::size_t size() const { return events_.size(); }

 private:
  std::map<std::pair<std::int64_t, std::uint64_t>, DeadlineEvent> events_;
  std::uint64_t last_sequence_ = 0;
};

}  // namespace barnabas::broker::groups
