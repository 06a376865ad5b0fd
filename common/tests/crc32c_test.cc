#include "common/crc32c.h"

#include "common/random.h"

namespace barnabas {
namespace {

// Bit by bit, straight from the definition.
std::uint32_t reference(ByteView bytes) {
  std::uint32_t state = 0xffffffff;
  for (std::uint8_t byte : bytes) {
    state ^= byte;
    for (int bit = 0; bit < 8; ++bit) state = state & 1 ? state >> 1 ^ 0x82f63b78 : state >> 1;
  }
  return ~state;
}

TEST(Crc32c, GivesTheExamplesOfRfc3720) {
  EXPECT_EQ(crc32c(as_bytes("123456789")), 0xe3069283u);
  EXPECT_EQ(crc32c(Buffer(32, 0x00)), 0x8a9136aau);
  EXPECT_EQ(crc32c(Buffer(32, 0xff)), 0x62a8ab43u);
}

TEST(Crc32c, AgreesWithTheDefinitionAtEverySizeAndAlignment) {
  auto random = seeded_random(1);
  Buffer bytes(20'000);
  for (auto& byte : bytes) byte = static_cast<std::uint8_t>(random->next());
  for (std::size_t size : {0u, 1u, 7u, 8u, 9u, 1023u, 3071u, 3072u, 3073u, 6144u, 9999u, 19'990u}) {
    for (std::size_t from = 0; from < 9; ++from) {
      const ByteView part = ByteView(bytes).subspan(from, size);
      EXPECT_EQ(crc32c(part), reference(part)) << size << " bytes from " << from;
    }
  }
}

TEST(Crc32c, GoesOnFromWhatWasBefore) {
  const Buffer bytes(5000, 0x5a);
  const ByteView all(bytes);
  EXPECT_EQ(crc32c(all.subspan(1234), crc32c(all.first(1234))), crc32c(all));
}

}  // namespace
}  // namespace barnabas
