// Counts what operator new hands out in this program.
#pragma once

#include <cstddef>

namespace barnabas::protocol {

// Bytes asked for since the process started, whatever was freed again.
std::size_t allocated_bytes();

}  // namespace barnabas::protocol
