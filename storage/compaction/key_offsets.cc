#include "storage/compaction/key_offsets.h"

#include <algorithm>

#include "common/assert.h"

namespace barnabas::storage {
namespace {

// Below this budget a single shard does: a few keys more or less in one of many would matter.
constexpr std::size_t kShardFrom = std::size_t{1} << 20;
constexpr std::size_t kShards = 64;
constexpr std::size_t kFirstSlots = 256;
// A shard grows before it is this full; the last slots are only used up to the load factor.
constexpr double kGrowAt = 0.7;
__extension__ typedef unsigned __int128 Wide;
// Open addressing needs a free slot to end a search.
constexpr double kFullest = 0.97;

}  // namespace

KeyOffsets::KeyOffsets(std::size_t budget_bytes, double load_factor, const HashSecret& secret)
    : secret_(secret) {
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

// The slot of `hash`, or the free one where it belongs.
std::size_t KeyOffsets::place_of(const std::vector<Entry>& slots, const KeyHash& hash) {
  // The upper half of a product spreads the low word evenly over any number of slots.
  auto place = static_cast<std::size_t>(static_cast<Wide>(hash.low) * slots.size() >> 64);
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
  std::vector<Entry> larger(std::min(shard_slots_max_, std::max(kFirstSlots, 2 * shard.slots.size())));
  for (const Entry& entry : shard.slots)
    if (entry.offset != kFree) larger[place_of(larger, entry.hash)] = entry;
  shard.slots = std::move(larger);
  return true;
}

bool KeyOffsets::put(ByteView key, std::int64_t offset) {
  ASSERT(offset >= 0);
  const KeyHash hash = hash_key(secret_, key);
  Shard& shard = shard_of(hash);
  std::size_t place = 0;
  bool known = false;
  if (!shard.slots.empty()) {
    place = place_of(shard.slots, hash);
    known = shard.slots[place].offset != kFree;
  }
  if (!known) {
    if (size_ >= size_max_ || !make_room(shard)) return false;
    place = place_of(shard.slots, hash);
    ++shard.used;
    ++size_;
  }
  shard.slots[place] = {hash, offset};
  latest_offset_ = std::max(latest_offset_, offset);
  return true;
}

std::optional<std::int64_t> KeyOffsets::find(ByteView key) const {
  const KeyHash hash = hash_key(secret_, key);
  const Shard& shard = shard_of(hash);
  if (shard.slots.empty()) return std::nullopt;
  const Entry& entry = shard.slots[place_of(shard.slots, hash)];
  return entry.offset == kFree ? std::nullopt : std::optional(entry.offset);
}

}  // namespace barnabas::storage
