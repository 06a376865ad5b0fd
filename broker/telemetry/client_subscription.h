// One client-metrics resource: which clients push which metrics how often.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "controller/image/metadata_image.h"

namespace barnabas::broker {

// What patterns may look at, by the names of KIP-714.
struct ClientAttributes {
  std::string client_instance_id;
  std::string client_id;
  std::string client_software_name;
  std::string client_software_version;
  std::string client_source_address;
  std::string client_source_port;
};

class ClientSubscription {
 public:
  static constexpr std::int32_t kDefaultIntervalMs = 300'000;

  // From the settings interval.ms, metrics and match of a resource. Settings were validated when they were
  // stored; a pattern that does not compile all the same matches no client.
  explicit ClientSubscription(const controller::ConfigMap& settings);

  bool matches(const ClientAttributes& client) const;
  std::int32_t interval_ms() const { return interval_ms_; }
  bool all_metrics() const { return all_metrics_; }
  const std::vector<std::string>& metrics() const { return metrics_; }

 private:
  struct Pattern;
  std::int32_t interval_ms_ = kDefaultIntervalMs;
  bool all_metrics_ = false;
  std::vector<std::string> metrics_;
  std::vector<std::shared_ptr<const Pattern>> patterns_;  // all must match
};

}  // namespace barnabas::broker
