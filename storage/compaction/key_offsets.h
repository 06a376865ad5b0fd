// The last offset of every key in the dirty part of a log, within a given amount of memory.
#pragma once

#include <algorithm>
#include <cstdint>
#include <optional>
#include <vector>

#include "common/bytes.h"
#include "storage/compaction/huge_page_allocator.h"
#include "storage/compaction/key_hash.h"
#include "storage/compaction/noted_offsets.h"

namespace barnabas::storage {

// One cleaning owns it: one thread. Entries are 24 bytes, a hash and an offset; keys themselves are not kept.
// The table is cut into shards that grow on their own, so that few keys take little memory and growing never
// needs much more than the budget.
class KeyOffsets {
 public:
  static constexpr std::size_t kEntryBytes = 24;

  // How many keys are worth handing in at once: as many waits for memory go on side by side.
  static constexpr std::size_t kAtOnce = 16;

  // `load_factor`: how full it may get, in (0, 1] (log.cleaner.io.buffer.load.factor). `first_offset`: where
  // the dirty part begins.
  KeyOffsets(std::size_t budget_bytes, double load_factor, const HashSecret& secret,
             std::int64_t first_offset = 0);

  // What the other functions know a key by. Its place in memory is asked for at once and there when put() or
  // find() come a few keys later.
  KeyHash ask_for(ByteView key) const;
  // Notes that a key stands at `offset`, which rises from call to call. False, and nothing noted, when the
  // key is new and there is no room for it.
  bool put(const KeyHash& key, std::int64_t offset);
  bool put(ByteView key, std::int64_t offset) { return put(hash_key(secret_, key), offset); }
  std::optional<std::int64_t> find(const KeyHash& key) const;
  std::optional<std::int64_t> find(ByteView key) const { return find(hash_key(secret_, key)); }
  // What is known of records without their keys.
  const NotedOffsets& noted() const { return noted_; }

  // Everything up to this offset has been noted; -1 at first. put() moves it, and so does a stretch of
  // offsets without keys.
  std::int64_t latest_offset() const { return latest_offset_; }
  void update_latest_offset(std::int64_t offset) { latest_offset_ = std::max(latest_offset_, offset); }

  std::size_t size() const { return size_; }
  std::size_t capacity() const { return size_max_; }
  std::size_t memory_bytes() const;  // of the entries

 private:
  struct Entry {
    KeyHash hash;
    std::int64_t offset = kFree;
  };
  static_assert(sizeof(Entry) == kEntryBytes);
  using Slots = std::vector<Entry, HugePageAllocator<Entry>>;
  struct Shard {
    Slots slots;
    std::size_t used = 0;
  };
  static constexpr std::int64_t kFree = -1;

  Shard& shard_of(const KeyHash& hash) { return shards_[hash.high >> shard_shift_ & shard_mask_]; }
  const Shard& shard_of(const KeyHash& hash) const {
    return shards_[hash.high >> shard_shift_ & shard_mask_];
  }
  static std::size_t first_place(const Slots& slots, const KeyHash& hash);
  static std::size_t place_of(const Slots& slots, const KeyHash& hash);
  bool make_room(Shard& shard);

  const HashSecret secret_;
  std::size_t shard_slots_max_;
  std::size_t size_max_;
  std::uint64_t shard_mask_;
  unsigned shard_shift_ = 32;
  std::vector<Shard> shards_;
  NotedOffsets noted_;
  std::size_t size_ = 0;
  std::int64_t latest_offset_ = -1;
};

}  // namespace barnabas::storage
