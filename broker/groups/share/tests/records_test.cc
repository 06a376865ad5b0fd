// Bytes as Kafka 4.3.1's GroupCoordinatorRecordSerde writes them.
#include "broker/groups/share/records.h"

#include <gtest/gtest.h>

#include "broker/groups/share/member.h"
#include "broker/groups/share/state_partitions.h"

namespace barnabas::broker::groups::share {
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

// Bytes 01 to 10, the first one replaced.
Uuid topic_id(std::uint8_t first = 1) {
  Uuid id;
  for (std::size_t i = 0; i < 16; ++i) id.bytes[i] = static_cast<std::uint8_t>(i + 1);
  id.bytes[0] = first;
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
  member.rack_id = "r";
  member.client_id = "c";
  member.client_host = "/h";
  member.topics = {"b", "a"};
  member.assigned[topic_id()] = {0, 2};
  return member;
}

TEST(ShareGroupRecords, GroupEpochs) {
  expect_bytes(epoch_record("g", 7, 0x1122334455667788), "000b000167", "000000000007112233445566778800");
  expect_bytes(epoch_tombstone("g"), "000b000167", "null");
}

TEST(ShareGroupRecords, Members) {
  expect_bytes(member_record("g", full_member()), "000a00016700016d", "000002720263032f68030261026200");
  Member plain("m");
  plain.client_id = "c";
  plain.client_host = "/h";
  expect_bytes(member_record("g", plain), "000a00016700016d", "0000000263032f680100");
  expect_bytes(member_tombstone("g", "m"), "000a00016700016d", "null");
}

TEST(ShareGroupRecords, Targets) {
  expect_bytes(target_epoch_record("g", 7, 1'700'000'000'000), "000c000167",
               "0000000000070100080000018bcfe56800");
  expect_bytes(target_epoch_record("g", 7, 0), "000c000167", "00000000000700");
  expect_bytes(target_epoch_tombstone("g"), "000c000167", "null");
  expect_bytes(target_record("g", "m", {{topic_id(), {0, 2}}}), "000d00016700016d",
               "0000020102030405060708090a0b0c0d0e0f100300000000000000020000");
  expect_bytes(target_tombstone("g", "m"), "000d00016700016d", "null");
}

TEST(ShareGroupRecords, CurrentAssignments) {
  expect_bytes(current_record("g", full_member()), "000e00016700016d",
               "0000000000050000000400020102030405060708090a0b0c0d0e0f100300000000000000020000");
  expect_bytes(current_tombstone("g", "m"), "000e00016700016d", "null");
}

TEST(ShareGroupRecords, StatesOfPartitions) {
  StatePartitions states;
  states.initializing[topic_id()] = {"one", {0, 2}};
  states.initialized[topic_id(0x11)] = {"two", {1}};
  states.deleting[topic_id(0x21)] = "three";
  expect_bytes(state_record("g", states), "000f000167",
               "0000020102030405060708090a0b0c0d0e0f10046f6e650300000000000000020002"
               "1102030405060708090a0b0c0d0e0f100474776f0200000001000221020304050607"
               "08090a0b0c0d0e0f100674687265650000");
  expect_bytes(state_tombstone("g"), "000f000167", "null");
}

TEST(ShareGroupRecords, WhatIsNoShareGroupsOrCutOffIsNotRead) {
  EXPECT_FALSE(is_share_key(9));
  EXPECT_TRUE(is_share_key(10));
  EXPECT_TRUE(is_share_key(15));
  EXPECT_FALSE(is_share_key(16));
  const auto encoded = encode(epoch_record("g", 7, 0));
  const ByteView value = *encoded.value;
  for (std::size_t size = 0; size < value.size(); ++size) {
    EXPECT_FALSE(decode(encoded.key, value.first(size))) << size;
  }
  EXPECT_FALSE(decode(ByteView(encoded.key).first(4), value));
}

}  // namespace
}  // namespace barnabas::broker::groups::share
