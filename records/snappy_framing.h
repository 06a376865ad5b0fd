// The block framing around snappy that Java's library uses and Kafka's Java clients write: a header of 16
// bytes, then blocks of a big-endian length and raw snappy. Other clients write one raw block.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

namespace barnabas::records {

// Magic of 8 bytes, version 1, lowest compatible version 1.
inline constexpr std::array<std::uint8_t, 16> kXerialHeader = {0x82, 'S', 'N', 'A', 'P', 'P', 'Y', 0,
                                                               0,    0,   0,   1,   0,   0,   0,   1};
inline constexpr std::size_t kXerialMagicBytes = 8;
inline constexpr std::size_t kXerialBlockBytes = 32 * 1024;

}  // namespace barnabas::records
