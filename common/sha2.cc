#include "common/sha2.h"

#include <algorithm>
#include <array>
#include <bit>

namespace barnabas {
namespace {

// Fractions of the cube roots of the first eighty primes; SHA-256 uses the upper halves of the first 64.
constexpr std::array<std::uint64_t, 80> kRoundConstants = {
    0x428a2f98d728ae22ull, 0x7137449123ef65cdull, 0xb5c0fbcfec4d3b2full, 0xe9b5dba58189dbbcull,
    0x3956c25bf348b538ull, 0x59f111f1b605d019ull, 0x923f82a4af194f9bull, 0xab1c5ed5da6d8118ull,
    0xd807aa98a3030242ull, 0x12835b0145706fbeull, 0x243185be4ee4b28cull, 0x550c7dc3d5ffb4e2ull,
    0x72be5d74f27b896full, 0x80deb1fe3b1696b1ull, 0x9bdc06a725c71235ull, 0xc19bf174cf692694ull,
    0xe49b69c19ef14ad2ull, 0xefbe4786384f25e3ull, 0x0fc19dc68b8cd5b5ull, 0x240ca1cc77ac9c65ull,
    0x2de92c6f592b0275ull, 0x4a7484aa6ea6e483ull, 0x5cb0a9dcbd41fbd4ull, 0x76f988da831153b5ull,
    0x983e5152ee66dfabull, 0xa831c66d2db43210ull, 0xb00327c898fb213full, 0xbf597fc7beef0ee4ull,
    0xc6e00bf33da88fc2ull, 0xd5a79147930aa725ull, 0x06ca6351e003826full, 0x142929670a0e6e70ull,
    0x27b70a8546d22ffcull, 0x2e1b21385c26c926ull, 0x4d2c6dfc5ac42aedull, 0x53380d139d95b3dfull,
    0x650a73548baf63deull, 0x766a0abb3c77b2a8ull, 0x81c2c92e47edaee6ull, 0x92722c851482353bull,
    0xa2bfe8a14cf10364ull, 0xa81a664bbc423001ull, 0xc24b8b70d0f89791ull, 0xc76c51a30654be30ull,
    0xd192e819d6ef5218ull, 0xd69906245565a910ull, 0xf40e35855771202aull, 0x106aa07032bbd1b8ull,
    0x19a4c116b8d2d0c8ull, 0x1e376c085141ab53ull, 0x2748774cdf8eeb99ull, 0x34b0bcb5e19b48a8ull,
    0x391c0cb3c5c95a63ull, 0x4ed8aa4ae3418acbull, 0x5b9cca4f7763e373ull, 0x682e6ff3d6b2b8a3ull,
    0x748f82ee5defb2fcull, 0x78a5636f43172f60ull, 0x84c87814a1f0ab72ull, 0x8cc702081a6439ecull,
    0x90befffa23631e28ull, 0xa4506cebde82bde9ull, 0xbef9a3f7b2c67915ull, 0xc67178f2e372532bull,
    0xca273eceea26619cull, 0xd186b8c721c0c207ull, 0xeada7dd6cde0eb1eull, 0xf57d4f7fee6ed178ull,
    0x06f067aa72176fbaull, 0x0a637dc5a2c898a6ull, 0x113f9804bef90daeull, 0x1b710b35131c471bull,
    0x28db77f523047d84ull, 0x32caab7b40c72493ull, 0x3c9ebe0a15c9bebcull, 0x431d67c49c100d4cull,
    0x4cc5d4becb3e42b6ull, 0x597f299cfc657e2aull, 0x5fcb6fab3ad6faecull, 0x6c44198c4a475817ull,
};
// Fractions of the square roots of the first eight; SHA-256 uses the upper halves.
constexpr std::array<std::uint64_t, 8> kInitialState = {
    0x6a09e667f3bcc908ull, 0xbb67ae8584caa73bull, 0x3c6ef372fe94f82bull, 0xa54ff53a5f1d36f1ull,
    0x510e527fade682d1ull, 0x9b05688c2b3e6c1full, 0x1f83d9abfb41bd6bull, 0x5be0cd19137e2179ull,
};

struct Sha256 {
  using Word = std::uint32_t;
  static constexpr std::size_t kRounds = 64;
  static constexpr std::array<int, 3> kSum0 = {2, 13, 22}, kSum1 = {6, 11, 25};
  // Two rotations and a shift.
  static constexpr std::array<int, 3> kMix0 = {7, 18, 3}, kMix1 = {17, 19, 10};
};
struct Sha512 {
  using Word = std::uint64_t;
  static constexpr std::size_t kRounds = 80;
  static constexpr std::array<int, 3> kSum0 = {28, 34, 39}, kSum1 = {14, 18, 41};
  static constexpr std::array<int, 3> kMix0 = {1, 8, 7}, kMix1 = {19, 61, 6};
};

template <class Kind>
constexpr typename Kind::Word upper(std::uint64_t constant) {
  return static_cast<typename Kind::Word>(constant >> (64 - 8 * sizeof(typename Kind::Word)));
}

template <class Word>
Word sum(Word x, const std::array<int, 3>& by) {
  return std::rotr(x, by[0]) ^ std::rotr(x, by[1]) ^ std::rotr(x, by[2]);
}
template <class Word>
Word mix(Word x, const std::array<int, 3>& by) {
  return std::rotr(x, by[0]) ^ std::rotr(x, by[1]) ^ (x >> by[2]);
}

template <class Kind>
void digest_block(std::array<typename Kind::Word, 8>& state, const std::uint8_t* block) {
  using Word = typename Kind::Word;
  std::array<Word, Kind::kRounds> schedule;
  for (std::size_t i = 0; i < 16; ++i) schedule[i] = load_be<Word>(block + i * sizeof(Word));
  for (std::size_t i = 16; i < Kind::kRounds; ++i) {
    schedule[i] = mix(schedule[i - 2], Kind::kMix1) + schedule[i - 7] + mix(schedule[i - 15], Kind::kMix0) +
                  schedule[i - 16];
  }
  auto [a, b, c, d, e, f, g, h] = state;
  for (std::size_t i = 0; i < Kind::kRounds; ++i) {
    const Word first =
        h + sum(e, Kind::kSum1) + ((e & f) ^ (~e & g)) + upper<Kind>(kRoundConstants[i]) + schedule[i];
    const Word second = sum(a, Kind::kSum0) + ((a & b) ^ (a & c) ^ (b & c));
    h = g;
    g = f;
    f = e;
    e = d + first;
    d = c;
    c = b;
    b = a;
    a = first + second;
  }
  const std::array<Word, 8> added = {a, b, c, d, e, f, g, h};
  for (std::size_t i = 0; i < 8; ++i) state[i] += added[i];
}

template <class Kind>
constexpr std::size_t kBlockBytes = 16 * sizeof(typename Kind::Word);

template <class Kind>
Buffer digest(ByteView data) {
  using Word = typename Kind::Word;
  std::array<Word, 8> state;
  std::transform(kInitialState.begin(), kInitialState.end(), state.begin(), upper<Kind>);
  constexpr std::size_t kBlock = kBlockBytes<Kind>;
  std::size_t at = 0;
  for (; data.size() - at >= kBlock; at += kBlock) digest_block<Kind>(state, data.data() + at);

  // What is left, a one bit, zeros, and the length in bits at the end of a block.
  Buffer last(data.begin() + static_cast<std::ptrdiff_t>(at), data.end());
  last.push_back(0x80);
  const std::size_t with_length = last.size() + 2 * sizeof(Word);
  last.resize((with_length + kBlock - 1) / kBlock * kBlock);
  store_be(last.data() + last.size() - 8, static_cast<std::uint64_t>(data.size()) * 8);
  for (at = 0; at < last.size(); at += kBlock) digest_block<Kind>(state, last.data() + at);

  Buffer bytes(8 * sizeof(Word));
  for (std::size_t i = 0; i < 8; ++i) store_be(bytes.data() + i * sizeof(Word), state[i]);
  return bytes;
}

template <class Kind>
Buffer authenticate(ByteView key, ByteView message) {
  Buffer padded = key.size() > kBlockBytes<Kind> ? digest<Kind>(key) : Buffer(key.begin(), key.end());
  padded.resize(kBlockBytes<Kind>);
  Buffer inner = padded;
  for (std::uint8_t& byte : inner) byte ^= 0x36;
  inner.insert(inner.end(), message.begin(), message.end());
  Buffer outer = padded;
  for (std::uint8_t& byte : outer) byte ^= 0x5c;
  const Buffer inside = digest<Kind>(inner);
  outer.insert(outer.end(), inside.begin(), inside.end());
  return digest<Kind>(outer);
}

}  // namespace

Buffer sha256(ByteView data) {
  return digest<Sha256>(data);
}

Buffer sha512(ByteView data) {
  return digest<Sha512>(data);
}

Buffer hmac_sha256(ByteView key, ByteView message) {
  return authenticate<Sha256>(key, message);
}

Buffer hmac_sha512(ByteView key, ByteView message) {
  return authenticate<Sha512>(key, message);
}

}  // namespace barnabas
