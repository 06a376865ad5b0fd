// The two sparse indexes of a segment: sorted entries of a fixed size, most of them in the file, the newest
// ones still in memory.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "common/bytes.h"
#include "storage/file_cache.h"

namespace barnabas::storage {

// .index: a batch that ends with base + relative_offset starts at `position`.
struct OffsetEntry {
  static constexpr std::size_t kBytes = 8;
  std::int32_t relative_offset = 0;
  std::int32_t position = 0;

  void encode(std::uint8_t* to) const {
    store_be(to, relative_offset);
    store_be(to + 4, position);
  }
  static OffsetEntry decode(const std::uint8_t* from) {
    return {load_be<std::int32_t>(from), load_be<std::int32_t>(from + 4)};
  }
  bool operator==(const OffsetEntry&) const = default;
};

// .timeindex: `timestamp` is the largest so far, first met in the batch that ends with base +
// relative_offset.
struct TimeEntry {
  static constexpr std::size_t kBytes = 12;
  std::int64_t timestamp = -1;
  std::int32_t relative_offset = 0;

  void encode(std::uint8_t* to) const {
    store_be(to, timestamp);
    store_be(to + 8, relative_offset);
  }
  static TimeEntry decode(const std::uint8_t* from) {
    return {load_be<std::int64_t>(from), load_be<std::int32_t>(from + 8)};
  }
  bool operator==(const TimeEntry&) const = default;
};

// Kafka maps a preallocated file; this keeps new entries in memory until store() and leaves the file always
// trimmed. An unclean stop loses them, and the recovery that follows writes them anew. Look-ups read the file
// (a few blocks), so that an index takes no memory. Guarded by its segment's mutex.
template <class Entry>
class IndexFile {
 public:
  explicit IndexFile(FileCache& cache) : file_(cache) {}

  // Nothing is there, whatever the file holds: it is emptied by the next store().
  void start_empty() {
    stored_ = 0;
    stale_ = true;
    loaded_ = true;
    tail_.clear();
  }
  // Learns the number of entries from the file's size, once; a missing file has none.
  IoResult<void> load(const std::string& path) {
    if (loaded_) return {};
    auto file = file_.open(path, OpenMode::kReadWrite);
    if (!file && file.error().is_not_found()) {
      start_empty();
      return {};
    }
    if (!file) return std::unexpected(file.error());
    const auto size = (*file)->size();
    if (!size) return std::unexpected(size.error());
    stored_ = *size / static_cast<std::int64_t>(Entry::kBytes);
    loaded_ = true;
    return {};
  }

  // After load() or start_empty():
  std::int64_t size() const { return stored_ + static_cast<std::int64_t>(tail_.size()); }
  std::size_t unstored() const { return tail_.size(); }
  void append(const Entry& entry) { tail_.push_back(entry); }

  IoResult<Entry> at(const std::string& path, std::int64_t place) {
    if (place >= stored_) return tail_[static_cast<std::size_t>(place - stored_)];
    std::array<std::uint8_t, Entry::kBytes> bytes;
    if (auto done = read(path, place, bytes); !done) return std::unexpected(done.error());
    return Entry::decode(bytes.data());
  }
  IoResult<std::optional<Entry>> last(const std::string& path) {
    if (size() == 0) return std::optional<Entry>();
    auto entry = at(path, size() - 1);
    if (!entry) return std::unexpected(entry.error());
    return std::optional<Entry>(*entry);
  }
  // How many entries from the first on satisfy `holds`, which is true for a prefix of them.
  template <class Holds>
  IoResult<std::int64_t> count_while(const std::string& path, Holds holds);
  // The last entry of that prefix.
  template <class Holds>
  IoResult<std::optional<Entry>> last_while(const std::string& path, Holds holds) {
    const auto count = count_while(path, holds);
    if (!count) return std::unexpected(count.error());
    if (*count == 0) return std::optional<Entry>();
    auto entry = at(path, *count - 1);
    if (!entry) return std::unexpected(entry.error());
    return std::optional<Entry>(*entry);
  }

