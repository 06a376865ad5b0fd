// The connections of one listener on one thread.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <unordered_set>

#include "network/event_loop.h"
#include "network/listener.h"
#include "network/socket_connection.h"

namespace barnabas::network {

// Written by the group's thread, read by any.
class GroupCounter {
 public:
  void add(std::int64_t amount) {
    value_.store(value_.load(std::memory_order_relaxed) + amount, std::memory_order_relaxed);
  }
  std::int64_t get() const { return value_.load(std::memory_order_relaxed); }

 private:
  std::atomic<std::int64_t> value_{0};
};

// Lives on its loop's thread; methods say where they may be called. Held by shared_ptr, since connections
// that slots keep alive refer to it after the listener is gone; then `handler` is not called any more.
class ConnectionGroup : public std::enable_shared_from_this<ConnectionGroup> {
 public:
  ConnectionGroup(const ListenerOptions& options, NetworkResources resources, FrameHandler& handler,
                  std::shared_ptr<EventLoop> loop);

  // Takes over an accepted socket. Any thread.
  void adopt(int socket, ConnectionInfo info, Admission admission);
  // From now on connections close as soon as nothing of theirs is outstanding. Any thread.
  void drain();
  // Closes all connections; returns when their on_close is done. Any other thread, or any after the loop
  // has stopped.
  void close_all();

  const ListenerOptions& options() const { return options_; }
  FrameHandler& handler() const { return handler_; }
  EventLoop& loop() const { return *loop_; }
  const std::shared_ptr<EventLoop>& shared_loop() const { return loop_; }
  IoThreads& threads() const { return *resources_.threads; }
  ReceiveArena& arena() { return arena_; }
  const std::shared_ptr<MemoryBudget>& budget() const { return resources_.budget; }
  std::int64_t now_ns() const { return resources_.clock->monotonic_ns(); }
  void closed(const std::shared_ptr<SocketConnection>& connection);

  GroupCounter connections, accepted, closed_idle, closed_on_error, frames_in, frames_out, bytes_in,
      bytes_out;

 private:
  void start_sweeping();
  void sweep();
  void close_all_here();

  const ListenerOptions options_;
  const NetworkResources resources_;
  FrameHandler& handler_;
  const std::shared_ptr<EventLoop> loop_;
  ReceiveArena arena_;
  std::unordered_set<std::shared_ptr<SocketConnection>> connections_;
  bool draining_ = false;
  bool sweeping_ = false;
  bool ended_ = false;
};

}  // namespace barnabas::network
