#include "storage/simulation/simulated_file_system.h"

#include <algorithm>
#include <cerrno>
#include <set>

#include "common/text.h"

namespace barnabas::storage {

// Bytes as seen, and as they were at the last sync.
struct SimulatedFileSystem::Node {
  bool is_directory = false;
  bool is_read_only = false;
  Buffer bytes;
  Buffer durable;
  std::int64_t modified_ms = 1'700'000'000'000;
};

class SimulatedFile final : public File {
 public:
  SimulatedFile(SimulatedFileSystem& files, std::shared_ptr<SimulatedFileSystem::Node> node, std::string path,
                bool writable)
      : files_(files),
        node_(std::move(node)),
        path_(std::move(path)),
        writable_(writable),
        epoch_(files.epoch_) {}

  int descriptor() const override { return -1; }

  IoResult<std::size_t> read_at(std::int64_t position, std::span<std::uint8_t> into) override {
    std::lock_guard lock(files_.mutex_);
    const bool unreadable = !files_.unreadable_.empty() && path_.contains(files_.unreadable_);
    if (unreadable || epoch_ != files_.epoch_) return std::unexpected(IoError{EIO, "reading " + path_});
    if (position < 0) return std::unexpected(IoError{EINVAL, "reading " + path_});
    const auto size = static_cast<std::int64_t>(node_->bytes.size());
    if (position >= size) return 0;
    const auto count = std::min(into.size(), static_cast<std::size_t>(size - position));
    std::copy_n(node_->bytes.begin() + position, count, into.begin());
    return count;
  }

  IoResult<void> write_at(std::int64_t position, std::span<const ByteView> pieces) override {
    std::lock_guard lock(files_.mutex_);
    if (!writable_) return std::unexpected(IoError{EBADF, "writing " + path_});
    if (epoch_ != files_.epoch_) return std::unexpected(IoError{EIO, "writing " + path_});
    if (auto error = files_.write(*node_, path_, position, pieces)) return std::unexpected(*error);
    return {};
  }

  IoResult<void> truncate(std::int64_t size) override {
    std::lock_guard lock(files_.mutex_);
    if (auto error = alive("truncate")) return std::unexpected(*error);
    node_->bytes.resize(static_cast<std::size_t>(size));
    return {};
  }

  IoResult<void> sync() override { return sync_data(); }
  IoResult<void> sync_data() override {
    std::lock_guard lock(files_.mutex_);
    if (auto error = alive("sync")) return std::unexpected(*error);
    node_->durable = node_->bytes;
    return {};
  }

  IoResult<std::int64_t> size() override {
    std::lock_guard lock(files_.mutex_);
    if (epoch_ != files_.epoch_) return std::unexpected(IoError{EIO, "looking at " + path_});
    return static_cast<std::int64_t>(node_->bytes.size());
  }

 private:
  std::optional<IoError> alive(const std::string& what) {
    if (epoch_ != files_.epoch_) return IoError{EIO, concat(what, ' ', path_)};
    return files_.step(what, path_);
  }
  SimulatedFileSystem& files_;
  const std::shared_ptr<SimulatedFileSystem::Node> node_;
  const std::string path_;
  const bool writable_;
  const std::uint64_t epoch_;
};

class SimulatedLock final : public FileLock {
 public:
  SimulatedLock(SimulatedFileSystem& files, std::string path) : files_(files), path_(std::move(path)) {}
  ~SimulatedLock() override {
    std::lock_guard lock(files_.mutex_);
    files_.locks_.erase(path_);
  }

