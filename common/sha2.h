// SHA-256, SHA-512 (FIPS 180-4) and HMAC over them (RFC 2104): what SCRAM credentials are made of.
#pragma once

#include "common/bytes.h"

namespace barnabas {

// 32 bytes.
Buffer sha256(ByteView data);
// 64 bytes.
Buffer sha512(ByteView data);

Buffer hmac_sha256(ByteView key, ByteView message);
Buffer hmac_sha512(ByteView key, ByteView message);

}  // namespace barnabas
