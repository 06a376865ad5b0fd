#include "broker/transactions/transaction_records.h"

#include <gtest/gtest.h>

namespace barnabas::broker::transactions {
namespace {

Buffer from_hex(std::string_view text) {
  Buffer out;
  std::string digits;
  for (const char c : text) {
    if (c == ' ') continue;
    digits += c;
    if (digits.size() < 2) continue;
    out.push_back(static_cast<std::uint8_t>(std::stoi(digits, nullptr, 16)));
    digits.clear();
  }
  return out;
}

const Buffer kKey = from_hex("0000 0008 7469642d6f70656e");

TransactionMetadata empty_producer() {
  TransactionMetadata metadata;
  metadata.producer_id = 4;
  metadata.previous_producer_id = 4;
  metadata.producer_epoch = 0;
  metadata.timeout_ms = 600'000;
  metadata.last_update_ms = 0x1a209540548;
  return metadata;
}

TransactionMetadata ongoing() {
  TransactionMetadata metadata = empty_producer();
  metadata.state = TransactionState::kOngoing;
  metadata.partitions = {{"tx", 1}};
  metadata.start_ms = metadata.last_update_ms = 0x1a209540566;
  metadata.client_version = 2;
  return metadata;
}

TransactionMetadata complete() {
  TransactionMetadata metadata = ongoing();
  metadata.state = TransactionState::kCompleteCommit;
  metadata.producer_epoch = 1;
  metadata.partitions.clear();
  metadata.last_update_ms = 0x1a209540570;
  return metadata;
}

void expect_bytes(const TransactionMetadata& metadata, std::string_view hex, std::int16_t version = 1) {
  const auto encoded = encode_record({"tid-open", metadata, version});
  EXPECT_EQ(encoded.key, kKey);
  ASSERT_TRUE(encoded.value);
  EXPECT_EQ(*encoded.value, from_hex(hex));
  const auto back = decode_record(encoded.key, *encoded.value);
  ASSERT_TRUE(back);
  EXPECT_EQ(back->transactional_id, "tid-open");
  EXPECT_EQ(back->value_version, version);
  if (version >= 1) {
    EXPECT_EQ(back->value, metadata);
  }
}

// As Apache Kafka 4.3.1 wrote them.
TEST(TransactionRecords, AreKafkasByteForByte) {
  expect_bytes(empty_producer(),
               "0001 0000000000000004 0000 000927c0 00 00 000001a209540548 ffffffffffffffff 01 00 08 "
               "0000000000000004");
  expect_bytes(ongoing(),
               "0001 0000000000000004 0000 000927c0 01 02 03 7478 02 00000001 00 000001a209540566 "
               "000001a209540566 02 00 08 0000000000000004 02 02 0002");
  expect_bytes(complete(),
               "0001 0000000000000004 0001 000927c0 04 01 000001a209540570 000001a209540566 02 00 08 "
               "0000000000000004 02 02 0002");
}

TEST(TransactionRecords, VersionZeroKnowsNoOtherProducerIds) {
  expect_bytes(empty_producer(),
               "0000 0000000000000004 0000 000927c0 00 ffffffff 000001a209540548 ffffffffffffffff", 0);
  expect_bytes(ongoing(),
               "0000 0000000000000004 0000 000927c0 01 00000001 0002 7478 00000001 00000001 "
               "000001a209540566 000001a209540566",
               0);
}

TEST(TransactionRecords, PartitionsAreGroupedByTopic) {
  TransactionMetadata metadata = ongoing();
  metadata.partitions = sorted_unique({{"b", 2}, {"a", 0}, {"b", 1}, {"a", 0}});
  const auto encoded = encode_record({"tid-open", metadata, 1});
  const auto back = decode_record(encoded.key, *encoded.value);
  ASSERT_TRUE(back && back->value);
  EXPECT_EQ(back->value->partitions, (std::vector<TopicPartition>{{"a", 0}, {"b", 1}, {"b", 2}}));
}

TEST(TransactionRecords, TombstonesHaveNoValue) {
  const auto encoded = encode_record({"tid-open", std::nullopt, 1});
  EXPECT_EQ(encoded.key, kKey);
  EXPECT_FALSE(encoded.value);
  const auto back = decode_record(encoded.key, std::nullopt);
  ASSERT_TRUE(back);
  EXPECT_FALSE(back->value);
}

TEST(TransactionRecords, WhatIsMalformedOrUnknownIsNotRead) {
  const auto value = *encode_record({"tid-open", ongoing(), 1}).value;
  EXPECT_FALSE(decode_record(from_hex("00"), value));
  EXPECT_FALSE(decode_record(from_hex("0001 0008 7469642d6f70656e"), value)) << "another kind of key";
  EXPECT_FALSE(decode_record(from_hex("0000 0009 7469642d6f70656e"), value)) << "a key cut short";
  EXPECT_FALSE(decode_record(kKey, from_hex("0002"))) << "a version of the future";
  EXPECT_FALSE(decode_record(kKey, Buffer{}));
  for (std::size_t size = 0; size < value.size(); ++size) {
    EXPECT_FALSE(decode_record(kKey, ByteView(value).first(size))) << size;
  }
  for (const int status : {6, 7, 8, 127, 255}) {
    Buffer odd = value;
    odd[2 + 8 + 2 + 4] = static_cast<std::uint8_t>(status);
    EXPECT_FALSE(decode_record(kKey, odd)) << "no record is in state " << status;
  }
}

TEST(TransactionRecords, WithoutAProducerAreNotRead) {
  for (const auto& [id, epoch] : {std::pair(-1, 0), std::pair(4, -1)}) {
    TransactionMetadata metadata = ongoing();
    metadata.producer_id = id;
    metadata.producer_epoch = static_cast<std::int16_t>(epoch);
    const auto encoded = encode_record({"tid-open", metadata, 1});
    EXPECT_FALSE(decode_record(encoded.key, *encoded.value));
  }
}

TEST(TransactionStates, HaveKafkasNames) {
  EXPECT_EQ(state_name(TransactionState::kPrepareEpochFence), "PrepareEpochFence");
  EXPECT_EQ(state_of_name("CompleteAbort"), TransactionState::kCompleteAbort);
  EXPECT_EQ(state_of_name("completeabort"), std::nullopt);
  for (int i = 0; i < 8; ++i) {
    EXPECT_EQ(state_of_name(state_name(static_cast<TransactionState>(i))), static_cast<TransactionState>(i));
  }
}

}  // namespace
}  // namespace barnabas::broker::transactions
