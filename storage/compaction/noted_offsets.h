// Which records of the dirty part are in the map of keys, and which of them a later one of their key
// replaced.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

namespace barnabas::storage {

// Two bits an offset, so that the second walk over the dirty part asks a small, ordered table instead of the
// map: a look-up there is a hash and a miss of every cache. Offsets beyond its reach are unknown, and the map
// is asked. Part of KeyOffsets; one thread.
class NotedOffsets {
 public:
  // `memory_max` in bytes; 16 of them hold 64 offsets.
  NotedOffsets(std::int64_t first, std::size_t memory_max)
      : first_(first), words_max_(memory_max / sizeof(Word)) {}

  void note(std::int64_t offset);
  // A later record has the key of `offset`; nothing happens if that was never noted.
  void replace(std::int64_t offset);

  bool is_noted(std::int64_t offset) const;
  bool is_replaced(std::int64_t offset) const;
  // Whether exactly `count` offsets of [first, last] were noted and all of them are replaced.
  bool all_replaced(std::int64_t first, std::int64_t last, std::int64_t count) const;
  std::size_t memory_bytes() const { return words_.size() * sizeof(Word); }

 private:
  struct Word {
    std::uint64_t noted = 0;
    std::uint64_t replaced = 0;
  };
  const Word* word_of(std::int64_t offset) const;

  const std::int64_t first_;
  const std::size_t words_max_;
  std::vector<Word> words_;
};

}  // namespace barnabas::storage
