#include "storage/compaction/noted_offsets.h"

#include <algorithm>
#include <bit>

namespace barnabas::storage {
namespace {

constexpr std::int64_t kBits = 64;

std::uint64_t bit_of(std::int64_t place) {
  return std::uint64_t{1} << (place % kBits);
}

}  // namespace

const NotedOffsets::Word* NotedOffsets::word_of(std::int64_t offset) const {
  if (offset < first_) return nullptr;
  const auto index = static_cast<std::size_t>((offset - first_) / kBits);
  return index < words_.size() ? &words_[index] : nullptr;
}

void NotedOffsets::note(std::int64_t offset) {
  const std::int64_t place = offset - first_;
  const auto index = static_cast<std::size_t>(place / kBits);
  if (place < 0 || index >= words_max_) return;
  if (index >= words_.size()) words_.resize(index + 1);
  words_[index].noted |= bit_of(place);
}

void NotedOffsets::replace(std::int64_t offset) {
  if (!is_noted(offset)) return;
  const std::int64_t place = offset - first_;
  words_[static_cast<std::size_t>(place / kBits)].replaced |= bit_of(place);
}

bool NotedOffsets::is_noted(std::int64_t offset) const {
  const Word* word = word_of(offset);
  return word != nullptr && (word->noted & bit_of(offset - first_)) != 0;
}

bool NotedOffsets::is_replaced(std::int64_t offset) const {
  const Word* word = word_of(offset);
  return word != nullptr && (word->replaced & bit_of(offset - first_)) != 0;
}

bool NotedOffsets::all_replaced(std::int64_t first, std::int64_t last, std::int64_t count) const {
  if (first < first_ || last < first || count <= 0) return false;
  const std::int64_t end = last - first_ + 1;
  std::int64_t found = 0;
  for (std::int64_t place = first - first_; place < end;) {
    const auto index = static_cast<std::size_t>(place / kBits);
    if (index >= words_.size()) break;
    const std::int64_t next = std::min((place / kBits + 1) * kBits, end);
    const std::int64_t width = next - place;
    const std::uint64_t mask = (width == kBits ? ~std::uint64_t{0} : (std::uint64_t{1} << width) - 1)
                               << (place % kBits);
    if ((words_[index].noted & ~words_[index].replaced & mask) != 0) return false;
    found += std::popcount(words_[index].noted & mask);
    place = next;
  }
  return found == count;
}

}  // namespace barnabas::storage
