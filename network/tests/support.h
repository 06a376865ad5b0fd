// What the network's tests share: a blocking client and a handler that answers as it is told.
#pragma once

#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "common/clock.h"
#include "network/io_threads.h"
#include "network/listener.h"

namespace barnabas::network {

// A frame as it is on the wire.
std::string framed(std::string_view body);

// A blocking TCP client on loopback; every wait ends after ten seconds.
class TestClient {
 public:
  explicit TestClient(std::uint16_t port, const char* address = "127.0.0.1");
  TestClient(TestClient&& other) noexcept : socket_(std::exchange(other.socket_, -1)) {}
  ~TestClient();

  // False if the peer has closed.
  bool send(std::string_view bytes);
  bool send_frame(std::string_view body) { return send(framed(body)); }
  // The body of the next frame, or nullopt at the end of the connection.
  std::optional<std::string> read_frame();
  // Up to `bytes`, fewer at the end of the connection.
  std::string read(std::size_t bytes);
  // True if the peer closes (or resets) within the time, discarding what it sends before.
  bool closed_within(std::chrono::milliseconds time);
  void half_close();
  void reset();
  std::uint16_t local_port() const;
  int socket() const { return socket_; }

 private:
  int socket_ = -1;
};

// Answers each frame by calling `on_frame_do`, by default with an echo, and records what it saw.
class TestHandler : public FrameHandler {
 public:
  std::function<void(Connection&, SharedBytes, ResponseSlot)> on_frame_do =
      [](Connection&, SharedBytes frame, ResponseSlot slot) { slot.send(Payload(std::move(frame))); };
  std::function<void(Connection&)> on_open_do = [](Connection&) {};

  void on_open(Connection& connection) override;
  void on_frame(Connection& connection, SharedBytes frame, ResponseSlot slot) override;
  void on_close(Connection& connection, std::string_view reason) override;

  int opened() const;
  int closed() const;
  int frames() const;
  std::string last_reason() const;
  bool wait_until(const std::function<bool()>& condition) const;
  bool wait_closed(int count) const {
    return wait_until([&] { return closed() >= count; });
  }

 private:
  mutable std::mutex mutex_;
  int opened_ = 0, closed_ = 0, frames_ = 0;
  std::string last_reason_;
};

// Keeps slots for later, from any thread.
class SlotBox {
 public:
  void put(ResponseSlot slot);
  ResponseSlot take();  // the oldest; waits for one
  std::size_t size() const;

 private:
  mutable std::mutex mutex_;
  std::condition_variable arrived_;
  std::vector<ResponseSlot> slots_;
};

// Threads and one listener on 127.0.0.1 with a port of the system's choice.
class TestServer {
 public:
  explicit TestServer(TestHandler& handler, ListenerOptions options = {}, NetworkResources resources = {},
                      std::size_t threads = 2);
  ~TestServer();

  std::uint16_t port() const { return listener->port(); }
  TestClient connect() const { return TestClient(port()); }

  SystemClock clock;
  IoThreads threads;
  std::unique_ptr<Listener> listener;
};

// The log lines written while it lives.
class LogCapture {
 public:
  LogCapture();
  ~LogCapture();
  std::vector<std::string> lines_with(std::string_view text) const;
  bool wait_for(std::string_view text) const;

 private:
  mutable std::mutex mutex_;
  std::vector<std::string> lines_;
};

}  // namespace barnabas::network
