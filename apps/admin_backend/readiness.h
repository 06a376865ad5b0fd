// Whether clients can be served, for /readyz.
#pragma once

#include <string>
#include <vector>

#include "admin/backend.h"

namespace barnabas::broker {
class Broker;
}

namespace barnabas::apps {

// Asking for a group creates __consumer_offsets where it is missing, as the first FindCoordinator would: who
// waits for a coordinator gets one.
void check_readiness(broker::Broker& broker, const std::vector<std::string>& topics,
                     std::vector<std::string> groups, admin::Answer<admin::Readiness> answer);

}  // namespace barnabas::apps
