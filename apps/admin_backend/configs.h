// Configuration of topics and brokers for the HTTP endpoint.
#pragma once

#include <vector>

#include "admin/backend.h"

namespace barnabas::broker {
class Broker;
}

namespace barnabas::apps {

Result<std::vector<admin::ResourceConfigs>, admin::BackendError> describe_configs(
    broker::Broker& broker, std::vector<admin::ConfigResource> resources);
void alter_configs(broker::Broker& broker, admin::ConfigResource resource,
                   std::vector<admin::ConfigChange> changes, bool validate_only,
                   admin::Answer<admin::Done> answer);

}  // namespace barnabas::apps
