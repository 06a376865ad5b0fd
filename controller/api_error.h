// How the controller says no: Kafka's error code and a sentence for the person who asked.
#pragma once

#include <expected>
#include <optional>
#include <string>
#include <utility>

#include "common/result.h"
#include "protocol/error_code.h"

namespace barnabas::controller {

struct ApiError {
  ApiError() = default;
  ApiError(protocol::ErrorCode error_code, std::string text) : code(error_code), message(std::move(text)) {}
  // With Kafka's standard sentence for the code.
  explicit ApiError(protocol::ErrorCode error_code);

  protocol::ErrorCode code = protocol::ErrorCode::kNone;
  std::string message;

  bool ok() const { return code == protocol::ErrorCode::kNone; }
  // As responses carry it: null when there is nothing to say.
  std::optional<std::string> nullable_message() const {
    return ok() ? std::nullopt : std::optional<std::string>(message);
  }
  bool operator==(const ApiError&) const = default;
};

template <class T>
using ApiResult = Result<T, ApiError>;

inline std::unexpected<ApiError> refuse(protocol::ErrorCode code, std::string message) {
  return std::unexpected(ApiError(code, std::move(message)));
}

}  // namespace barnabas::controller