  // Writes what is in memory only. Creates the file if there is none.
  IoResult<void> store(const std::string& path);
  // Keeps the first `count` entries.
  IoResult<void> truncate(const std::string& path, std::int64_t count);
  IoResult<void> sync(const std::string& path) {
    auto file = file_.open(path, OpenMode::kCreate);
    if (!file) return std::unexpected(file.error());
    return (*file)->sync();
  }
  void close_file() { file_.close(); }

 private:
  static constexpr std::int64_t kBlockEntries = 4096 / Entry::kBytes;

  IoResult<void> read(const std::string& path, std::int64_t place, std::span<std::uint8_t> into) {
    auto file = file_.open(path, OpenMode::kReadWrite);
    if (!file) return std::unexpected(file.error());
    const auto got = (*file)->read_at(place * static_cast<std::int64_t>(Entry::kBytes), into);
    if (!got) return std::unexpected(got.error());
    if (*got != into.size()) return std::unexpected(IoError{5 /* EIO */, "index ends early: " + path});
    return {};
  }

  CachedFile file_;
  std::int64_t stored_ = 0;
  bool loaded_ = false;
  bool stale_ = false;  // the file may hold something that does not count
  std::vector<Entry> tail_;
};

template <class Entry>
template <class Holds>
IoResult<std::int64_t> IndexFile<Entry>::count_while(const std::string& path, Holds holds) {
  if (!tail_.empty() && (stored_ == 0 || holds(tail_.front()))) {
    std::size_t low = 0, high = tail_.size();
    while (low < high) {
      const std::size_t middle = (low + high) / 2;
      if (holds(tail_[middle]))
        low = middle + 1;
      else
        high = middle;
    }
    return stored_ + static_cast<std::int64_t>(low);
  }
  std::int64_t low = 0, high = stored_;
  std::array<std::uint8_t, kBlockEntries * Entry::kBytes> block;
  while (high - low > kBlockEntries) {
    const std::int64_t middle = low + (high - low) / 2;
    const auto entry = at(path, middle);
    if (!entry) return std::unexpected(entry.error());
    if (holds(*entry))
      low = middle + 1;
    else
      high = middle;
  }
  if (low == high) return low;
  const std::int64_t first = low;
  const auto held = std::span(block).first(static_cast<std::size_t>(high - low) * Entry::kBytes);
  if (auto done = read(path, first, held); !done) return std::unexpected(done.error());
  while (low < high) {
    const std::int64_t middle = low + (high - low) / 2;
    if (holds(Entry::decode(held.data() + static_cast<std::size_t>(middle - first) * Entry::kBytes)))
      low = middle + 1;
    else
      high = middle;
  }
  return low;
}

template <class Entry>
IoResult<void> IndexFile<Entry>::store(const std::string& path) {
  auto file = file_.open(path, OpenMode::kCreate);
  if (!file) return std::unexpected(file.error());
  if (stale_) {
    if (auto done = (*file)->truncate(0); !done) return done;
    stale_ = false;
  }
  if (tail_.empty()) return {};
  Buffer bytes(tail_.size() * Entry::kBytes);
  for (std::size_t i = 0; i < tail_.size(); ++i) tail_[i].encode(bytes.data() + i * Entry::kBytes);
  if (auto done = (*file)->write_at(stored_ * static_cast<std::int64_t>(Entry::kBytes), ByteView(bytes));
      !done)
    return done;
  stored_ += static_cast<std::int64_t>(tail_.size());
  tail_.clear();
  return {};
}

template <class Entry>
IoResult<void> IndexFile<Entry>::truncate(const std::string& path, std::int64_t count) {
  if (count >= stored_) {
    tail_.resize(
        static_cast<std::size_t>(std::min(count - stored_, static_cast<std::int64_t>(tail_.size()))));
    return {};
  }
  tail_.clear();
  auto file = file_.open(path, OpenMode::kReadWrite);
  if (!file) return std::unexpected(file.error());
  stored_ = count;
  return (*file)->truncate(count * static_cast<std::int64_t>(Entry::kBytes));
}

}  // namespace barnabas::storage
