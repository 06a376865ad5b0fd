#include "controller/api_error.h"

namespace barnabas::controller {

ApiError::ApiError(protocol::ErrorCode error_code)
    : code(error_code), message(protocol::error_message(error_code)) {}

}  // namespace barnabas::controller
