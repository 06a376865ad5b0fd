#include <gtest/gtest.h>

#include <set>

#include "controller/image/image_builder.h"
#include "controller/image/image_records.h"
#include "controller/image/metadata_loader.h"
#include "controller/image/persistent_map.h"
#include "controller/tests/support.h"

namespace barnabas::controller {
namespace {

using testing::kDirectory;
using testing::kTopicId;

protocol::TopicRecord topic_record(const std::string& name, const Uuid& id) {
  protocol::TopicRecord record;
  record.name = name;
  record.topic_id = id;
  return record;
}

protocol::PartitionRecord partition_record(const Uuid& topic, std::int32_t number) {
  protocol::PartitionRecord record;
  record.partition_id = number;
  record.topic_id = topic;
  record.replicas = {1, 2};
  record.isr = {1, 2};
  record.leader = 1;
  record.leader_epoch = 0;
  record.partition_epoch = 0;
  record.directories = {kDirectory, kDirectory};
  return record;
}

protocol::PartitionChangeRecord change_record(const Uuid& topic, std::int32_t number) {
  protocol::PartitionChangeRecord record;
  record.partition_id = number;
  record.topic_id = topic;
  return record;
}

protocol::ConfigRecord config_record(ConfigResourceType type, const std::string& resource,
                                     const std::string& name, std::optional<std::string> value) {
  protocol::ConfigRecord record;
  record.resource_type = static_cast<std::int8_t>(type);
  record.resource_name = resource;
  record.name = name;
  record.value = std::move(value);
  return record;
}

protocol::FeatureLevelRecord feature_record(const std::string& name, std::int16_t level) {
  protocol::FeatureLevelRecord record;
  record.name = name;
  record.feature_level = level;
  return record;
}

protocol::RegisterBrokerRecord broker_record(std::int32_t id, std::int64_t epoch) {
  protocol::RegisterBrokerRecord record;
  record.broker_id = id;
  record.broker_epoch = epoch;
  record.incarnation_id = kTopicId;
  record.rack = "rack";
  record.log_dirs = {kDirectory};
  auto& endpoint = record.end_points.emplace_back();
  endpoint.name = "PLAINTEXT";
  endpoint.host = "localhost";
  endpoint.port = 9092;
  return record;
}

// One of everything that leaves a trace.
MetadataRecords everything() {
  MetadataRecords records;
  records.emplace_back(feature_record("metadata.version", 25));
  records.emplace_back(feature_record("group.version", 1));
  records.emplace_back(broker_record(1, 5));
  protocol::RegisterControllerRecord controller;
  controller.controller_id = 1;
  controller.incarnation_id = kTopicId;
  auto& feature = controller.features.emplace_back();
  feature.name = "kraft.version";
  feature.max_supported_version = 1;
  records.emplace_back(controller);
  records.emplace_back(topic_record("a.b", kTopicId));
  for (std::int32_t i = 0; i < 3; ++i) records.emplace_back(partition_record(kTopicId, i));
  records.emplace_back(config_record(ConfigResourceType::kTopic, "a.b", "retention.ms", "1"));
  records.emplace_back(config_record(ConfigResourceType::kBroker, "", "log.retention.ms", "2"));
  records.emplace_back(config_record(ConfigResourceType::kGroup, "g", "consumer.session.timeout.ms", "3"));
  protocol::ClientQuotaRecord quota;
  quota.entity.emplace_back().entity_type = "user";
  quota.entity.back().entity_name = std::nullopt;
  quota.key = "producer_byte_rate";
  quota.value = 10.5;
  records.emplace_back(quota);
  protocol::ProducerIdsRecord ids;
  ids.broker_id = 1;
  ids.broker_epoch = 5;
  ids.next_producer_id = 3000;
  records.emplace_back(ids);
  protocol::AccessControlEntryRecord acl;
  acl.id = kDirectory;
  acl.resource_type = 2;
  acl.resource_name = "*";
  acl.pattern_type = 3;
  acl.principal = "User:alice";
  acl.host = "*";
  acl.operation = 3;
  acl.permission_type = 3;
  records.emplace_back(acl);
  protocol::UserScramCredentialRecord scram;
  scram.name = "alice";
  scram.mechanism = 1;
  scram.salt = {1};
  scram.stored_key = {2};
  scram.server_key = {3};
  scram.iterations = 4096;
  records.emplace_back(scram);
  protocol::DelegationTokenRecord token;
  token.owner = "User:alice";
  token.requester = "User:bob";
  token.renewers = {"User:carol"};
  token.issue_timestamp = 1;
  token.max_timestamp = 2;
  token.expiration_timestamp = 3;
  token.token_id = "token";
  records.emplace_back(token);
  protocol::ZkMigrationStateRecord migration;
  migration.zk_migration_state = 3;
  records.emplace_back(migration);
  return records;
}

std::shared_ptr<const MetadataImage> build(const MetadataRecords& records, const MetadataImage& base = {}) {
  ImageBuilder builder(base);
  for (const MetadataRecord& record : records) {
    const auto done = builder.apply(record);
    EXPECT_TRUE(done) << record_name(record) << ": " << done.error();
  }
  return builder.build(100, 1, 1000);
}

std::string error_of(const MetadataRecords& before, const MetadataRecord& record) {
  ImageBuilder builder{MetadataImage()};
  for (const MetadataRecord& first : before) EXPECT_TRUE(builder.apply(first));
  const auto done = builder.apply(record);
  return done ? "applied" : done.error();
}

TEST(PersistentMapTest, CopiesDoNotSeeEachOthersChanges) {
  PersistentMap<std::string, int, TextHash> map;
  for (int i = 0; i < 5000; ++i) map.set(std::to_string(i), i);
  auto copy = map;
  for (int i = 0; i < 5000; i += 2) EXPECT_TRUE(copy.erase(std::to_string(i)));
  EXPECT_FALSE(copy.erase("absent"));
  copy.set("1", -1);
  EXPECT_EQ(map.size(), 5000u);
  EXPECT_EQ(copy.size(), 2500u);
  EXPECT_EQ(*map.find(std::string_view("1")), 1);
  EXPECT_EQ(*copy.find(std::string_view("1")), -1);
  EXPECT_TRUE(map.contains(std::string_view("4998")));
  EXPECT_FALSE(copy.contains(std::string_view("4998")));
  int seen = 0;
  copy.for_each([&](const std::string&, int) { ++seen; });
  EXPECT_EQ(seen, 2500);
}

TEST(ImageTest, ReplayKeepsEverythingItIsTold) {
  const auto image = build(everything());
  EXPECT_EQ(image->offset(), 100);
  EXPECT_EQ(image->metadata_version(), 25);
  EXPECT_EQ(image->feature("group.version"), 1);
  EXPECT_EQ(image->feature("unknown"), 0);
  ASSERT_TRUE(image->topic("a.b"));
  EXPECT_EQ(image->topic("a.b"), image->topic(kTopicId));
  EXPECT_EQ(image->topic("a.b")->partition_count(), 3);
  EXPECT_EQ(image->partition_count(), 3u);
  EXPECT_EQ(image->colliding_topic("a_b"), "a.b");
  EXPECT_EQ(image->colliding_topic("a.b"), std::nullopt);
  EXPECT_EQ(image->colliding_topic("ab"), std::nullopt);
  EXPECT_EQ(image->broker(1)->endpoint("PLAINTEXT")->port, 9092);
  EXPECT_FALSE(image->broker_active(1));
  EXPECT_EQ(image->config({ConfigResourceType::kTopic, "a.b"}, "retention.ms"), "1");
  EXPECT_EQ(image->config({ConfigResourceType::kTopic, "other"}, "retention.ms"), std::nullopt);
  EXPECT_EQ(image->next_producer_id(), 3000);
  EXPECT_EQ(image->acls().size(), 1u);
  EXPECT_EQ(image->scram_credentials().size(), 1u);
  EXPECT_EQ(image->quotas().size(), 1u);
  EXPECT_EQ(image->delegation_tokens().size(), 1u);
}

TEST(ImageTest, SnapshotOfAnImageMakesTheSameImage) {
  const auto image = build(everything());
  MetadataRecords records;
  write_image(*image, [&](const MetadataRecord& record) { records.push_back(record); });
  EXPECT_EQ(record_name(records.front()), "FeatureLevel");
  EXPECT_EQ(std::get<protocol::FeatureLevelRecord>(records.front()).name, "metadata.version");
  EXPECT_TRUE(build(records)->same_content(*image));
  // Through the bytes as well.
  MetadataRecords decoded;
  for (const MetadataRecord& record : records) {
    auto again = decode_record(encode_record(record, 25));
    ASSERT_TRUE(again) << again.error();
    decoded.push_back(std::move(*again));
  }
  EXPECT_TRUE(build(decoded)->same_content(*image));
}

TEST(ImageTest, PartitionChangeFollowsTheMergeRules) {
  const auto base = build({topic_record("t", kTopicId), partition_record(kTopicId, 0)});
  const auto after = [&](const protocol::PartitionChangeRecord& change) {
    return *build({change}, *base)->topic("t")->partition(0);
  };
  auto shrunk = change_record(kTopicId, 0);
  shrunk.isr = {1};
  EXPECT_EQ(after(shrunk).isr, std::vector<std::int32_t>{1});
  EXPECT_EQ(after(shrunk).leader_epoch, 0);
  EXPECT_EQ(after(shrunk).partition_epoch, 1);

  auto same_leader = change_record(kTopicId, 0);
  same_leader.leader = 1;
  EXPECT_EQ(after(same_leader).leader_epoch, 1);
  EXPECT_EQ(after(same_leader).partition_epoch, 1);

  auto nobody = change_record(kTopicId, 0);
  nobody.leader = -1;
  EXPECT_FALSE(after(nobody).has_leader());

  // Directories go with their replica.
  auto moved = change_record(kTopicId, 0);
  moved.replicas = {2, 3};
  EXPECT_EQ(after(moved).directories, (std::vector<Uuid>{kDirectory, kDirectoryUnassigned}));
  auto eligible = change_record(kTopicId, 0);
  eligible.isr = std::vector<std::int32_t>();
  eligible.eligible_leader_replicas = {1};
  eligible.last_known_elr = {1};
  EXPECT_EQ(after(eligible).elr, std::vector<std::int32_t>{1});
  EXPECT_TRUE(after(eligible).isr.empty());
  // The base is untouched.
  EXPECT_EQ(base->topic("t")->partition(0)->partition_epoch, 0);
}

TEST(ImageTest, PartitionsWithoutDirectoriesCountAsMigrating) {
  auto partition = partition_record(kTopicId, 0);
  partition.directories.clear();
  const auto image = build({topic_record("t", kTopicId), partition});
  EXPECT_EQ(image->topic("t")->partition(0)->directory_of(2), kDirectoryMigrating);
}

TEST(ImageTest, RemovedTopicTakesItsConfigsAlong) {
  const auto base = build(everything());
  protocol::RemoveTopicRecord removed;
  removed.topic_id = kTopicId;
  ImageBuilder builder(*base);
  ASSERT_TRUE(builder.apply(removed));
  const auto image = builder.build(101, 1, 1001);
  EXPECT_FALSE(image->topic("a.b"));
  EXPECT_FALSE(image->topic(kTopicId));
  EXPECT_EQ(image->partition_count(), 0u);
  EXPECT_TRUE(image->configs({ConfigResourceType::kTopic, "a.b"})->empty());
  EXPECT_EQ(image->colliding_topic("a_b"), std::nullopt);
  EXPECT_TRUE(builder.changes().topics.at(kTopicId).deleted);
  EXPECT_TRUE(builder.changes().configs.contains({ConfigResourceType::kTopic, "a.b"}));
  EXPECT_TRUE(base->topic("a.b"));
}

TEST(ImageTest, RemovalsOfEveryKindLeaveNothing) {
  const auto base = build(everything());
  MetadataRecords removals;
  removals.emplace_back(feature_record("group.version", 0));
  removals.emplace_back(config_record(ConfigResourceType::kBroker, "", "log.retention.ms", std::nullopt));
  protocol::RemoveAccessControlEntryRecord acl;
  acl.id = kDirectory;
  removals.emplace_back(acl);
  protocol::RemoveUserScramCredentialRecord scram;
  scram.name = "alice";
  scram.mechanism = 1;
  removals.emplace_back(scram);
  protocol::RemoveDelegationTokenRecord token;
  token.token_id = "token";
  removals.emplace_back(token);
  protocol::ClientQuotaRecord quota;
  quota.entity.emplace_back().entity_type = "user";
  quota.entity.back().entity_name = std::nullopt;
  quota.key = "producer_byte_rate";
  quota.remove = true;
  removals.emplace_back(quota);
  protocol::UnregisterBrokerRecord broker;
  broker.broker_id = 1;
  broker.broker_epoch = 5;
  removals.emplace_back(broker);
  const auto image = build(removals, *base);
  EXPECT_EQ(image->feature("group.version"), 0);
  EXPECT_TRUE(image->configs({ConfigResourceType::kBroker, ""})->empty());
  EXPECT_TRUE(image->acls().empty());
  EXPECT_TRUE(image->scram_credentials().empty());
  EXPECT_TRUE(image->delegation_tokens().empty());
  EXPECT_TRUE(image->quotas().empty());
  EXPECT_FALSE(image->broker(1));
}

TEST(ImageTest, RegistrationChangesTouchOnlyWhatTheyName) {
  protocol::BrokerRegistrationChangeRecord change;
  change.broker_id = 1;
  change.broker_epoch = 5;
  change.fenced = -1;
  auto image = build({broker_record(1, 5), change});
  EXPECT_TRUE(image->broker_active(1));
  change.fenced = 0;
  change.in_controlled_shutdown = 1;
  image = build({change}, *image);
  EXPECT_FALSE(image->broker(1)->fenced);
  EXPECT_TRUE(image->broker(1)->in_controlled_shutdown);
  protocol::FenceBrokerRecord fence;  // levels below 6
  fence.id = 1;
  fence.epoch = 5;
  image = build({fence}, *image);
  EXPECT_TRUE(image->broker(1)->fenced);
}

TEST(ImageTest, ClearElrBumpsThePartitionsItChanges) {
  auto partition = partition_record(kTopicId, 0);
  partition.eligible_leader_replicas = {2};
  protocol::ClearElrRecord all;
  const auto image = build(
      {topic_record("t", kTopicId), partition, partition_record(kTopicId, 1), protocol::NoOpRecord(), all});
  EXPECT_TRUE(image->topic("t")->partition(0)->elr.empty());
  EXPECT_EQ(image->topic("t")->partition(0)->partition_epoch, 1);
  EXPECT_EQ(image->topic("t")->partition(1)->partition_epoch, 0);
}

TEST(ImageTest, RecordsThatDoNotFitAreRefused) {
  const MetadataRecords base{topic_record("t", kTopicId), partition_record(kTopicId, 0), broker_record(1, 5)};
  EXPECT_EQ(error_of(base, topic_record("t", kDirectory)), "topic t exists already");
  EXPECT_NE(error_of(base, topic_record("u", kTopicId)), "applied");
  EXPECT_NE(error_of(base, partition_record(kDirectory, 0)), "applied");
  EXPECT_NE(error_of(base, partition_record(kTopicId, -1)), "applied");
  EXPECT_NE(error_of(base, partition_record(kTopicId, INT32_MAX)), "applied");
  EXPECT_EQ(error_of(base, change_record(kTopicId, 7)), "change of an unknown partition t-7");
  protocol::UnregisterBrokerRecord gone;
  gone.broker_id = 1;
  gone.broker_epoch = 4;
  EXPECT_NE(error_of(base, gone), "applied");
  protocol::ProducerIdsRecord ids;
  ids.next_producer_id = 1000;
  MetadataRecords with_ids = base;
  with_ids.emplace_back(ids);
  EXPECT_EQ(error_of(with_ids, ids), "next producer id 1000 does not rise above 1000");
  EXPECT_NE(error_of(base, protocol::EndTransactionRecord()), "applied");
}

// --- the loader ---

MetadataLoader loader_of(const MetadataRecords& records) {
  MetadataLoader loader(std::make_shared<const MetadataImage>());
  EXPECT_TRUE(loader.replay(records, {1, 1, 1}));
  loader.take_changes();
  return loader;
}

TEST(MetadataLoaderTest, TransactionShowsNothingBeforeItsEnd) {
  MetadataLoader loader = loader_of({topic_record("t", kTopicId)});
  ASSERT_TRUE(loader.replay({protocol::BeginTransactionRecord(), topic_record("u", kDirectory)}, {3, 1, 2}));
  EXPECT_TRUE(loader.in_transaction());
  EXPECT_TRUE(loader.latest()->topic("u"));
  EXPECT_FALSE(loader.stable()->topic("u"));
  EXPECT_TRUE(loader.take_changes().empty());
  ASSERT_TRUE(loader.replay({partition_record(kDirectory, 0), protocol::EndTransactionRecord()}, {5, 1, 3}));
  EXPECT_FALSE(loader.in_transaction());
  EXPECT_EQ(loader.stable()->topic("u")->partition_count(), 1);
  EXPECT_EQ(loader.stable()->offset(), 5);
  const ImageChanges changes = loader.take_changes();
  EXPECT_TRUE(changes.topics.at(kDirectory).created);
  EXPECT_FALSE(changes.topics.contains(kTopicId));
}

TEST(MetadataLoaderTest, AbortedTransactionLeavesNothingButItsOffsets) {
  MetadataLoader loader = loader_of({topic_record("t", kTopicId)});
  ASSERT_TRUE(loader.replay({protocol::BeginTransactionRecord(), topic_record("u", kDirectory)}, {3, 1, 2}));
  loader.set_controller_id(7);
  ASSERT_TRUE(loader.replay({protocol::AbortTransactionRecord()}, {4, 1, 3}));
  EXPECT_EQ(loader.latest()->controller_id(), 7);
  EXPECT_FALSE(loader.latest()->topic("u"));
  EXPECT_TRUE(loader.latest()->topic("t"));
  EXPECT_EQ(loader.latest()->offset(), 4);
  EXPECT_TRUE(loader.take_changes().empty());
}

TEST(MetadataLoaderTest, TransactionInOneBatchIsWhole) {
  MetadataLoader loader(std::make_shared<const MetadataImage>());
  ASSERT_TRUE(loader.replay({protocol::BeginTransactionRecord(), feature_record("metadata.version", 25),
                             protocol::EndTransactionRecord()},
                            {2, 1, 1}));
  EXPECT_EQ(loader.stable()->metadata_version(), 25);
  EXPECT_TRUE(loader.take_changes().features);
}

TEST(MetadataLoaderTest, BatchWithOneBadRecordChangesNothing) {
  MetadataLoader loader = loader_of({topic_record("t", kTopicId)});
  const auto before = loader.latest();
  const auto done = loader.replay({topic_record("u", kDirectory), topic_record("t", kDirectory)}, {3, 1, 2});
  ASSERT_FALSE(done);
  EXPECT_EQ(done.error(), "Topic in the batch that ends at offset 3: topic t exists already");
  EXPECT_EQ(loader.latest(), before);
  EXPECT_TRUE(loader.take_changes().empty());
  EXPECT_FALSE(loader.replay({protocol::EndTransactionRecord()}, {3, 1, 2}));
  ASSERT_TRUE(loader.replay({protocol::BeginTransactionRecord()}, {3, 1, 2}));
  EXPECT_FALSE(loader.replay({protocol::BeginTransactionRecord()}, {4, 1, 2}));
}

TEST(ImageChangesTest, MergeAddsUp) {
  ImageBuilder first{MetadataImage()};
  ASSERT_TRUE(first.apply(topic_record("t", kTopicId)));
  ASSERT_TRUE(first.apply(partition_record(kTopicId, 0)));
  ImageBuilder second(*first.build(1, 1, 1));
  auto change = change_record(kTopicId, 0);
  change.leader = -1;
  ASSERT_TRUE(second.apply(change));
  ASSERT_TRUE(second.apply(partition_record(kTopicId, 1)));
  ImageChanges all = first.changes();
  all.merge(second.changes());
  EXPECT_TRUE(all.topics.at(kTopicId).created);
  EXPECT_EQ(all.topics.at(kTopicId).partitions, (std::set<std::int32_t>{0, 1}));
  EXPECT_FALSE(second.changes().topics.at(kTopicId).created);
  EXPECT_EQ(all_of(*second.build(2, 1, 2)).topics.size(), 1u);
}

}  // namespace
}  // namespace barnabas::controller
