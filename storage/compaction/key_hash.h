// A keyed hash of 128 bits for the keys of records (SipHash-2-4-128, Aumasson and Bernstein).
#pragma once

#include <cstdint>

#include "common/bytes.h"

namespace barnabas::storage {

struct KeyHash {
  std::uint64_t high = 0;
  std::uint64_t low = 0;
  bool operator==(const KeyHash&) const = default;
};

// Without the secret nobody can make two keys meet, and by chance they never do: compaction takes equal
// hashes for equal keys, as Kafka does with MD5.
struct HashSecret {
  std::uint64_t first = 0;
  std::uint64_t second = 0;
};

KeyHash hash_key(const HashSecret& secret, ByteView key);

}  // namespace barnabas::storage
