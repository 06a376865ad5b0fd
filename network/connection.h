// A connection as the layers above see it.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "common/bytes.h"
#include "common/scheduler.h"
#include "network/response_slot.h"

namespace barnabas::network {

// Who is connected to whom. Constant for the life of the connection.
struct ConnectionInfo {
  std::uint64_t id = 0;  // unique in the process, from 1
  std::string listener;
  std::string peer_address;  // "127.0.0.1", "::1"; IPv4 mapped into IPv6 is shown as IPv4
  std::uint16_t peer_port = 0;
  std::string local_address;
  std::uint16_t local_port = 0;
};

// One peer. Lives on one I/O thread for good; every method is for that thread (where FrameHandler is called)
// unless it says otherwise. Abstract so that handlers can be tested without sockets.
class Connection {
 public:
  virtual ~Connection() = default;

  // Any thread while the connection lives.
  virtual const ConnectionInfo& info() const = 0;
  std::uint64_t id() const { return info().id; }

  // Frames longer than this close the connection. From the listener's options at first: small before
  // authentication, to be raised after it.
  virtual void set_max_frame_bytes(std::int32_t bytes) = 0;
  // Requests delivered and not yet answered; 1 (the start) is Kafka's rule.
  virtual void set_max_in_flight(int requests) = 0;
  // Closes at once, whatever is outstanding. `reason` goes to the log.
  virtual void close(std::string_view reason) = 0;
  // Runs `task` soon on the connection's thread; it is dropped when that thread has ended. Any thread.
  virtual void post(Task task) = 0;

  virtual std::uint64_t bytes_in() const = 0;   // received, frame lengths included
  virtual std::uint64_t bytes_out() const = 0;  // sent, frame lengths included

  // The state of the layer above, from on_open on; destroyed with the connection after on_close.
  std::shared_ptr<void> session;
};

// What a listener does with frames. One object serves all threads: each call comes on the thread of its
// connection and must not block.
class FrameHandler {
 public:
  virtual ~FrameHandler() = default;
  virtual void on_open(Connection&) {}
  // `frame` is a request without its four bytes of length. It may be kept: its memory counts against the
  // listener's budget until the last copy of `frame` is gone.
  virtual void on_frame(Connection& connection, SharedBytes frame, ResponseSlot slot) = 0;
  // Called once per on_open; slots still held are no-ops from now on.
  virtual void on_close(Connection&, std::string_view /*reason*/) {}
};

}  // namespace barnabas::network
