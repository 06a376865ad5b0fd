#include "records/types.h"

namespace barnabas::records {

std::string_view codec_name(Codec codec) {
  switch (codec) {
    case Codec::kNone:
      return "none";
    case Codec::kGzip:
      return "gzip";
    case Codec::kSnappy:
      return "snappy";
    case Codec::kLz4:
      return "lz4";
    case Codec::kZstd:
      return "zstd";
  }
  return "unknown";
}

std::optional<Codec> codec_by_name(std::string_view name) {
  if (name == "none" || name == "uncompressed") return Codec::kNone;
  if (name == "gzip") return Codec::kGzip;
  if (name == "snappy") return Codec::kSnappy;
  if (name == "lz4") return Codec::kLz4;
  if (name == "zstd") return Codec::kZstd;
  return std::nullopt;
}

std::string_view record_error_name(RecordError error) {
  switch (error) {
    case RecordError::kCorruptMessage:
      return "CORRUPT_MESSAGE";
    case RecordError::kInvalidRecord:
      return "INVALID_RECORD";
    case RecordError::kInvalidTimestamp:
      return "INVALID_TIMESTAMP";
    case RecordError::kUnsupportedForMessageFormat:
      return "UNSUPPORTED_FOR_MESSAGE_FORMAT";
    case RecordError::kMessageTooLarge:
      return "MESSAGE_TOO_LARGE";
    case RecordError::kUnsupportedCompressionType:
      return "UNSUPPORTED_COMPRESSION_TYPE";
    case RecordError::kUnknown:
      return "UNKNOWN_SERVER_ERROR";
  }
  return "UNKNOWN_SERVER_ERROR";
}

}  // namespace barnabas::records
