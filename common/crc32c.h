// CRC-32C (Castagnoli), as record batches and snapshots carry it.
#pragma once

#include <cstdint>

#include "common/bytes.h"

namespace barnabas {

// The CRC of `bytes`, or of what was before them followed by `bytes` when `before` is its CRC.
std::uint32_t crc32c(ByteView bytes, std::uint32_t before = 0);

}  // namespace barnabas
