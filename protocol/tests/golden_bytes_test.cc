// Bytes that Apache Kafka 4.3.1 wrote for the same values.
#include "protocol/messages/begin_transaction_record.h"
#include "protocol/messages/broker_registration_change_record.h"
#include "protocol/messages/config_record.h"
#include "protocol/messages/feature_level_record.h"
#include "protocol/messages/leader_change_message.h"
#include "protocol/messages/offset_commit_key.h"
#include "protocol/messages/offset_commit_value.h"
#include "protocol/messages/partition_change_record.h"
#include "protocol/messages/partition_record.h"
#include "protocol/messages/register_broker_record.h"
#include "protocol/messages/request_header.h"
#include "protocol/messages/topic_record.h"
#include "protocol/messages/transaction_log_value.h"
#include "protocol/messages/voters_record.h"
#include "protocol/wire/reader.h"
#include "protocol/wire/writer.h"

namespace barnabas::protocol {
namespace {

constexpr const char* kTopicId = "0102030405060708 1112131415161718";
constexpr const char* kDirectoryId = "2122232425262728 3132333435363738";

std::string digits(ByteView bytes) {
  std::string text;
  for (const std::uint8_t byte : bytes) {
    text += "0123456789abcdef"[byte >> 4];
    text += "0123456789abcdef"[byte & 15];
  }
  return text;
}

std::string without_spaces(std::string_view text) {
  std::string kept;
  for (const char letter : text)
    if (letter != ' ') kept += letter;
  return kept;
}

Uuid uuid(std::string_view text) {
  const std::string hex = without_spaces(text);
  Uuid id;
  for (std::size_t i = 0; i < id.bytes.size(); ++i)
    id.bytes[i] = static_cast<std::uint8_t>(std::stoi(hex.substr(2 * i, 2), nullptr, 16));
  return id;
}

template <class Message>
void expect_bytes(const Message& message, std::int16_t version, const std::string& expected) {
  Writer writer;
  message.encode(writer, version);
  ASSERT_FALSE(writer.failed()) << writer.error();
  const Buffer bytes = writer.finish_buffer();
  EXPECT_EQ(digits(bytes), without_spaces(expected));
  Reader reader(bytes);
  Message copy;
  EXPECT_TRUE(copy.decode(reader, version)) << reader.error();
  EXPECT_EQ(reader.remaining(), 0u);
  EXPECT_EQ(copy, message);
}

// A metadata record as it stands in the log: frame version, type and version before the message.
template <class Message>
void expect_metadata_record(const Message& message, std::int16_t version, const std::string& expected) {
  Writer writer;
  writer.unsigned_varint(1);
  writer.unsigned_varint(Message::kRecordType);
  writer.unsigned_varint(static_cast<std::uint32_t>(version));
  const std::string frame = digits(writer.finish_buffer());
  const std::string all = without_spaces(expected);
  ASSERT_EQ(all.substr(0, frame.size()), frame);
  expect_bytes(message, version, all.substr(frame.size()));
}

TEST(GoldenBytes, Topic) {
  TopicRecord topic;
  topic.name = "foo";
  topic.topic_id = uuid(kTopicId);
  expect_metadata_record(topic, 0, "01 02 00 04 666f6f 01020304050607081112131415161718 00");
}

TEST(GoldenBytes, PartitionWithOneDirectory) {
  PartitionRecord partition;
  partition.partition_id = 0;
  partition.topic_id = uuid(kTopicId);
  partition.replicas = {1};
  partition.isr = {1};
  partition.leader = 1;
  partition.leader_epoch = 0;
  partition.partition_epoch = 0;
  partition.directories = {uuid(kDirectoryId)};
  expect_metadata_record(partition, 1,
                         std::string("01 03 01 00000000") + kTopicId +
                             "02 00000001 02 00000001 01 01 00000001 00000000 00000000 02" + kDirectoryId +
                             "00");
}

TEST(GoldenBytes, PartitionWithEligibleLeaders) {
  PartitionRecord partition;
  partition.partition_id = 0;
  partition.topic_id = uuid(kTopicId);
  partition.replicas = {1, 2};
  partition.isr = {1};
  partition.leader = 1;
  partition.leader_epoch = 3;
  partition.partition_epoch = 7;
  partition.directories = {uuid(kDirectoryId), uuid(kDirectoryId)};
  partition.eligible_leader_replicas = {2};
  expect_metadata_record(partition, 2,
                         std::string("01 03 02 00000000") + kTopicId +
                             "03 00000001 00000002 02 00000001 01 01 00000001 00000003 00000007 03" +
                             kDirectoryId + kDirectoryId + "01 01 05 02 00000002");
}

TEST(GoldenBytes, PartitionChangeWithTagsOnly) {
  PartitionChangeRecord change;
  change.partition_id = 0;
  change.topic_id = uuid(kTopicId);
  change.isr.emplace({1});
  change.leader = 1;
  expect_metadata_record(change, 1,
                         std::string("01 05 01 00000000") + kTopicId + "02 00 05 02 00000001 01 04 00000001");
}

TEST(GoldenBytes, ConfigSetAndRemoved) {
  ConfigRecord config;
  config.resource_type = 2;
  config.resource_name = "foo";
  config.name = "cleanup.policy";
  config.value = "compact";
  expect_metadata_record(config, 0,
                         "01 04 00 02 04 666f6f 0f 636c65616e75702e706f6c696379 08 636f6d70616374 00");
  config.value.reset();
  expect_metadata_record(config, 0, "01 04 00 02 04 666f6f 0f 636c65616e75702e706f6c696379 00 00");
}

TEST(GoldenBytes, FeatureLevelAndBeginTransaction) {
  FeatureLevelRecord level;
  level.name = "metadata.version";
  level.feature_level = 25;
  expect_metadata_record(level, 0, "01 0c 00 11 6d657461646174612e76657273696f6e 0019 00");
  BeginTransactionRecord begin;
  begin.name = "Bootstrap records";
  expect_metadata_record(begin, 0, "01 17 00 01 00 12 12 426f6f747374726170207265636f726473");
}

TEST(GoldenBytes, RegisterBroker) {
  RegisterBrokerRecord broker;
  broker.broker_id = 1;
  broker.incarnation_id = uuid(kTopicId);
  broker.broker_epoch = 5;
  broker.rack.reset();
  broker.end_points.resize(1);
  broker.end_points[0].name = "PLAINTEXT";
  broker.end_points[0].host = "localhost";
  broker.end_points[0].port = 9092;
  broker.features.resize(1);
  broker.features[0].name = "metadata.version";
  broker.features[0].min_supported_version = 7;
  broker.features[0].max_supported_version = 25;
  broker.log_dirs = {uuid(kDirectoryId)};
  const std::string tail =
      "0000000000000005 02 0a 504c41494e54455854 0a 6c6f63616c686f7374 2384 0000 00"
      "02 11 6d657461646174612e76657273696f6e 0007 0019 00 00 01 00";
  expect_metadata_record(
      broker, 3, std::string("01 00 03 00000001 00") + kTopicId + tail + "01 00 11 02" + kDirectoryId);
  broker.cordoned_log_dirs.emplace();
  expect_metadata_record(
      broker, 4,
      std::string("01 00 04 00000001 00") + kTopicId + tail + "02 00 11 02" + kDirectoryId + "01 01 01");
}

TEST(GoldenBytes, BrokerRegistrationChange) {
  BrokerRegistrationChangeRecord change;
  change.broker_id = 1;
  change.broker_epoch = 5;
  change.fenced = -1;
  expect_metadata_record(change, 0, "01 11 00 00000001 0000000000000005 01 00 01 ff");
  change.fenced = 0;
  change.cordoned_log_dirs.emplace();
  expect_metadata_record(change, 3, "01 11 03 00000001 0000000000000005 01 03 01 01");
}

TEST(GoldenBytes, LeaderChangeAndVoters) {
  LeaderChangeMessage change;
  change.leader_id = 1;
  change.voters.resize(1);
  change.voters[0].voter_id = 1;
  change.granting_voters = change.voters;
  expect_bytes(change, 0, "0000 00000001 02 00000001 00 02 00000001 00 00");

  VotersRecord voters;
  voters.voters.resize(1);
  voters.voters[0].voter_id = 1;
  voters.voters[0].voter_directory_id = uuid(kDirectoryId);
  voters.voters[0].endpoints.resize(1);
  voters.voters[0].endpoints[0].name = "CONTROLLER";
  voters.voters[0].endpoints[0].host = "localhost";
  voters.voters[0].endpoints[0].port = 9093;
  voters.voters[0].kraft_version_feature.max_supported_version = 1;
  expect_bytes(voters, 0,
               std::string("0000 02 00000001") + kDirectoryId +
                   "02 0b 434f4e54524f4c4c4552 0a 6c6f63616c686f7374 2385 00 0000 0001 00 00 00");
}

TEST(GoldenBytes, OffsetCommit) {
  OffsetCommitKey key;
  key.group = "g-classic";
  key.topic = "tx";
  key.partition = 1;
  expect_bytes(key, 0, "0009 672d636c6173736963 0002 7478 00000001");
  OffsetCommitValue value;
  value.offset = 4;
  value.leader_epoch = 0;
  value.commit_timestamp = 0x1a2095409f6;
  value.topic_id = uuid(kTopicId);
  expect_bytes(value, 4, std::string("0000000000000004 00000000 01 000001a2095409f6 01 00 10") + kTopicId);
}

TEST(GoldenBytes, OngoingTransaction) {
  TransactionLogValue value;
  value.producer_id = 4;
  value.producer_epoch = 0;
  value.transaction_timeout_ms = 600000;
  value.transaction_status = 1;
  value.transaction_partitions.emplace(1);
  value.transaction_partitions->front().topic = "tx";
  value.transaction_partitions->front().partition_ids = {1};
  value.transaction_last_update_timestamp_ms = 0x1a209540566;
  value.transaction_start_timestamp_ms = 0x1a209540566;
  value.previous_producer_id = 4;
  value.client_transaction_version = 2;
  expect_bytes(value, 1,
               "0000000000000004 0000 000927c0 01 02 03 7478 02 00000001 00 000001a209540566 000001a209540566"
               "02 00 08 0000000000000004 02 02 0002");
}

TEST(GoldenBytes, TheClientIdStaysPlainInTheFlexibleHeader) {
  RequestHeader header;
  header.request_api_key = 18;
  header.request_api_version = 4;
  header.correlation_id = 7;
  header.client_id = "abc";
  expect_bytes(header, 2, "0012 0004 00000007 0003 616263 00");
  expect_bytes(header, 1, "0012 0004 00000007 0003 616263");
}

}  // namespace
}  // namespace barnabas::protocol
