// The small words of record batches: codecs, timestamp types, reasons for refusal.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace barnabas::records {

// Bits 0-2 of a batch's attributes.
enum class Codec : std::uint8_t { kNone = 0, kGzip = 1, kSnappy = 2, kLz4 = 3, kZstd = 4 };

// Bit 3 of a batch's attributes.
enum class TimestampType : std::uint8_t { kCreateTime = 0, kLogAppendTime = 1 };

// What Kafka's `compression.type` calls it: "none" ("uncompressed" there), "gzip", "snappy", "lz4", "zstd".
std::string_view codec_name(Codec codec);
std::optional<Codec> codec_by_name(std::string_view name);

// Why records were refused. Each has one Kafka error code of the same name; kUnknown stands for
// UNKNOWN_SERVER_ERROR, which Kafka answers where it meets a codec number it does not know.
enum class RecordError : std::uint8_t {
  kCorruptMessage,
  kInvalidRecord,
  kInvalidTimestamp,
  kUnsupportedForMessageFormat,
  kMessageTooLarge,
  kUnsupportedCompressionType,
  kUnknown,
};
std::string_view record_error_name(RecordError error);

inline constexpr std::int64_t kNoTimestamp = -1;
inline constexpr std::int64_t kNoProducerId = -1;
inline constexpr std::int16_t kNoProducerEpoch = -1;
inline constexpr std::int32_t kNoSequence = -1;

// Sums of fields that nobody has checked yet wrap around, as they do in Java.
inline std::int64_t wrapping_add(std::int64_t left, std::int64_t right) {
  return static_cast<std::int64_t>(static_cast<std::uint64_t>(left) + static_cast<std::uint64_t>(right));
}

}  // namespace barnabas::records
