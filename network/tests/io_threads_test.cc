#include "network/io_threads.h"

#include <gtest/gtest.h>

#include <atomic>
#include <future>
#include <set>
#include <thread>

#include "network/event_loop.h"

namespace barnabas::network {
namespace {

using std::chrono::milliseconds;

TEST(IoThreads, TimersRunOnceOnAnIoThreadNotBeforeTheirTime) {
  IoThreads threads({.threads = 2});
  std::promise<std::chrono::steady_clock::time_point> fired;
  const auto start = std::chrono::steady_clock::now();
  threads.after(milliseconds(20), [&] { fired.set_value(std::chrono::steady_clock::now()); });
  EXPECT_GE(fired.get_future().get() - start, milliseconds(20));
}

TEST(IoThreads, ATimerStartedOnALoopRunsOnThatLoop) {
  IoThreads threads({.threads = 3});
  for (std::size_t index = 0; index < threads.size(); ++index) {
    std::promise<bool> same;
    threads.post(index, [&] {
      threads.after(milliseconds(1), [&] { same.set_value(threads.shared_loop(index)->in_loop()); });
    });
    EXPECT_TRUE(same.get_future().get());
  }
}

TEST(IoThreads, AnEarlierTimerOvertakesALaterOne) {
  IoThreads threads({.threads = 1});
  std::promise<void> early;
  threads.after(std::chrono::hours(1), [] { FAIL(); });
  threads.after(milliseconds(5), [&] { early.set_value(); });
  EXPECT_EQ(early.get_future().wait_for(std::chrono::seconds(5)), std::future_status::ready);
}

TEST(IoThreads, CancelTellsWhetherTheTimerWillRun) {
  IoThreads threads({.threads = 2});
  std::atomic<int> runs{0};
  const TimerId cancelled = threads.after(milliseconds(50), [&] { ++runs; });
  EXPECT_TRUE(threads.cancel(cancelled));
  EXPECT_FALSE(threads.cancel(cancelled));
  std::promise<void> done;
  const TimerId ran = threads.after(milliseconds(0), [&] {
    ++runs;
    done.set_value();
  });
  done.get_future().wait();
  EXPECT_FALSE(threads.cancel(ran));
  std::this_thread::sleep_for(milliseconds(60));
  EXPECT_EQ(runs, 1);
  EXPECT_FALSE(threads.cancel(0));
}

TEST(IoThreads, ManyThreadsMayStartAndCancelTimersAtOnce) {
  IoThreads threads({.threads = 2});
  std::atomic<int> fired{0}, cancelled{0};
  std::vector<std::thread> callers;
  for (int caller = 0; caller < 4; ++caller) {
    callers.emplace_back([&, caller] {
      for (int round = 0; round < 500; ++round) {
        const TimerId timer = threads.after(milliseconds(round % 5), [&] { ++fired; });
        if ((round + caller) % 2 && threads.cancel(timer)) ++cancelled;
      }
    });
  }
  for (std::thread& caller : callers) caller.join();
  const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(5);
  while (fired + cancelled < 2000 && std::chrono::steady_clock::now() < deadline)
    std::this_thread::sleep_for(milliseconds(1));
  EXPECT_EQ(fired + cancelled, 2000);
}

TEST(IoThreads, BlockingWorkRunsBesideTheLoopsOnSeveralThreads) {
  IoThreads threads({.threads = 1, .blocking_threads = 2});
  std::promise<void> first_may_end, second_ran;
  threads.run_blocking([&] { first_may_end.get_future().wait(); });
  threads.run_blocking([&] {
    EXPECT_FALSE(threads.shared_loop(0)->in_loop());
    second_ran.set_value();
  });
  EXPECT_EQ(second_ran.get_future().wait_for(std::chrono::seconds(5)), std::future_status::ready);
  first_may_end.set_value();
}

TEST(IoThreads, StopFinishesBlockingWorkAndDropsTheRest) {
  auto owned = std::make_shared<int>(0);
  std::atomic<int> finished{0};
  {
    IoThreads threads({.threads = 2, .blocking_threads = 1});
    for (int task = 0; task < 10; ++task) {
      threads.run_blocking([&] {
        std::this_thread::sleep_for(milliseconds(2));
        ++finished;
      });
    }
    threads.after(std::chrono::hours(1), [owned] { FAIL(); });
    threads.stop();
    EXPECT_EQ(finished, 10);
    EXPECT_EQ(owned.use_count(), 1);
    threads.post(0, [owned] { FAIL(); });
    threads.run_blocking([owned] { FAIL(); });
    threads.after(milliseconds(0), [owned] { FAIL(); });
    threads.stop();
  }
  EXPECT_EQ(owned.use_count(), 1);
}

TEST(IoThreads, CountsTheProcessorTimeOfItsThreads) {
  IoThreads threads({.threads = 1});
  std::promise<void> done;
  threads.post(0, [&] {
    const auto until = std::chrono::steady_clock::now() + milliseconds(50);
    while (std::chrono::steady_clock::now() < until) {
    }
    done.set_value();
  });
  done.get_future().wait();
  EXPECT_GT(threads.cpu_seconds(0), 0.001);
  threads.stop();
  EXPECT_GT(threads.cpu_seconds(0), 0.001);
}

}  // namespace
}  // namespace barnabas::network
