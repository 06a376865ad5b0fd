// All file access of the storage layer. The program hands in the POSIX files, tests the simulated ones
// (simulation/simulated_file_system.h), which forget what was not synced and fail at every operation.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "common/bytes.h"
#include "common/result.h"

namespace barnabas::storage {

// Why an operation on files failed: errno, and what was tried on which path.
struct IoError {
  int code = 0;
  std::string what;

  bool is_not_found() const;
  // The disk or the quota is full: what was there before is whole, and later attempts may succeed.
  bool is_no_space() const;
  std::string to_string() const;
};

template <class T>
using IoResult = Result<T, IoError>;

// An open file. Closed when the last owner lets go. Reads from any thread; writes, truncation and syncs are
// serialised by the caller.
class File {
 public:
  virtual ~File() = default;
  // The descriptor for sendfile and pread, or -1 if this file has none (simulated).
  virtual int descriptor() const = 0;
  // Fills `into` from `position`; fewer bytes only at the end of the file.
  virtual IoResult<std::size_t> read_at(std::int64_t position, std::span<std::uint8_t> into) = 0;
  // Writes all pieces one after the other from `position`. After an error any part of them may be there.
  virtual IoResult<void> write_at(std::int64_t position, std::span<const ByteView> pieces) = 0;
  virtual IoResult<void> truncate(std::int64_t size) = 0;
  // Content and all metadata (fsync) or content and size (fdatasync) survive a power loss afterwards.
  virtual IoResult<void> sync() = 0;
  virtual IoResult<void> sync_data() = 0;
  virtual IoResult<std::int64_t> size() = 0;

  IoResult<void> write_at(std::int64_t position, ByteView bytes) {
    return write_at(position, std::span<const ByteView>(&bytes, 1));
  }
};

// Holds a lock until it is destroyed.
class FileLock {
 public:
  virtual ~FileLock() = default;
};

enum class OpenMode : std::uint8_t {
  kRead,       // must exist
  kReadWrite,  // must exist
  kCreate,     // read and write, created if missing
  kTruncate,   // read and write, created or emptied
};

struct DirectoryEntry {
  std::string name;
  bool is_directory = false;
};

struct FileInfo {
  std::int64_t size = 0;
  std::int64_t modified_ms = 0;  // milliseconds since 1970
  bool is_directory = false;
  bool is_read_only = false;  // see FileSystem::make_read_only
};

struct DiskSpace {
  std::int64_t total_bytes = 0;
  std::int64_t usable_bytes = 0;
};

// Any thread.
class FileSystem {
 public:
  virtual ~FileSystem() = default;
  virtual IoResult<std::shared_ptr<File>> open(const std::string& path, OpenMode mode) = 0;
  virtual IoResult<FileInfo> info(const std::string& path) = 0;
  // In no order, without "." and "..".
  virtual IoResult<std::vector<DirectoryEntry>> list(const std::string& directory) = 0;
  virtual IoResult<void> make_directory(const std::string& path) = 0;                 // EEXIST if there
  virtual IoResult<void> rename(const std::string& from, const std::string& to) = 0;  // replaces a file
  virtual IoResult<void> remove_file(const std::string& path) = 0;
  virtual IoResult<void> remove_directory(const std::string& path) = 0;  // must be empty
  // Names created, renamed and removed in `directory` survive a power loss afterwards.
  virtual IoResult<void> sync_directory(const std::string& directory) = 0;
  // Everything in the file system that holds `path`, at once (syncfs).
  virtual IoResult<void> sync_all(const std::string& path) = 0;
  // An exclusive lock on the whole file, created if missing, which other processes (Kafka's too) respect.
  // EAGAIN if somebody holds it.
  virtual IoResult<std::unique_ptr<FileLock>> lock(const std::string& path) = 0;
  virtual IoResult<DiskSpace> disk_space(const std::string& path) = 0;
  // Mode 0400: the owner may read the file, nobody may write it. Files that are open stay as they were
  // opened.
  virtual IoResult<void> make_read_only(const std::string& path) = 0;
  virtual IoResult<void> set_modified_ms(const std::string& path, std::int64_t modified_ms) = 0;
};

// Helpers over the interface, same for every implementation.
IoResult<Buffer> read_file(FileSystem& files, const std::string& path);
// Replaces the file's content so that after a crash there is the old or the new text, never a mixture: a
// temporary file beside it, synced, renamed, directory synced.
IoResult<void> replace_file(FileSystem& files, const std::string& path, ByteView content);
// The same for a file that never changes afterwards: it is read-only, as Kafka leaves its snapshots.
IoResult<void> write_final_file(FileSystem& files, const std::string& path, ByteView content);
// The first without the syncs: whole over a kill, and over a power loss once sync_all was called.
IoResult<void> exchange_file(FileSystem& files, const std::string& path, ByteView content);
// Creates missing parents too, their names durable; fine if it is there.
IoResult<void> make_directories(FileSystem& files, const std::string& path);
// The directory and all below it; fine if it is not there.
IoResult<void> remove_tree(FileSystem& files, const std::string& directory);
bool exists(FileSystem& files, const std::string& path);
// "a/b" of "a" and "b"; the directory of "a/b" is "a".
std::string join_path(std::string_view directory, std::string_view name);
std::string parent_path(std::string_view path);

}  // namespace barnabas::storage
