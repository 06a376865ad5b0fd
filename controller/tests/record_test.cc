#include "controller/record.h"

#include <gtest/gtest.h>

#include "controller/tests/support.h"

namespace barnabas::controller {
namespace {

using testing::bytes_of;
using testing::kDirectory;
using testing::kTopicId;

// The bytes Apache Kafka 4.3.1 writes for the same record.
void expect_bytes(const MetadataRecord& record, std::string_view hex, std::int16_t level = 25) {
  const Buffer expected = bytes_of(hex);
  EXPECT_EQ(encode_record(record, level), expected) << record_name(record);
  const auto decoded = decode_record(expected);
  ASSERT_TRUE(decoded) << decoded.error();
  EXPECT_EQ(*decoded, record) << record_name(record);
}

constexpr std::string_view kTopicHex = "01020304050607081112131415161718";
constexpr std::string_view kDirectoryHex = "21222324252627283132333435363738";

TEST(RecordTest, FeatureTopicConfigAndProducerIdRecordsHaveKafkasBytes) {
  protocol::FeatureLevelRecord feature;
  feature.name = "metadata.version";
  feature.feature_level = 25;
  expect_bytes(feature, "010c00 11 6d657461646174612e76657273696f6e 0019 00");

  protocol::TopicRecord topic;
  topic.name = "foo";
  topic.topic_id = kTopicId;
  expect_bytes(topic, concat("010200 04 666f6f ", kTopicHex, " 00"));

  protocol::ConfigRecord config;
  config.resource_type = 2;
  config.resource_name = "foo";
  config.name = "cleanup.policy";
  config.value = "compact";
  expect_bytes(config, "010400 02 04666f6f 0f636c65616e75702e706f6c696379 08636f6d70616374 00");
  config.value = std::nullopt;
  expect_bytes(config, "010400 02 04666f6f 0f636c65616e75702e706f6c696379 00 00");

  protocol::ProducerIdsRecord ids;
  ids.broker_id = 1;
  ids.broker_epoch = 5;
  ids.next_producer_id = 1000;
  expect_bytes(ids, "010f00 00000001 0000000000000005 00000000000003e8 00");
}

TEST(RecordTest, PartitionRecordsHaveKafkasBytesAtEachLevel) {
  protocol::PartitionRecord one;
  one.partition_id = 0;
  one.topic_id = kTopicId;
  one.replicas = {1};
  one.isr = {1};
  one.leader = 1;
  one.leader_epoch = 0;
  one.partition_epoch = 0;
  one.directories = {kDirectory};
  expect_bytes(one,
               concat("010301 00000000 ", kTopicHex,
                      " 02 00000001 02 00000001 01 01 00000001 00000000 00000000 02 ", kDirectoryHex, " 00"),
               20);

  protocol::PartitionRecord two;
  two.partition_id = 0;
  two.topic_id = kTopicId;
  two.replicas = {1, 2};
  two.isr = {1};
  two.leader = 1;
  two.leader_epoch = 3;
  two.partition_epoch = 7;
  two.directories = {kDirectory, kDirectory};
  two.eligible_leader_replicas = {2};
  expect_bytes(two, concat("010302 00000000 ", kTopicHex,
                           " 03 00000001 00000002 02 00000001 01 01 00000001 00000003 00000007 03 ",
                           kDirectoryHex, kDirectoryHex, " 01 01 05 02 00000002"));
}

TEST(RecordTest, PartitionChangeRecordsHaveKafkasBytes) {
  protocol::PartitionChangeRecord change;
  change.partition_id = 0;
  change.topic_id = kTopicId;
  change.isr = {1};
  change.leader = 1;
  expect_bytes(change, concat("010501 00000000 ", kTopicHex, " 02 00 05 02 00000001 01 04 00000001"), 20);

  protocol::PartitionChangeRecord moved;
  moved.partition_id = 0;
  moved.topic_id = kTopicId;
  moved.directories = {kDirectory};
  expect_bytes(moved, concat("010502 00000000 ", kTopicHex, " 01 08 11 02 ", kDirectoryHex));

  protocol::PartitionChangeRecord stopped;
  stopped.partition_id = 0;
  stopped.topic_id = kTopicId;
  stopped.isr = std::vector<std::int32_t>();
  stopped.leader = -1;
  stopped.eligible_leader_replicas = {1};
  stopped.last_known_elr = {1};
  expect_bytes(stopped, concat("010502 00000000 ", kTopicHex,
                               " 04 00 01 01 01 04 ffffffff 06 05 02 00000001 07 05 02 00000001"));

  protocol::RemoveTopicRecord removed;
  removed.topic_id = kTopicId;
  expect_bytes(removed, concat("010900 ", kTopicHex, " 00"));
  protocol::ClearElrRecord cleared;
  cleared.topic_name = "foo";
  expect_bytes(cleared, "011c00 04666f6f 00");
}

TEST(RecordTest, TransactionAndNoOpRecordsHaveKafkasBytes) {
  expect_bytes(protocol::NoOpRecord(), "011400 00");
  protocol::BeginTransactionRecord begin;
  begin.name = "Bootstrap records";
  expect_bytes(begin, "011700 01 00 12 12 426f6f747374726170207265636f726473");
  expect_bytes(protocol::EndTransactionRecord(), "011800 00");
  protocol::AbortTransactionRecord abort;
  abort.reason = "x";
  expect_bytes(abort, "011900 01 00 02 02 78");
  protocol::ZkMigrationStateRecord migration;
  migration.zk_migration_state = 0;
  expect_bytes(migration, "011500 00 00");
}

TEST(RecordTest, RegistrationRecordsHaveKafkasBytes) {
  protocol::RegisterBrokerRecord broker;
  broker.broker_id = 1;
  broker.incarnation_id = kTopicId;
  broker.broker_epoch = 5;
  auto& endpoint = broker.end_points.emplace_back();
  endpoint.name = "PLAINTEXT";
  endpoint.host = "localhost";
  endpoint.port = 9092;
  auto& feature = broker.features.emplace_back();
  feature.name = "metadata.version";
  feature.min_supported_version = 7;
  feature.max_supported_version = 25;
  broker.rack = std::nullopt;
  broker.log_dirs = {kDirectory};
  const std::string middle =
      concat(" 00000001 00 ", kTopicHex,
             " 0000000000000005 02 0a504c41494e54455854 0a6c6f63616c686f7374 2384 0000 00 02 "
             "116d657461646174612e76657273696f6e 0007 0019 00 00 01 00 ");
  expect_bytes(broker, concat("010003", middle, "01 00 11 02 ", kDirectoryHex));
  expect_bytes(broker, concat("010004", middle, "01 00 11 02 ", kDirectoryHex), 30);
  broker.cordoned_log_dirs = std::vector<Uuid>();
  expect_bytes(broker, concat("010004", middle, "02 00 11 02 ", kDirectoryHex, " 01 01 01"), 30);

  protocol::BrokerRegistrationChangeRecord change;
  change.broker_id = 1;
  change.broker_epoch = 5;
  change.fenced = -1;
  expect_bytes(change, "011100 00000001 0000000000000005 01 00 01 ff");
  change.fenced = 0;
  change.in_controlled_shutdown = 1;
  expect_bytes(change, "011101 00000001 0000000000000005 01 01 01 01");
  change.in_controlled_shutdown = 0;
  change.cordoned_log_dirs = std::vector<Uuid>();
  expect_bytes(change, "011103 00000001 0000000000000005 01 03 01 01", 30);
}

TEST(RecordTest, BytesThatAreNoRecordAreRefused) {
  const auto error_of = [](std::string_view hex) {
    const Buffer bytes = bytes_of(hex);
    const auto decoded = decode_record(bytes);
    return decoded ? std::string("decoded") : decoded.error();
  };
  EXPECT_EQ(error_of(""), "metadata record without a frame");
  EXPECT_EQ(error_of("00 14 00 00"), "unknown frame version 0 of a metadata record");
  EXPECT_EQ(error_of("01 14"), "metadata record without type and version");
  EXPECT_EQ(error_of("01 06 00 00"), "unknown metadata record type 6");
  EXPECT_EQ(error_of("01 14 01 00"), "unknown version 1 of metadata record NoOpRecord");
  EXPECT_EQ(error_of("01 14 00 00 00"), "bytes after metadata record NoOpRecord");
  EXPECT_EQ(error_of("01 02 00 04 66"), "malformed metadata record TopicRecord");
  EXPECT_EQ(error_of("01 ffffffffff 00 00"), "metadata record without type and version");
}

}  // namespace
}  // namespace barnabas::controller
