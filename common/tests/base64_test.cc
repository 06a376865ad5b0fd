#include "common/base64.h"

namespace barnabas {
namespace {

TEST(Base64, EncodesTheExamplesOfRfc4648) {
  EXPECT_EQ(base64_encode(as_bytes(""), Base64::kStandard), "");
  EXPECT_EQ(base64_encode(as_bytes("f"), Base64::kStandard), "Zg==");
  EXPECT_EQ(base64_encode(as_bytes("fo"), Base64::kStandard), "Zm8=");
  EXPECT_EQ(base64_encode(as_bytes("foobar"), Base64::kStandard), "Zm9vYmFy");
  EXPECT_EQ(base64_encode(Buffer{0xfb, 0xff}, Base64::kUrlSafe), "-_8");
}

TEST(Base64, DecodesWhatItEncodes) {
  Buffer bytes;
  for (int i = 0; i < 300; ++i) {
    for (const auto alphabet : {Base64::kStandard, Base64::kUrlSafe}) {
      EXPECT_EQ(base64_decode(base64_encode(bytes, alphabet), alphabet), bytes);
    }
    bytes.push_back(static_cast<std::uint8_t>(i * 7));
  }
}

TEST(Base64, RefusesForeignCharactersAndWrongLengths) {
  EXPECT_FALSE(base64_decode("Zg=", Base64::kStandard));
  EXPECT_FALSE(base64_decode("Z===", Base64::kStandard));
  EXPECT_FALSE(base64_decode("Zm9v!mFy", Base64::kStandard));
  EXPECT_FALSE(base64_decode("Zm9v+w", Base64::kUrlSafe));
  EXPECT_FALSE(base64_decode("Zm9vY", Base64::kUrlSafe));
}

}  // namespace
}  // namespace barnabas
