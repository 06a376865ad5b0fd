#include "network/connection_group.h"

#include <unistd.h>

#include <algorithm>
#include <future>
#include <vector>

#include "common/logging.h"

namespace barnabas::network {
namespace {

// A socket on its way to another thread.
class UniqueSocket {
 public:
  explicit UniqueSocket(int socket) : socket_(socket) {}
  UniqueSocket(UniqueSocket&& other) noexcept : socket_(std::exchange(other.socket_, -1)) {}
  ~UniqueSocket() {
    if (socket_ >= 0) ::close(socket_);
  }
  int release() { return std::exchange(socket_, -1); }

 private:
  int socket_;
};

std::chrono::milliseconds sweep_interval(const ListenerOptions& options) {
  std::int64_t shortest_ms = options.frame_timeout_under_pressure_ms;
  if (options.idle_timeout_ms >= 0) shortest_ms = std::min(shortest_ms, options.idle_timeout_ms);
  if (options.frame_timeout_ms > 0) shortest_ms = std::min(shortest_ms, options.frame_timeout_ms);
  return std::chrono::milliseconds(std::clamp<std::int64_t>(shortest_ms / 4, 10, 2'000));
}

}  // namespace

ConnectionGroup::ConnectionGroup(const ListenerOptions& options, NetworkResources resources,
                                 FrameHandler& handler, std::shared_ptr<EventLoop> loop)
    : options_(options),
      resources_(std::move(resources)),
      handler_(handler),
      loop_(std::move(loop)),
      arena_(loop_->slabs()) {}

void ConnectionGroup::adopt(int socket, ConnectionInfo info, Admission admission) {
  loop_->post([self = shared_from_this(), holder = UniqueSocket(socket), info = std::move(info),
               admission = std::move(admission)]() mutable {
    if (self->ended_) return;
    const auto connection =
        std::make_shared<SocketConnection>(self, holder.release(), std::move(info), std::move(admission));
    self->connections_.insert(connection);
    self->connections.add(1);
    self->accepted.add(1);
    self->start_sweeping();
    connection->open();
    if (self->draining_) connection->drain();
  });
}

void ConnectionGroup::closed(const std::shared_ptr<SocketConnection>& connection) {
  if (connections_.erase(connection) > 0) connections.add(-1);
}

void ConnectionGroup::drain() {
  loop_->post([self = shared_from_this()] {
    self->draining_ = true;
    const std::vector<std::shared_ptr<SocketConnection>> all(self->connections_.begin(),
                                                             self->connections_.end());
    for (const auto& connection : all) connection->drain();
  });
}

void ConnectionGroup::close_all() {
  std::promise<void> done;
  const bool posted = loop_->post([self = shared_from_this(), &done] {
    self->close_all_here();
    done.set_value();
  });
  if (posted) {
    done.get_future().wait();
  } else {
    close_all_here();  // the thread is gone: nothing of the group runs any more
  }
}

void ConnectionGroup::close_all_here() {
  ended_ = true;
  const std::vector<std::shared_ptr<SocketConnection>> all(connections_.begin(), connections_.end());
  for (const auto& connection : all) connection->close("the listener closes");
}

void ConnectionGroup::start_sweeping() {
  if (sweeping_) return;
  sweeping_ = true;
  loop_->after(sweep_interval(options_), [weak = weak_from_this()] {
    if (const auto self = weak.lock()) self->sweep();
  });
}

void ConnectionGroup::sweep() {
  sweeping_ = false;
  const std::int64_t now = now_ns();
  const std::vector<std::shared_ptr<SocketConnection>> all(connections_.begin(), connections_.end());
  for (const auto& connection : all) connection->check_timeouts(now);
  loop_->slabs()->trim();
  // Without connections nothing wakes the thread; one more round gives the last slabs back.
  if (!connections_.empty() || loop_->slabs()->free_count() > 0) start_sweeping();
}

}  // namespace barnabas::network
