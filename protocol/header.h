// Which version of the header stands before a request or response.
#pragma once

#include <cstdint>

#include "protocol/api_list.h"

namespace barnabas::protocol {

// 2 where the request is flexible, else 1.
std::int16_t request_header_version(const ApiInfo& api, std::int16_t version);
// 1 where the response is flexible, else 0; always 0 for ApiVersions, whose answer must be readable by a
// client that does not know our versions yet (KIP-511).
std::int16_t response_header_version(const ApiInfo& api, std::int16_t version);

}  // namespace barnabas::protocol
