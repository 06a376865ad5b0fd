// Byte views, owned buffers and big-endian loads and stores: the vocabulary of every layer above.
#pragma once

#include <bit>
#include <cstdint>
#include <cstring>
#include <memory>
#include <span>
#include <string_view>
#include <vector>

namespace barnabas {

using ByteView = std::span<const std::uint8_t>;
using Buffer = std::vector<std::uint8_t>;

inline ByteView as_bytes(std::string_view text) {
  return {reinterpret_cast<const std::uint8_t*>(text.data()), text.size()};
}
inline std::string_view as_text(ByteView bytes) {
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

template <class T>
T load_be(const std::uint8_t* from) {
  static_assert(std::is_integral_v<T>);
  std::make_unsigned_t<T> value;
  std::memcpy(&value, from, sizeof value);
  if constexpr (sizeof(T) == 2) value = __builtin_bswap16(value);
  if constexpr (sizeof(T) == 4) value = __builtin_bswap32(value);
  if constexpr (sizeof(T) == 8) value = __builtin_bswap64(value);
  return static_cast<T>(value);
}

template <class T>
void store_be(std::uint8_t* to, T from) {
  static_assert(std::is_integral_v<T>);
  auto value = static_cast<std::make_unsigned_t<T>>(from);
  if constexpr (sizeof(T) == 2) value = __builtin_bswap16(value);
  if constexpr (sizeof(T) == 4) value = __builtin_bswap32(value);
  if constexpr (sizeof(T) == 8) value = __builtin_bswap64(value);
  std::memcpy(to, &value, sizeof value);
}

// Bytes together with whatever keeps them alive. A null owner means a borrowed view: the holder must
// not outlive the bytes (a decoded request borrows from its frame). Copying shares, never copies bytes.
struct SharedBytes {
  std::shared_ptr<const void> owner;
  ByteView view;

  static SharedBytes borrow(ByteView bytes) { return {nullptr, bytes}; }
  static SharedBytes own(Buffer&& bytes) {
    auto holder = std::make_shared<const Buffer>(std::move(bytes));
    ByteView all(*holder);
    return {std::move(holder), all};
  }
  SharedBytes slice(std::size_t from, std::size_t count) const { return {owner, view.subspan(from, count)}; }
  std::size_t size() const { return view.size(); }
};

}  // namespace barnabas
