#include <gtest/gtest.h>

#include <map>
#include <set>

#include "controller/features.h"
#include "controller/managers/brokers.h"
#include "controller/managers/configs.h"
#include "controller/managers/features_manager.h"
#include "controller/managers/partition_change.h"
#include "controller/managers/placement.h"
#include "controller/managers/topic_name.h"
#include "controller/managers/topics.h"
#include "controller/tests/harness.h"
#include "controller/tests/support.h"

namespace barnabas::controller {
namespace {

using protocol::ErrorCode;
using testing::FakeSchema;
using testing::kDirectory;
using testing::kTopicId;

// An image with as many brokers as asked for, and the managers over it.
class ManagersTest : public ::testing::Test {
 protected:
  ManagersTest() { use_brokers(1); }

  void apply(const MetadataRecords& records) {
    ImageBuilder builder(*image);
    for (const MetadataRecord& record : records) {
      const auto done = builder.apply(record);
      ASSERT_TRUE(done) << record_name(record) << ": " << done.error();
    }
    image = builder.build(image->offset() + static_cast<std::int64_t>(records.size()), 1, 1);
  }

  void use_brokers(std::int32_t count) {
    image = std::make_shared<const MetadataImage>();
    apply(format_features());
    for (std::int32_t id = 1; id <= count; ++id) {
      protocol::RegisterBrokerRecord record;
      record.broker_id = id;
      record.broker_epoch = id * 10;
      record.rack = std::nullopt;
      record.fenced = false;
      record.log_dirs = {kDirectory};
      for (const auto& [name, range] : supported_features()) {
        auto& feature = record.features.emplace_back();
        feature.name = name;
        feature.min_supported_version = range.min;
        feature.max_supported_version = range.max;
      }
      apply({record});
    }
  }

  void set_level(const std::string& name, std::int16_t level) {
    protocol::FeatureLevelRecord record;
    record.name = name;
    record.feature_level = level;
    apply({record});
  }

  CreatedTopic create(CreateTopic topic, bool validate_only = false) {
    CreateTopicsCommand command;
    command.topics.push_back(std::move(topic));
    command.validate_only = validate_only;
    auto decision = topics.create(*image, command);
    apply(decision.records);
    written = decision.records.size();
    return decision.reply.front();
  }
  CreatedTopic create(const std::string& name, std::int32_t partitions = 1, std::int16_t factor = -1) {
    CreateTopic topic;
    topic.name = name;
    topic.partitions = partitions;
    topic.replication_factor = factor;
    return create(std::move(topic));
  }
  CreatedTopic create_by_hand(const std::map<std::int32_t, std::vector<std::int32_t>>& wanted) {
    CreateTopic topic;
    topic.name = "manual";
    for (const auto& [number, replicas] : wanted) {
      auto& assignment = topic.assignments.emplace_back();
      assignment.partition = number;
      assignment.brokers = replicas;
    }
    return create(std::move(topic), true);
  }

  ApiError grow(const std::string& name, std::int32_t partitions,
                std::optional<std::vector<std::vector<std::int32_t>>> assignments = {}) {
    CreatePartitionsCommand command;
    GrowTopic& topic = command.topics.emplace_back();
    topic.name = name;
    topic.partitions = partitions;
    topic.assignments = std::move(assignments);
    auto decision = topics.grow(*image, command);
    apply(decision.records);
    return decision.reply.front().error;
  }

  ApiError alter(ConfigResource resource, std::vector<ConfigChange> changes, bool replace = false) {
    AlterConfigsCommand command;
    command.replace = replace;
    AlterResource& alteration = command.resources.emplace_back();
    alteration.resource = std::move(resource);
    alteration.changes = std::move(changes);
    auto decision = configs.alter(*image, command);
    apply(decision.records);
    written = decision.records.size();
    return decision.reply.front().error;
  }

  ApiError update(const std::string& name, std::int16_t level,
                  FeatureUpgrade type = FeatureUpgrade::kUpgrade) {
    UpdateFeaturesCommand command;
    FeatureUpdate& wanted = command.updates.emplace_back();
    wanted.name = name;
    wanted.level = level;
    wanted.type = type;
    auto decision = features.update(*image, command);
    apply(decision.records);
    return decision.reply ? ApiError() : decision.reply.error();
  }

