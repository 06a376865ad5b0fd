#include "broker/groups/group_records.h"

#include <gtest/gtest.h>

#include "broker/groups/tests/shard_bench.h"

namespace barnabas::broker::groups {
namespace {

Buffer from_hex(std::string_view text) {
  const auto digit = [](char letter) { return letter <= '9' ? letter - '0' : letter - 'a' + 10; };
  Buffer out;
  int high = -1;
  for (const char letter : text) {
    if (letter == ' ') continue;
    if (high < 0) {
      high = digit(letter);
    } else {
      out.push_back(static_cast<std::uint8_t>(high * 16 + digit(letter)));
      high = -1;
    }
  }
  return out;
}

// Bytes that Kafka 4.3.1 wrote.
TEST(GroupRecordsTest, EmptyGroupIsWrittenAsKafkaWritesIt) {
  GroupMetadataRecord record;
  record.key.group = "g-classic";
  auto& value = record.value.emplace();
  value.protocol = std::nullopt;
  value.leader = std::nullopt;
  value.current_state_timestamp = 0x1a2095407ef;
  const EncodedRecord encoded = encode_record(record);
  EXPECT_EQ(encoded.key, from_hex("0002 0009 672d636c6173736963"));
  EXPECT_EQ(encoded.value, from_hex("0003 0000 00000000 ffff ffff 000001a2095407ef 00000000"));
}

TEST(GroupRecordsTest, OffsetIsWrittenInVersionFour) {
  OffsetRecord record = offset_tombstone("g", "t", 3);
  EXPECT_EQ(encode_record(record).key, from_hex("0001 0001 67 0001 74 00000003"));
  EXPECT_FALSE(encode_record(record).value.has_value());
  auto& value = record.value.emplace();
  value.offset = 7;
  value.metadata = "m";
  value.commit_timestamp = 1;
  EXPECT_EQ(encode_record(record).value,
            from_hex("0004 0000000000000007 ffffffff 02 6d 0000000000000001 00"));
  value.topic_id = Uuid::reserved(200);
  EXPECT_EQ(encode_record(record).value,
            from_hex("0004 0000000000000007 ffffffff 02 6d 0000000000000001 01 00 10"
                     "000000000000000000000000000000c8"));
}

TEST(GroupRecordsTest, OffsetWithItsOwnRetentionIsWrittenInVersionOne) {
  OffsetRecord record = offset_tombstone("g", "t", 3);
  auto& value = record.value.emplace();
  value.offset = 7;
  value.commit_timestamp = 1;
  value.expire_timestamp = 2;
  EXPECT_EQ(encode_record(record).value,
            from_hex("0001 0000000000000007 0000 0000000000000001 0000000000000002"));
}

TEST(GroupRecordsTest, LegacyOffsetsAreRead) {
  const Buffer key = from_hex("0000 0001 67 0001 74 00000003");
  const Buffer value = from_hex("0000 0000000000000007 0001 6d 0000000000000001");
  const auto record = decode_record(key, ByteView(value));
  ASSERT_TRUE(record.has_value());
  const auto& offset = std::get<OffsetRecord>(*record);
  EXPECT_EQ(offset.key.group, "g");
  EXPECT_EQ(offset.value->offset, 7);
  EXPECT_EQ(offset.value->expire_timestamp, -1);
}

TEST(GroupRecordsTest, OtherTypesAreSkipped) {
  const auto other = decode_record(from_hex("0063 00"), std::nullopt);
  EXPECT_EQ(std::get<OtherRecord>(*other).key_type, 0x63);
  const auto unused = decode_record(from_hex("0012 0001 73"), std::nullopt);
  EXPECT_EQ(std::get<OtherRecord>(*unused).key_type, 18);
}

TEST(GroupRecordsTest, RecordsOfEveryKindOfGroupAreUnderstood) {
  const auto share = decode_record(from_hex("000b 0001 73"), std::nullopt);
  EXPECT_EQ(share::group_of(std::get<share::Record>(*share)), "s");
  const auto streams = decode_record(from_hex("0011 0001 73"), std::nullopt);
  EXPECT_EQ(streams::group_of(std::get<streams::Record>(*streams)), "s");
}

TEST(GroupRecordsTest, TruncatedRecordsAreMalformed) {
  OffsetRecord offset = offset_tombstone("group", "topic", 3);
  offset.value.emplace().metadata = "some metadata";
  ShardBench bench;
  bench.stable_group(2);
  std::vector<EncodedRecord> all{encode_record(offset), bench.log().back().bytes};
  for (const EncodedRecord& whole : all) {
    for (std::size_t size = 0; size < whole.key.size(); ++size) {
      EXPECT_FALSE(decode_record(ByteView(whole.key).first(size), std::nullopt).has_value());
    }
    for (std::size_t size = 0; size < whole.value->size(); ++size) {
      EXPECT_FALSE(decode_record(whole.key, ByteView(*whole.value).first(size)).has_value()) << size;
    }
  }
  EXPECT_FALSE(decode_record(from_hex("0003 7fff 61"), std::nullopt).has_value());
  EXPECT_FALSE(decode_record(from_hex("0003 ffff"), std::nullopt).has_value());
}

TEST(GroupRecordsTest, VersionsBeyondOursAreMalformed) {
  const Buffer key = from_hex("0002 0001 67");
  EXPECT_FALSE(decode_record(key, ByteView(from_hex("0005 00"))).has_value());
  EXPECT_FALSE(decode_record(key, ByteView(from_hex("ffff 00"))).has_value());
}

TEST(GroupRecordsTest, GroupThatNamesAMemberTwiceKeepsWhatMakesSense) {
  protocol::GroupMetadataValue value;
  value.protocol_type = "consumer";
  value.protocol = "range";
  value.leader = "nobody";
  for (const char* id : {"a", "a", "b"}) {
    auto& member = value.members.emplace_back();
    member.member_id = id;
    member.group_instance_id = "same";
    member.session_timeout = 6'000;
  }
  const ClassicGroup group("g", 1, value);
  EXPECT_EQ(group.size(), 1u);
  EXPECT_EQ(group.leader(), "a");
  EXPECT_EQ(group.state(), GroupState::kStable);
  EXPECT_EQ(group.members().at("a").rebalance_timeout_ms, 6'000);
}

}  // namespace
}  // namespace barnabas::broker::groups
