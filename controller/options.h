// The options of the node itself, the controller, its quorum and the metadata log.
#pragma once

#include "common/options.h"

namespace barnabas::controller {

OptionTable options();

}  // namespace barnabas::controller
