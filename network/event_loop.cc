#include "network/event_loop.h"

#include <pthread.h>
#include <signal.h>
#include <time.h>
#include <unistd.h>

#if defined(__SANITIZE_THREAD__)
#define BOOST_ASIO_DISABLE_FENCED_BLOCK 1  // the sanitizer does not understand fences
#endif
#include <boost/asio/io_context.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>

#include "common/assert.h"
#include "network/slab_pool.h"

namespace asio = boost::asio;

namespace barnabas::network {
namespace {

thread_local const EventLoop* running_loop = nullptr;

std::int64_t now_ns() {
  return std::chrono::duration_cast<std::chrono::nanoseconds>(
             std::chrono::steady_clock::now().time_since_epoch())
      .count();
}

double seconds(const timespec& time) {
  return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_nsec) / 1e9;
}

}  // namespace

void prepare_thread(const std::string& name) {
  ::pthread_setname_np(::pthread_self(), name.substr(0, 15).c_str());
  sigset_t pipe;
  ::sigemptyset(&pipe);
  ::sigaddset(&pipe, SIGPIPE);
  ::pthread_sigmask(SIG_BLOCK, &pipe, nullptr);
}

struct EventLoop::Asio {
  asio::io_context context{1};
  asio::executor_work_guard<asio::io_context::executor_type> work{context.get_executor()};
  asio::steady_timer timer{context};
};

struct Watch::Descriptor {
  Descriptor(asio::io_context& context, int fd) : stream(context, fd) {}
  asio::posix::stream_descriptor stream;
};

EventLoop::EventLoop(std::uint8_t index, std::string thread_name)
    : index_(index), slabs_(std::make_shared<SlabPool>()), asio_(std::make_unique<Asio>()) {
  thread_ = std::thread([this, name = std::move(thread_name)] {
    prepare_thread(name);
    run();
  });
}

EventLoop::~EventLoop() {
  stop();
}

void EventLoop::run() {
  running_loop = this;
  asio_->context.run();
  running_loop = nullptr;
  timespec used{};
  ::clock_gettime(CLOCK_THREAD_CPUTIME_ID, &used);
  cpu_at_end_ = seconds(used);
}

bool EventLoop::in_loop() const {
  return running_loop == this;
}

bool EventLoop::post(Task task) {
  if (in_loop()) {
    asio::post(asio_->context, std::move(task));
    return true;
  }
  const std::scoped_lock lock(lifecycle_mutex_);
  if (!asio_) return false;
  asio::post(asio_->context, std::move(task));
  return true;
}

TimerId EventLoop::after(std::chrono::milliseconds delay, Task task) {
  const std::int64_t deadline_ns = now_ns() + std::max<std::int64_t>(0, delay.count()) * 1'000'000;
  TimerId id;
  bool earlier;
  {
    const std::scoped_lock lock(timer_mutex_);
    id = timers_.add(deadline_ns, std::move(task)) | std::uint64_t{index_} << 56;
    earlier = deadline_ns < armed_ns_;
    if (earlier) armed_ns_ = deadline_ns;
  }
  if (earlier && in_loop()) {
    arm_timer();
  } else if (earlier) {
    post([this] { arm_timer(); });
  }
  return id;
}

bool EventLoop::cancel(TimerId timer) {
  Task dropped;
  {
    const std::scoped_lock lock(timer_mutex_);
    dropped = timers_.cancel(timer & ~(std::uint64_t{0xff} << 56));
  }
  return dropped != nullptr;
}

void EventLoop::arm_timer() {
  std::optional<std::int64_t> next;
  {
    const std::scoped_lock lock(timer_mutex_);
    next = timers_.next_deadline_ns();
    armed_ns_ = next.value_or(INT64_MAX);
  }
  if (!next) return;
  asio_->timer.expires_at(std::chrono::steady_clock::time_point(std::chrono::nanoseconds(*next)));
  asio_->timer.async_wait([this](const boost::system::error_code& error) {
    if (!error) fire_timers();
  });
}

void EventLoop::fire_timers() {
  std::vector<Task> due;
  {
    const std::scoped_lock lock(timer_mutex_);
    timers_.take_due(now_ns(), due);
  }
  for (Task& task : due) std::exchange(task, nullptr)();
  arm_timer();
}

double EventLoop::cpu_seconds() const {
  const double ended = cpu_at_end_;
  if (ended >= 0) return ended;
  clockid_t clock{};
  timespec used{};
  auto& thread = const_cast<std::thread&>(thread_);
  if (::pthread_getcpuclockid(thread.native_handle(), &clock) != 0 || ::clock_gettime(clock, &used) != 0)
    return 0;
  return seconds(used);
}

void EventLoop::stop() {
  ASSERT(!in_loop());
  if (!thread_.joinable()) return;
  asio_->context.stop();
  thread_.join();
  std::unique_ptr<Asio> ended;
  {
    const std::scoped_lock lock(lifecycle_mutex_);
    ended = std::move(asio_);
  }
  for (Watch* watch : watches_) watch->descriptor_->stream.release();
  for (Watch* watch : watches_) watch->descriptor_.reset();
  watches_.clear();
  ended.reset();  // destroys the handlers that never ran, and what they own
  std::vector<Task> dropped;
  {
    const std::scoped_lock lock(timer_mutex_);
    dropped = timers_.clear();
  }
}

Watch::Watch(EventLoop& loop, int fd)
    : loop_(loop), fd_(fd), descriptor_(std::make_unique<Descriptor>(loop.asio_->context, fd)) {
  ASSERT(loop.in_loop());
  loop_.watches_.insert(this);
}

Watch::~Watch() {
  if (descriptor_) {
    loop_.watches_.erase(this);
    descriptor_->stream.release();  // ends the waits; their handlers see the error and do nothing
  }
  ::close(fd_);
}

void Watch::wait_readable(std::shared_ptr<Watcher> watcher) {
  if (!descriptor_) return;
  descriptor_->stream.async_wait(asio::posix::descriptor_base::wait_read,
                                 [watcher = std::move(watcher)](const boost::system::error_code& error) {
                                   if (!error) watcher->on_readable();
                                 });
}

void Watch::wait_writable(std::shared_ptr<Watcher> watcher) {
  if (!descriptor_) return;
  descriptor_->stream.async_wait(asio::posix::descriptor_base::wait_write,
                                 [watcher = std::move(watcher)](const boost::system::error_code& error) {
                                   if (!error) watcher->on_writable();
                                 });
}

}  // namespace barnabas::network
