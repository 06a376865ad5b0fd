#include "network/timer_queue.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace barnabas::network {
namespace {

using testing::ElementsAre;

struct Fired {
  std::vector<int> order;
  Task task(int number) {
    return [this, number] { order.push_back(number); };
  }
  void run(TimerQueue& queue, std::int64_t now_ns) {
    std::vector<Task> due;
    queue.take_due(now_ns, due);
    for (Task& one : due) one();
  }
};

TEST(TimerQueue, FiresInOrderOfDeadlinesThenOfAdding) {
  TimerQueue queue;
  Fired fired;
  queue.add(30, fired.task(3));
  queue.add(10, fired.task(1));
  queue.add(20, fired.task(21));
  queue.add(20, fired.task(22));
  EXPECT_EQ(queue.next_deadline_ns(), 10);
  fired.run(queue, 20);
  EXPECT_THAT(fired.order, ElementsAre(1, 21, 22));
  EXPECT_EQ(queue.size(), 1u);
  fired.run(queue, 1000);
  EXPECT_THAT(fired.order, ElementsAre(1, 21, 22, 3));
  EXPECT_EQ(queue.next_deadline_ns(), std::nullopt);
}

TEST(TimerQueue, CancelledTimersDoNotFireAndTheirNumbersAreNotReused) {
  TimerQueue queue;
  Fired fired;
  const TimerId first = queue.add(10, fired.task(1));
  EXPECT_NE(first, 0u);
  EXPECT_TRUE(queue.cancel(first) != nullptr);
  EXPECT_TRUE(queue.cancel(first) == nullptr);
  const TimerId second = queue.add(10, fired.task(2));  // the same slot
  EXPECT_NE(first, second);
  EXPECT_TRUE(queue.cancel(first) == nullptr);
  fired.run(queue, 10);
  EXPECT_THAT(fired.order, ElementsAre(2));
  EXPECT_TRUE(queue.cancel(second) == nullptr);
  EXPECT_TRUE(queue.cancel(12345) == nullptr);
}

TEST(TimerQueue, CancelFreesWhatTheTaskOwns) {
  TimerQueue queue;
  auto owned = std::make_shared<int>(1);
  const TimerId timer = queue.add(10, [owned] { static_cast<void>(owned); });
  EXPECT_EQ(owned.use_count(), 2);
  static_cast<void>(queue.cancel(timer));
  EXPECT_EQ(owned.use_count(), 1);
}

TEST(TimerQueue, CancelledTimersDoNotPileUp) {
  TimerQueue queue;
  for (int round = 0; round < 100'000; ++round)
    static_cast<void>(queue.cancel(queue.add(1'000'000 + round, [] {})));
  EXPECT_EQ(queue.size(), 0u);
  EXPECT_LT(queue.heap_size(), 2000u);
}

TEST(TimerQueue, NumbersLeaveTheHighestEightBitsFree) {
  TimerQueue queue;
  for (int round = 0; round < 1000; ++round) {
    const TimerId timer = queue.add(1, [] {});
    EXPECT_EQ(timer >> 56, 0u);
    if (round % 2) static_cast<void>(queue.cancel(timer));
  }
  EXPECT_EQ(queue.clear().size(), 500u);
  EXPECT_EQ(queue.size(), 0u);
}

}  // namespace
}  // namespace barnabas::network
