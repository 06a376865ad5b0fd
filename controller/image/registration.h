// Brokers and controllers as they registered.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "common/uuid.h"

namespace barnabas::controller {

struct Endpoint {
  Endpoint() = default;
  Endpoint(std::string listener_name, std::string host_name, std::uint16_t port_number, std::int16_t protocol)
      : listener(std::move(listener_name)),
        host(std::move(host_name)),
        port(port_number),
        security_protocol(protocol) {}

  std::string listener;
  std::string host;
  std::uint16_t port = 0;
  std::int16_t security_protocol = 0;  // 0 PLAINTEXT, 1 SSL, 2 SASL_PLAINTEXT, 3 SASL_SSL
  bool operator==(const Endpoint&) const = default;
};

struct VersionRange {
  std::int16_t min = 0;
  std::int16_t max = 0;
  bool contains(std::int16_t level) const { return level >= min && level <= max; }
  bool operator==(const VersionRange&) const = default;
};

using FeatureRanges = std::map<std::string, VersionRange, std::less<>>;

// Plain data; shared by all images in which the registration is the same.
struct BrokerRegistration {
  BrokerRegistration() = default;

  std::int32_t id = -1;
  std::int64_t epoch = -1;  // the offset of its RegisterBroker record
  Uuid incarnation_id;      // fresh at each start of the process
  std::vector<Endpoint> endpoints;
  FeatureRanges features;
  std::optional<std::string> rack;
  bool fenced = true;
  bool in_controlled_shutdown = false;
  bool migrating_zk_broker = false;
  std::vector<Uuid> directories;
  std::optional<std::vector<Uuid>> cordoned_directories;  // none: not said (levels below 30)

  // May lead and hold replicas in sync.
  bool active() const { return !fenced && !in_controlled_shutdown; }
  // Null if the broker has no such listener.
  const Endpoint* endpoint(std::string_view listener) const;
  bool operator==(const BrokerRegistration&) const = default;
};

struct ControllerRegistration {
  ControllerRegistration() = default;

  std::int32_t id = -1;
  Uuid incarnation_id;
  bool zk_migration_ready = false;
  std::vector<Endpoint> endpoints;
  FeatureRanges features;
  bool operator==(const ControllerRegistration&) const = default;
};

}  // namespace barnabas::controller
