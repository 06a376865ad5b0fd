// Open files on demand, at most a given number of them: 10,000 partitions live under 20,000 descriptors.
#pragma once

#include <cstdint>
#include <list>
#include <memory>
#include <mutex>
#include <string>

#include "storage/file_system.h"

namespace barnabas::storage {

class CachedFile;

// Keeps the files used last open and closes the ones unused longest. A file in use (a fetch that is being
// sent) stays open until its user lets go, beyond the limit if it must. Any thread; outlives its CachedFiles.
class FileCache {
 public:
  FileCache(FileSystem& files, std::size_t limit);
  ~FileCache();
  FileCache(const FileCache&) = delete;
  FileCache& operator=(const FileCache&) = delete;

  std::size_t open_count() const;
  std::size_t limit() const { return limit_; }

 private:
  friend class CachedFile;
  FileSystem& files_;
  const std::size_t limit_;
  mutable std::mutex mutex_;
  std::list<CachedFile*> recent_;  // most recently used first; those with a file open
};

// A place for one open file, without its name: ten thousand logs hold several each. Any thread.
class CachedFile {
 public:
  explicit CachedFile(FileCache& cache) : cache_(cache) {}
  ~CachedFile() { close(); }
  CachedFile(const CachedFile&) = delete;
  CachedFile& operator=(const CachedFile&) = delete;

  // The file if it is open, else null.
  std::shared_ptr<File> get();
  // Opens `path` and keeps the file. Two threads may open at once; the first one's file stays.
  IoResult<std::shared_ptr<File>> open(const std::string& path, OpenMode mode);
  // Forgets the file; users that hold it keep it open.
  void close();

 private:
  friend class FileCache;
  FileCache& cache_;
  std::shared_ptr<File> file_;                // guarded by cache_.mutex_
  std::list<CachedFile*>::iterator place_{};  // valid while file_ is set
};

}  // namespace barnabas::storage
