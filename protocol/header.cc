#include "protocol/header.h"

namespace barnabas::protocol {

std::int16_t request_header_version(const ApiInfo& api, std::int16_t version) {
  return version >= api.first_flexible_version ? 2 : 1;
}

std::int16_t response_header_version(const ApiInfo& api, std::int16_t version) {
  if (api.key == ApiKey::kApiVersions) return 0;
  return version >= api.first_flexible_version ? 1 : 0;
}

}  // namespace barnabas::protocol
