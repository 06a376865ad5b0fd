#include "storage/leader_epoch_cache.h"

#include <algorithm>

#include "common/text.h"
#include "storage/checkpoint_text.h"

namespace barnabas::storage {

bool LeaderEpochCache::assign(std::int32_t epoch, std::int64_t start_offset) {
  if (epoch < 0 || start_offset < 0) return false;
  if (!entries_.empty() && entries_.back().epoch == epoch && entries_.back().start_offset <= start_offset)
    return false;
  while (!entries_.empty() &&
         (entries_.back().epoch >= epoch || entries_.back().start_offset >= start_offset))
    entries_.pop_back();
  entries_.push_back({epoch, start_offset});
  return true;
}

bool LeaderEpochCache::truncate_from_end(std::int64_t end_offset) {
  const std::size_t before = entries_.size();
  while (!entries_.empty() && entries_.back().start_offset >= end_offset) entries_.pop_back();
  return entries_.size() != before;
}

bool LeaderEpochCache::truncate_from_start(std::int64_t start_offset) {
  // The last entry that begins at or below the new start covers it.
  auto covering = entries_.end();
  for (auto entry = entries_.begin(); entry != entries_.end() && entry->start_offset <= start_offset; ++entry)
    covering = entry;
  if (covering == entries_.end()) return false;
  if (covering == entries_.begin() && covering->start_offset == start_offset) return false;
  covering->start_offset = start_offset;
  entries_.erase(entries_.begin(), covering);
  return true;
}

std::optional<EpochEntry> LeaderEpochCache::latest() const {
  if (entries_.empty()) return std::nullopt;
  return entries_.back();
}

std::optional<std::int32_t> LeaderEpochCache::epoch_of(std::int64_t offset) const {
  const auto above = std::upper_bound(
      entries_.begin(), entries_.end(), offset,
      [](std::int64_t wanted, const EpochEntry& entry) { return wanted < entry.start_offset; });
  if (above == entries_.begin()) return std::nullopt;
  return std::prev(above)->epoch;
}

EpochEndOffset LeaderEpochCache::end_offset_for(std::int32_t epoch, std::int64_t log_end_offset) const {
  if (epoch < 0 || entries_.empty() || epoch > entries_.back().epoch) return {};
  if (epoch == entries_.back().epoch) return {epoch, log_end_offset};
  const auto higher =
      std::upper_bound(entries_.begin(), entries_.end(), epoch,
                       [](std::int32_t wanted, const EpochEntry& entry) { return wanted < entry.epoch; });
  if (higher == entries_.begin()) return {epoch, higher->start_offset};
  return {std::prev(higher)->epoch, higher->start_offset};
}

std::string LeaderEpochCache::to_text() const {
  std::string text = concat("0\n", entries_.size(), '\n');
  for (const EpochEntry& entry : entries_) text += concat(entry.epoch, ' ', entry.start_offset, '\n');
  return text;
}

StorageResult<LeaderEpochCache> LeaderEpochCache::parse(std::string_view text) {
  const auto lines = parse_checkpoint(text);
  if (!lines) return std::unexpected(lines.error());
  LeaderEpochCache cache;
  for (const auto& words : *lines) {
    const auto epoch = words.size() == 2 ? parse_number<std::int32_t>(words[0]) : std::nullopt;
    const auto offset = words.size() == 2 ? parse_number<std::int64_t>(words[1]) : std::nullopt;
    if (!epoch || !offset || *epoch < 0 || *offset < 0)
      return fail(StorageErrorCode::kInvalidFile, "a malformed line in a leader epoch checkpoint");
    cache.assign(*epoch, *offset);
  }
  return cache;
}

}  // namespace barnabas::storage
