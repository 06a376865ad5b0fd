// Why the storage layer refused or failed. The broker maps codes to Kafka's error codes.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "common/result.h"
#include "storage/file_system.h"

namespace barnabas::storage {

enum class StorageErrorCode : std::uint8_t {
  kOffsetOutOfRange,         // below the log start or above the end or the allowed bound
  kBatchTooLarge,            // the batches together exceed segment.bytes
  kCorruptRecord,            // damaged bytes or a batch that makes no sense here
  kUnsupportedFormat,        // magic 0 or 1
  kOutOfOrderSequence,       // idempotent producer: gap in the sequence numbers
  kInvalidProducerEpoch,     // idempotent producer: older epoch than known
  kInvalidTransactionState,  // plain write of a producer whose transaction is open
  kCoordinatorFenced,        // marker of an older transaction coordinator
  kUnexpectedOffset,         // an append with given offsets does not continue the log
  kInvalidEpoch,             // a leader epoch below the one of the log's end
  kNoSpace,                  // disk or quota full; the log is as it was
  kIo,                       // any other I/O failure; the directory is offline from now on
  kDirectoryOffline,         // the directory failed before
  kNotFound,                 // no such partition, directory or file
  kAlreadyExists,
  kInconsistentTopicId,  // partition.metadata names another topic id
  kInvalidFile,          // a file of ours that cannot be read as what it should be
  kLocked,               // another process holds the directory
  kClosed,               // the log is closed or deleted
};

std::string_view to_string(StorageErrorCode code);

struct StorageError {
  StorageErrorCode code = StorageErrorCode::kIo;
  std::string message;

  std::string to_string() const;
};

template <class T>
using StorageResult = Result<T, StorageError>;

inline std::unexpected<StorageError> fail(StorageErrorCode code, std::string message) {
  return std::unexpected(StorageError{code, std::move(message)});
}
// kNoSpace for a full disk, kIo for the rest.
StorageError to_storage_error(const IoError& error);

}  // namespace barnabas::storage
