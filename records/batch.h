// Record batches of magic 2: a view of one, and the walk over a run of them.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include "common/bytes.h"
#include "records/types.h"

namespace barnabas::records {

inline constexpr std::size_t kBatchHeaderBytes = 61;
// Base offset and length: what stands before the bytes that `length` counts, in every magic.
inline constexpr std::size_t kLogOverheadBytes = 12;
inline constexpr std::size_t kMagicPosition = 16;
// The smallest size a batch or an old message set entry may have after kLogOverheadBytes.
inline constexpr std::int32_t kMinBatchLength =
    static_cast<std::int32_t>(kBatchHeaderBytes - kLogOverheadBytes);
inline constexpr std::int32_t kMinLegacyLength = 14;
inline constexpr std::int8_t kCurrentMagic = 2;

namespace position {
inline constexpr std::size_t kBaseOffset = 0, kLength = 8, kLeaderEpoch = 12, kMagic = 16, kCrc = 17,
                             kAttributes = 21, kLastOffsetDelta = 23, kBaseTimestamp = 27, kMaxTimestamp = 35,
                             kProducerId = 43, kProducerEpoch = 51, kBaseSequence = 53, kCount = 57;
}

// One batch, looked at in place. A value of two words that owns nothing: valid while the bytes are. Any
// thread. Fields are read as they stand and may be nonsense until the CRC and the validation say otherwise;
// only magic, and a length of at least kMinBatchLength, are known to hold for a view that split gave.
//
// A view may hold the header alone (recovery and look-ups read 61 bytes at a time): then is_whole() is
// false and neither records() nor crc_is_valid() may be called.
class BatchView {
 public:
  BatchView() = default;
  // `bytes` begin with the batch, hold its header at least, and may go on beyond its end.
  explicit BatchView(ByteView bytes);

  std::int64_t base_offset() const { return load<std::int64_t>(position::kBaseOffset); }
  // Bytes after the length field.
  std::int32_t length() const { return load<std::int32_t>(position::kLength); }
  std::int32_t leader_epoch() const { return load<std::int32_t>(position::kLeaderEpoch); }
  std::int8_t magic() const { return load<std::int8_t>(position::kMagic); }
  std::uint32_t crc() const { return load<std::uint32_t>(position::kCrc); }
  std::int16_t attributes() const { return load<std::int16_t>(position::kAttributes); }
  std::int32_t last_offset_delta() const { return load<std::int32_t>(position::kLastOffsetDelta); }
  std::int64_t last_offset() const { return wrapping_add(base_offset(), last_offset_delta()); }
  std::int64_t next_offset() const { return wrapping_add(last_offset(), 1); }
  // Holds the delete horizon when has_delete_horizon(); the records' deltas are relative to it either way.
  std::int64_t base_timestamp() const { return load<std::int64_t>(position::kBaseTimestamp); }
  std::int64_t max_timestamp() const { return load<std::int64_t>(position::kMaxTimestamp); }
  std::int64_t producer_id() const { return load<std::int64_t>(position::kProducerId); }
  std::int16_t producer_epoch() const { return load<std::int16_t>(position::kProducerEpoch); }
  std::int32_t base_sequence() const { return load<std::int32_t>(position::kBaseSequence); }
  // The sequence of the last record: wraps from 2^31 - 1 to 0 as producers do.
  std::int32_t last_sequence() const;
  std::int32_t count() const { return load<std::int32_t>(position::kCount); }

  // Codec numbers 5 to 7 exist in no Kafka: codec_is_known() says so, and codec() may not be asked then.
  bool codec_is_known() const { return (attributes() & 7) <= 4; }
  Codec codec() const { return static_cast<Codec>(attributes() & 7); }
  bool is_compressed() const { return (attributes() & 7) != 0; }
  TimestampType timestamp_type() const { return static_cast<TimestampType>(attributes() >> 3 & 1); }
  bool is_transactional() const { return attributes() & 0x10; }
  bool is_control() const { return attributes() & 0x20; }
  bool has_delete_horizon() const { return attributes() & 0x40; }
  bool has_producer_id() const { return producer_id() > kNoProducerId; }

  std::size_t size_in_bytes() const { return kLogOverheadBytes + static_cast<std::size_t>(length()); }
  bool is_whole() const { return held_.size() == size_in_bytes(); }
  // The batch, header and records, or the header alone.
  ByteView bytes() const { return held_; }
  // What follows the header: records, compressed when is_compressed().
  ByteView records() const { return held_.subspan(kBatchHeaderBytes); }
  std::uint32_t computed_crc() const;
  bool crc_is_valid() const { return crc() == computed_crc(); }

 private:
  template <class T>
  T load(std::size_t at) const {
    return load_be<T>(held_.data() + at);
  }

  ByteView held_;
};

enum class SplitOutcome : std::uint8_t {
  kBatch,         // a whole batch of magic 2
  kEnd,           // nothing is left
  kTruncated,     // the rest is the beginning of a batch
  kBadLength,     // the length is smaller than any batch can be, or above the limit given
  kUnknownMagic,  // neither 0, 1 nor 2
  kLegacy,        // a message set entry of magic 0 or 1, passed over as a whole
};

// Walks the batches of a byte run without looking into them. Stops for good at kTruncated, kBadLength and
// kUnknownMagic: the position stays at the first byte that made no sense. One thread; owns nothing.
class BatchSplitter {
 public:
  // `max_length`: the largest `length` believed.
  explicit BatchSplitter(ByteView run, std::int32_t max_length = INT32_MAX)
      : run_(run), max_length_(max_length) {}

  // Fills `batch` when it returns kBatch.
  SplitOutcome next(BatchView& batch);
  // Bytes passed over so far.
  std::size_t position() const { return position_; }
  // The magic of the entry last met.
  std::int8_t magic() const { return magic_; }

 private:
  ByteView run_;
  std::int32_t max_length_;
  std::size_t position_ = 0;
  std::int8_t magic_ = 0;
};

// What the first bytes of a run say about the batch that begins there; for readers that hold only a part
// of it. kBatch needs kBatchHeaderBytes of `run` and sets `size` to the bytes of the whole batch, which may
// be more than `run` holds; kLegacy sets it too.
struct BatchPeek {
  SplitOutcome outcome;
  std::size_t size = 0;
};
BatchPeek peek_batch(ByteView run, std::int32_t max_length = INT32_MAX);

// Changes of a batch in place. The first two stand outside the CRC; seal_batch computes it anew.
void set_base_offset(std::span<std::uint8_t> batch, std::int64_t offset);
void set_leader_epoch(std::span<std::uint8_t> batch, std::int32_t epoch);
// Sets the timestamp type and the maximum timestamp and seals the batch.
void set_max_timestamp(std::span<std::uint8_t> batch, TimestampType type, std::int64_t timestamp_ms);
void seal_batch(std::span<std::uint8_t> batch);

}  // namespace barnabas::records
