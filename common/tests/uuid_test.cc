#include "common/uuid.h"
#include <set>

namespace barnabas {
namespace {

TEST(Uuid, ShowsReservedValuesAsKafkaDoes) {
  EXPECT_EQ(Uuid::zero().to_string(), "AAAAAAAAAAAAAAAAAAAAAA");
  EXPECT_EQ(Uuid::reserved(1).to_string(), "AAAAAAAAAAAAAAAAAAAAAQ");
}

TEST(Uuid, ParsesItsOwnText) {
  const auto id = Uuid::parse("ISIjJCUmJygxMjM0NTY3OA");
  ASSERT_TRUE(id);
  EXPECT_EQ(id->bytes[0], 0x21);
  EXPECT_EQ(id->bytes[15], 0x38);
  EXPECT_EQ(id->to_string(), "ISIjJCUmJygxMjM0NTY3OA");
}

TEST(Uuid, RefusesOtherLengths) {
  EXPECT_FALSE(Uuid::parse(""));
  EXPECT_FALSE(Uuid::parse("ISIjJCUmJygxMjM0NTY3O"));
  EXPECT_FALSE(Uuid::parse("ISIjJCUmJygxMjM0NTY3OAA"));
  EXPECT_FALSE(Uuid::parse("ISIjJCUmJygxMjM0NTY3O="));
}

TEST(Uuid, RandomOnesDifferAndNeverStartWithADash) {
  auto random = seeded_random(7);
  std::set<Uuid> seen;
  for (int i = 0; i < 1000; ++i) {
    const Uuid id = Uuid::random(*random);
    EXPECT_NE(id.to_string()[0], '-');
    EXPECT_TRUE(seen.insert(id).second);
  }
}

}  // namespace
}  // namespace barnabas
