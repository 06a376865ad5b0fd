// Input that is cut, random or lying: an error, never a crash, and memory bounded by the size of the input.
#include "common/text.h"
#include "protocol/messages/heartbeat_request.h"
#include "protocol/messages/metadata_request.h"
#include "protocol/testing/any_message.h"
#include "protocol/tests/counting_new.h"

namespace barnabas::protocol::testing {
namespace {

Buffer encoded(const MessageType& type, std::int16_t version, Random& random, Shape shape) {
  Filler filler(random, shape);
  const auto message = type.make();
  message->fill(filler, version);
  Writer writer;
  message->encode(writer, version);
  EXPECT_FALSE(writer.failed()) << writer.error();
  return writer.finish().to_buffer();
}

// Decodes, checks the memory taken, and writes what was understood.
bool decodes(const MessageType& type, std::int16_t version, ByteView bytes) {
  const auto message = type.make();
  const std::size_t before = allocated_bytes();
  Reader reader(bytes);
  const bool good = message->decode(reader, version);
  EXPECT_LE(allocated_bytes() - before, Reader::kMemoryBase + Reader::kMemoryPerByte * bytes.size())
      << type.name << " version " << version;
  EXPECT_EQ(good, !reader.failed());
  if (good) {
    Writer writer;
    message->encode(writer, version);
    EXPECT_FALSE(writer.failed()) << type.name << ": " << writer.error();
  }
  return good;
}

template <class Check>
void for_every_version(Check check) {
  for (const MessageType& type : all_messages())
    for (std::int16_t version = type.min_version; version <= type.max_version; ++version)
      check(type, version);
}

TEST(HostileInput, AMessageCutAtAnyByteIsMalformed) {
  const auto random = seeded_random(99);
  for_every_version([&](const MessageType& type, std::int16_t version) {
    const Buffer bytes = encoded(type, version, *random, Shape::kFull);
    for (std::size_t size = 0; size < bytes.size(); ++size) {
      // A copy of its own, so that the sanitizer sees a read beyond the cut.
      const Buffer cut(bytes.begin(), bytes.begin() + static_cast<std::ptrdiff_t>(size));
      EXPECT_FALSE(decodes(type, version, cut)) << type.name << " version " << version << " cut at " << size;
    }
  });
}

TEST(HostileInput, RandomBytesNeverTakeMuchMemory) {
  const auto random = seeded_random(7);
  for_every_version([&](const MessageType& type, std::int16_t version) {
    for (int round = 0; round < 12; ++round) {
      Buffer bytes(random->below(200));
      for (std::uint8_t& byte : bytes) {
        const std::uint64_t bits = random->next();
        // Small numbers get further than wild ones.
        byte = static_cast<std::uint8_t>(bits % 3 == 0 ? bits >> 8 : (bits >> 8) % 4);
      }
      decodes(type, version, bytes);
    }
  });
}

TEST(HostileInput, ChangedBytesNeverTakeMuchMemory) {
  const auto random = seeded_random(8);
  for_every_version([&](const MessageType& type, std::int16_t version) {
    for (int round = 0; round < 12; ++round) {
      Buffer bytes = encoded(type, version, *random, Shape::kRandom);
      if (bytes.empty()) continue;
      for (int change = 0; change < 3; ++change)
        bytes[random->below(bytes.size())] = static_cast<std::uint8_t>(random->next());
      decodes(type, version, bytes);
    }
  });
}

TEST(HostileInput, HugeCountsAreRefusedBeforeAnythingIsAllocated) {
  const auto random = seeded_random(9);
  for_every_version([&](const MessageType& type, std::int16_t version) {
    Buffer bytes = encoded(type, version, *random, Shape::kFull);
    for (std::size_t at = 0; at + 4 <= bytes.size(); ++at) {
      Buffer lying = bytes;
      const std::uint8_t high[] = {0x7f, 0xff, 0xff, 0xff};
      const std::uint8_t varint[] = {0xff, 0xff, 0xff, 0x7f};
      std::memcpy(lying.data() + at, version >= type.first_flexible_version ? varint : high, 4);
      decodes(type, version, lying);
    }
  });
}

// Counts that the bytes just allow must not blow up in memory, however large the structs are.
TEST(HostileInput, ManySmallElementsAreRefusedWhenTheyWouldTakeTooMuchMemory) {
  constexpr std::size_t kCount = 4'000'000;
  Writer writer;
  writer.array_size(kCount, true);
  for (std::size_t i = 0; i < kCount * 2; ++i) writer.int8(1);
  const Buffer bytes = writer.finish_buffer();
  for (const MessageType& type : all_messages()) {
    const auto version = type.max_version;
    if (version >= type.first_flexible_version) decodes(type, version, bytes);
  }
}

TEST(HostileInput, TwentyMillionUnknownTagsTakeNoMemory) {
  constexpr std::uint32_t kTags = 20'000'000;
  HeartbeatRequest request;
  request.group_id = "g";
  Writer writer;
  request.encode(writer, 4);
  Buffer bytes = writer.finish_buffer();
  bytes.pop_back();  // the empty tag section
  Writer count;
  count.unsigned_varint(kTags);
  for (const std::uint8_t byte : count.finish_buffer()) bytes.push_back(byte);
  bytes.reserve(bytes.size() + 2 * kTags);
  for (std::uint32_t i = 0; i < kTags; ++i) {
    bytes.push_back(5);
    bytes.push_back(0);
  }
  const std::size_t before = allocated_bytes();
  Reader reader(bytes);
  HeartbeatRequest decoded;
  EXPECT_TRUE(decoded.decode(reader, 4)) << reader.error();
  EXPECT_EQ(reader.remaining(), 0u);
  EXPECT_LT(allocated_bytes() - before, 1024u);
  EXPECT_EQ(decoded, request);
}

TEST(HostileInput, AFullMetadataRequestIsNotTakenForAnAttack) {
  MetadataRequest request;
  request.topics.emplace(200'000);
  for (auto& topic : *request.topics) topic.name = "t1";
  Writer writer;
  request.encode(writer, 12);
  ASSERT_FALSE(writer.failed()) << writer.error();
  const Buffer bytes = writer.finish_buffer();
  Reader reader(bytes);
  MetadataRequest decoded;
  EXPECT_TRUE(decoded.decode(reader, 12)) << reader.error();
  EXPECT_EQ(decoded, request);
}

}  // namespace
}  // namespace barnabas::protocol::testing
