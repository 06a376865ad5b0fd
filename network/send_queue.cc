#include "network/send_queue.h"

#include <sys/uio.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <limits>

#include "common/assert.h"
#include "common/text.h"

namespace barnabas::network {
namespace {

constexpr std::size_t kPiecesPerCall = 64;
// What is probed and sent in one go; a page cache that lost a file rarely keeps islands of it.
constexpr std::size_t kProbeBytes = 1024 * 1024;

bool page_in_cache(int file, std::int64_t position) {
  std::uint8_t byte;
  const iovec into{&byte, 1};
  return ::preadv2(file, &into, 1, position, RWF_NOWAIT) >= 0 || errno != EAGAIN;
}

}  // namespace

bool in_page_cache(int file, std::int64_t position, std::size_t bytes) {
  constexpr std::int64_t kPageBytes = 4096;
  const std::int64_t last = position + static_cast<std::int64_t>(bytes) - 1;
  if (!page_in_cache(file, position)) return false;
  return last / kPageBytes == position / kPageBytes || page_in_cache(file, last);
}

void SendQueue::push(Payload frame) {
  ASSERT(frame.size() <= std::numeric_limits<std::int32_t>::max());
  // Never empty for long does not mean never tidied.
  if (head_ >= 64 && head_ >= frames_.size() / 2) {
    frames_.erase(frames_.begin(), frames_.begin() + static_cast<std::ptrdiff_t>(head_));
    head_ = 0;
  }
  Frame& added = frames_.emplace_back();
  store_be(added.length.data(), static_cast<std::int32_t>(frame.size()));
  added.payload = std::move(frame);
  pending_bytes_ += added.length.size() + added.payload.size();
}

const Payload::Piece* SendQueue::file_piece() const {
  if (at_.piece < 0) return nullptr;
  const auto& piece = frames_[head_].payload.pieces()[static_cast<std::size_t>(at_.piece)];
  return piece.is_file() ? &piece : nullptr;
}

std::size_t SendQueue::gather(bool& more) {
  gathered_.clear();
  more = false;
  std::size_t total = 0;
  Position at = at_;
  for (std::size_t index = head_; index < frames_.size(); ++index, at = {}) {
    Frame& frame = frames_[index];
    const auto pieces = frame.payload.pieces();
    for (; at.piece < static_cast<std::ptrdiff_t>(pieces.size()); ++at.piece, at.offset = 0) {
      if (gathered_.size() == kPiecesPerCall || total >= kTurnBytes) {
        more = true;
        return total;
      }
      ByteView bytes = frame.length;
      if (at.piece >= 0) {
        const auto& piece = pieces[static_cast<std::size_t>(at.piece)];
        if (piece.is_file()) {
          more = true;
          return total;
        }
        bytes = piece.bytes.view;
      }
      bytes = bytes.subspan(at.offset);
      gathered_.push_back({const_cast<std::uint8_t*>(bytes.data()), bytes.size()});
      total += bytes.size();
    }
  }
  return total;
}

void SendQueue::advance(std::size_t bytes) {
  bytes_sent_ += bytes;
  pending_bytes_ -= bytes;
  while (head_ < frames_.size()) {
    Frame& frame = frames_[head_];
    const auto pieces = frame.payload.pieces();
    for (; at_.piece < static_cast<std::ptrdiff_t>(pieces.size()); ++at_.piece, at_.offset = 0) {
      const std::size_t size =
          at_.piece < 0 ? frame.length.size() : pieces[static_cast<std::size_t>(at_.piece)].size();
      const std::size_t step = std::min(bytes, size - at_.offset);
      at_.offset += step;
      bytes -= step;
      if (at_.offset < size) return;
      warm_until_ = -1;
    }
    frame.payload = Payload();  // lets go of files and frames at once
    ++head_;
    ++frames_sent_;
    at_ = {};
    if (bytes == 0) break;
  }
  if (head_ == frames_.size()) {
    frames_.clear();
    head_ = 0;
    if (frames_.capacity() > 64) frames_.shrink_to_fit();
  }
}

SendQueue::Progress SendQueue::outcome(const IoResult& result) {
  switch (result.status) {
    case IoResult::Status::kWantRead:
      return Progress::kWantRead;
    case IoResult::Status::kWantWrite:
      return Progress::kWantWrite;
    case IoResult::Status::kEnd:
      error_ = "a file ended within the slice that was to be sent";
      return Progress::kFailed;
    case IoResult::Status::kFailed:
      peer_gone_ = result.error == EPIPE || result.error == ECONNRESET;
      error_ = concat("sending failed: ", std::string_view(std::strerror(result.error)));
      return Progress::kFailed;
    case IoResult::Status::kOk:
      break;
  }
  return Progress::kDrained;
}

SendQueue::Progress SendQueue::flush(Transport& transport) {
  const std::uint64_t stop_at = bytes_sent_ + kTurnBytes;
  while (!empty()) {
    if (bytes_sent_ >= stop_at) return Progress::kWantWrite;
    IoResult result;
    std::size_t offered = 0;
    if (const auto* piece = file_piece()) {
      const std::int64_t position = piece->file.position + static_cast<std::int64_t>(at_.offset);
      offered = std::min(piece->size() - at_.offset, kProbeBytes);
      if (position >= warm_until_) {
        warm_until_ = position + static_cast<std::int64_t>(offered);
        if (!in_page_cache(piece->file.fd, position, offered)) return Progress::kColdFile;
      }
      offered = std::min(offered, static_cast<std::size_t>(warm_until_ - position));
      result = transport.send_file(piece->file.fd, position, offered);
    } else {
      bool more = false;
      offered = gather(more);
      result = transport.send(gathered_, more);
    }
    if (result.status != IoResult::Status::kOk) return outcome(result);
    const bool memory_short = !file_piece() && result.bytes < offered;
    advance(result.bytes);
    if (memory_short) return Progress::kWantWrite;  // the socket is full
  }
  return Progress::kDrained;
}

FileSlice SendQueue::cold_slice() const {
  const auto* piece = file_piece();
  ASSERT(piece != nullptr);
  FileSlice slice = piece->file;
  slice.position += static_cast<std::int64_t>(at_.offset);
  slice.length = static_cast<std::int64_t>(std::min(piece->size() - at_.offset, kProbeBytes));
  return slice;
}

}  // namespace barnabas::network
