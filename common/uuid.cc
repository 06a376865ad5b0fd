#include "common/uuid.h"

#include <cstring>

#include "common/base64.h"
#include "common/bytes.h"

namespace barnabas {
namespace {

bool is_reserved(const Uuid& id) {
  const auto* all = id.bytes.data();
  return load_be<std::uint64_t>(all) == 0 && load_be<std::uint64_t>(all + 8) < 100;
}

}  // namespace

Uuid Uuid::random(Random& random) {
  Uuid id;
  do {
    store_be(id.bytes.data(), random.next());
    store_be(id.bytes.data() + 8, random.next());
    id.bytes[6] = static_cast<std::uint8_t>((id.bytes[6] & 0x0f) | 0x40);
    id.bytes[8] = static_cast<std::uint8_t>((id.bytes[8] & 0x3f) | 0x80);
  } while (is_reserved(id) || id.to_string().starts_with('-'));
  return id;
}

std::optional<Uuid> Uuid::parse(std::string_view text) {
  const auto decoded = base64_decode(text, Base64::kUrlSafe);
  Uuid id;
  if (text.size() != 22 || !decoded || decoded->size() != id.bytes.size()) return std::nullopt;
  std::memcpy(id.bytes.data(), decoded->data(), id.bytes.size());
  return id;
}

std::string Uuid::to_string() const {
  return base64_encode(bytes, Base64::kUrlSafe);
}

}  // namespace barnabas
