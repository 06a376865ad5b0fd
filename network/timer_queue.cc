#include "network/timer_queue.h"

#include <algorithm>

#include "common/assert.h"

namespace barnabas::network {
namespace {
constexpr int kSlotBits = 28;  // 268 million timers; the other 28 bits are the slot's generation
constexpr std::uint32_t kSlotMask = (1u << kSlotBits) - 1;
constexpr std::size_t kStaleEntriesAllowed = 1024;
}  // namespace

bool TimerQueue::later(const Entry& left, const Entry& right) {
  if (left.deadline_ns != right.deadline_ns) return left.deadline_ns > right.deadline_ns;
  return left.order > right.order;
}

bool TimerQueue::stale(const Entry& entry) const {
  const Slot& slot = slots_[entry.slot];
  return !slot.live || slot.generation != entry.generation;
}

TimerId TimerQueue::add(std::int64_t deadline_ns, Task task) {
  if (free_.empty()) {
    ASSERT(slots_.size() < kSlotMask);
    free_.push_back(static_cast<std::uint32_t>(slots_.size()));
    slots_.emplace_back();
  }
  const std::uint32_t index = free_.back();
  free_.pop_back();
  Slot& slot = slots_[index];
  // Generations start at 1, so that no timer has the number 0.
  slot.generation = slot.generation % kSlotMask + 1;
  slot.live = true;
  slot.task = std::move(task);
  ++live_;
  if (heap_.size() > 2 * live_ + kStaleEntriesAllowed) compact();
  heap_.push_back({deadline_ns, order_++, index, slot.generation});
  std::push_heap(heap_.begin(), heap_.end(), later);
  return std::uint64_t{slot.generation} << kSlotBits | index;
}

Task TimerQueue::release(std::uint32_t index) {
  Slot& slot = slots_[index];
  slot.live = false;
  --live_;
  free_.push_back(index);
  return std::exchange(slot.task, nullptr);
}

Task TimerQueue::cancel(TimerId timer) {
  const auto index = static_cast<std::uint32_t>(timer & kSlotMask);
  const auto generation = static_cast<std::uint32_t>(timer >> kSlotBits & kSlotMask);
  if (index >= slots_.size() || !slots_[index].live || slots_[index].generation != generation) return nullptr;
  return release(index);
}

void TimerQueue::take_due(std::int64_t now_ns, std::vector<Task>& due) {
  while (!heap_.empty() && (heap_.front().deadline_ns <= now_ns || stale(heap_.front()))) {
    std::pop_heap(heap_.begin(), heap_.end(), later);
    const Entry entry = heap_.back();
    heap_.pop_back();
    if (!stale(entry)) due.push_back(release(entry.slot));
  }
}

std::optional<std::int64_t> TimerQueue::next_deadline_ns() const {
  if (live_ == 0) return std::nullopt;
  return heap_.front().deadline_ns;
}

void TimerQueue::compact() {
  std::erase_if(heap_, [this](const Entry& entry) { return stale(entry); });
  std::make_heap(heap_.begin(), heap_.end(), later);
}

std::vector<Task> TimerQueue::clear() {
  std::vector<Task> tasks;
  for (std::uint32_t index = 0; index < slots_.size(); ++index) {
    if (slots_[index].live) tasks.push_back(release(index));
  }
  heap_.clear();
  return tasks;
}

}  // namespace barnabas::network
