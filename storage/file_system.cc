#include "storage/file_system.h"

#include <cerrno>
#include <system_error>

#include "common/text.h"

namespace barnabas::storage {

bool IoError::is_not_found() const {
  return code == ENOENT;
}
bool IoError::is_no_space() const {
  return code == ENOSPC || code == EDQUOT;
}
std::string IoError::to_string() const {
  return concat(what, ": ", std::generic_category().message(code));
}

IoResult<Buffer> read_file(FileSystem& files, const std::string& path) {
  auto file = files.open(path, OpenMode::kRead);
  if (!file) return std::unexpected(file.error());
  const auto size = (*file)->size();
  if (!size) return std::unexpected(size.error());
  Buffer content(static_cast<std::size_t>(*size));
  const auto got = (*file)->read_at(0, content);
  if (!got) return std::unexpected(got.error());
  content.resize(*got);
  return content;
}

namespace {

enum class Care : std::uint8_t { kWhole, kDurable, kFinal };

IoResult<void> write_and_rename(FileSystem& files, const std::string& path, ByteView content, Care care) {
  const std::string temporary = path + ".tmp";
  if (care == Care::kFinal)  // what a crash left there may not be written over
    if (auto done = files.remove_file(temporary); !done && !done.error().is_not_found()) return done;
  {
    auto file = files.open(temporary, OpenMode::kTruncate);
    if (!file) return std::unexpected(file.error());
    if (auto done = (*file)->write_at(0, content); !done) return done;
    if (care == Care::kFinal)
      if (auto done = files.make_read_only(temporary); !done) return done;
    if (care != Care::kWhole)
      if (auto done = (*file)->sync(); !done) return done;
  }
  return files.rename(temporary, path);
}

}  // namespace

IoResult<void> replace_file(FileSystem& files, const std::string& path, ByteView content) {
  if (auto done = write_and_rename(files, path, content, Care::kDurable); !done) return done;
  return files.sync_directory(parent_path(path));
}

IoResult<void> write_final_file(FileSystem& files, const std::string& path, ByteView content) {
  if (auto done = write_and_rename(files, path, content, Care::kFinal); !done) return done;
  return files.sync_directory(parent_path(path));
}

IoResult<void> exchange_file(FileSystem& files, const std::string& path, ByteView content) {
  return write_and_rename(files, path, content, Care::kWhole);
}

IoResult<void> make_directories(FileSystem& files, const std::string& path) {
  auto made = files.make_directory(path);
  if (made) return files.sync_directory(parent_path(path));
  if (made.error().code == EEXIST) return {};
  if (!made.error().is_not_found()) return made;
  const std::string parent = parent_path(path);
  if (parent.empty() || parent == path) return made;
  if (auto above = make_directories(files, parent); !above) return above;
  made = files.make_directory(path);
  if (made) return files.sync_directory(parent);
  if (made.error().code == EEXIST) return {};
  return made;
}

IoResult<void> remove_tree(FileSystem& files, const std::string& directory) {
  auto entries = files.list(directory);
  if (!entries) {
    if (entries.error().is_not_found()) return {};
    return std::unexpected(entries.error());
  }
  for (const DirectoryEntry& entry : *entries) {
    const std::string path = join_path(directory, entry.name);
    auto removed = entry.is_directory ? remove_tree(files, path) : files.remove_file(path);
    if (!removed && !removed.error().is_not_found()) return removed;
  }
  auto removed = files.remove_directory(directory);
  if (!removed && removed.error().is_not_found()) return {};
  return removed;
}

bool exists(FileSystem& files, const std::string& path) {
  return files.info(path).has_value();
}

std::string join_path(std::string_view directory, std::string_view name) {
  std::string path;
  path.reserve(directory.size() + 1 + name.size());
  path += directory;
  if (!path.empty() && path.back() != '/') path += '/';
  path += name;
  return path;
}

std::string parent_path(std::string_view path) {
  while (path.size() > 1 && path.back() == '/') path.remove_suffix(1);
  const auto slash = path.rfind('/');
  if (slash == std::string_view::npos) return ".";
  return std::string(path.substr(0, slash == 0 ? 1 : slash));
}

}  // namespace barnabas::storage
