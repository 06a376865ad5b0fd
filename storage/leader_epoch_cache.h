// Which leader epoch began at which offset: the content of a partition's leader-epoch-checkpoint.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "storage/storage_error.h"

namespace barnabas::storage {

struct EpochEntry {
  std::int32_t epoch = 0;
  std::int64_t start_offset = 0;
  auto operator<=>(const EpochEntry&) const = default;
};

// The answer to OffsetForLeaderEpoch: the epoch found and the offset after its last record; both -1 when
// the epoch asked for is unknown.
struct EpochEndOffset {
  std::int32_t epoch = -1;
  std::int64_t end_offset = -1;
  auto operator<=>(const EpochEndOffset&) const = default;
};

// Entries rise in epoch and in offset. Owned by one Log and guarded by its state mutex; knows no files.
class LeaderEpochCache {
 public:
  // True if something changed. An entry with an equal or higher epoch or start offset gives way; negative
  // epochs (batches of old formats) are passed over.
  bool assign(std::int32_t epoch, std::int64_t start_offset);
  bool truncate_from_end(std::int64_t end_offset);
  // The epoch that covers `start_offset` stays and starts there.
  bool truncate_from_start(std::int64_t start_offset);
  void clear() { entries_.clear(); }

  std::optional<EpochEntry> latest() const;
  std::optional<std::int32_t> epoch_of(std::int64_t offset) const;
  EpochEndOffset end_offset_for(std::int32_t epoch, std::int64_t log_end_offset) const;
  std::span<const EpochEntry> entries() const { return entries_; }

  // The text form: "0\n<count>\n" and a line "<epoch> <start offset>" each. parse() wants rising entries.
  std::string to_text() const;
  static StorageResult<LeaderEpochCache> parse(std::string_view text);

 private:
  std::vector<EpochEntry> entries_;
};

}  // namespace barnabas::storage
