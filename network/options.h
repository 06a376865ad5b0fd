// The options of listeners, sockets and connections.
#pragma once

#include "common/options.h"

namespace barnabas::network {

OptionTable options();

}  // namespace barnabas::network
