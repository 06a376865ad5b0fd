#include "common/sha2.h"

#include <gtest/gtest.h>

#include <string>

namespace barnabas {
namespace {

std::string hex(const Buffer& bytes) {
  constexpr char kDigits[] = "0123456789abcdef";
  std::string text;
  for (const std::uint8_t byte : bytes) {
    text += kDigits[byte >> 4];
    text += kDigits[byte & 15];
  }
  return text;
}

// Bytes that differ from length to length.
Buffer pattern(std::size_t count) {
  Buffer bytes(count);
  for (std::size_t i = 0; i < count; ++i) bytes[i] = static_cast<std::uint8_t>(i * 7 + count);
  return bytes;
}

TEST(Sha2, KnowsTheStandardsExamples) {
  EXPECT_EQ(hex(sha256({})), "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
  EXPECT_EQ(hex(sha256(as_bytes("abc"))), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  EXPECT_EQ(hex(sha512(as_bytes("abc"))),
            "ddaf35a193617abacc417349ae20413112e6fa4e89a97ea20a9eeee64b55d39a"
            "2192992a274fc1a836ba3c23a3feebbd454d4423643ce80e2a9ac94fa54ca49f");
}

TEST(Sha2, PadsEveryLengthAroundABlock) {
  struct Case {
    std::size_t size;
    const char* sha256;
    const char* sha512;
  };
  for (const Case& each : {
           Case{55, "81afe5b788dc2ce1", "19910fbb344bf574"},
           Case{56, "2aba54f0ac632420", "87fffcf68777e021"},
           Case{64, "79322907b3e9d013", "afba2b1a4441b233"},
           Case{111, "b41ae5233b9ec35d", "df79e18538ec8212"},
           Case{112, "0949563bc78e5ccd", "d7377bc7047400da"},
           Case{119, "6c87eedf096b345d", "1efae71e30c3bdc6"},
           Case{128, "489d55fea9a73af3", "eb5119a4c3e176a3"},
           Case{1000, "6b0df76627243d09", "5c9833a6b6d14cab"},
       }) {
    EXPECT_EQ(hex(sha256(pattern(each.size))).substr(0, 16), each.sha256) << each.size;
    EXPECT_EQ(hex(sha512(pattern(each.size))).substr(0, 16), each.sha512) << each.size;
  }
}

// RFC 4231, test cases 2 and 6: a key shorter and one longer than a block.
TEST(Hmac, KnowsTheStandardsExamples) {
  EXPECT_EQ(hex(hmac_sha256(as_bytes("Jefe"), as_bytes("what do ya want for nothing?"))),
            "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
  EXPECT_EQ(hex(hmac_sha512(as_bytes("Jefe"), as_bytes("what do ya want for nothing?"))).substr(0, 32),
            "164b7a7bfcf819e2e395fbe73b56e0a3");
  const Buffer long_key(131, 0xaa);
  const auto message = as_bytes("Test Using Larger Than Block-Size Key - Hash Key First");
  EXPECT_EQ(hex(hmac_sha256(long_key, message)),
            "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54");
  EXPECT_EQ(hex(hmac_sha512(long_key, message)).substr(0, 32), "80b24263c7c1a3ebb71493c1dd7be8b4");
}

}  // namespace
}  // namespace barnabas
