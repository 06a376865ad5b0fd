// What a handler knows about the request it answers, besides the decoded message.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "common/bytes.h"
#include "protocol/api_key.h"

namespace barnabas::broker {

// What the broker remembers of a connection between its requests. Touched by the connection's own thread
// only; lives as long as the connection or the last request of it.
struct ClientConnection {
  std::string connection_id;  // as in Kafka's logs: local:port-peer:port-number
  std::string listener;
  std::string peer_address;  // text form, without port
  std::uint16_t peer_port = 0;
  std::string local_address;  // the address the client reached, text form
  std::uint16_t local_port = 0;
  std::string software_name = "unknown";     // KIP-511, from ApiVersions 3+
  std::string software_version = "unknown";  // likewise
  std::string principal = "User:ANONYMOUS";
  // Set by a handler: called once when the connection is gone, on its thread.
  std::function<void()> on_close;
};

// One request. Valid during the handler's call; who parks copies what it needs (`frame` keeps the bytes of
// borrowed records alive, `client` the connection's state).
struct RequestContext {
  protocol::ApiKey api_key{};
  std::int16_t api_version = 0;
  std::int32_t correlation_id = 0;
  std::optional<std::string> client_id;
  std::shared_ptr<ClientConnection> client;
  SharedBytes frame;
  std::int64_t received_ns = 0;  // Clock::monotonic_ns when the frame was whole

  // "/10.0.0.7", as group members and logs show a client's host.
  std::string client_host() const { return "/" + client->peer_address; }
  const std::string& client_id_or_empty() const {
    static const std::string empty;
    return client_id ? *client_id : empty;
  }
};

}  // namespace barnabas::broker
