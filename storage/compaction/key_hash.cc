#include "storage/compaction/key_hash.h"

#include <bit>
#include <cstring>

namespace barnabas::storage {
namespace {

struct State {
  std::uint64_t v0, v1, v2, v3;

  void round() {
    v0 += v1;
    v1 = std::rotl(v1, 13) ^ v0;
    v0 = std::rotl(v0, 32);
    v2 += v3;
    v3 = std::rotl(v3, 16) ^ v2;
    v0 += v3;
    v3 = std::rotl(v3, 21) ^ v0;
    v2 += v1;
    v1 = std::rotl(v1, 17) ^ v2;
    v2 = std::rotl(v2, 32);
  }
  void take(std::uint64_t word) {
    v3 ^= word;
    round();
    round();
    v0 ^= word;
  }
  std::uint64_t finish() {
    for (int i = 0; i < 4; ++i) round();
    return v0 ^ v1 ^ v2 ^ v3;
  }
};

std::uint64_t little_endian(const std::uint8_t* from) {
  std::uint64_t word;
  std::memcpy(&word, from, sizeof word);
  if constexpr (std::endian::native == std::endian::big) word = __builtin_bswap64(word);
  return word;
}

}  // namespace

KeyHash hash_key(const HashSecret& secret, ByteView key) {
  State state{secret.first ^ 0x736f6d6570736575ull, secret.second ^ 0x646f72616e646f6dull ^ 0xee,
              secret.first ^ 0x6c7967656e657261ull, secret.second ^ 0x7465646279746573ull};
  const std::uint8_t* at = key.data();
  std::size_t left = key.size();
  for (; left >= 8; at += 8, left -= 8) state.take(little_endian(at));
  std::uint64_t last = static_cast<std::uint64_t>(key.size()) << 56;
  for (std::size_t i = 0; i < left; ++i) last |= static_cast<std::uint64_t>(at[i]) << (8 * i);
  state.take(last);
  state.v2 ^= 0xee;
  const std::uint64_t high = state.finish();
  state.v1 ^= 0xdd;
  return {high, state.finish()};
}

}  // namespace barnabas::storage
