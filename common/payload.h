// A run of bytes that is written to a socket in order: pieces of memory and slices of files. What the
// storage layer reads, the codec splices into a response and the network sends without copying.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "common/bytes.h"

namespace barnabas {

// `length` bytes of an open file from `position`. `owner` keeps the descriptor open; readers use
// sendfile or pread and never move the file position.
struct FileSlice {
  std::shared_ptr<const void> owner;
  int fd = -1;
  std::int64_t position = 0;
  std::int64_t length = 0;
};

class Payload {
 public:
  struct Piece {
    SharedBytes bytes;  // used when file.fd < 0
    FileSlice file;
    bool is_file() const { return file.fd >= 0; }
    std::size_t size() const { return is_file() ? static_cast<std::size_t>(file.length) : bytes.size(); }
  };

  Payload() = default;
  explicit Payload(SharedBytes bytes) { append(std::move(bytes)); }

  // A payload that borrows `bytes`: valid while they are.
  static Payload borrow(ByteView bytes) { return Payload(SharedBytes::borrow(bytes)); }
  static Payload own(Buffer&& bytes) { return Payload(SharedBytes::own(std::move(bytes))); }

  void append(SharedBytes bytes);
  void append(FileSlice slice);
  void append(Payload&& other);

  std::size_t size() const { return size_; }
  bool empty() const { return size_ == 0; }
  std::span<const Piece> pieces() const { return pieces_; }

  // The bytes as one view when they are one piece of memory or none at all; asserts otherwise. Decoded
  // requests always are.
  ByteView contiguous() const;
  // Copies everything out, reading file slices with pread. Throws std::system_error when a read fails or
  // the file ends early. For tests, tools and the HTTP endpoint; never on the path of a fetch.
  Buffer to_buffer() const;

 private:
  std::vector<Piece> pieces_;
  std::size_t size_ = 0;
};

bool operator==(const Payload& left, const Payload& right);  // by content; reads files

}  // namespace barnabas
