// The options that logs and log directories follow: log.*, compression.* and every topic option.
#pragma once

#include "common/options.h"

namespace barnabas::storage {

OptionTable broker_options();
OptionTable topic_options();

}  // namespace barnabas::storage
