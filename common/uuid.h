// A Kafka Uuid: 16 bytes, shown as 22 characters of URL-safe base64 without padding.
#pragma once

#include <array>
#include <compare>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "common/random.h"

namespace barnabas {

struct Uuid {
  std::array<std::uint8_t, 16> bytes{};

  static constexpr Uuid zero() { return {}; }
  // The value whose last byte is `low`: 1 is both the topic id of __cluster_metadata and, as a directory
  // id, UNASSIGNED; 2 is the directory id LOST; 0 is MIGRATING (KIP-858). The first hundred are reserved.
  static constexpr Uuid reserved(std::uint8_t low) {
    Uuid id;
    id.bytes[15] = low;
    return id;
  }
  // A version 4 UUID that is not reserved and whose text does not start with '-', as Kafka makes them.
  static Uuid random(Random& random);
  // nullopt unless `text` is 22 characters that decode to 16 bytes.
  static std::optional<Uuid> parse(std::string_view text);
  std::string to_string() const;

  bool is_zero() const { return *this == Uuid{}; }
  auto operator<=>(const Uuid&) const = default;
};

}  // namespace barnabas

template <>
struct std::hash<barnabas::Uuid> {
  std::size_t operator()(const barnabas::Uuid& id) const noexcept {
    std::uint64_t high, low;
    __builtin_memcpy(&high, id.bytes.data(), 8);
    __builtin_memcpy(&low, id.bytes.data() + 8, 8);
    return high ^ (low * 0x9e3779b97f4a7c15ull);
  }
};
