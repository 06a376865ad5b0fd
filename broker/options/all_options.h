// Every option there is, whichever folder declares it.
#pragma once

#include "common/options.h"

namespace barnabas::broker {

// Rows live for ever, so the registry may be copied and kept anywhere.
OptionRegistry all_options();

}  // namespace barnabas::broker
