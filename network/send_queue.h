// Responses on their way out of one connection.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "common/payload.h"
#include "network/transport.h"

namespace barnabas::network {

// Frames in the order they are pushed. Pieces of memory that follow each other leave in one system call,
// file slices without passing through user space. One thread.
class SendQueue {
 public:
  // The four bytes of length are added here.
  void push(Payload frame);
  bool empty() const { return head_ == frames_.size(); }
  std::size_t pending_bytes() const { return pending_bytes_; }

  enum class Progress : std::uint8_t {
    kDrained,
    kWantRead,   // go on when the socket is readable
    kWantWrite,  // go on when it is writable
    kColdFile,   // the next bytes are not in the page cache: see cold_slice()
    kFailed      // see error()
  };
  // Sends what the socket takes, at most about kTurnBytes so that one connection does not hold its thread.
  Progress flush(Transport& transport);

  // What to read, on a thread that may block, before flush() is called again; it will not ask twice.
  FileSlice cold_slice() const;
  const std::string& error() const { return error_; }
  // The failure is that nobody listens any more: an everyday end, not one worth a line in the log.
  bool peer_gone() const { return peer_gone_; }
  // How much was sent by all flushes, and how many frames are gone entirely.
  std::uint64_t bytes_sent() const { return bytes_sent_; }
  std::uint64_t frames_sent() const { return frames_sent_; }

  static constexpr std::size_t kTurnBytes = 4 * 1024 * 1024;

 private:
  struct Frame {
    std::array<std::uint8_t, 4> length{};
    Payload payload;
  };
  // Where the next byte is: in the length (piece -1) or in a piece.
  struct Position {
    std::ptrdiff_t piece = -1;
    std::size_t offset = 0;
  };
  std::size_t gather(bool& more);
  void advance(std::size_t bytes);
  Progress outcome(const IoResult& result);
  const Payload::Piece* file_piece() const;

  std::vector<Frame> frames_;
  std::size_t head_ = 0;
  Position at_;
  std::size_t pending_bytes_ = 0;
  std::uint64_t bytes_sent_ = 0;
  std::uint64_t frames_sent_ = 0;
  std::int64_t warm_until_ = -1;  // in the file of the front piece
  std::vector<iovec> gathered_;
  std::string error_;
  bool peer_gone_ = false;
};

// Is this range of the file in the page cache, as far as its first and last page tell? True when the file
// system cannot say.
bool in_page_cache(int file, std::int64_t position, std::size_t bytes);

}  // namespace barnabas::network
