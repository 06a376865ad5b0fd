// The HTTP server of the administration endpoint.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "common/result.h"

namespace barnabas::admin {

class Router;

struct ServerOptions {
  // admin.listeners, each "http://host:port"; port 0 lets the system choose.
  std::vector<std::string> listeners = {"http://127.0.0.1:9080"};
  std::string token = {};                       // admin.token; when set, every change must carry it
  std::vector<std::string> allowed_hosts = {};  // admin.allowed.hosts, besides localhost and IP addresses
  std::size_t header_bytes_max = 16 * 1024;
  std::size_t body_bytes_max = 8 * 1024 * 1024;
  std::size_t connections_max = 256;
  std::chrono::milliseconds idle_timeout{60'000};     // between requests
  std::chrono::milliseconds request_timeout{30'000};  // from a request's first byte to its last
  std::chrono::milliseconds answer_timeout{60'000};   // for the backend; then 504
};

// One thread of its own, so that neither slow requests nor large documents touch the Kafka listeners. Any
// thread may call. The router and what its routes refer to outlive the server.
class Server {
 public:
  // Binds and serves. The error is a sentence that names the address.
  static Result<std::unique_ptr<Server>, std::string> start(ServerOptions options, const Router& router);
  ~Server();  // stop()
  Server(const Server&) = delete;

  // The port of each listener, in their order.
  const std::vector<std::uint16_t>& ports() const;
  // Closes all connections and ends the thread. Idempotent; not from the server's thread.
  void stop();

 private:
  struct Impl;
  explicit Server(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace barnabas::admin
