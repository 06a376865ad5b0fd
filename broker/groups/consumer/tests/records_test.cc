// Bytes as Kafka 4.3.1's GroupCoordinatorRecordSerde writes them.
#include "broker/groups/consumer/records.h"

#include <gtest/gtest.h>

#include "broker/groups/consumer/member.h"

namespace barnabas::broker::groups::consumer {
namespace {

std::string hex(ByteView bytes) {
  static constexpr char kDigits[] = "0123456789abcdef";
  std::string out;
  for (const std::uint8_t byte : bytes) {
    out += kDigits[byte >> 4];
    out += kDigits[byte & 15];
  }
  return out;
}

Uuid topic_id() {
  Uuid id;
  for (std::size_t i = 0; i < 16; ++i) id.bytes[i] = static_cast<std::uint8_t>(i + 1);
  return id;
}

// The bytes, and that they read back as the same.
void expect_bytes(const Record& record, const std::string& key, const std::string& value) {
  const auto encoded = encode(record);
  EXPECT_EQ(hex(encoded.key), key);
  EXPECT_EQ(encoded.value ? hex(*encoded.value) : "null", value);
  const auto decoded =
      decode(encoded.key, encoded.value ? std::optional<ByteView>(*encoded.value) : std::nullopt);
  ASSERT_TRUE(decoded);
  const auto again = encode(*decoded);
  EXPECT_EQ(again.key, encoded.key);
  EXPECT_EQ(again.value, encoded.value);
}

Member full_member() {
  Member member("m");
  member.epoch = 5;
  member.previous_epoch = 4;
  member.instance_id = "i";
  member.rack_id = "r";
  member.client_id = "c";
  member.client_host = "/h";
  member.rebalance_timeout_ms = 60'000;
  member.topics = {"b", "a"};
  member.assignor = "range";
  member.assigned[topic_id()] = {{0, 3}, {2, 5}};
  return member;
}

TEST(ConsumerGroupRecords, GroupEpochs) {
  expect_bytes(epoch_record("g", 7, 0x1122334455667788), "0003000167", "0000000000070100081122334455667788");
  expect_bytes(epoch_record("g", 7, 0), "0003000167", "00000000000700");
  expect_bytes(epoch_tombstone("g"), "0003000167", "null");
  expect_bytes(partition_metadata_tombstone("g"), "0004000167", "null");
}

TEST(ConsumerGroupRecords, Members) {
  expect_bytes(member_record("g", full_member()), "000500016700016d",
               "0000026902720263032f680302610262010000ea600672616e676501000100");
  Member by_regex("m");
  by_regex.regex = "t.*";
  expect_bytes(member_record("g", by_regex), "000500016700016d", "0000000001010104742e2affffffff0001000100");
  by_regex.classic = ClassicMetadata();
  ClassicMetadata& classic = *by_regex.classic;
  classic.session_timeout_ms = 45'000;
  auto& protocol = classic.supported_protocols.emplace_back();
  protocol.name = "range";
  protocol.metadata = {1, 2, 3};
  expect_bytes(member_record("g", by_regex), "000500016700016d",
               "0000000001010104742e2affffffff00010012010000afc8020672616e6765040102030000");
  expect_bytes(member_tombstone("g", "m"), "000500016700016d", "null");
}

TEST(ConsumerGroupRecords, Assignments) {
  expect_bytes(
      current_record("g", full_member()), "000800016700016d",
      "0000000000050000000400020102030405060708090a0b0c0d0e0f10030000000000000002010009030000000300000005"
      "0100");
  expect_bytes(target_record("g", "m", {{topic_id(), {0, 1}}}), "000700016700016d",
               "0000020102030405060708090a0b0c0d0e0f100300000000000000010000");
  expect_bytes(target_epoch_record("g", 7, 1'700'000'000'000), "0006000167",
               "0000000000070100080000018bcfe56800");
  expect_bytes(target_epoch_tombstone("g"), "0006000167", "null");
}

TEST(ConsumerGroupRecords, RegularExpressions) {
  ResolvedRegex resolved;
  resolved.topics = {"t2", "t1"};
  resolved.version = 9;
  resolved.timestamp_ms = 1'700'000'000'000;
  expect_bytes(regex_record("g", "t.*", resolved), "00100001670003742e2a",
               "00000303743103743200000000000000090000018bcfe5680000");
  expect_bytes(regex_tombstone("g", "t.*"), "00100001670003742e2a", "null");
}

TEST(ConsumerGroupRecords, AssignmentsWithoutEpochsHaveThatOfTheMember) {
  auto record = std::get<CurrentRecord>(current_record("g", full_member()));
  record.value->assigned_partitions[0].assignment_epochs->clear();
  Member member("m");
  member.apply(*record.value);
  EXPECT_EQ(member.assigned[topic_id()], (PartitionEpochs{{0, 5}, {2, 5}}));
}

TEST(ConsumerGroupRecords, TruncatedBytesAreNoRecord) {
  const auto encoded = encode(member_record("g", full_member()));
  for (std::size_t size = 0; size < encoded.value->size(); ++size) {
    EXPECT_FALSE(decode(encoded.key, ByteView(*encoded.value).first(size))) << size;
  }
  for (std::size_t size = 0; size < encoded.key.size(); ++size) {
    EXPECT_FALSE(decode(ByteView(encoded.key).first(size), std::nullopt)) << size;
  }
}

}  // namespace
}  // namespace barnabas::broker::groups::consumer
