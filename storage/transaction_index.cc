#include "storage/transaction_index.h"

#include <array>
#include <cerrno>

namespace barnabas::storage {

void AbortedEntry::encode(std::uint8_t* to) const {
  store_be<std::int16_t>(to, 0);
  store_be(to + 2, producer_id);
  store_be(to + 10, first_offset);
  store_be(to + 18, last_offset);
  store_be(to + 26, last_stable_offset);
}

bool AbortedEntry::decode(const std::uint8_t* from, AbortedEntry& entry) {
  entry = {load_be<std::int64_t>(from + 2), load_be<std::int64_t>(from + 10),
           load_be<std::int64_t>(from + 18), load_be<std::int64_t>(from + 26)};
  return load_be<std::int16_t>(from) == 0;
}

void TransactionIndex::start_empty() {
  entries_.clear();
  loaded_ = true;
  stale_ = true;
}

IoResult<void> TransactionIndex::load(const std::string& path) {
  if (loaded_) return {};
  auto file = file_.open(path, OpenMode::kReadWrite);
  if (!file && file.error().is_not_found()) {
    start_empty();
    return {};
  }
  if (!file) return std::unexpected(file.error());
  const auto size = (*file)->size();
  if (!size) return std::unexpected(size.error());
  Buffer bytes(static_cast<std::size_t>(*size));
  const auto got = (*file)->read_at(0, bytes);
  if (!got) return std::unexpected(got.error());
  for (std::size_t at = 0; at + AbortedEntry::kBytes <= *got; at += AbortedEntry::kBytes) {
    AbortedEntry entry;
    if (!AbortedEntry::decode(bytes.data() + at, entry) ||
        (!entries_.empty() && entry.last_offset <= entries_.back().last_offset)) {
      entries_.clear();
      return std::unexpected(IoError{EINVAL, "corrupt transaction index " + path});
    }
    entries_.push_back(entry);
  }
  loaded_ = true;
  return {};
}

IoResult<void> TransactionIndex::append(const std::string& path, const AbortedEntry& entry) {
  auto file = file_.open(path, OpenMode::kCreate);
  if (!file) return std::unexpected(file.error());
  if (stale_) {
    if (auto done = (*file)->truncate(0); !done) return done;
    stale_ = false;
  }
  std::array<std::uint8_t, AbortedEntry::kBytes> bytes;
  entry.encode(bytes.data());
  const auto position = static_cast<std::int64_t>(entries_.size() * AbortedEntry::kBytes);
  if (auto done = (*file)->write_at(position, ByteView(bytes)); !done) return done;
  entries_.push_back(entry);
  return {};
}

IoResult<void> TransactionIndex::truncate(const std::string& path, std::int64_t offset) {
  const std::size_t before = entries_.size();
  while (!entries_.empty() && entries_.back().last_offset >= offset) entries_.pop_back();
  if (entries_.size() == before) return {};
  auto file = file_.open(path, OpenMode::kReadWrite);
  if (!file) return std::unexpected(file.error());
  return (*file)->truncate(static_cast<std::int64_t>(entries_.size() * AbortedEntry::kBytes));
}

IoResult<void> TransactionIndex::sync(const std::string& path) {
  auto file = file_.open(path, OpenMode::kReadWrite);
  if (!file) return std::unexpected(file.error());
  return (*file)->sync();
}

}  // namespace barnabas::storage
