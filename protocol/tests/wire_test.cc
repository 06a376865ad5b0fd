// The primitive types, byte by byte.
#include "protocol/wire/array.h"
#include "protocol/wire/reader.h"
#include "protocol/wire/writer.h"

namespace barnabas::protocol {
namespace {

Buffer hex(std::string_view digits) {
  Buffer bytes;
  std::string pair;
  for (const char digit : digits) {
    if (digit == ' ') continue;
    pair += digit;
    if (pair.size() < 2) continue;
    bytes.push_back(static_cast<std::uint8_t>(std::stoi(pair, nullptr, 16)));
    pair.clear();
  }
  return bytes;
}

template <class Write>
Buffer written(Write write) {
  Writer writer;
  write(writer);
  EXPECT_FALSE(writer.failed()) << writer.error();
  return writer.finish_buffer();
}

TEST(Varint, TakesOneByteUpTo127AndFiveForTheLargest) {
  EXPECT_EQ(written([](Writer& w) { w.unsigned_varint(0); }), hex("00"));
  EXPECT_EQ(written([](Writer& w) { w.unsigned_varint(127); }), hex("7f"));
  EXPECT_EQ(written([](Writer& w) { w.unsigned_varint(128); }), hex("8001"));
  EXPECT_EQ(written([](Writer& w) { w.unsigned_varint(UINT32_MAX); }), hex("ffffffff0f"));
}

TEST(Varint, SignedNumbersAreZigzag) {
  EXPECT_EQ(written([](Writer& w) { w.varint(-1); }), hex("01"));
  EXPECT_EQ(written([](Writer& w) { w.varint(1); }), hex("02"));
  EXPECT_EQ(written([](Writer& w) { w.varint(INT32_MIN); }), hex("ffffffff0f"));
  EXPECT_EQ(written([](Writer& w) { w.varlong(INT64_MIN); }), hex("ffffffffffffffffff01"));
}

TEST(Varint, ComesBackAtEveryPowerOfTwo) {
  for (int shift = 0; shift < 64; ++shift) {
    for (const std::int64_t offset : {-1, 0, 1}) {
      const auto value =
          static_cast<std::int64_t>((std::uint64_t{1} << shift) + static_cast<std::uint64_t>(offset));
      const auto small = static_cast<std::int32_t>(value);
      const Buffer bytes = written([&](Writer& w) {
        w.varlong(value);
        w.varint(small);
        w.unsigned_varint(static_cast<std::uint32_t>(small));
      });
      Reader reader(bytes);
      EXPECT_EQ(reader.varlong(), value);
      EXPECT_EQ(reader.varint(), small);
      EXPECT_EQ(reader.unsigned_varint(), static_cast<std::uint32_t>(small));
      EXPECT_FALSE(reader.failed());
      EXPECT_EQ(reader.remaining(), 0u);
    }
  }
}

TEST(Varint, LongerThanFiveOrTenBytesIsMalformed) {
  const Buffer six = hex("8080808080 00");
  Reader small(six);
  small.unsigned_varint();
  EXPECT_TRUE(small.failed());
  const Buffer eleven = hex("80808080808080808080 00");
  Reader large(eleven);
  large.varlong();
  EXPECT_TRUE(large.failed());
}

TEST(Text, HasATwoByteLengthOrACompactOne) {
  EXPECT_EQ(written([](Writer& w) { w.string("abc", false); }), hex("0003 616263"));
  EXPECT_EQ(written([](Writer& w) { w.string("abc", true); }), hex("04 616263"));
  EXPECT_EQ(written([](Writer& w) { w.nullable_string(std::nullopt, false); }), hex("ffff"));
  EXPECT_EQ(written([](Writer& w) { w.nullable_string(std::nullopt, true); }), hex("00"));
}

TEST(Text, NullIsMalformedWhereItMayNotBe) {
  const Buffer plain = hex("ffff");
  Reader reader(plain);
  EXPECT_EQ(reader.string(false), "");
  EXPECT_TRUE(reader.failed());
  const Buffer compact = hex("00");
  Reader other(compact);
  EXPECT_EQ(other.string(true), "");
  EXPECT_TRUE(other.failed());
}

TEST(Text, IsKeptByteByByteWhenItIsNotUtf8) {
  const Buffer bytes = hex("0003 ff80c3");
  Reader reader(bytes);
  EXPECT_EQ(reader.string(false), "\xff\x80\xc3");
  EXPECT_FALSE(reader.failed());
}

TEST(Text, LongerThan32767BytesCanNeitherBeReadNorWritten) {
  const std::string longest(32767, 'x');
  const Buffer bytes = written([&](Writer& w) { w.string(longest, true); });
  Reader reader(bytes);
  EXPECT_EQ(reader.string(true), longest);
  Writer writer;
  writer.string(longest + "x", true);
  EXPECT_TRUE(writer.failed());
  Buffer lying = written([&](Writer& w) { w.bytes(as_bytes(longest + "x"), true); });
  Reader other(lying);
  other.string(true);
  EXPECT_TRUE(other.failed());
}

TEST(Array, ReadsElementsOfEachForm) {
  const Buffer plain = hex("00000002 0007 0008");
  Reader reader(plain);
  std::vector<std::int16_t> numbers;
  read_array(reader, false, 2, numbers);
  EXPECT_EQ(numbers, (std::vector<std::int16_t>{7, 8}));
  const Buffer null = hex("00");
  Reader other(null);
  std::optional<std::vector<std::int16_t>> none(std::in_place);
  read_array(other, true, 2, none);
  EXPECT_FALSE(none.has_value());
  EXPECT_FALSE(other.failed());
}

TEST(Array, ACountBeyondTheBytesLeftIsMalformed) {
  const Buffer bytes = hex("00000003 0007 0008");
  Reader reader(bytes);
  std::vector<std::int16_t> numbers;
  read_array(reader, false, 2, numbers);
  EXPECT_TRUE(reader.failed());
  EXPECT_TRUE(numbers.empty());
}

TEST(Reader, RemembersTheFirstErrorAndGivesZerosAfterIt) {
  const Buffer bytes = hex("0102");
  Reader reader(bytes);
  EXPECT_EQ(reader.int32(), 0);
  const std::string first(reader.error());
  EXPECT_FALSE(first.empty());
  reader.fail("another reason");
  EXPECT_EQ(reader.error(), first);
  EXPECT_EQ(reader.int8(), 0);
  EXPECT_EQ(reader.remaining(), 0u);
  EXPECT_TRUE(reader.records(true, false) == std::nullopt);
}

TEST(Reader, RecordsBorrowFromTheFrameOrShareIt) {
  Buffer frame = hex("00000003 aabbcc");
  Reader borrowing{ByteView(frame)};
  const auto borrowed = borrowing.records(false, false);
  ASSERT_TRUE(borrowed);
  EXPECT_EQ(borrowed->contiguous().data(), frame.data() + 4);

  std::optional<Payload> shared;
  {
    Reader sharing(SharedBytes::own(std::move(frame)));
    shared = sharing.records(false, false);
  }
  EXPECT_EQ(shared->to_buffer(), hex("aabbcc"));
}

TEST(TaggedFields, AFieldThatIsNotReadToItsEndIsMalformed) {
  for (const char* const digits : {"01 00 05 00000001 ff", "01 00 03 00000001"}) {
    const Buffer bytes = hex(digits);
    Reader reader(bytes);
    for (TaggedFields tags(reader); tags.next();) reader.int32();
    EXPECT_TRUE(reader.failed()) << digits;
  }
}

TEST(TaggedFields, WhatFollowsThemIsRead) {
  const Buffer bytes = hex("02 00 04 00000001 63 02 aaaa 07");
  Reader reader(bytes);
  std::int32_t value = 0;
  for (TaggedFields tags(reader); tags.next();) {
    if (tags.number() == 0)
      value = reader.int32();
    else
      tags.skip();
  }
  EXPECT_EQ(value, 1);
  EXPECT_EQ(reader.int8(), 7);
  EXPECT_FALSE(reader.failed());
}

TEST(TaggedFields, MoreThanTheBytesLeftCanHoldIsMalformed) {
  const Buffer bytes = hex("03 05 00 05 00 05");
  Reader reader(bytes);
  reader.skip_tagged_fields();
  EXPECT_TRUE(reader.failed());
}

TEST(Writer, ALongTagMovesBehindItsLength) {
  const std::string text(300, 'x');
  const Buffer bytes = written([&](Writer& w) {
    w.unsigned_varint(1);
    const std::size_t mark = w.begin_tag(3);
    w.string(text, true);
    w.end_tag(mark);
    w.int8(9);
  });
  Reader reader(bytes);
  std::string read;
  for (TaggedFields tags(reader); tags.next();) {
    EXPECT_EQ(tags.number(), 3u);
    read = reader.string(true);
  }
  EXPECT_EQ(read, text);
  EXPECT_EQ(reader.int8(), 9);
  EXPECT_FALSE(reader.failed());
}

TEST(Writer, LargeRecordsAreSplicedAndSmallOnesCopied) {
  const Buffer large(5000, 0xab);
  const Buffer small(10, 0xcd);
  Writer writer;
  writer.int8(1);
  writer.records(Payload::borrow(large), true);
  writer.records(Payload::borrow(small), true);
  writer.int8(2);
  EXPECT_EQ(writer.size(), 1u + 2 + 5000 + 1 + 10 + 1);
  const Payload payload = writer.finish();
  ASSERT_EQ(payload.pieces().size(), 3u);
  EXPECT_EQ(payload.pieces()[1].bytes.view.data(), large.data());

  const Buffer all = payload.to_buffer();
  Reader reader(all);
  EXPECT_EQ(reader.int8(), 1);
  EXPECT_EQ(reader.records(true, false)->to_buffer(), large);
  EXPECT_EQ(reader.records(true, false)->to_buffer(), small);
  EXPECT_EQ(reader.int8(), 2);
}

TEST(Writer, IsEmptyAndUsableAfterFinish) {
  Writer writer;
  writer.int32(1);
  EXPECT_EQ(writer.finish().size(), 4u);
  EXPECT_EQ(writer.size(), 0u);
  writer.int16(2);
  EXPECT_EQ(writer.finish().to_buffer(), hex("0002"));
}

}  // namespace
}  // namespace barnabas::protocol
