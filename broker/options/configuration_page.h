// docs/configuration.md, made from the option tables.
#pragma once

#include <string>

#include "common/options.h"

namespace barnabas::broker {

std::string configuration_page(const OptionRegistry& registry);

}  // namespace barnabas::broker
