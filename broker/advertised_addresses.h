// The address under which a client finds a broker.
#pragma once

#include <cstdint>
#include <set>
#include <string>

#include "broker/api/request_context.h"
#include "controller/image/registration.h"

namespace barnabas::broker {

// Constant after start-up; any thread.
class AdvertisedAddresses {
 public:
  AdvertisedAddresses() = default;
  // `without_host`: listeners of this broker that nobody gave a name to the world.
  AdvertisedAddresses(std::int32_t broker_id, std::set<std::string> without_host)
      : broker_id_(broker_id), without_host_(std::move(without_host)) {}

  // The registered host; for this broker's own nameless listeners the address that the client has reached it
  // by, which is the one address known to work for it.
  const std::string& host(std::int32_t broker_id, const controller::Endpoint& endpoint,
                          const ClientConnection& client) const {
    const bool nameless = broker_id == broker_id_ && without_host_.contains(endpoint.listener);
    return nameless && !client.local_address.empty() ? client.local_address : endpoint.host;
  }

 private:
  std::int32_t broker_id_ = -1;
  std::set<std::string> without_host_;
};

}  // namespace barnabas::broker
