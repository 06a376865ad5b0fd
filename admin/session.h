// The connections of the HTTP server. Includes Asio: for server.cc and session.cc alone.
#pragma once

#include <atomic>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <functional>
#include <memory>
#include <mutex>

#include "admin/gate.h"
#include "admin/router.h"
#include "admin/server.h"

namespace barnabas::admin {

// What all sessions of a server share. Answers come from any thread and may come after the server is gone:
// they hold this object weakly and post through it.
class SessionCore {
 public:
  SessionCore(const ServerOptions& options, const Router& router)
      : options_(options),
        router_(router),
        gate_(options.token, options.allowed_hosts),
        context_(std::make_unique<boost::asio::io_context>(1)) {}

  boost::asio::io_context& context() { return *context_; }
  const ServerOptions& options() const { return options_; }
  const Router& router() const { return router_; }
  const Gate& gate() const { return gate_; }

  // Runs `task` on the server's thread; false after end().
  bool post(std::move_only_function<void()> task);
  // After the thread has ended: drops what waits, sessions included.
  void end();

  void count_session(int change) { sessions_ += static_cast<std::size_t>(change); }
  std::size_t sessions() const { return sessions_; }

 private:
  const ServerOptions options_;
  const Router& router_;
  const Gate gate_;
  std::mutex mutex_;  // guards context_ against end()
  std::unique_ptr<boost::asio::io_context> context_;
  std::atomic<std::size_t> sessions_{0};
};

// Serves the connection until it closes or times out.
void start_session(const std::shared_ptr<SessionCore>& core, boost::asio::ip::tcp::socket socket);

}  // namespace barnabas::admin
