#include "storage/batch_scanner.h"

#include <algorithm>

namespace barnabas::storage {

BatchScanner::BatchScanner(File& file, std::int64_t position, std::int64_t end, Depth depth,
                           std::size_t window_bytes)
    : file_(file),
      position_(position),
      next_position_(position),
      end_(end),
      depth_(depth),
      window_bytes_(std::max(window_bytes, records::kBatchHeaderBytes)) {}

// At least `wanted` bytes at `position`, or as many as the range has.
IoResult<ByteView> BatchScanner::view(std::int64_t position, std::size_t wanted) {
  const auto available = static_cast<std::size_t>(std::max<std::int64_t>(0, end_ - position));
  wanted = std::min(wanted, available);
  const bool inside =
      filled_ > 0 && position >= window_position_ &&
      position + static_cast<std::int64_t>(wanted) <= window_position_ + static_cast<std::int64_t>(filled_);
  if (!inside) {
    const std::size_t size = std::min(std::max(wanted, window_bytes_), available);
    if (size > capacity_) {
      window_ = std::make_unique_for_overwrite<std::uint8_t[]>(size);
      capacity_ = size;
    }
    const auto got = file_.read_at(position, {window_.get(), size});
    if (!got) return std::unexpected(got.error());
    window_position_ = position;
    filled_ = *got;
  }
  const auto begin = static_cast<std::size_t>(position - window_position_);
  return ByteView(window_.get() + begin, filled_ - begin);
}

IoResult<ScanOutcome> BatchScanner::next() {
  position_ = next_position_;
  if (position_ >= end_) return ScanOutcome::kEnd;
  auto bytes = view(position_, records::kBatchHeaderBytes);
  if (!bytes) return std::unexpected(bytes.error());
  const auto peek = records::peek_batch(*bytes);
  switch (peek.outcome) {
    case records::SplitOutcome::kBatch:
      break;
    case records::SplitOutcome::kLegacy:
      return ScanOutcome::kLegacy;
    case records::SplitOutcome::kEnd:
    case records::SplitOutcome::kTruncated:
    case records::SplitOutcome::kBadLength:
    case records::SplitOutcome::kUnknownMagic:
      return ScanOutcome::kInvalid;
  }
  const auto size = static_cast<std::int64_t>(peek.size);
  if (size > end_ - position_) return ScanOutcome::kInvalid;
  if (depth_ == Depth::kWhole) {
    bytes = view(position_, peek.size);
    if (!bytes) return std::unexpected(bytes.error());
    if (bytes->size() < peek.size) return ScanOutcome::kInvalid;
    batch_ = records::BatchView(bytes->first(peek.size));
  } else {
    if (bytes->size() < records::kBatchHeaderBytes) return ScanOutcome::kInvalid;
    batch_ = records::BatchView(bytes->first(records::kBatchHeaderBytes));
  }
  next_position_ = position_ + size;
  return ScanOutcome::kBatch;
}

}  // namespace barnabas::storage
