#include "common/properties.h"

namespace barnabas {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using testing::Pair;

TEST(Properties, ReadsEverySeparator) {
  EXPECT_THAT(parse_properties("a=1\nb:2\nc 3\n d = 4 \ne\t:\t5\nf==6\ng: =7"),
              ElementsAre(Pair("a", "1"), Pair("b", "2"), Pair("c", "3"), Pair("d", "4 "), Pair("e", "5"),
                          Pair("f", "=6"), Pair("g", "=7")));
}

TEST(Properties, SkipsCommentsAndBlankLines) {
  EXPECT_THAT(parse_properties("# a=1\n   ! b=2\n\n \t\n#end\\\nc=3"), ElementsAre(Pair("c", "3")));
}

TEST(Properties, TakesEveryEndOfLine) {
  EXPECT_THAT(parse_properties("a=1\r\nb=2\rc=3\n"),
              ElementsAre(Pair("a", "1"), Pair("b", "2"), Pair("c", "3")));
}

TEST(Properties, KeepsKeysWithoutValue) {
  EXPECT_THAT(parse_properties("a\nb=\nc:\n=d"),
              ElementsAre(Pair("a", ""), Pair("b", ""), Pair("c", ""), Pair("", "d")));
}

TEST(Properties, JoinsContinuedLines) {
  EXPECT_THAT(parse_properties("listeners=A://:1,\\\n    B://:2\nb=x\\\\\nc=y\\"),
              ElementsAre(Pair("listeners", "A://:1,B://:2"), Pair("b", "x\\"), Pair("c", "y")));
}

TEST(Properties, ResolvesEscapes) {
  EXPECT_THAT(parse_properties("a\\ b=c\\td\\ne\na\\=b=c\\:d\nq=\\z"),
              ElementsAre(Pair("a b", "c\td\ne"), Pair("a=b", "c:d"), Pair("q", "z")));
  EXPECT_THAT(parse_properties("u=\\u00e9\\u20AC\\uD83D\\uDE00"), ElementsAre(Pair("u", "é€😀")));
  EXPECT_THAT(parse_properties("u=\\u12x"), ElementsAre(Pair("u", "\\u12x")));
}

TEST(Properties, ReadsNothingFromNothing) {
  EXPECT_THAT(parse_properties(""), IsEmpty());
  EXPECT_THAT(parse_properties("\\"), IsEmpty());
}

TEST(Properties, LetsTheLastOfEqualKeysCount) {
  const Properties properties = parse_properties("a=1\na=2");
  ASSERT_NE(find_property(properties, "a"), nullptr);
  EXPECT_EQ(*find_property(properties, "a"), "2");
  EXPECT_EQ(find_property(properties, "b"), nullptr);
}

}  // namespace
}  // namespace barnabas
