#include "storage/compaction/key_offsets.h"

#include <algorithm>

#include "common/assert.h"

namespace barnabas::storage {
namespace {

// Below this budget a single shard does: a few keys more or less in one of many would matter.
constexpr std::size_t kShardFrom = std::size_t{1} << 20;
constexpr std::size_t kShards = 16;
// Beside the budget; 16 MiB of the usual one reach over 64 Mi offsets.
constexpr std::size_t kNotedShare = 8;
constexpr std::size_t kFirstSlots = 256;
// A shard grows before it is this full; the last slots are only used up to the load factor.
constexpr double kGrowAt = 0.7;
__extension__ typedef unsigned __int128 Wide;
// Open addressing needs a free slot to end a search.
constexpr double kFullest = 0.97;

}  // namespace

KeyOffsets::KeyOffsets(std::size_t budget_bytes, double load_factor, const HashSecret& secret,
                       std::int64_t first_offset)
    : secret_(secret), noted_(first_offset, budget_bytes / kNotedShare) {
  ASSERT(load_factor > 0);
  const std::size_t shards = budget_bytes >= kShardFrom ? kShards : 1;
  shard_slots_max_ = std::max<std::size_t>(2, budget_bytes / kEntryBytes / shards);
  const double fullest = std::min(load_factor, kFullest);
  size_max_ = std::max<std::size_t>(1, static_cast<std::size_t>(static_cast<double>(shard_slots_max_) *
                                                                static_cast<double>(shards) * fullest));
  shard_mask_ = shards - 1;
  shards_.resize(shards);
}

std::size_t KeyOffsets::memory_bytes() const {
  std::size_t slots = 0;
  for (const Shard& shard : shards_) slots += shard.slots.size();
  return slots * kEntryBytes;
}

// Where a search for `hash` begins: the upper half of a product spreads the low word evenly over any number
// of slots.
std::size_t KeyOffsets::first_place(const Slots& slots, const KeyHash& hash) {
  return static_cast<std::size_t>(static_cast<Wide>(hash.low) * slots.size() >> 64);
}

// The slot of `hash`, or the free one where it belongs.
std::size_t KeyOffsets::place_of(const Slots& slots, const KeyHash& hash) {
  auto place = first_place(slots, hash);
  while (slots[place].offset != kFree && slots[place].hash != hash)
    if (++place == slots.size()) place = 0;
  return place;
}

// True if one more entry fits.
bool KeyOffsets::make_room(Shard& shard) {
  const auto limit = [](std::size_t slots, double share) {
    return static_cast<std::size_t>(static_cast<double>(slots) * share);
  };
  if (shard.used < limit(shard.slots.size(), kGrowAt)) return true;
  if (shard.slots.size() == shard_slots_max_)
    return shard.used < std::clamp<std::size_t>(limit(shard_slots_max_, kFullest), 1, shard_slots_max_ - 1);
  Slots larger(std::min(shard_slots_max_, std::max(kFirstSlots, 2 * shard.slots.size())));
  for (const Entry& entry : shard.slots)
    if (entry.offset != kFree) larger[place_of(larger, entry.hash)] = entry;
  shard.slots = std::move(larger);
  return true;
}

KeyHash KeyOffsets::ask_for(ByteView key) const {
  const KeyHash hash = hash_key(secret_, key);
  const Slots& slots = shard_of(hash).slots;
  if (!slots.empty()) __builtin_prefetch(&slots[first_place(slots, hash)]);
  return hash;
}

bool KeyOffsets::put(const KeyHash& key, std::int64_t offset) {
  ASSERT(offset >= 0);
  Shard& shard = shard_of(key);
  std::size_t place = 0;
  bool known = false;
  if (!shard.slots.empty()) {
    place = place_of(shard.slots, key);
    known = shard.slots[place].offset != kFree;
  }
  if (known) {
    noted_.replace(shard.slots[place].offset);
  } else {
    if (size_ >= size_max_ || !make_room(shard)) return false;
    place = place_of(shard.slots, key);
    ++shard.used;
    ++size_;
  }
  shard.slots[place] = {key, offset};
  noted_.note(offset);
  latest_offset_ = std::max(latest_offset_, offset);
  return true;
}

std::optional<std::int64_t> KeyOffsets::find(const KeyHash& key) const {
  const Shard& shard = shard_of(key);
  if (shard.slots.empty()) return std::nullopt;
  const Entry& entry = shard.slots[place_of(shard.slots, key)];
  return entry.offset == kFree ? std::nullopt : std::optional(entry.offset);
}

}  // namespace barnabas::storage
