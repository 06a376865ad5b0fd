// What producers of old hear when a successor has fenced them (KIP-588).
#pragma once

#include <cstdint>

#include "protocol/error_code.h"

namespace barnabas::broker {

// PRODUCER_FENCED for versions from `first_version` on, INVALID_PRODUCER_EPOCH for older ones, which do not
// know the former; every other error as it is.
constexpr protocol::ErrorCode error_for_producer(protocol::ErrorCode error, std::int16_t version,
                                                 std::int16_t first_version) {
  const bool unknown_to_it = error == protocol::ErrorCode::kProducerFenced && version < first_version;
  return unknown_to_it ? protocol::ErrorCode::kInvalidProducerEpoch : error;
}

}  // namespace barnabas::broker
