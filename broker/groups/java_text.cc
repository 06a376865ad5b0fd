#include "broker/groups/java_text.h"

#include <limits>

#include "common/text.h"

namespace barnabas::broker::groups {
namespace {

constexpr std::uint32_t kReplacement = 0xFFFD;

// Takes one code point off the front of `text`.
std::uint32_t next_code_point(std::string_view& text) {
  const auto first = static_cast<unsigned char>(text.front());
  text.remove_prefix(1);
  if (first < 0x80) return first;
  const int more = first >= 0xF0 && first < 0xF8 ? 3 : first >= 0xE0 ? 2 : first >= 0xC2 ? 1 : 0;
  if (more == 0 || first >= 0xF8) return kReplacement;
  std::uint32_t point = first & (0x3Fu >> more);
  for (int i = 0; i < more; ++i) {
    if (text.empty() || (static_cast<unsigned char>(text.front()) & 0xC0) != 0x80) return kReplacement;
    point = point << 6 | (static_cast<unsigned char>(text.front()) & 0x3Fu);
    text.remove_prefix(1);
  }
  return point <= 0x10FFFF ? point : kReplacement;
}

template <class Unit>
void for_each_utf16(std::string_view utf8, Unit unit) {
  while (!utf8.empty()) {
    const std::uint32_t point = next_code_point(utf8);
    if (point < 0x10000) {
      unit(point);
    } else {
      unit(0xD800 + ((point - 0x10000) >> 10));
      unit(0xDC00 + ((point - 0x10000) & 0x3FF));
    }
  }
}

}  // namespace

std::int32_t java_hash(std::string_view utf8) {
  std::uint32_t hash = 0;
  for_each_utf16(utf8, [&](std::uint32_t unit) { hash = hash * 31 + unit; });
  return static_cast<std::int32_t>(hash);
}

std::u16string utf16(std::string_view utf8) {
  std::u16string out;
  out.reserve(utf8.size());
  for_each_utf16(utf8, [&](std::uint32_t unit) { out.push_back(static_cast<char16_t>(unit)); });
  return out;
}

std::size_t utf16_length(std::string_view utf8) {
  std::size_t length = 0;
  for_each_utf16(utf8, [&](std::uint32_t) { ++length; });
  return length;
}

std::int32_t coordinator_partition(std::string_view group_id, std::int32_t partitions) {
  const std::int32_t hash = java_hash(group_id);
  if (hash == std::numeric_limits<std::int32_t>::min()) return 0;
  return (hash < 0 ? -hash : hash) % partitions;
}

std::string random_uuid_text(Random& random) {
  const std::uint64_t high = (random.next() & ~0xF000ull) | 0x4000ull;
  const std::uint64_t low = (random.next() & ~(0xC000ull << 48)) | 0x8000ull << 48;
  static constexpr char kDigits[] = "0123456789abcdef";
  std::string text;
  text.reserve(36);
  for (int nibble = 0; nibble < 32; ++nibble) {
    if (nibble == 8 || nibble == 12 || nibble == 16 || nibble == 20) text += '-';
    const std::uint64_t half = nibble < 16 ? high : low;
    text += kDigits[half >> (60 - 4 * (nibble % 16)) & 0xF];
  }
  return text;
}

std::string folded(std::string_view text) {
  std::string out(trim(text));
  for (char& letter : out) {
    if (letter >= 'A' && letter <= 'Z') letter = static_cast<char>(letter - 'A' + 'a');
  }
  return out;
}

}  // namespace barnabas::broker::groups
