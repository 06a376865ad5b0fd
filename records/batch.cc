#include "records/batch.h"

#include <algorithm>

#include "common/assert.h"
#include "common/crc32c.h"

namespace barnabas::records {

BatchView::BatchView(ByteView bytes) : held_(bytes) {
  ASSERT(bytes.size() >= kBatchHeaderBytes);
  ASSERT(length() >= kMinBatchLength);
  held_ = bytes.first(std::min(bytes.size(), size_in_bytes()));
  if (!is_whole()) held_ = bytes.first(kBatchHeaderBytes);
}

std::int32_t BatchView::last_sequence() const {
  if (base_sequence() < 0) return kNoSequence;
  const auto last =
      static_cast<std::uint32_t>(base_sequence()) + static_cast<std::uint32_t>(last_offset_delta());
  return static_cast<std::int32_t>(last & 0x7fffffff);
}

std::uint32_t BatchView::computed_crc() const {
  ASSERT(is_whole());
  return crc32c(held_.subspan(position::kAttributes));
}

BatchPeek peek_batch(ByteView run, std::int32_t max_length) {
  if (run.empty()) return {SplitOutcome::kEnd};
  // The length is read before the magic: Kafka too refuses a senseless length first.
  if (run.size() < kLogOverheadBytes) return {SplitOutcome::kTruncated};
  const auto length = load_be<std::int32_t>(run.data() + position::kLength);
  if (length < kMinLegacyLength || length > max_length) return {SplitOutcome::kBadLength};
  const std::size_t size = kLogOverheadBytes + static_cast<std::size_t>(length);
  if (run.size() <= kMagicPosition) return {SplitOutcome::kTruncated};
  const auto magic = load_be<std::int8_t>(run.data() + kMagicPosition);
  if (magic < 0 || magic > kCurrentMagic) return {SplitOutcome::kUnknownMagic};
  if (magic < kCurrentMagic) return {SplitOutcome::kLegacy, size};
  if (length < kMinBatchLength) return {SplitOutcome::kBadLength};
  if (run.size() < kBatchHeaderBytes) return {SplitOutcome::kTruncated, size};
  return {SplitOutcome::kBatch, size};
}

SplitOutcome BatchSplitter::next(BatchView& batch) {
  const ByteView rest = run_.subspan(position_);
  const BatchPeek peek = peek_batch(rest, max_length_);
  if (rest.size() > kMagicPosition) magic_ = load_be<std::int8_t>(rest.data() + kMagicPosition);
  if (peek.outcome != SplitOutcome::kBatch && peek.outcome != SplitOutcome::kLegacy) return peek.outcome;
  if (peek.size > rest.size()) return SplitOutcome::kTruncated;
  if (peek.outcome == SplitOutcome::kBatch) batch = BatchView(rest.first(peek.size));
  position_ += peek.size;
  return peek.outcome;
}

void set_base_offset(std::span<std::uint8_t> batch, std::int64_t offset) {
  ASSERT(batch.size() >= kBatchHeaderBytes);
  store_be(batch.data() + position::kBaseOffset, offset);
}

void set_leader_epoch(std::span<std::uint8_t> batch, std::int32_t epoch) {
  ASSERT(batch.size() >= kBatchHeaderBytes);
  store_be(batch.data() + position::kLeaderEpoch, epoch);
}

void set_max_timestamp(std::span<std::uint8_t> batch, TimestampType type, std::int64_t timestamp_ms) {
  ASSERT(batch.size() >= kBatchHeaderBytes);
  std::uint8_t& low = batch[position::kAttributes + 1];
  low = static_cast<std::uint8_t>(type == TimestampType::kLogAppendTime ? low | 0x08 : low & ~0x08);
  store_be(batch.data() + position::kMaxTimestamp, timestamp_ms);
  seal_batch(batch);
}

void seal_batch(std::span<std::uint8_t> batch) {
  ASSERT(batch.size() >= kBatchHeaderBytes);
  const auto length = load_be<std::int32_t>(batch.data() + position::kLength);
  ASSERT(length >= kMinBatchLength && kLogOverheadBytes + static_cast<std::size_t>(length) == batch.size());
  store_be(batch.data() + position::kCrc, crc32c(ByteView(batch).subspan(position::kAttributes)));
}

}  // namespace barnabas::records
