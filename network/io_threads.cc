#include "network/io_threads.h"

#include <thread>

#include "common/assert.h"
#include "common/text.h"
#include "network/blocking_pool.h"
#include "network/event_loop.h"

namespace barnabas::network {
namespace {
constexpr std::size_t kThreadsMax = 255;  // the loop's number has eight bits of a timer's id
}

IoThreads::IoThreads(Options options)
    : pool_(std::make_unique<BlockingPool>(std::max<std::size_t>(1, options.blocking_threads),
                                           options.name + "-work")) {
  const std::size_t wanted = options.threads ? options.threads : std::thread::hardware_concurrency();
  const std::size_t threads = std::clamp<std::size_t>(wanted, 1, kThreadsMax);
  for (std::size_t index = 0; index < threads; ++index) {
    loops_.push_back(
        std::make_shared<EventLoop>(static_cast<std::uint8_t>(index), concat(options.name, '-', index)));
  }
}

IoThreads::~IoThreads() {
  stop();
}

TimerId IoThreads::after(std::chrono::milliseconds delay, Task task) {
  for (const auto& loop : loops_) {
    if (loop->in_loop()) return loop->after(delay, std::move(task));
  }
  return loops_[next_.fetch_add(1, std::memory_order_relaxed) % loops_.size()]->after(delay, std::move(task));
}

bool IoThreads::cancel(TimerId timer) {
  const std::size_t index = EventLoop::index_of(timer);
  return index < loops_.size() && loops_[index]->cancel(timer);
}

void IoThreads::run_blocking(Task task) {
  pool_->run(std::move(task));
}

void IoThreads::post(std::size_t index, Task task) {
  loops_[index]->post(std::move(task));
}

double IoThreads::cpu_seconds(std::size_t index) const {
  return loops_[index]->cpu_seconds();
}

void IoThreads::stop() {
  pool_->stop();
  for (const auto& loop : loops_) loop->stop();
}

}  // namespace barnabas::network
