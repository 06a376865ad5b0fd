#include "storage/posix_file_system.h"

#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/uio.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <climits>
#include <cstring>

#include "common/text.h"

namespace barnabas::storage {
namespace {

std::unexpected<IoError> failed(std::string_view what, const std::string& path, int code = errno) {
  return std::unexpected(IoError{code, concat(what, " ", path)});
}

class PosixFile final : public File {
 public:
  PosixFile(int fd, std::string path) : fd_(fd), path_(std::move(path)) {}
  ~PosixFile() override { ::close(fd_); }

  int descriptor() const override { return fd_; }

  IoResult<std::size_t> read_at(std::int64_t position, std::span<std::uint8_t> into) override {
    std::size_t filled = 0;
    while (filled < into.size()) {
      const auto got = ::pread(fd_, into.data() + filled, into.size() - filled,
                               position + static_cast<std::int64_t>(filled));
      if (got < 0 && errno == EINTR) continue;
      if (got < 0) return failed("reading", path_);
      if (got == 0) break;
      filled += static_cast<std::size_t>(got);
    }
    return filled;
  }

  IoResult<void> write_at(std::int64_t position, std::span<const ByteView> pieces) override {
    std::array<iovec, 64> vectors;
    while (!pieces.empty()) {
      const std::size_t count = std::min(pieces.size(), vectors.size());
      for (std::size_t i = 0; i < count; ++i)
        vectors[i] = {const_cast<std::uint8_t*>(pieces[i].data()), pieces[i].size()};
      if (auto written = write_vectors(position, std::span(vectors).first(count)); !written)
        return std::unexpected(written.error());
      else
        position += *written;
      pieces = pieces.subspan(count);
    }
    return {};
  }

  IoResult<void> truncate(std::int64_t size) override {
    while (::ftruncate(fd_, size) != 0)
      if (errno != EINTR) return failed("truncating", path_);
    return {};
  }
  IoResult<void> sync() override {
    if (::fsync(fd_) != 0) return failed("syncing", path_);
    return {};
  }
  IoResult<void> sync_data() override {
    if (::fdatasync(fd_) != 0) return failed("syncing", path_);
    return {};
  }
  IoResult<std::int64_t> size() override {
    struct stat state;
    if (::fstat(fd_, &state) != 0) return failed("looking at", path_);
    return state.st_size;
  }

 private:
  // Returns the bytes of all vectors, which it consumes.
  IoResult<std::int64_t> write_vectors(std::int64_t position, std::span<iovec> vectors) {
    std::int64_t total = 0;
    while (!vectors.empty()) {
      const auto put = ::pwritev(fd_, vectors.data(), static_cast<int>(vectors.size()), position + total);
      if (put < 0 && errno == EINTR) continue;
      if (put < 0) return failed("writing", path_);
      total += put;
      auto left = static_cast<std::size_t>(put);
      while (!vectors.empty() && left >= vectors.front().iov_len) {
        left -= vectors.front().iov_len;
        vectors = vectors.subspan(1);
      }
      if (left > 0) {
        vectors.front().iov_base = static_cast<std::uint8_t*>(vectors.front().iov_base) + left;
        vectors.front().iov_len -= left;
      }
    }
    return total;
  }

  const int fd_;
  const std::string path_;
};

// A POSIX record lock on the whole file, the kind Java's FileChannel takes. Released by closing: no other
// descriptor of this process may be opened and closed on the file meanwhile, and none is.
class PosixLock final : public FileLock {
 public:
  explicit PosixLock(int fd) : fd_(fd) {}
  ~PosixLock() override { ::close(fd_); }

 private:
  const int fd_;
};

class PosixFileSystem final : public FileSystem {
 public:
  IoResult<std::shared_ptr<File>> open(const std::string& path, OpenMode mode) override {
    int flags = O_CLOEXEC;
    if (mode == OpenMode::kRead)
      flags |= O_RDONLY;
    else
      flags |= O_RDWR;
    if (mode == OpenMode::kCreate || mode == OpenMode::kTruncate) flags |= O_CREAT;
    if (mode == OpenMode::kTruncate) flags |= O_TRUNC;
    int fd;
    do fd = ::open(path.c_str(), flags, 0666);
    while (fd < 0 && errno == EINTR);
    if (fd < 0) return failed("opening", path);
    return std::make_shared<PosixFile>(fd, path);
  }

