// The one place where errors of the layers below become Kafka's error codes.
#pragma once

#include "protocol/error_code.h"
#include "records/types.h"
#include "storage/storage_error.h"

namespace barnabas::broker {

protocol::ErrorCode error_code_of(storage::StorageErrorCode code);
protocol::ErrorCode error_code_of(records::RecordError error);

}  // namespace barnabas::broker
