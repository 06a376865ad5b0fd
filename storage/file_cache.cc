#include "storage/file_cache.h"

#include "common/assert.h"

namespace barnabas::storage {

FileCache::FileCache(FileSystem& files, std::size_t limit) : files_(files), limit_(limit) {
  ASSERT(limit > 0);
}

FileCache::~FileCache() {
  ASSERT(recent_.empty());
}

std::size_t FileCache::open_count() const {
  std::lock_guard lock(mutex_);
  return recent_.size();
}

std::shared_ptr<File> CachedFile::get() {
  std::lock_guard lock(cache_.mutex_);
  if (file_ && place_ != cache_.recent_.begin())
    cache_.recent_.splice(cache_.recent_.begin(), cache_.recent_, place_);
  return file_;
}

IoResult<std::shared_ptr<File>> CachedFile::open(const std::string& path, OpenMode mode) {
  if (auto file = get()) return file;
  auto opened = cache_.files_.open(path, mode);
  if (!opened) return opened;
  std::shared_ptr<File> evicted;  // closed after the mutex is free
  std::lock_guard lock(cache_.mutex_);
  if (file_) return file_;
  file_ = *opened;
  cache_.recent_.push_front(this);
  place_ = cache_.recent_.begin();
  if (cache_.recent_.size() > cache_.limit_) {
    CachedFile* oldest = cache_.recent_.back();
    cache_.recent_.pop_back();
    evicted = std::move(oldest->file_);
    oldest->file_ = nullptr;
  }
  return file_;
}

void CachedFile::close() {
  std::shared_ptr<File> closed;
  std::lock_guard lock(cache_.mutex_);
  if (!file_) return;
  closed = std::move(file_);
  file_ = nullptr;
  cache_.recent_.erase(place_);
}

}  // namespace barnabas::storage
