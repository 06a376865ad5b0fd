#include "common/payload.h"

#include <unistd.h>

#include <cerrno>
#include <system_error>
#include <utility>

#include "common/assert.h"

namespace barnabas {

void Payload::append(SharedBytes bytes) {
  if (bytes.view.empty()) return;
  size_ += bytes.size();
  pieces_.push_back({std::move(bytes), {}});
}

void Payload::append(FileSlice slice) {
  ASSERT(slice.fd >= 0 && slice.length >= 0);
  if (slice.length == 0) return;
  size_ += static_cast<std::size_t>(slice.length);
  pieces_.push_back({{}, std::move(slice)});
}

void Payload::append(Payload&& other) {
  size_ += std::exchange(other.size_, 0);
  for (Piece& piece : other.pieces_) pieces_.push_back(std::move(piece));
  other.pieces_.clear();
}

ByteView Payload::contiguous() const {
  if (pieces_.empty()) return {};
  ASSERT(pieces_.size() == 1 && !pieces_.front().is_file());
  return pieces_.front().bytes.view;
}

Buffer Payload::to_buffer() const {
  Buffer all(size_);
  std::size_t filled = 0;
  for (const Piece& piece : pieces_) {
    if (!piece.is_file()) {
      std::memcpy(all.data() + filled, piece.bytes.view.data(), piece.bytes.size());
      filled += piece.bytes.size();
      continue;
    }
    for (std::int64_t done = 0; done < piece.file.length;) {
      const auto got =
          ::pread(piece.file.fd, all.data() + filled, static_cast<std::size_t>(piece.file.length - done),
                  piece.file.position + done);
      if (got < 0 && errno == EINTR) continue;
      if (got <= 0)
        throw std::system_error(got < 0 ? errno : EIO, std::generic_category(), "reading a file slice");
      done += got;
      filled += static_cast<std::size_t>(got);
    }
  }
  return all;
}

bool operator==(const Payload& left, const Payload& right) {
  return left.size() == right.size() && left.to_buffer() == right.to_buffer();
}

}  // namespace barnabas
