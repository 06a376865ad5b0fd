// Bytes as the frame of a request, as a broker reads it: the key and version at its front, the header that
// they call for, the body behind it.
#include <cstddef>
#include <cstdint>

#include "common/bytes.h"
#include "common/text.h"
#include "protocol/api_list.h"
#include "protocol/header.h"
#include "protocol/messages/request_header.h"
#include "protocol/testing/any_message.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace barnabas;            // NOLINT: one short program
  using namespace barnabas::protocol;  // NOLINT
  if (size < 4) return 0;
  const auto key = load_be<std::int16_t>(data);
  const auto version = load_be<std::int16_t>(data + 2);
  const ApiInfo* api = find_api(key);
  if (api == nullptr) return 0;
  Reader reader(ByteView(data, size));
  RequestHeader header;
  if (!header.decode(reader, request_header_version(*api, version)) || reader.failed()) return 0;
  const auto* type = barnabas::protocol::testing::find_message(concat(api->name, "Request"));
  if (type == nullptr || version < type->min_version || version > type->max_version) return 0;
  const auto body = type->make();
  (void)body->decode(reader, version);
  return 0;
}
