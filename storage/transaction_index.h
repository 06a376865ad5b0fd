// .txnindex: the aborted transactions that end in a segment.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "storage/file_cache.h"

namespace barnabas::storage {

struct AbortedEntry {
  static constexpr std::size_t kBytes = 34;
  std::int64_t producer_id = -1;
  std::int64_t first_offset = -1;
  std::int64_t last_offset = -1;         // of the abort marker
  std::int64_t last_stable_offset = -1;  // when the marker was written

  void encode(std::uint8_t* to) const;
  // False if the version is not 0.
  static bool decode(const std::uint8_t* from, AbortedEntry& entry);
  bool operator==(const AbortedEntry&) const = default;
};

// Read whole when first asked for and kept: aborts are rare. The file exists only once it has an entry.
// Guarded by its segment's mutex.
class TransactionIndex {
 public:
  explicit TransactionIndex(FileCache& cache) : file_(cache) {}

  void start_empty();
  // An incomplete last entry is passed over. EINVAL for an unknown version or entries out of order.
  IoResult<void> load(const std::string& path);
  // After load() or start_empty(). Offsets of markers rise.
  IoResult<void> append(const std::string& path, const AbortedEntry& entry);
  std::span<const AbortedEntry> entries() const { return entries_; }
  // Drops entries whose marker stands at or above `offset`.
  IoResult<void> truncate(const std::string& path, std::int64_t offset);
  // ENOENT if there never was an entry. Needs no mutex.
  IoResult<void> sync(const std::string& path);
  void close_file() { file_.close(); }

 private:
  CachedFile file_;
  bool loaded_ = false;
  bool stale_ = false;  // a file that may be there does not count
  std::vector<AbortedEntry> entries_;
};

}  // namespace barnabas::storage