  ApiError elect(ElectionType type, const std::string& topic, std::int32_t partition) {
    ElectLeadersCommand command;
    command.type = type;
    command.topics.emplace().emplace_back(topic, std::vector<std::int32_t>{partition});
    auto decision = brokers.elect(*image, command);
    apply(decision.records);
    return decision.reply.front().error;
  }

  const PartitionImage& partition(const std::string& topic, std::int32_t number = 0) {
    return *image->topic(topic)->partition(number);
  }

  std::unique_ptr<Random> random = seeded_random(7);
  FakeSchema schema;
  ControllerSettings settings;
  TopicManager topics{settings, schema, *random};
  ConfigManager configs{schema};
  FeatureManager features{settings};
  BrokerManager brokers{settings, *random};
  std::shared_ptr<const MetadataImage> image;
  std::size_t written = 0;
};

// --- creating ---

TEST_F(ManagersTest, CreatedTopicHasKafkasRecords) {
  CreateTopic topic;
  topic.name = "t";
  topic.partitions = 2;
  topic.configs = {{"retention.ms", "5"}};
  const CreatedTopic created = create(topic);
  EXPECT_TRUE(created.error.ok()) << created.error.message;
  EXPECT_EQ(written, 4u);
  EXPECT_EQ(created.partitions, 2);
  EXPECT_EQ(created.replication_factor, 1);
  EXPECT_EQ(created.configs, (ConfigMap{{"retention.ms", "5"}}));
  EXPECT_FALSE(created.id.is_zero());
  EXPECT_EQ(partition("t", 1).replicas, std::vector<std::int32_t>{1});
  EXPECT_EQ(partition("t", 1).directories, std::vector<Uuid>{kDirectory});
  EXPECT_EQ(partition("t", 1).leader, 1);
  EXPECT_EQ(partition("t", 1).leader_epoch, 0);
  EXPECT_EQ(image->config({ConfigResourceType::kTopic, "t"}, "retention.ms"), "5");
}

TEST_F(ManagersTest, DefaultsStandForMinusOne) {
  settings.default_partitions = 3;
  EXPECT_EQ(create("t", -1).partitions, 3);
}

TEST_F(ManagersTest, ValidateOnlyWritesNothing) {
  CreateTopic topic;
  topic.name = "t";
  const CreatedTopic created = create(topic, true);
  EXPECT_TRUE(created.error.ok());
  EXPECT_TRUE(created.id.is_zero());
  EXPECT_EQ(created.partitions, 1);
  EXPECT_FALSE(image->topic("t"));
}

TEST_F(ManagersTest, RefusedTopicsGetKafkasErrors) {
  ASSERT_TRUE(create("a.b").error.ok());
  const auto expect = [](const CreatedTopic& created, ErrorCode code, const std::string& message) {
    EXPECT_EQ(created.error.code, code);
    EXPECT_EQ(created.error.message, message);
  };
  expect(create("a.b"), ErrorCode::kTopicAlreadyExists, "Topic 'a.b' already exists.");
  expect(create("a_b"), ErrorCode::kInvalidTopicException, "Topic 'a_b' collides with existing topic: a.b");
  expect(create("a b"), ErrorCode::kInvalidTopicException, invalid_topic_name_reason("a b"));
  expect(create("__cluster_metadata"), ErrorCode::kInvalidRequest,
         "Creation of internal topic __cluster_metadata is prohibited.");
  expect(create("t", 0), ErrorCode::kInvalidPartitions,
         "Number of partitions was set to an invalid non-positive value.");
  expect(create("t", -2), ErrorCode::kInvalidPartitions,
         "Number of partitions was set to an invalid non-positive value.");
  expect(create("t", 1, 0), ErrorCode::kInvalidReplicationFactor,
         "Replication factor must be larger than 0, or -1 to use the default value.");
  expect(create("t", 1, 3), ErrorCode::kInvalidReplicationFactor,
         "Unable to replicate the partition 3 time(s): The target replication factor of 3 cannot be reached "
         "because only 1 broker(s) are registered.");
  expect(create("t", 10'001), ErrorCode::kPolicyViolation,
         "Excessively large number of partitions per request.");
  CreateTopic topic;
  topic.name = "t";
  topic.configs = {{"unknown", "1"}};
  expect(create(topic), ErrorCode::kInvalidConfig, "Unknown config name: unknown");
  topic.configs = {{"retention.ms", std::nullopt}, {"segment.bytes", std::nullopt}};
  expect(create(topic), ErrorCode::kInvalidConfig,
         "Null value not supported for topic configs: retention.ms,segment.bytes");
}

TEST_F(ManagersTest, NewNamesCollideWithEachOther) {
  CreateTopicsCommand command;
  command.topics.emplace_back().name = "x.y";
  command.topics.emplace_back().name = "x_y";
  const auto decision = topics.create(*image, command);
  EXPECT_TRUE(decision.reply[0].error.ok());
  EXPECT_EQ(decision.reply[1].error.code, ErrorCode::kInvalidTopicException);
}

TEST_F(ManagersTest, CappedReplicationFactorFitsTheBrokers) {
  CreateTopic topic;
  topic.name = "t";
  topic.replication_factor = 3;
  topic.cap_replication_factor = true;
  EXPECT_EQ(create(topic).replication_factor, 1);
}

TEST_F(ManagersTest, ManualAssignmentsAreCheckedAsKafkaDoes) {
  use_brokers(2);
  EXPECT_TRUE(create_by_hand({{0, {1, 2}}, {1, {2, 1}}}).error.ok());
  const auto message = [&](const std::map<std::int32_t, std::vector<std::int32_t>>& wanted) {
    const CreatedTopic created = create_by_hand(wanted);
    EXPECT_EQ(created.error.code, ErrorCode::kInvalidReplicaAssignment);
    return created.error.message;
  };
  EXPECT_EQ(message({{0, {}}}), "The manual partition assignment includes an empty replica list.");
  EXPECT_EQ(message({{0, {3}}}),
            "The manual partition assignment includes broker 3, but no such broker is registered.");
  EXPECT_EQ(message({{0, {1, 1}}}), "The manual partition assignment includes the broker 1 more than once.");
  EXPECT_EQ(
      message({{0, {1}}, {1, {1, 2}}}),
      "The manual partition assignment includes a partition with 2 replica(s), but this is not consistent "
      "with previous partitions, which have 1 replica(s).");
  EXPECT_EQ(message({{1, {1}}}), "partitions should be a consecutive 0-based integer sequence");
  CreateTopic topic;
  topic.name = "t";
  topic.partitions = 1;
  topic.assignments.emplace_back().brokers = {1};
  EXPECT_EQ(create(topic).error.message,
            "A manual partition assignment was specified, but numPartitions was not set to -1.");
}

TEST_F(ManagersTest, NobodyAliveMeansNoTopics) {
  brokers.begin_shutdown(*image, 1, 10);
  apply(brokers.begin_shutdown(*image, 1, 10).records);
  EXPECT_EQ(create("t").error.message,
            "Unable to replicate the partition 1 time(s): All brokers are currently fenced.");
}

// --- deleting and growing ---

TEST_F(ManagersTest, TopicsAreDeletedByNameAndById) {
  create("t");
  const Uuid id = create("u").id;
  std::vector<DeletedTopic> wanted(4);
  wanted[0].name = "t";
  wanted[1].id = id;
  wanted[2].name = "absent";
  wanted[3].id = kTopicId;
  auto decision = topics.remove(*image, wanted);
  EXPECT_TRUE(decision.reply[0].error.ok());
  EXPECT_EQ(decision.reply[1].name, "u");
  EXPECT_EQ(decision.reply[2].error.code, ErrorCode::kUnknownTopicOrPartition);
  EXPECT_EQ(decision.reply[3].error.code, ErrorCode::kUnknownTopicId);
  apply(decision.records);
  EXPECT_EQ(image->topic_count(), 0u);
}

TEST_F(ManagersTest, DeletionMayBeSwitchedOff) {
  create("t");
  settings.delete_topic_enable = false;
  DeletedTopic topic;
  topic.name = "t";
  const auto decision = topics.remove(*image, {topic});
  EXPECT_EQ(decision.reply.front().error.code, ErrorCode::kTopicDeletionDisabled);
  EXPECT_TRUE(decision.records.empty());
}

TEST_F(ManagersTest, PartitionsOnlyGrow) {
  create("t", 2);
  EXPECT_EQ(grow("absent", 3).code, ErrorCode::kUnknownTopicOrPartition);
  EXPECT_EQ(grow("t", 2), ApiError(ErrorCode::kInvalidPartitions, "Topic already has 2 partition(s)."));
  EXPECT_EQ(grow("t", 1), ApiError(ErrorCode::kInvalidPartitions,
                                   "The topic t currently has 2 partition(s); 1 would not be an increase."));
  EXPECT_EQ(grow("t", 4, {{{1}}}),
            ApiError(ErrorCode::kInvalidReplicaAssignment,
                     "Attempted to add 2 additional partition(s), but only 1 assignment(s) were specified."));
  EXPECT_TRUE(grow("t", 3, {{{1}}}).ok());
  EXPECT_TRUE(grow("t", 5).ok());
  EXPECT_EQ(image->topic("t")->partition_count(), 5);
  EXPECT_EQ(partition("t", 4).leader, 1);
}

// --- configs ---

TEST_F(ManagersTest, IncrementalChangesOfEveryKind) {
  create("t");
  const ConfigResource topic(ConfigResourceType::kTopic, "t");
  const auto value = [&](std::string_view name) { return image->config(topic, name); };
  EXPECT_TRUE(alter(topic, {{"retention.ms", ConfigOperation::kSet, "1"}}).ok());
  EXPECT_EQ(value("retention.ms"), "1");
  EXPECT_TRUE(alter(topic, {{"cleanup.policy", ConfigOperation::kAppend, "compact"}}).ok());
  EXPECT_EQ(value("cleanup.policy"), "delete,compact");
  EXPECT_TRUE(alter(topic, {{"cleanup.policy", ConfigOperation::kAppend, "compact"}}).ok());
  EXPECT_EQ(written, 0u);
  EXPECT_TRUE(alter(topic, {{"cleanup.policy", ConfigOperation::kSubtract, "delete"}}).ok());
  EXPECT_EQ(value("cleanup.policy"), "compact");
  EXPECT_TRUE(alter(topic, {{"retention.ms", ConfigOperation::kDelete, std::nullopt}}).ok());
  EXPECT_EQ(value("retention.ms"), std::nullopt);
  EXPECT_EQ(
      alter(topic, {{"retention.ms", ConfigOperation::kAppend, "1"}}),
      ApiError(ErrorCode::kInvalidConfig, "Can't APPEND to key retention.ms because its type is not LIST."));
  EXPECT_EQ(alter(topic, {{"retention.ms", ConfigOperation::kSet, "bad"}}).code, ErrorCode::kInvalidConfig);
  EXPECT_EQ(alter(topic, {{"retention.ms", ConfigOperation::kSet, std::nullopt}}).code,
            ErrorCode::kInvalidConfig);
}

TEST_F(ManagersTest, LegacyAlterReplacesTheWhole) {
  create("t");
  const ConfigResource topic(ConfigResourceType::kTopic, "t");
  ASSERT_TRUE(alter(topic, {{"retention.ms", ConfigOperation::kSet, "1"}}).ok());
  ASSERT_TRUE(alter(topic, {{"segment.bytes", ConfigOperation::kSet, "2"}}, true).ok());
  EXPECT_EQ(*image->configs(topic), (ConfigMap{{"segment.bytes", "2"}}));
  EXPECT_EQ(written, 2u);
}

TEST_F(ManagersTest, ResourcesMustExist) {
  const std::vector<ConfigChange> set{{"retention.ms", ConfigOperation::kSet, "1"}};
  EXPECT_EQ(alter({ConfigResourceType::kTopic, "absent"}, set).code, ErrorCode::kUnknownTopicOrPartition);
  EXPECT_TRUE(alter({ConfigResourceType::kBroker, ""}, set).ok());
  EXPECT_TRUE(alter({ConfigResourceType::kBroker, "1"}, set).ok());
  EXPECT_EQ(alter({ConfigResourceType::kBroker, "9"}, set).code, ErrorCode::kBrokerIdNotRegistered);
  EXPECT_EQ(alter({ConfigResourceType::kBroker, "one"}, set).code, ErrorCode::kInvalidRequest);
  EXPECT_TRUE(alter({ConfigResourceType::kGroup, "g"}, set).ok());
  EXPECT_EQ(alter({ConfigResourceType::kGroup, ""}, set).code, ErrorCode::kInvalidRequest);
  EXPECT_TRUE(alter({ConfigResourceType::kClientMetrics, "m"}, set).ok());
  EXPECT_EQ(alter({ConfigResourceType::kUnknown, "x"}, set).code, ErrorCode::kInvalidRequest);
}

TEST_F(ManagersTest, MinIsrClearsEligibleReplicasWhileElrIsOn) {
  set_level("eligible.leader.replicas.version", 1);
  create("t");
  const std::vector<ConfigChange> set{{"min.insync.replicas", ConfigOperation::kSet, "1"}};
  EXPECT_TRUE(alter({ConfigResourceType::kTopic, "t"}, set).ok());
  EXPECT_EQ(written, 2u);
  EXPECT_TRUE(alter({ConfigResourceType::kBroker, ""}, set).ok());
  EXPECT_EQ(alter({ConfigResourceType::kBroker, ""},
                  {{"min.insync.replicas", ConfigOperation::kDelete, std::nullopt}}),
            ApiError(ErrorCode::kInvalidConfig,
                     "Cluster-level min.insync.replicas cannot be removed while ELR is enabled."));
}

// --- features ---

TEST_F(ManagersTest, FeaturesRiseAndFallByKafkasRules) {
  EXPECT_TRUE(update("metadata.version", 26).ok());
  EXPECT_TRUE(update("metadata.version", 25, FeatureUpgrade::kSafeDowngrade).ok());
  EXPECT_EQ(
      update("metadata.version", 24).message,
      "Invalid update version 24 for feature metadata.version. Can't downgrade the version of this feature "
      "without setting the upgrade type to either safe or unsafe downgrade.");
  EXPECT_EQ(
      update("metadata.version", 20, FeatureUpgrade::kSafeDowngrade).message,
      "Invalid update version 20 for feature metadata.version. Refusing to perform the requested downgrade "
      "because it might delete metadata information.");
  EXPECT_EQ(
      update("metadata.version", 20, FeatureUpgrade::kUnsafeDowngrade).message,
      "Invalid update version 20 for feature metadata.version. Unsafe metadata downgrade is not supported in "
      "this version.");
  EXPECT_EQ(update("metadata.version", 30, FeatureUpgrade::kSafeDowngrade).message,
            "Invalid update version 30 for feature metadata.version. Can't downgrade to a newer version.");
  EXPECT_EQ(update("metadata.version", 99).code, ErrorCode::kInvalidUpdateVersion);
  EXPECT_EQ(update("foo", 1).message,
            "Invalid update version 1 for feature foo. The controller does not support this feature.");
  EXPECT_EQ(update("group.version", -1).message,
            "Invalid update version -1 for feature group.version. A feature version cannot be less than 0.");
  EXPECT_EQ(
      update("group.version", 0, FeatureUpgrade::kUnknown).message,
      "Invalid update version 0 for feature group.version. The controller does not support the given upgrade "
      "type.");
  EXPECT_TRUE(update("group.version", 0, FeatureUpgrade::kSafeDowngrade).ok());
  EXPECT_TRUE(update("share.version", 0, FeatureUpgrade::kSafeDowngrade).ok());
  EXPECT_TRUE(update("share.version", 1).ok());
  EXPECT_FALSE(image->features().contains("group.version"));
}

TEST_F(ManagersTest, ElrBringsAClusterWideMinimum) {
  EXPECT_TRUE(update("eligible.leader.replicas.version", 1).ok());
  EXPECT_EQ(image->config({ConfigResourceType::kBroker, ""}, "min.insync.replicas"), "1");
}

TEST_F(ManagersTest, OneRefusedFeatureRefusesAll) {
  UpdateFeaturesCommand command;
  command.updates.resize(2);
  command.updates[0].name = "group.version";
  command.updates[0].type = FeatureUpgrade::kSafeDowngrade;
  command.updates[1].name = "foo";
  const auto decision = features.update(*image, command);
  EXPECT_FALSE(decision.reply);
  EXPECT_TRUE(decision.records.empty());
}

// --- brokers ---

TEST_F(ManagersTest, ProducerIdBlocksFollowEachOther) {
  for (std::int64_t first = 0; first < 3000; first += 1000) {
    const auto decision = brokers.allocate_producer_ids(*image, 1, 10);
    ASSERT_TRUE(decision.reply);
    EXPECT_EQ(decision.reply->first, first);
    EXPECT_EQ(decision.reply->count, 1000);
    apply(decision.records);
  }
  EXPECT_EQ(brokers.allocate_producer_ids(*image, 1, 9).reply.error().code, ErrorCode::kStaleBrokerEpoch);
  EXPECT_EQ(brokers.allocate_producer_ids(*image, 5, 9).reply.error().code, ErrorCode::kStaleBrokerEpoch);
}

TEST_F(ManagersTest, StoppingBrokerHandsItsPartitionsOver) {
  use_brokers(2);
  ASSERT_TRUE(create("t", 1, 2).error.ok());
  const std::int32_t leader = partition("t").leader;
  const std::int32_t other = 3 - leader;
  const auto decision = brokers.begin_shutdown(*image, leader, leader * 10);
  ASSERT_EQ(decision.records.size(), 2u);
  EXPECT_EQ(record_name(decision.records.front()), "BrokerRegistrationChange");
  apply(decision.records);
  EXPECT_EQ(partition("t").leader, other);
  EXPECT_EQ(partition("t").isr, std::vector<std::int32_t>{other});
  EXPECT_EQ(partition("t").leader_epoch, 1);
  // It comes back: a new registration, then an unfence that finds a leader in place.
  BrokerDescription again;
  again.id = leader;
  again.directories = {kDirectory};
  const auto registered = brokers.register_broker(*image, again, 500);
  EXPECT_EQ(*registered.reply, 500);
  apply(registered.records);
  const auto unfenced = brokers.unfence(*image, leader, 500);
  EXPECT_EQ(unfenced.records.size(), 1u);
  apply(unfenced.records);
  EXPECT_EQ(elect(ElectionType::kPreferred, "t", 0).code, ErrorCode::kPreferredLeaderNotAvailable);
}

TEST_F(ManagersTest, UncleanElectionTakesAnyoneAlive) {
  use_brokers(2);
  ASSERT_TRUE(create("t", 1, 2).error.ok());
  const std::int32_t first = partition("t").leader, second = 3 - first;
  apply(brokers.begin_shutdown(*image, second, second * 10).records);
  apply(brokers.begin_shutdown(*image, first, first * 10).records);
  EXPECT_FALSE(partition("t").has_leader());
  EXPECT_EQ(elect(ElectionType::kUnclean, "t", 0).code, ErrorCode::kEligibleLeadersNotAvailable);
  BrokerDescription back;
  back.id = second;
  back.directories = {kDirectory};
  apply(brokers.register_broker(*image, back, 500).records);
  apply(brokers.unfence(*image, second, 500).records);
  EXPECT_FALSE(partition("t").has_leader()) << "the one that is in sync is away";
  EXPECT_TRUE(elect(ElectionType::kUnclean, "t", 0).ok());
  EXPECT_EQ(partition("t").leader, second);
  EXPECT_EQ(partition("t").isr, std::vector<std::int32_t>{second});
  EXPECT_EQ(partition("t").recovery_state, LeaderRecoveryState::kRecovering);
}

TEST_F(ManagersTest, ElectionsThatAreNotNeededSaySo) {
  create("t");
  EXPECT_EQ(elect(ElectionType::kPreferred, "t", 0).code, ErrorCode::kElectionNotNeeded);
  EXPECT_EQ(elect(ElectionType::kUnclean, "t", 0).code, ErrorCode::kElectionNotNeeded);
  EXPECT_EQ(elect(ElectionType::kPreferred, "t", 5),
            ApiError(ErrorCode::kUnknownTopicOrPartition, "No such partition as t-5"));
  EXPECT_EQ(elect(ElectionType::kPreferred, "u", 0),
            ApiError(ErrorCode::kUnknownTopicOrPartition, "No such topic as u"));
  EXPECT_TRUE(brokers.elect(*image, ElectLeadersCommand()).reply.empty());
}

// With eligible leader replicas, byte for byte what Kafka 4.3.1 writes when a lone node stops and starts.
TEST_F(ManagersTest, LoneNodeKeepsItselfEligibleOverAStop) {
  set_level("eligible.leader.replicas.version", 1);
  create("t");
  auto stopped = brokers.begin_shutdown(*image, 1, 10).records;
  const auto& change = std::get<protocol::PartitionChangeRecord>(stopped.at(1));
  EXPECT_EQ(change.isr, std::vector<std::int32_t>{});
  EXPECT_EQ(change.leader, -1);
  EXPECT_EQ(change.eligible_leader_replicas, std::vector<std::int32_t>{1});
  EXPECT_EQ(change.last_known_elr, std::vector<std::int32_t>{1});
  apply(stopped);

  BrokerDescription back;
  back.id = 1;
  back.directories = {kDirectory};
  back.previous_broker_epoch = 10;  // a clean stop
  const auto registered = brokers.register_broker(*image, back, 500).records;
  EXPECT_EQ(registered.size(), 1u);
  apply(registered);
  const auto unfenced = brokers.unfence(*image, 1, 500).records;
  const auto& elected = std::get<protocol::PartitionChangeRecord>(unfenced.at(1));
  EXPECT_EQ(elected.isr, std::vector<std::int32_t>{1});
  EXPECT_EQ(elected.leader, 1);
  EXPECT_EQ(elected.eligible_leader_replicas, std::vector<std::int32_t>{});
  EXPECT_EQ(elected.last_known_elr, std::vector<std::int32_t>{});
  EXPECT_EQ(elected.leader_recovery_state, -1);
}

TEST_F(ManagersTest, LoneNodeThatWasKilledLeadsAgainAsTheLastKnownLeader) {
  set_level("eligible.leader.replicas.version", 1);
  create("t");
  BrokerDescription back;
  back.id = 1;
  back.directories = {kDirectory};
  const auto registered = brokers.register_broker(*image, back, 500);
  apply(registered.records);
  EXPECT_FALSE(partition("t").has_leader());
  EXPECT_TRUE(partition("t").elr.empty());
  EXPECT_EQ(partition("t").last_known_elr, std::vector<std::int32_t>{1});
  apply(brokers.unfence(*image, 1, *registered.reply).records);
  EXPECT_EQ(partition("t").leader, 1);
  EXPECT_EQ(partition("t").recovery_state, LeaderRecoveryState::kRecovering);
}

TEST_F(ManagersTest, FailedDirectoryTakesItsReplicasOutOfService) {
  use_brokers(2);
  ASSERT_TRUE(create("t", 1, 2).error.ok());
  const std::int32_t leader = partition("t").leader;
  const Uuid other = Uuid::reserved(150);
  apply(brokers.change_directories(*image, leader, leader * 10, {other}).records);
  EXPECT_EQ(partition("t").leader, 3 - leader);
  EXPECT_EQ(image->broker(leader)->directories, std::vector<Uuid>{other});
  std::vector<ReplicaDirectory> moved(1);
  moved[0].topic_id = image->topic("t")->id;
  moved[0].directory = other;
  apply(brokers.assign_directories(*image, leader, leader * 10, moved).records);
  EXPECT_EQ(partition("t").directory_of(leader), other);
  EXPECT_TRUE(brokers.assign_directories(*image, leader, leader * 10, moved).records.empty());
}

TEST_F(ManagersTest, UnregisteredBrokerLeavesEverySet) {
  use_brokers(2);
  ASSERT_TRUE(create("t", 1, 2).error.ok());
  const auto decision = brokers.unregister(*image, 2);
  EXPECT_TRUE(decision.reply.ok());
  apply(decision.records);
  EXPECT_FALSE(image->broker(2));
  EXPECT_EQ(partition("t").isr, std::vector<std::int32_t>{1});
  EXPECT_EQ(brokers.unregister(*image, 2).reply.code, ErrorCode::kBrokerIdNotRegistered);
}

TEST_F(ManagersTest, RegistrationWithoutDirectoriesIsRefused) {
  BrokerDescription broker;
  broker.id = 4;
  EXPECT_EQ(brokers.register_broker(*image, broker, 1).reply.error().code, ErrorCode::kInvalidRegistration);
}

}  // namespace
}  // namespace barnabas::controller
