// Files in memory that behave like a bad day: what was not synced is lost by a crash, writes tear, the disk
// fills up, every operation can be the last.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "common/random.h"
#include "storage/file_system.h"

namespace barnabas::storage {

// How much of what was not synced a crash leaves behind.
enum class CrashLoss : std::uint8_t {
  kNothing,      // kill -9: the page cache survives
  kAllUnsynced,  // power loss at its worst: content and names that were not synced are gone
  kRandom,       // some: per file a prefix of the unsynced bytes, possibly with zeros, per name a coin
  kJournaled,    // the same for bytes, but names changed in their order up to some point, as a journal has it
};

// Any thread (one mutex). Durable state follows POSIX as ext4 keeps it: sync and sync_data make a file's
// bytes durable; a new name, a rename or a removal is durable once its directory was synced. A renamed file
// whose directory was not synced is found under its old name or the new one.
class SimulatedFileSystem final : public FileSystem {
 public:
  explicit SimulatedFileSystem(std::uint64_t seed = 1);
  ~SimulatedFileSystem() override;

  // --- faults ---
  // Operations that change something, counted from 1; reads are not.
  std::uint64_t operations() const;
  // Operation `number` and all after it fail with EIO; a write does a random part of its work first.
  void stop_at(std::uint64_t number);
  // Operation `number` alone fails with `code` (EIO, ENOSPC); a write does a random part of its work first.
  void fail_at(std::uint64_t number, int code);
  // Reads of paths that contain `part` fail with EIO; empty: none.
  void fail_reads_of(std::string part);
  // Bytes that files may hold in all; beyond it writes fail with ENOSPC after filling what is left.
  void set_capacity(std::int64_t bytes);
  // The machine stops and starts again: open files are dead (EIO), locks are free, faults are cleared.
  void crash(CrashLoss loss);
  // Operations on open, name and sync as text, for tests that check their order. Off by default.
  void set_trace(std::function<void(const std::string&)> trace);

  // Direct access for tests.
  std::optional<Buffer> content(const std::string& path) const;
  void put(const std::string& path, ByteView content);  // durable at once, with its directories
  std::vector<std::string> paths() const;               // of all files

  IoResult<std::shared_ptr<File>> open(const std::string& path, OpenMode mode) override;
  IoResult<FileInfo> info(const std::string& path) override;
  IoResult<std::vector<DirectoryEntry>> list(const std::string& directory) override;
  IoResult<void> make_directory(const std::string& path) override;
  IoResult<void> rename(const std::string& from, const std::string& to) override;
  IoResult<void> remove_file(const std::string& path) override;
  IoResult<void> remove_directory(const std::string& path) override;
  IoResult<void> sync_directory(const std::string& directory) override;
  IoResult<void> sync_all(const std::string& path) override;
  IoResult<std::unique_ptr<FileLock>> lock(const std::string& path) override;
  IoResult<DiskSpace> disk_space(const std::string& path) override;
  IoResult<void> make_read_only(const std::string& path) override;
  IoResult<void> set_modified_ms(const std::string& path, std::int64_t modified_ms) override;

 private:
  friend class SimulatedFile;
  friend class SimulatedLock;
  struct Node;
  using Names = std::map<std::string, std::shared_ptr<Node>>;

  // Null if the operation may proceed; counts it. Mutex held.
  std::optional<IoError> step(const std::string& what, const std::string& path);
  std::optional<IoError> write(Node& node, const std::string& path, std::int64_t position,
                               std::span<const ByteView> pieces);
  std::int64_t used_bytes() const;
  void lose(Node& node, CrashLoss loss);
  Names surviving_names(CrashLoss loss);
  Names journaled_names();
  void note_name(std::string from, std::string to, std::shared_ptr<Node> node);

  mutable std::mutex mutex_;
  std::unique_ptr<Random> random_;
  Names names_;    // as programs see them, directories too
  Names durable_;  // as a power loss leaves them
  // A change that is not durable: a file or directory made (no `from`), removed (no `to`) or renamed.
  struct NameChange {
    std::string from, to;
    std::shared_ptr<Node> node;
  };
  std::vector<NameChange> changes_;  // in their order
  std::map<std::string, int> locks_;
  std::uint64_t operations_ = 0;
  std::uint64_t stop_at_ = 0;
  std::map<std::uint64_t, int> failures_;
  std::string unreadable_;
  std::int64_t capacity_ = INT64_MAX;
  std::uint64_t epoch_ = 0;  // of the machine: files opened before a crash are dead
  std::function<void(const std::string&)> trace_;
};

}  // namespace barnabas::storage
