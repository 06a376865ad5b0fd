#include "storage/storage_error.h"

#include "common/text.h"

namespace barnabas::storage {

std::string_view to_string(StorageErrorCode code) {
  switch (code) {
    case StorageErrorCode::kOffsetOutOfRange:
      return "offset out of range";
    case StorageErrorCode::kBatchTooLarge:
      return "batches larger than a segment";
    case StorageErrorCode::kCorruptRecord:
      return "corrupt record";
    case StorageErrorCode::kUnsupportedFormat:
      return "unsupported record format";
    case StorageErrorCode::kOutOfOrderSequence:
      return "out of order sequence number";
    case StorageErrorCode::kInvalidProducerEpoch:
      return "invalid producer epoch";
    case StorageErrorCode::kInvalidTransactionState:
      return "invalid transaction state";
    case StorageErrorCode::kCoordinatorFenced:
      return "transaction coordinator fenced";
    case StorageErrorCode::kUnexpectedOffset:
      return "unexpected append offset";
    case StorageErrorCode::kInvalidEpoch:
      return "invalid leader epoch";
    case StorageErrorCode::kNoSpace:
      return "no space left";
    case StorageErrorCode::kIo:
      return "I/O error";
    case StorageErrorCode::kDirectoryOffline:
      return "log directory offline";
    case StorageErrorCode::kNotFound:
      return "not found";
    case StorageErrorCode::kAlreadyExists:
      return "exists already";
    case StorageErrorCode::kInconsistentTopicId:
      return "inconsistent topic id";
    case StorageErrorCode::kInvalidFile:
      return "invalid file";
    case StorageErrorCode::kLocked:
      return "locked by another process";
    case StorageErrorCode::kClosed:
      return "log closed";
  }
  return "?";
}

std::string StorageError::to_string() const {
  return concat(storage::to_string(code), ": ", message);
}

StorageError to_storage_error(const IoError& error) {
  return {error.is_no_space() ? StorageErrorCode::kNoSpace : StorageErrorCode::kIo, error.to_string()};
}

}  // namespace barnabas::storage
