#include "common/xxh3.h"

#include <array>
#include <bit>
#include <cstring>

namespace barnabas {
namespace {

constexpr std::uint64_t kPrime32A = 0x9E3779B1;
constexpr std::uint64_t kPrime32B = 0x85EBCA77;
constexpr std::uint64_t kPrime32C = 0xC2B2AE3D;
constexpr std::uint64_t kPrime64A = 0x9E3779B185EBCA87;
constexpr std::uint64_t kPrime64B = 0xC2B2AE3D27D4EB4F;
constexpr std::uint64_t kPrime64C = 0x165667B19E3779F9;
constexpr std::uint64_t kPrime64D = 0x85EBCA77C2B2AE63;
constexpr std::uint64_t kPrime64E = 0x27D4EB2F165667C5;

// The default secret of the specification.
constexpr std::uint8_t kSecret[] = {
    0xb8, 0xfe, 0x6c, 0x39, 0x23, 0xa4, 0x4b, 0xbe, 0x7c, 0x01, 0x81, 0x2c, 0xf7, 0x21, 0xad, 0x1c,
    0xde, 0xd4, 0x6d, 0xe9, 0x83, 0x90, 0x97, 0xdb, 0x72, 0x40, 0xa4, 0xa4, 0xb7, 0xb3, 0x67, 0x1f,
    0xcb, 0x79, 0xe6, 0x4e, 0xcc, 0xc0, 0xe5, 0x78, 0x82, 0x5a, 0xd0, 0x7d, 0xcc, 0xff, 0x72, 0x21,
    0xb8, 0x08, 0x46, 0x74, 0xf7, 0x43, 0x24, 0x8e, 0xe0, 0x35, 0x90, 0xe6, 0x81, 0x3a, 0x26, 0x4c,
    0x3c, 0x28, 0x52, 0xbb, 0x91, 0xc3, 0x00, 0xcb, 0x88, 0xd0, 0x65, 0x8b, 0x1b, 0x53, 0x2e, 0xa3,
    0x71, 0x64, 0x48, 0x97, 0xa2, 0x0d, 0xf9, 0x4e, 0x38, 0x19, 0xef, 0x46, 0xa9, 0xde, 0xac, 0xd8,
    0xa8, 0xfa, 0x76, 0x3f, 0xe3, 0x9c, 0x34, 0x3f, 0xf9, 0xdc, 0xbb, 0xc7, 0xc7, 0x0b, 0x4f, 0x1d,
    0x8a, 0x51, 0xe0, 0x4b, 0xcd, 0xb4, 0x59, 0x31, 0xc8, 0x9f, 0x7e, 0xc9, 0xd9, 0x78, 0x73, 0x64,
    0xea, 0xc5, 0xac, 0x83, 0x34, 0xd3, 0xeb, 0xc3, 0xc5, 0x81, 0xa0, 0xff, 0xfa, 0x13, 0x63, 0xeb,
    0x17, 0x0d, 0xdd, 0x51, 0xb7, 0xf0, 0xda, 0x49, 0xd3, 0x16, 0x55, 0x26, 0x29, 0xd4, 0x68, 0x9e,
    0x2b, 0x16, 0xbe, 0x58, 0x7d, 0x47, 0xa1, 0xfc, 0x8f, 0xf8, 0xb8, 0xd1, 0x7a, 0xd0, 0x31, 0xce,
    0x45, 0xcb, 0x3a, 0x8f, 0x95, 0x16, 0x04, 0x28, 0xaf, 0xd7, 0xfb, 0xca, 0xbb, 0x4b, 0x40, 0x7e,
};
constexpr std::size_t kSecretSize = sizeof kSecret;
constexpr std::size_t kStripe = 64;
constexpr std::size_t kStripesPerBlock = (kSecretSize - kStripe) / 8;

using Byte = const std::uint8_t*;

static_assert(std::endian::native == std::endian::little);

template <class Number>
Number read(Byte from) {
  Number value;
  std::memcpy(&value, from, sizeof value);
  return value;
}
std::uint64_t read64(Byte from) {
  return read<std::uint64_t>(from);
}
std::uint64_t read32(Byte from) {
  return read<std::uint32_t>(from);
}

__extension__ using Wide = unsigned __int128;

std::uint64_t fold(std::uint64_t one, std::uint64_t other) {
  const Wide product = static_cast<Wide>(one) * other;
  return static_cast<std::uint64_t>(product) ^ static_cast<std::uint64_t>(product >> 64);
}

std::uint64_t avalanche(std::uint64_t hash) {
  hash ^= hash >> 37;
  hash *= 0x165667919E3779F9;
  return hash ^ hash >> 32;
}

std::uint64_t avalanche_short(std::uint64_t hash) {
  hash ^= hash >> 33;
  hash *= kPrime64B;
  hash ^= hash >> 29;
  hash *= kPrime64C;
  return hash ^ hash >> 32;
}

std::uint64_t mix16(Byte in, Byte secret) {
  return fold(read64(in) ^ read64(secret), read64(in + 8) ^ read64(secret + 8));
}

std::uint64_t hash_to_16(Byte in, std::size_t size) {
  if (size == 0) return avalanche_short(read64(kSecret + 56) ^ read64(kSecret + 64));
  if (size < 4) {
    const std::uint64_t mixed = static_cast<std::uint64_t>(in[0]) << 16 |
                                static_cast<std::uint64_t>(in[size >> 1]) << 24 | in[size - 1] | size << 8;
    return avalanche_short(mixed ^ (read32(kSecret) ^ read32(kSecret + 4)));
  }
  if (size <= 8) {
    std::uint64_t hash =
        (read32(in + size - 4) + (read32(in) << 32)) ^ read64(kSecret + 8) ^ read64(kSecret + 16);
    hash ^= std::rotl(hash, 49) ^ std::rotl(hash, 24);
    hash *= 0x9FB21C651E98DF25;
    hash ^= (hash >> 35) + size;
    hash *= 0x9FB21C651E98DF25;
    return hash ^ hash >> 28;
  }
  const std::uint64_t low = read64(in) ^ read64(kSecret + 24) ^ read64(kSecret + 32);
  const std::uint64_t high = read64(in + size - 8) ^ read64(kSecret + 40) ^ read64(kSecret + 48);
  return avalanche(size + __builtin_bswap64(low) + high + fold(low, high));
}

std::uint64_t hash_to_128(Byte in, std::size_t size) {
  std::uint64_t sum = size * kPrime64A;
  // Pairs from both ends towards the middle.
  for (std::size_t pair = (size - 1) / 32 + 1; pair-- > 0;) {
    sum += mix16(in + 16 * pair, kSecret + 32 * pair);
    sum += mix16(in + size - 16 * (pair + 1), kSecret + 32 * pair + 16);
  }
  return avalanche(sum);
}

std::uint64_t hash_to_240(Byte in, std::size_t size) {
  std::uint64_t sum = size * kPrime64A;
  for (std::size_t i = 0; i < 8; ++i) sum += mix16(in + 16 * i, kSecret + 16 * i);
  sum = avalanche(sum);
  for (std::size_t i = 8; i < size / 16; ++i) sum += mix16(in + 16 * i, kSecret + 16 * (i - 8) + 3);
  return avalanche(sum + mix16(in + size - 16, kSecret + 136 - 17));
}

using Lanes = std::array<std::uint64_t, 8>;

void accumulate(Lanes& lanes, Byte in, Byte secret) {
  for (std::size_t i = 0; i < lanes.size(); ++i) {
    const std::uint64_t value = read64(in + 8 * i);
    const std::uint64_t keyed = value ^ read64(secret + 8 * i);
    lanes[i ^ 1] += value;
    lanes[i] += (keyed & 0xFFFFFFFF) * (keyed >> 32);
  }
}

void scramble(Lanes& lanes) {
  for (std::size_t i = 0; i < lanes.size(); ++i) {
    lanes[i] ^= lanes[i] >> 47;
    lanes[i] ^= read64(kSecret + kSecretSize - kStripe + 8 * i);
    lanes[i] *= kPrime32A;
  }
}

std::uint64_t hash_long(Byte in, std::size_t size) {
  Lanes lanes = {kPrime32C, kPrime64A, kPrime64B, kPrime64C, kPrime64D, kPrime32B, kPrime64E, kPrime32A};
  // The last stripe always ends with the input and is taken by itself.
  const std::size_t stripes = (size - 1) / kStripe;
  for (std::size_t stripe = 0; stripe < stripes; ++stripe) {
    const std::size_t in_block = stripe % kStripesPerBlock;
    accumulate(lanes, in + stripe * kStripe, kSecret + 8 * in_block);
    if (in_block == kStripesPerBlock - 1) scramble(lanes);
  }
  accumulate(lanes, in + size - kStripe, kSecret + kSecretSize - kStripe - 7);
  std::uint64_t sum = size * kPrime64A;
  for (std::size_t i = 0; i < 4; ++i) {
    sum +=
        fold(lanes[2 * i] ^ read64(kSecret + 11 + 16 * i), lanes[2 * i + 1] ^ read64(kSecret + 19 + 16 * i));
  }
  return avalanche(sum);
}

}  // namespace

std::uint64_t xxh3_64(ByteView bytes) {
  Byte in = bytes.data();
  if (bytes.size() <= 16) return hash_to_16(in, bytes.size());
  if (bytes.size() <= 128) return hash_to_128(in, bytes.size());
  if (bytes.size() <= 240) return hash_to_240(in, bytes.size());
  return hash_long(in, bytes.size());
}

}  // namespace barnabas
