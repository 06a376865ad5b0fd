// What a client hears when the log of the coordinator's partition refused or lost a write.
#pragma once

#include "protocol/error_code.h"

namespace barnabas::broker::groups {

// The partition is the coordinator's own business, so its errors become the coordinator's (Kafka's mapping).
inline protocol::ErrorCode coordinator_error(protocol::ErrorCode log_error) {
  using enum protocol::ErrorCode;
  switch (log_error) {
    case kNetworkException:
      // Of the transaction coordinator. Clients try again after this, without looking for another
      // coordinator.
      return kCoordinatorLoadInProgress;
    case kUnknownTopicOrPartition:
    case kNotEnoughReplicas:
    case kNotEnoughReplicasAfterAppend:
    case kRequestTimedOut:
      return kCoordinatorNotAvailable;
    case kNotLeaderOrFollower:
    case kFencedLeaderEpoch:
    case kKafkaStorageError:
      return kNotCoordinator;
    case kMessageTooLarge:
    case kRecordListTooLarge:
    case kInvalidFetchSize:
      return kUnknownServerError;
    default:  // an open list: every other code passes as it is
      return log_error;
  }
}

}  // namespace barnabas::broker::groups
