#include "common/crc32c.h"

#include <array>
#include <bit>
#include <cstring>

#if defined(__x86_64__)
#include <nmmintrin.h>
#elif defined(__aarch64__)
#include <arm_acle.h>
#include <sys/auxv.h>
#endif

namespace barnabas {
namespace {

constexpr std::uint32_t kPolynomial = 0x82f63b78;  // reflected

constexpr std::array<std::uint32_t, 256> kTable = [] {
  std::array<std::uint32_t, 256> table{};
  for (std::uint32_t i = 0; i < 256; ++i) {
    std::uint32_t value = i;
    for (int bit = 0; bit < 8; ++bit) value = value & 1 ? value >> 1 ^ kPolynomial : value >> 1;
    table[i] = value;
  }
  return table;
}();

std::uint32_t portable(std::uint32_t state, const std::uint8_t* at, std::size_t size) {
  for (; size > 0; --size) state = state >> 8 ^ kTable[(state ^ *at++) & 0xff];
  return state;
}

#if defined(__x86_64__)

// The instruction has three cycles of latency and one of throughput, so three streams run side by side
// and are joined: a stream's CRC is advanced over the zeros that stand for the streams after it.
constexpr std::size_t kStream = 1024;

// advance[k][b]: byte b of a CRC state, at place k, after kStream zero bytes.
constexpr auto kAdvance = [] {
  std::array<std::array<std::uint32_t, 256>, 4> advance{};
  for (std::uint32_t place = 0; place < 4; ++place) {
    std::array<std::uint32_t, 8> of_bit{};
    for (std::uint32_t bit = 0; bit < 8; ++bit) {
      std::uint32_t state = 1u << (place * 8 + bit);
      for (std::size_t i = 0; i < kStream; ++i) state = state >> 8 ^ kTable[state & 0xff];
      of_bit[bit] = state;
    }
    for (std::uint32_t byte = 0; byte < 256; ++byte) {
      for (std::uint32_t bit = 0; bit < 8; ++bit) {
        if (byte >> bit & 1) advance[place][byte] ^= of_bit[bit];
      }
    }
  }
  return advance;
}();

std::uint32_t over_zeros(std::uint32_t state) {
  return kAdvance[0][state & 0xff] ^ kAdvance[1][state >> 8 & 0xff] ^ kAdvance[2][state >> 16 & 0xff] ^
         kAdvance[3][state >> 24];
}

std::uint64_t word(const std::uint8_t* at) {
  std::uint64_t value;
  std::memcpy(&value, at, sizeof value);
  return value;
}

__attribute__((target("sse4.2"))) std::uint32_t hardware(std::uint32_t state, const std::uint8_t* at,
                                                         std::size_t size) {
  while (size >= 3 * kStream) {
    std::uint64_t first = state, second = 0, third = 0;
    for (std::size_t i = 0; i < kStream; i += 8) {
      first = _mm_crc32_u64(first, word(at + i));
      second = _mm_crc32_u64(second, word(at + kStream + i));
      third = _mm_crc32_u64(third, word(at + 2 * kStream + i));
    }
    state = over_zeros(over_zeros(static_cast<std::uint32_t>(first)) ^ static_cast<std::uint32_t>(second)) ^
            static_cast<std::uint32_t>(third);
    at += 3 * kStream;
    size -= 3 * kStream;
  }
  std::uint64_t wide = state;
  for (; size >= 8; at += 8, size -= 8) wide = _mm_crc32_u64(wide, word(at));
  state = static_cast<std::uint32_t>(wide);
  for (; size > 0; --size) state = _mm_crc32_u8(state, *at++);
  return state;
}

bool has_hardware() {
  return __builtin_cpu_supports("sse4.2");
}

#elif defined(__aarch64__)

__attribute__((target("+crc"))) std::uint32_t hardware(std::uint32_t state, const std::uint8_t* at,
                                                       std::size_t size) {
  for (; size >= 8; at += 8, size -= 8) {
    std::uint64_t value;
    std::memcpy(&value, at, sizeof value);
    state = __crc32cd(state, value);
  }
  for (; size > 0; --size) state = __crc32cb(state, *at++);
  return state;
}

bool has_hardware() {
  return (getauxval(AT_HWCAP) & (1 << 7)) != 0;
}

#else

std::uint32_t hardware(std::uint32_t state, const std::uint8_t* at, std::size_t size) {
  return portable(state, at, size);
}
bool has_hardware() {
  return false;
}

#endif

}  // namespace

std::uint32_t crc32c(ByteView bytes, std::uint32_t before) {
  static const bool fast = has_hardware();
  const std::uint32_t state = ~before;
  return ~(fast ? hardware(state, bytes.data(), bytes.size()) : portable(state, bytes.data(), bytes.size()));
}

}  // namespace barnabas
