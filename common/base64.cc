#include "common/base64.h"

#include <array>
#include <cstdint>

namespace barnabas {
namespace {

constexpr std::string_view kStandardLetters =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
constexpr std::string_view kUrlSafeLetters =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

constexpr std::array<std::int8_t, 256> values_of(std::string_view letters) {
  std::array<std::int8_t, 256> values{};
  values.fill(-1);
  for (std::size_t i = 0; i < letters.size(); ++i) {
    values[static_cast<unsigned char>(letters[i])] = static_cast<std::int8_t>(i);
  }
  return values;
}

constexpr auto kStandardValues = values_of(kStandardLetters);
constexpr auto kUrlSafeValues = values_of(kUrlSafeLetters);

}  // namespace

std::string base64_encode(ByteView bytes, Base64 alphabet) {
  const std::string_view letters = alphabet == Base64::kStandard ? kStandardLetters : kUrlSafeLetters;
  std::string text;
  text.reserve((bytes.size() + 2) / 3 * 4);
  std::uint32_t bits = 0;
  int held = 0;
  for (std::uint8_t byte : bytes) {
    bits = bits << 8 | byte;
    for (held += 8; held >= 6;) {
      held -= 6;
      text += letters[bits >> held & 63];
    }
  }
  if (held > 0) text += letters[bits << (6 - held) & 63];
  if (alphabet == Base64::kStandard) text.append((4 - text.size() % 4) % 4, '=');
  return text;
}

std::optional<Buffer> base64_decode(std::string_view text, Base64 alphabet) {
  if (alphabet == Base64::kStandard) {
    if (text.size() % 4 != 0) return std::nullopt;
    for (int padding = 0; padding < 2 && text.ends_with('='); ++padding) text.remove_suffix(1);
  }
  if (text.size() % 4 == 1) return std::nullopt;
  const auto& values = alphabet == Base64::kStandard ? kStandardValues : kUrlSafeValues;
  Buffer bytes;
  bytes.reserve(text.size() / 4 * 3 + 2);
  std::uint32_t bits = 0;
  int held = 0;
  for (char letter : text) {
    const int value = values[static_cast<unsigned char>(letter)];
    if (value < 0) return std::nullopt;
    bits = bits << 6 | static_cast<std::uint32_t>(value);
    held += 6;
    if (held >= 8) {
      held -= 8;
      bytes.push_back(static_cast<std::uint8_t>(bits >> held));
    }
  }
  return bytes;
}

}  // namespace barnabas
