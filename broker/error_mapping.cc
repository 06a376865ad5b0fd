#include "broker/error_mapping.h"

#include "common/assert.h"

namespace barnabas::broker {

using protocol::ErrorCode;

// No default: a new error of a layer must say here what it means to a client.
ErrorCode error_code_of(storage::StorageErrorCode code) {
  using storage::StorageErrorCode;
  switch (code) {
    case StorageErrorCode::kOffsetOutOfRange:
      return ErrorCode::kOffsetOutOfRange;
    case StorageErrorCode::kBatchTooLarge:
      return ErrorCode::kRecordListTooLarge;
    case StorageErrorCode::kCorruptRecord:
      return ErrorCode::kCorruptMessage;
    case StorageErrorCode::kUnsupportedFormat:
      return ErrorCode::kUnsupportedForMessageFormat;
    case StorageErrorCode::kOutOfOrderSequence:
      return ErrorCode::kOutOfOrderSequenceNumber;
    case StorageErrorCode::kInvalidProducerEpoch:
      return ErrorCode::kInvalidProducerEpoch;
    case StorageErrorCode::kInvalidTransactionState:
      return ErrorCode::kInvalidTxnState;
    case StorageErrorCode::kCoordinatorFenced:
      return ErrorCode::kTransactionCoordinatorFenced;
    case StorageErrorCode::kInvalidEpoch:
      return ErrorCode::kFencedLeaderEpoch;
    case StorageErrorCode::kNoSpace:
    case StorageErrorCode::kIo:
    case StorageErrorCode::kDirectoryOffline:
    case StorageErrorCode::kLocked:
      return ErrorCode::kKafkaStorageError;
    case StorageErrorCode::kNotFound:
      return ErrorCode::kUnknownTopicOrPartition;
    case StorageErrorCode::kInconsistentTopicId:
      return ErrorCode::kInconsistentTopicId;
    case StorageErrorCode::kClosed:
      return ErrorCode::kNotLeaderOrFollower;
    case StorageErrorCode::kUnexpectedOffset:
    case StorageErrorCode::kAlreadyExists:
    case StorageErrorCode::kInvalidFile:
      return ErrorCode::kUnknownServerError;
  }
  ASSERT(false);
}

ErrorCode error_code_of(records::RecordError error) {
  using records::RecordError;
  switch (error) {
    case RecordError::kCorruptMessage:
      return ErrorCode::kCorruptMessage;
    case RecordError::kInvalidRecord:
      return ErrorCode::kInvalidRecord;
    case RecordError::kInvalidTimestamp:
      return ErrorCode::kInvalidTimestamp;
    case RecordError::kUnsupportedForMessageFormat:
      return ErrorCode::kUnsupportedForMessageFormat;
    case RecordError::kMessageTooLarge:
      return ErrorCode::kMessageTooLarge;
    case RecordError::kUnsupportedCompressionType:
      return ErrorCode::kUnsupportedCompressionType;
    case RecordError::kUnknown:
      return ErrorCode::kUnknownServerError;
  }
  ASSERT(false);
}

}  // namespace barnabas::broker