  IoResult<FileInfo> info(const std::string& path) override {
    struct stat state;
    if (::stat(path.c_str(), &state) != 0) return failed("looking at", path);
    return FileInfo{.size = state.st_size,
                    .modified_ms = state.st_mtim.tv_sec * 1000LL + state.st_mtim.tv_nsec / 1'000'000,
                    .is_directory = S_ISDIR(state.st_mode),
                    .is_read_only = (state.st_mode & 0222) == 0};
  }

  IoResult<std::vector<DirectoryEntry>> list(const std::string& directory) override {
    DIR* handle = ::opendir(directory.c_str());
    if (handle == nullptr) return failed("listing", directory);
    std::vector<DirectoryEntry> entries;
    errno = 0;
    while (const dirent* entry = ::readdir(handle)) {
      const std::string_view name = entry->d_name;
      if (name == "." || name == "..") continue;
      bool is_directory = entry->d_type == DT_DIR;
      if (entry->d_type == DT_UNKNOWN || entry->d_type == DT_LNK) {
        const auto state = info(join_path(directory, name));
        is_directory = state && state->is_directory;
      }
      entries.push_back({std::string(name), is_directory});
      errno = 0;
    }
    const int code = errno;
    ::closedir(handle);
    if (code != 0) return failed("listing", directory, code);
    return entries;
  }

  IoResult<void> make_directory(const std::string& path) override {
    if (::mkdir(path.c_str(), 0777) != 0) return failed("creating directory", path);
    return {};
  }
  IoResult<void> rename(const std::string& from, const std::string& to) override {
    if (::rename(from.c_str(), to.c_str()) != 0) return failed(concat("renaming ", from, " to"), to);
    return {};
  }
  IoResult<void> remove_file(const std::string& path) override {
    if (::unlink(path.c_str()) != 0) return failed("removing", path);
    return {};
  }
  IoResult<void> remove_directory(const std::string& path) override {
    if (::rmdir(path.c_str()) != 0) return failed("removing directory", path);
    return {};
  }
  IoResult<void> sync_directory(const std::string& directory) override {
    return with_directory(directory, [](int fd) { return ::fsync(fd); });
  }
  IoResult<void> sync_all(const std::string& path) override {
    return with_directory(path, [](int fd) { return ::syncfs(fd); });
  }

  IoResult<std::unique_ptr<FileLock>> lock(const std::string& path) override {
    const int fd = ::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0666);
    if (fd < 0) return failed("opening", path);
    struct flock whole{};
    whole.l_type = F_WRLCK;
    whole.l_whence = SEEK_SET;
    if (::fcntl(fd, F_SETLK, &whole) != 0) {
      const int code = errno == EACCES ? EAGAIN : errno;
      ::close(fd);
      return failed("locking", path, code);
    }
    return std::make_unique<PosixLock>(fd);
  }

  IoResult<DiskSpace> disk_space(const std::string& path) override {
    struct statvfs state;
    if (::statvfs(path.c_str(), &state) != 0) return failed("asking for the space of", path);
    const auto block = static_cast<std::int64_t>(state.f_frsize);
    return DiskSpace{static_cast<std::int64_t>(state.f_blocks) * block,
                     static_cast<std::int64_t>(state.f_bavail) * block};
  }

  IoResult<void> make_read_only(const std::string& path) override {
    if (::chmod(path.c_str(), S_IRUSR) != 0) return failed("making read-only", path);
    return {};
  }
  IoResult<void> set_modified_ms(const std::string& path, std::int64_t modified_ms) override {
    timespec times[2];
    times[0] = {.tv_sec = 0, .tv_nsec = UTIME_OMIT};
    times[1] = {.tv_sec = modified_ms / 1000, .tv_nsec = modified_ms % 1000 * 1'000'000};
    if (::utimensat(AT_FDCWD, path.c_str(), times, 0) != 0) return failed("setting the time of", path);
    return {};
  }

 private:
  template <class Act>
  IoResult<void> with_directory(const std::string& directory, Act act) {
    const int fd = ::open(directory.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0) return failed("opening", directory);
    const int outcome = act(fd);
    const int code = errno;
    ::close(fd);
    if (outcome != 0) return failed("syncing", directory, code);
    return {};
  }
};

}  // namespace

std::unique_ptr<FileSystem> posix_file_system() {
  return std::make_unique<PosixFileSystem>();
}

}  // namespace barnabas::storage
