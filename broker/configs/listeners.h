// listeners, advertised.listeners and what belongs to them, checked by Kafka's rules.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "broker/configs/config_layers.h"
#include "common/result.h"

namespace barnabas::broker {

struct ListenerEndpoint {
  std::string name;      // upper case
  std::string protocol;  // "PLAINTEXT", "SSL", "SASL_PLAINTEXT", "SASL_SSL"
  std::string host;      // without brackets; empty: every address, and advertised: the one the client reached
  std::uint16_t port = 0;
  bool operator==(const ListenerEndpoint&) const = default;
};

struct ListenerSettings {
  std::vector<ListenerEndpoint> broker;
  std::vector<ListenerEndpoint> controller;  // empty if nothing listens for controllers
  std::vector<ListenerEndpoint>
      advertised;  // for clients; a listener without an entry is not told to anybody
  std::string inter_broker_name;
};

// "NAME://host:port", "NAME://[::1]:port" or "NAME://:port", without a protocol. Nothing if it is none of
// them.
Result<ListenerEndpoint, std::string> parse_endpoint(std::string_view text);

// The error is Kafka's sentence where Kafka has one.
Result<ListenerSettings, std::string> parse_listeners(const ConfigLayers& layers);

}  // namespace barnabas::broker
