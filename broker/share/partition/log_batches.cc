#include "broker/share/partition/log_batches.h"

#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>

#include "records/batch.h"

namespace barnabas::broker::share {
namespace {

// Many small batches are looked at with one read; beside a large one it costs little.
constexpr std::size_t kWindowBytes = 4096;

// Copies bytes out of a payload, wherever they lie. Returns how many.
std::size_t copy_out(const Payload& records, std::size_t from, std::span<std::uint8_t> to) {
  std::size_t done = 0;
  for (const Payload::Piece& piece : records.pieces()) {
    if (from >= piece.size()) {
      from -= piece.size();
      continue;
    }
    const std::size_t count = std::min(piece.size() - from, to.size() - done);
    if (piece.is_file()) {
      ssize_t got = 0;
      do {
        got = ::pread(piece.file.fd, to.data() + done, count, piece.file.position + static_cast<off_t>(from));
      } while (got < 0 && errno == EINTR);
      if (got <= 0) return done;
      done += static_cast<std::size_t>(got);
      if (static_cast<std::size_t>(got) < count) return done;
    } else {
      std::copy_n(piece.bytes.view.data() + from, count, to.data() + done);
      done += count;
    }
    if (done == to.size()) return done;
    from = 0;
  }
  return done;
}

}  // namespace

std::vector<LogBatch> log_batches(const Payload& records, std::int64_t last_offset) {
  std::vector<LogBatch> out;
  std::array<std::uint8_t, kWindowBytes> window;
  std::size_t window_from = 0, window_bytes = 0;
  for (std::size_t position = 0; position + records::kBatchHeaderBytes <= records.size();) {
    if (position < window_from || position + records::kBatchHeaderBytes > window_from + window_bytes) {
      window_from = position;
      window_bytes = copy_out(records, position, window);
      if (window_bytes < records::kBatchHeaderBytes) break;
    }
    const ByteView header(window.data() + (position - window_from), records::kBatchHeaderBytes);
    const auto peek = records::peek_batch(header);
    if (peek.outcome != records::SplitOutcome::kBatch) break;
    const records::BatchView view(header);
    if (view.base_offset() > last_offset) break;
    LogBatch& batch = out.emplace_back();
    batch.base_offset = view.base_offset();
    batch.last_offset = view.last_offset();
    batch.producer_id = view.producer_id();
    batch.is_transactional = view.is_transactional();
    batch.is_control = view.is_control();
    batch.position = position;
    batch.bytes = view.size_in_bytes();
    position += batch.bytes;
  }
  return out;
}

Payload slice(const Payload& records, std::size_t from, std::size_t count) {
  Payload out;
  for (const Payload::Piece& piece : records.pieces()) {
    if (count == 0) break;
    if (from >= piece.size()) {
      from -= piece.size();
      continue;
    }
    const std::size_t taken = std::min(piece.size() - from, count);
    if (piece.is_file()) {
      FileSlice file = piece.file;
      file.position += static_cast<std::int64_t>(from);
      file.length = static_cast<std::int64_t>(taken);
      out.append(std::move(file));
    } else {
      out.append(piece.bytes.slice(from, taken));
    }
    count -= taken;
    from = 0;
  }
  return out;
}

}  // namespace barnabas::broker::share