 private:
  SimulatedFileSystem& files_;
  const std::string path_;
};

SimulatedFileSystem::SimulatedFileSystem(std::uint64_t seed) : random_(seeded_random(seed)) {
  auto root = std::make_shared<Node>();
  root->is_directory = true;
  names_["/"] = durable_["/"] = root;
}

SimulatedFileSystem::~SimulatedFileSystem() = default;

std::uint64_t SimulatedFileSystem::operations() const {
  std::lock_guard lock(mutex_);
  return operations_;
}
void SimulatedFileSystem::stop_at(std::uint64_t number) {
  std::lock_guard lock(mutex_);
  stop_at_ = number;
}
void SimulatedFileSystem::fail_at(std::uint64_t number, int code) {
  std::lock_guard lock(mutex_);
  failures_[number] = code;
}
void SimulatedFileSystem::fail_reads_of(std::string part) {
  std::lock_guard lock(mutex_);
  unreadable_ = std::move(part);
}
void SimulatedFileSystem::set_capacity(std::int64_t bytes) {
  std::lock_guard lock(mutex_);
  capacity_ = bytes;
}
void SimulatedFileSystem::set_trace(std::function<void(const std::string&)> trace) {
  std::lock_guard lock(mutex_);
  trace_ = std::move(trace);
}

std::optional<IoError> SimulatedFileSystem::step(const std::string& what, const std::string& path) {
  ++operations_;
  if (stop_at_ != 0 && operations_ >= stop_at_) return IoError{EIO, concat(what, ' ', path)};
  if (const auto failure = failures_.find(operations_); failure != failures_.end())
    return IoError{failure->second, concat(what, ' ', path)};
  if (trace_) trace_(concat(what, ' ', path));
  return std::nullopt;
}

std::int64_t SimulatedFileSystem::used_bytes() const {
  std::int64_t used = 0;
  for (const auto& [path, node] : names_) used += static_cast<std::int64_t>(node->bytes.size());
  return used;
}

std::optional<IoError> SimulatedFileSystem::write(Node& node, const std::string& path, std::int64_t position,
                                                  std::span<const ByteView> pieces) {
  Buffer bytes;
  for (const ByteView piece : pieces) bytes.insert(bytes.end(), piece.begin(), piece.end());
  const bool stopped_before = stop_at_ != 0 && operations_ + 1 > stop_at_;
  auto error = step("write", path);
  if (error && stopped_before) return error;
  if (error) bytes.resize(static_cast<std::size_t>(random_->below(bytes.size() + 1)));
  if (!error && capacity_ != INT64_MAX) {
    const std::int64_t left = std::max<std::int64_t>(0, capacity_ - used_bytes());
    const std::int64_t grows =
        position + static_cast<std::int64_t>(bytes.size()) - static_cast<std::int64_t>(node.bytes.size());
    if (grows > left) {
      error = IoError{ENOSPC, "writing " + path};
      bytes.resize(bytes.size() -
                   static_cast<std::size_t>(std::min(grows - left, static_cast<std::int64_t>(bytes.size()))));
    }
  }
  const auto end = static_cast<std::size_t>(position) + bytes.size();
  if (!bytes.empty() && node.bytes.size() < end) node.bytes.resize(end);
  std::copy(bytes.begin(), bytes.end(), node.bytes.begin() + position);
  return error;
}

void SimulatedFileSystem::lose(Node& node, CrashLoss loss) {
  if (loss == CrashLoss::kAllUnsynced) node.bytes = node.durable;
  if ((loss == CrashLoss::kRandom || loss == CrashLoss::kJournaled) && node.bytes != node.durable) {
    // A prefix of what came after the synced bytes reached the disk; its end may be blocks never written.
    const std::size_t low = std::min(node.durable.size(), node.bytes.size());
    const std::size_t kept = low + static_cast<std::size_t>(random_->below(node.bytes.size() - low + 1));
    Buffer left(node.bytes.begin(), node.bytes.begin() + static_cast<std::ptrdiff_t>(kept));
    if (random_->below(4) == 0 && kept > low) {
      const auto from = low + static_cast<std::size_t>(random_->below(kept - low));
      std::fill(left.begin() + static_cast<std::ptrdiff_t>(from), left.end(), 0);
    }
    node.bytes = random_->below(3) == 0 ? node.durable : left;
  }
  node.durable = node.bytes;
}

SimulatedFileSystem::Names SimulatedFileSystem::surviving_names(CrashLoss loss) {
  if (loss == CrashLoss::kNothing) return names_;
  if (loss == CrashLoss::kAllUnsynced) return durable_;
  if (loss == CrashLoss::kJournaled) return journaled_names();
  Names survivors = durable_;
  for (const auto& [path, node] : names_) {
    const auto before = durable_.find(path);
    if (before != durable_.end() && before->second == node) continue;
    // A new or replaced name, perhaps of a file that had another one: both go together.
    if (random_->below(2) == 0) continue;
    std::erase_if(survivors,
                  [&](const auto& entry) { return entry.second == node && !names_.contains(entry.first); });
    survivors[path] = node;
  }
  // A removal may have happened; the old name of a file that has a new one goes with that alone.
  std::set<const Node*> named;
  for (const auto& [path, node] : names_) named.insert(node.get());
  std::erase_if(survivors, [&](const auto& entry) {
    return !names_.contains(entry.first) && !named.contains(entry.second.get()) && random_->below(2) == 0;
  });
  return survivors;
}

SimulatedFileSystem::Names SimulatedFileSystem::journaled_names() {
  Names survivors = durable_;
  const auto kept = static_cast<std::size_t>(random_->below(changes_.size() + 1));
  for (const NameChange& change : std::span(changes_).first(kept)) {
    if (!change.from.empty()) survivors.erase(change.from);
    if (!change.to.empty()) survivors[change.to] = change.node;
  }
  return survivors;
}

void SimulatedFileSystem::note_name(std::string from, std::string to, std::shared_ptr<Node> node) {
  changes_.push_back({std::move(from), std::move(to), std::move(node)});
}

void SimulatedFileSystem::crash(CrashLoss loss) {
  std::lock_guard lock(mutex_);
  Names survivors = surviving_names(loss);
  // Nothing survives below a directory that did not.
  std::erase_if(survivors, [&](const auto& entry) {
    return entry.first != "/" && !survivors.contains(parent_path(entry.first));
  });
  std::set<Node*> seen;
  for (const auto& [path, node] : survivors)
    if (seen.insert(node.get()).second) lose(*node, loss);
  names_ = durable_ = std::move(survivors);
  changes_.clear();
  ++epoch_;
  locks_.clear();
  stop_at_ = 0;
  failures_.clear();
  unreadable_.clear();
  capacity_ = INT64_MAX;
}

std::optional<Buffer> SimulatedFileSystem::content(const std::string& path) const {
  std::lock_guard lock(mutex_);
  const auto found = names_.find(path);
  if (found == names_.end() || found->second->is_directory) return std::nullopt;
  return found->second->bytes;
}

void SimulatedFileSystem::put(const std::string& path, ByteView content) {
  std::lock_guard lock(mutex_);
  for (std::string above = parent_path(path); !names_.contains(above); above = parent_path(above)) {
    auto directory = std::make_shared<Node>();
    directory->is_directory = true;
    names_[above] = durable_[above] = directory;
  }
  auto node = std::make_shared<Node>();
  node->bytes.assign(content.begin(), content.end());
  node->durable = node->bytes;
  names_[path] = durable_[path] = node;
}

std::vector<std::string> SimulatedFileSystem::paths() const {
  std::lock_guard lock(mutex_);
  std::vector<std::string> all;
  for (const auto& [path, node] : names_)
    if (!node->is_directory) all.push_back(path);
  return all;
}

IoResult<std::shared_ptr<File>> SimulatedFileSystem::open(const std::string& path, OpenMode mode) {
  std::lock_guard lock(mutex_);
  auto found = names_.find(path);
  if (found != names_.end() && found->second->is_directory)
    return std::unexpected(IoError{EISDIR, "opening " + path});
  if (found == names_.end()) {
    const bool creates = mode == OpenMode::kCreate || mode == OpenMode::kTruncate;
    if (!creates || !names_.contains(parent_path(path)))
      return std::unexpected(IoError{ENOENT, "opening " + path});
    if (auto error = step("create", path)) return std::unexpected(*error);
    found = names_.emplace(path, std::make_shared<Node>()).first;
    note_name({}, path, found->second);
  } else if (found->second->is_read_only && mode != OpenMode::kRead) {
    return std::unexpected(IoError{EACCES, "opening " + path});
  } else if (mode == OpenMode::kTruncate && !found->second->bytes.empty()) {
    if (auto error = step("truncate", path)) return std::unexpected(*error);
    found->second->bytes.clear();
  }
  return std::make_shared<SimulatedFile>(*this, found->second, path, mode != OpenMode::kRead);
}

IoResult<FileInfo> SimulatedFileSystem::info(const std::string& path) {
  std::lock_guard lock(mutex_);
  const auto found = names_.find(path);
  if (found == names_.end()) return std::unexpected(IoError{ENOENT, "looking at " + path});
  const Node& node = *found->second;
  return FileInfo{static_cast<std::int64_t>(node.bytes.size()), node.modified_ms, node.is_directory,
                  node.is_read_only};
}

IoResult<std::vector<DirectoryEntry>> SimulatedFileSystem::list(const std::string& directory) {
  std::lock_guard lock(mutex_);
  if (!names_.contains(directory)) return std::unexpected(IoError{ENOENT, "listing " + directory});
  if (!unreadable_.empty() && directory.contains(unreadable_))
    return std::unexpected(IoError{EIO, "listing " + directory});
  const std::string prefix = join_path(directory, "");
  std::vector<DirectoryEntry> entries;
  for (auto entry = names_.upper_bound(prefix); entry != names_.end() && entry->first.starts_with(prefix);
       ++entry)
    if (const std::string name = entry->first.substr(prefix.size()); !name.contains('/'))
      entries.push_back({name, entry->second->is_directory});
  return entries;
}

IoResult<void> SimulatedFileSystem::make_directory(const std::string& path) {
  std::lock_guard lock(mutex_);
  if (names_.contains(path)) return std::unexpected(IoError{EEXIST, "creating directory " + path});
  if (!names_.contains(parent_path(path)))
    return std::unexpected(IoError{ENOENT, "creating directory " + path});
  if (auto error = step("mkdir", path)) return std::unexpected(*error);
  auto node = std::make_shared<Node>();
  node->is_directory = true;
  note_name({}, path, node);
  names_[path] = std::move(node);
  return {};
}

IoResult<void> SimulatedFileSystem::make_read_only(const std::string& path) {
  std::lock_guard lock(mutex_);
  const auto found = names_.find(path);
  if (found == names_.end()) return std::unexpected(IoError{ENOENT, "making read-only " + path});
  if (auto error = step("chmod", path)) return std::unexpected(*error);
  found->second->is_read_only = true;
  return {};
}

IoResult<void> SimulatedFileSystem::rename(const std::string& from, const std::string& to) {
  std::lock_guard lock(mutex_);
  const auto found = names_.find(from);
  if (found == names_.end()) return std::unexpected(IoError{ENOENT, "renaming " + from});
  if (auto error = step("rename", concat(from, " -> ", to))) return std::unexpected(*error);
  auto move_all = [&](Names& names) {
    Names moved;
    const std::string prefix = from + "/";
    for (auto entry = names.begin(); entry != names.end();) {
      if (entry->first == from || entry->first.starts_with(prefix)) {
        moved[to + entry->first.substr(from.size())] = std::move(entry->second);
        entry = names.erase(entry);
      } else {
        ++entry;
      }
    }
    for (auto& [path, node] : moved) names[path] = std::move(node);
  };
  // The journal keeps the order of a directory's rename and what is in it: taken as durable together.
  if (found->second->is_directory) {
    move_all(durable_);
    for (NameChange& change : changes_)
      for (std::string* path : {&change.from, &change.to})
        if (*path == from || path->starts_with(from + "/")) *path = to + path->substr(from.size());
  } else {
    note_name(from, to, found->second);
  }
  move_all(names_);
  return {};
}

IoResult<void> SimulatedFileSystem::remove_file(const std::string& path) {
  std::lock_guard lock(mutex_);
  const auto found = names_.find(path);
  if (found == names_.end()) return std::unexpected(IoError{ENOENT, "removing " + path});
  if (auto error = step("remove", path)) return std::unexpected(*error);
  note_name(path, {}, nullptr);
  names_.erase(found);
  return {};
}

IoResult<void> SimulatedFileSystem::remove_directory(const std::string& path) {
  std::lock_guard lock(mutex_);
  const auto found = names_.find(path);
  if (found == names_.end()) return std::unexpected(IoError{ENOENT, "removing directory " + path});
  const auto next = std::next(found);
  if (next != names_.end() && next->first.starts_with(path + "/"))
    return std::unexpected(IoError{ENOTEMPTY, "removing directory " + path});
  if (auto error = step("rmdir", path)) return std::unexpected(*error);
  note_name(path, {}, nullptr);
  names_.erase(found);
  return {};
}

IoResult<void> SimulatedFileSystem::sync_directory(const std::string& directory) {
  std::lock_guard lock(mutex_);
  if (!names_.contains(directory)) return std::unexpected(IoError{ENOENT, "syncing " + directory});
  if (auto error = step("syncdir", directory)) return std::unexpected(*error);
  std::erase_if(durable_, [&](const auto& entry) {
    return entry.first != "/" && parent_path(entry.first) == directory && !names_.contains(entry.first);
  });
  for (const auto& [path, node] : names_)
    if (path != "/" && parent_path(path) == directory) durable_[path] = node;
  std::erase_if(changes_, [&](const NameChange& change) {
    return parent_path(change.from.empty() ? change.to : change.from) == directory;
  });
  return {};
}

IoResult<void> SimulatedFileSystem::sync_all(const std::string& path) {
  std::lock_guard lock(mutex_);
  if (auto error = step("syncfs", path)) return std::unexpected(*error);
  for (const auto& [name, node] : names_) node->durable = node->bytes;
  durable_ = names_;
  changes_.clear();
  return {};
}

IoResult<std::unique_ptr<FileLock>> SimulatedFileSystem::lock(const std::string& path) {
  std::lock_guard lock(mutex_);
  if (!names_.contains(parent_path(path))) return std::unexpected(IoError{ENOENT, "locking " + path});
  if (locks_.contains(path)) return std::unexpected(IoError{EAGAIN, "locking " + path});
  if (!names_.contains(path)) {
    if (auto error = step("create", path)) return std::unexpected(*error);
    names_[path] = std::make_shared<Node>();
  }
  locks_[path] = 1;
  return std::make_unique<SimulatedLock>(*this, path);
}

IoResult<DiskSpace> SimulatedFileSystem::disk_space(const std::string&) {
  std::lock_guard lock(mutex_);
  const std::int64_t total = capacity_ == INT64_MAX ? std::int64_t{1} << 40 : capacity_;
  return DiskSpace{total, std::max<std::int64_t>(0, total - used_bytes())};
}

IoResult<void> SimulatedFileSystem::set_modified_ms(const std::string& path, std::int64_t modified_ms) {
  std::lock_guard lock(mutex_);
  const auto found = names_.find(path);
  if (found == names_.end()) return std::unexpected(IoError{ENOENT, "setting the time of " + path});
  found->second->modified_ms = modified_ms;
  return {};
}

}  // namespace barnabas::storage
