// Whether a node can start with a static configuration: Kafka's rules across keys, and what is not built yet.
#pragma once

#include <string>
#include <vector>

#include "broker/configs/config_layers.h"
#include "common/result.h"

namespace barnabas::broker {

// The error is Kafka's sentence where Kafka refuses too. Otherwise sentences for the log: unknown keys with
// the closest known one, and keys that are set but do nothing yet.
Result<std::vector<std::string>, std::string> check_static_configs(const OptionRegistry& registry,
                                                                   const ConfigTexts& texts);

}  // namespace barnabas::broker
