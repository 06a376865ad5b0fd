// Kafka's error codes as the HTTP endpoint classes them.
#pragma once

#include <expected>
#include <string>

#include "admin/model.h"
#include "controller/api_error.h"
#include "protocol/error_code.h"

namespace barnabas::apps {

// An empty message stands for Kafka's standard sentence.
admin::BackendError backend_error(protocol::ErrorCode code, std::string message = {});

inline std::unexpected<admin::BackendError> refuse(protocol::ErrorCode code, std::string message = {}) {
  return std::unexpected(backend_error(code, std::move(message)));
}
inline std::unexpected<admin::BackendError> refuse(const controller::ApiError& error) {
  return refuse(error.code, error.message);
}
inline std::unexpected<admin::BackendError> not_found(std::string message) {
  return std::unexpected(admin::BackendError{admin::BackendError::Kind::kNotFound, std::move(message)});
}

}  // namespace barnabas::apps
