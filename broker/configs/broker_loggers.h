// The log level as a configuration resource (BROKER_LOGGER, KIP-412). There is one logger, "root": the level
// of the whole process, which is not stored.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "broker/configs/config_describer.h"
#include "broker/configs/config_validation.h"
#include "controller/commands.h"

namespace barnabas::broker {

std::vector<DescribedConfig> describe_broker_loggers();

// Whether a change may be made; every value of the change is there.
ConfigVerdict check_logger_change(const controller::ConfigChange& change);
// Makes a change that passed the check.
void apply_logger_change(const controller::ConfigChange& change);

}  // namespace barnabas::broker
