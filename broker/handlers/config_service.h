// What the handlers of configuration need.
#pragma once

#include <cstdint>
#include <functional>
#include <vector>

#include "broker/configs/live_configs.h"
#include "broker/metadata_cache.h"
#include "controller/commands.h"

namespace barnabas::broker {

// Long-lived; shared by all threads. Every part outlives the requests.
struct ConfigService {
  using Altered = std::move_only_function<void(std::vector<controller::AlteredResource>)>;
  // Controller::alter_configs, or what a test puts in its place.
  using Alter = std::function<void(controller::AlterConfigsCommand, Altered)>;

  const MetadataCache& metadata;
  const LiveConfigs& configs;
  std::int32_t broker_id = -1;
  Alter alter;
};

}  // namespace barnabas::broker
