// Files and directories renamed out of the way that are unlinked after file.delete.delay.ms.
#pragma once

#include <cstdint>
#include <mutex>
#include <string>
#include <vector>

#include "storage/file_system.h"

namespace barnabas::storage {

// Any thread.
class PendingDeletions {
 public:
  void add_file(std::string path, std::int64_t due_ms) { add(std::move(path), due_ms, false); }
  void add_directory(std::string path, std::int64_t due_ms) { add(std::move(path), due_ms, true); }
  // Files below `from` moved with their directory.
  void directory_renamed(const std::string& from, const std::string& to);
  // Unlinks what is due at `now_ms` (monotonic); what is gone already is fine. Returns how many were
  // unlinked.
  std::size_t run(FileSystem& files, std::int64_t now_ms);
  std::size_t size() const;

 private:
  struct Item {
    std::string path;
    std::int64_t due_ms;
    bool is_directory;
  };
  void add(std::string path, std::int64_t due_ms, bool is_directory);

  mutable std::mutex mutex_;
  std::vector<Item> items_;
};

}  // namespace barnabas::storage
