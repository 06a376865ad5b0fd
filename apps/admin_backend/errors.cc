#include "apps/admin_backend/errors.h"

namespace barnabas::apps {
namespace {

using admin::BackendError;
using protocol::ErrorCode;

BackendError::Kind kind_of(ErrorCode code) {
  switch (code) {
    case ErrorCode::kUnknownTopicOrPartition:  // retriable for a client with old metadata, final here
    case ErrorCode::kUnknownTopicId:
      return BackendError::Kind::kUnknownTopicOrPartition;
    case ErrorCode::kGroupIdNotFound:
    case ErrorCode::kResourceNotFound:
      return BackendError::Kind::kNotFound;
    case ErrorCode::kTopicAuthorizationFailed:
    case ErrorCode::kGroupAuthorizationFailed:
    case ErrorCode::kClusterAuthorizationFailed:
      return BackendError::Kind::kUnauthorized;
    case ErrorCode::kMessageTooLarge:
    case ErrorCode::kRecordListTooLarge:
      return BackendError::Kind::kTooLarge;
    case ErrorCode::kUnknownServerError:
    case ErrorCode::kCorruptMessage:
    case ErrorCode::kKafkaStorageError:
      return BackendError::Kind::kInternal;
    default:
      return protocol::is_retriable(code) ? BackendError::Kind::kRetriable : BackendError::Kind::kBadRequest;
  }
}

}  // namespace

BackendError backend_error(ErrorCode code, std::string message) {
  if (message.empty()) message = protocol::error_message(code);
  return {kind_of(code), std::move(message)};
}

}  // namespace barnabas::apps
