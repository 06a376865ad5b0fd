// A listening address and the connections that came in through it.
#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "common/clock.h"
#include "common/result.h"
#include "network/connection.h"
#include "network/connection_limits.h"
#include "network/io_threads.h"
#include "network/memory_budget.h"

namespace barnabas::network {

struct ListenerOptions {
  std::string name = "PLAINTEXT";
  std::string host = {};          // empty: every address, IPv6 and IPv4; a name binds all its addresses
  std::uint16_t port = 0;         // 0: the system chooses, see Listener::port()
  int backlog = 50;               // socket.listen.backlog.size; the system is asked for 1024 at least
  int send_buffer_bytes = -1;     // socket.send.buffer.bytes; -1: the system's
  int receive_buffer_bytes = -1;  // socket.receive.buffer.bytes; -1: the system's
  // TCP_CONGESTION ("reno", "cubic"); empty: the system's, but not BBR for clients on this machine (pacing.h)
  std::string congestion_control = {};
  std::int32_t max_frame_bytes = 104'857'600;  // socket.request.max.bytes; per connection from there
  int max_in_flight = 1;                       // requests of one connection at a time
  std::int64_t idle_timeout_ms = 600'000;      // connections.max.idle.ms; < 0: never
  std::int64_t frame_timeout_ms = 0;           // from a frame's first byte to its last; 0: idle rule alone
  // While the budget is exhausted, frames that are unfinished for longer than this lose their connection.
  std::int64_t frame_timeout_under_pressure_ms = 10'000;
};

// Shared by all listeners of a broker.
struct NetworkResources {
  IoThreads* threads = nullptr;  // outlives the listeners
  const Clock* clock = nullptr;  // outlives the listeners
  std::shared_ptr<ConnectionLimits> limits = std::make_shared<ConnectionLimits>();
  std::shared_ptr<MemoryBudget> budget = std::make_shared<MemoryBudget>(0);
};

// Counted since the start; summed over threads when read. `connections` is the present number.
struct ListenerCounters {
  std::int64_t connections = 0;
  std::int64_t accepted = 0;
  std::int64_t refused = 0;          // beyond a limit
  std::int64_t closed_idle = 0;      // by the idle and frame time-outs
  std::int64_t closed_on_error = 0;  // malformed frames, failed reads and writes
  std::int64_t frames_in = 0;
  std::int64_t frames_out = 0;
  std::int64_t bytes_in = 0;
  std::int64_t bytes_out = 0;
};

class ConnectionGroup;
struct SocketAddress;

// Accepts on one loop and hands connections to all of them in turn. Any thread may call; `handler` outlives
// the listener. The destructor closes everything at once.
class Listener {
 public:
  // Binds and starts to listen; connections wait in the backlog until start(). The error is a sentence that
  // names the address.
  static Result<std::unique_ptr<Listener>, std::string> open(ListenerOptions options,
                                                             NetworkResources resources,
                                                             FrameHandler& handler);
  ~Listener();
  Listener(const Listener&) = delete;

  void start();
  // Accepts no more. Connections live on. Idempotent; blocks until the acceptors are closed.
  void stop_accepting();
  // stop_accepting(), reads no further frames, lets requests in flight be answered for `grace`, then closes
  // what is left. Blocks until every connection had its on_close. Not to be called from an I/O thread.
  void stop(std::chrono::milliseconds grace);

  const std::string& name() const { return options_.name; }
  const ListenerOptions& options() const { return options_; }
  std::uint16_t port() const { return port_; }
  ListenerCounters counters() const;
  std::int64_t connections_on(std::size_t thread) const;

 private:
  class Acceptor;
  Listener(ListenerOptions options, NetworkResources resources, FrameHandler& handler);
  void admit(int socket, const SocketAddress& peer);
  void log_refusal(std::string_view peer, std::string_view reason);

  const ListenerOptions options_;
  const NetworkResources resources_;
  std::uint16_t port_ = 0;
  std::vector<std::shared_ptr<Acceptor>> acceptors_;
  std::vector<std::shared_ptr<ConnectionGroup>> groups_;  // one per I/O thread
  std::atomic<std::size_t> next_group_{0};
  std::atomic<std::int64_t> refused_{0};
  std::atomic<std::int64_t> unlogged_refusals_{0};
  std::atomic<std::int64_t> refusal_logged_at_ns_{0};
};

}  // namespace barnabas::network
