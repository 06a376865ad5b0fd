// Base64 in the two alphabets in use: standard with padding (HTTP) and URL-safe without (Kafka's Uuid).
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "common/bytes.h"

namespace barnabas {

enum class Base64 { kStandard, kUrlSafe };

std::string base64_encode(ByteView bytes, Base64 alphabet);
// nullopt on a character outside the alphabet, a wrong length or (standard) wrong padding.
std::optional<Buffer> base64_decode(std::string_view text, Base64 alphabet);

}  // namespace barnabas
