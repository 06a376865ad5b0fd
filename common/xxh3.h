// XXH3, the 64-bit hash without a seed: what Kafka recognizes changed topics by.
#pragma once

#include <cstdint>

#include "common/bytes.h"

namespace barnabas {

std::uint64_t xxh3_64(ByteView bytes);

}  // namespace barnabas
