// The bytes below a connection's frames: a plain socket today, TLS beside it.
#pragma once

#include <sys/uio.h>

#include <cstddef>
#include <cstdint>
#include <span>

namespace barnabas::network {

struct IoResult {
  // kWantRead, kWantWrite: nothing moved, try again when the socket is ready for that. Plain sockets want
  // what they are asked to do; TLS may want the other.
  enum class Status : std::uint8_t { kOk, kWantRead, kWantWrite, kEnd, kFailed };
  Status status = Status::kOk;
  std::size_t bytes = 0;  // with kOk, at least 1
  int error = 0;          // errno with kFailed
};

// Owned by its connection and used on its thread. Never blocks on the network; send_file may wait for the
// disk.
class Transport {
 public:
  virtual ~Transport() = default;
  virtual IoResult receive(std::span<const iovec> into) = 0;
  // `more`: further bytes follow at once, so a small packet may be held back.
  virtual IoResult send(std::span<const iovec> from, bool more) = 0;
  // kEnd: the file has no byte at `position`.
  virtual IoResult send_file(int file, std::int64_t position, std::size_t bytes) = 0;
};

// System calls on a non-blocking socket that somebody else closes.
class PlainTransport final : public Transport {
 public:
  explicit PlainTransport(int socket);
  IoResult receive(std::span<const iovec> into) override;
  IoResult send(std::span<const iovec> from, bool more) override;
  IoResult send_file(int file, std::int64_t position, std::size_t bytes) override;

 private:
  IoResult copy_file(int file, std::int64_t position, std::size_t bytes);

  const int socket_;
  std::size_t file_chunk_bytes_;
  bool sendfile_works_ = true;
};

}  // namespace barnabas::network
