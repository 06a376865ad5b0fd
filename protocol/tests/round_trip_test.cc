// Every message at every version: what was written is read back equal, and is written again to equal bytes.
#include "common/text.h"
#include "protocol/testing/any_message.h"

namespace barnabas::protocol::testing {
namespace {

Buffer encoded(const AnyMessage& message, std::int16_t version) {
  Writer writer;
  message.encode(writer, version);
  EXPECT_FALSE(writer.failed()) << writer.error();
  return writer.finish().to_buffer();
}

void expect_round_trip(const MessageType& type, std::int16_t version, Filler filler) {
  SCOPED_TRACE(concat(type.name, " version ", version));
  const auto original = type.make();
  original->fill(filler, version);
  const Buffer bytes = encoded(*original, version);
  const auto copy = type.make();
  Reader reader(bytes);
  ASSERT_TRUE(copy->decode(reader, version)) << reader.error();
  EXPECT_EQ(reader.remaining(), 0u);
  EXPECT_TRUE(copy->equals(*original));
  EXPECT_EQ(encoded(*copy, version), bytes);
}

void expect_round_trips(Shape shape, int rounds) {
  const auto random = seeded_random(4711);
  for (const MessageType& type : all_messages())
    for (std::int16_t version = type.min_version; version <= type.max_version; ++version)
      for (int round = 0; round < rounds; ++round) expect_round_trip(type, version, Filler(*random, shape));
}

TEST(RoundTrip, EmptyMessagesComeBackEqualAtEveryVersion) {
  expect_round_trips(Shape::kEmpty, 1);
}
TEST(RoundTrip, NullsComeBackEqualAtEveryVersion) {
  expect_round_trips(Shape::kNull, 1);
}
TEST(RoundTrip, FullMessagesComeBackEqualAtEveryVersion) {
  expect_round_trips(Shape::kFull, 2);
}
TEST(RoundTrip, RandomMessagesComeBackEqualAtEveryVersion) {
  expect_round_trips(Shape::kRandom, 8);
}

TEST(RoundTrip, CoversEveryRequestResponseHeaderAndRecord) {
  EXPECT_EQ(all_messages().size(), 266u);
  EXPECT_NE(find_message("FetchResponse"), nullptr);
  EXPECT_NE(find_message("StreamsGroupTopologyValue"), nullptr);
  EXPECT_EQ(find_message("UpdateMetadataRequest"), nullptr);
}

TEST(RoundTrip, ADefaultMessageCanBeWrittenAtEveryVersion) {
  for (const MessageType& type : all_messages()) {
    for (std::int16_t version = type.min_version; version <= type.max_version; ++version) {
      Writer writer;
      type.make()->encode(writer, version);
      EXPECT_FALSE(writer.failed()) << writer.error();
    }
  }
}

TEST(RoundTrip, DecodingOverAnotherMessageLeavesNothingOfIt) {
  const auto random = seeded_random(1);
  for (const MessageType& type : all_messages()) {
    Filler empty(*random, Shape::kEmpty);
    const auto original = type.make();
    original->fill(empty, type.min_version);
    const Buffer bytes = encoded(*original, type.min_version);

    Filler full(*random, Shape::kFull);
    const auto reused = type.make();
    reused->fill(full, type.max_version);
    Reader reader(bytes);
    ASSERT_TRUE(reused->decode(reader, type.min_version)) << type.name;
    const auto fresh = type.make();
    Reader again(bytes);
    ASSERT_TRUE(fresh->decode(again, type.min_version)) << type.name;
    EXPECT_TRUE(reused->equals(*fresh)) << type.name;
  }
}

TEST(RoundTrip, VersionsOutsideOfTheRangeAreRefused) {
  for (const MessageType& type : all_messages()) {
    for (const int version : {type.min_version - 1, type.max_version + 1}) {
      const auto message = type.make();
      const Buffer bytes(64);
      Reader reader(bytes);
      EXPECT_FALSE(message->decode(reader, static_cast<std::int16_t>(version))) << type.name;
      Writer writer;
      message->encode(writer, static_cast<std::int16_t>(version));
      EXPECT_TRUE(writer.failed()) << type.name;
    }
  }
}

}  // namespace
}  // namespace barnabas::protocol::testing
