#include "broker/handlers/admin_apis.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <future>

#include "broker/authorized_operations.h"
#include "broker/configs/config_schema.h"
#include "broker/options/all_options.h"
#include "broker/tests/support/call.h"
#include "common/clock.h"
#include "common/text.h"
#include "controller/format.h"
#include "protocol/messages/create_partitions_request.h"
#include "protocol/messages/create_partitions_response.h"
#include "protocol/messages/create_topics_request.h"
#include "protocol/messages/create_topics_response.h"
#include "protocol/messages/delete_topics_request.h"
#include "protocol/messages/delete_topics_response.h"
#include "protocol/messages/describe_cluster_request.h"
#include "protocol/messages/describe_cluster_response.h"
#include "protocol/messages/describe_quorum_request.h"
#include "protocol/messages/describe_quorum_response.h"
#include "protocol/messages/describe_topic_partitions_request.h"
#include "protocol/messages/describe_topic_partitions_response.h"
#include "protocol/messages/elect_leaders_request.h"
#include "protocol/messages/elect_leaders_response.h"
#include "protocol/messages/unregister_broker_request.h"
#include "protocol/messages/unregister_broker_response.h"
#include "protocol/messages/update_features_request.h"
#include "protocol/messages/update_features_response.h"
#include "storage/file_cache.h"
#include "storage/log_environment.h"
#include "storage/simulation/simulated_file_system.h"

namespace barnabas::broker {
namespace {

using namespace protocol;  // NOLINT: requests and responses throughout

// Bytes in, bytes out: the handlers before a real controller of one broker over simulated files.
class AdminApis : public ::testing::Test {
 protected:
  AdminApis() {
    controller::ControllerConfig config;
    config.metadata_directory = "/data";
    config.cluster_id = "cluster";
    config.node_id = 1;
    config.directory_id = Uuid::reserved(200);
    config.controller_endpoints = {controller::Endpoint("CONTROLLER", "localhost", 9093, 0)};
    controller::FormatRequest format;
    format.directories = {"/data"};
    format.metadata_directory = "/data";
    format.voter.key = {1, config.directory_id};
    EXPECT_TRUE(controller::format_directories(files, format));
    active = std::make_unique<controller::Controller>(environment, clock, *random, schema, config);
    EXPECT_TRUE(active->start([this](auto image, const auto&) { metadata.set(std::move(image)); }));
    service = std::make_unique<AdminService>(AdminService{*active, metadata, configs, addresses});
    add_admin_apis(apis, *service);
    join();
  }
  ~AdminApis() override { active->stop(); }

  void join() {
    controller::BrokerDescription broker;
    broker.id = 1;
    broker.endpoints = {controller::Endpoint("PLAINTEXT", "broker-1", 9092, 0)};
    broker.rack = "r";
    broker.directories = {Uuid::reserved(200)};
    std::promise<std::int64_t> registered;
    active->register_broker(broker, [&](auto epoch) { registered.set_value(epoch.value_or(-1)); });
    active->unfence_broker(1, registered.get_future().get(), [](const auto&) {});
    settle();
  }

  // Waits until everything asked so far is answered: replies leave in order.
  void settle() {
    std::promise<void> done;
    controller::ElectLeadersCommand nothing;
    nothing.topics.emplace();
    active->elect_leaders(std::move(nothing), [&](const auto&) { done.set_value(); });
    done.get_future().wait();
  }

  template <class Response, class Request>
  Response call(const Request& request, std::int16_t version) {
    outcome = caller.send(request, version);
    settle();
    if (!outcome->answered()) settle();
    return testing::Caller::decode<Response>(*outcome, version);
  }

  static CreateTopicsRequest create_request(const std::vector<std::string>& names,
                                            std::int32_t partitions = 1) {
    CreateTopicsRequest request;
    for (const std::string& name : names) {
      auto& topic = request.topics.emplace_back();
      topic.name = name;
      topic.num_partitions = partitions;
      topic.replication_factor = 1;
    }
    return request;
  }
  Uuid create(const std::string& name, std::int32_t partitions = 1) {
    const auto response = call<CreateTopicsResponse>(create_request({name}, partitions), 7);
    EXPECT_EQ(response.topics.at(0).error_code, 0) << response.topics.at(0).error_message.value_or("");
    return response.topics.at(0).topic_id;
  }

  storage::SimulatedFileSystem files;
  ManualClock clock;
  std::unique_ptr<Random> random = seeded_random(5);
  storage::FileCache descriptors{files, 100};
  storage::PendingDeletions deletions;
  storage::LogEnvironment environment{files, descriptors, deletions, clock, 86'400'000, {}};
  const OptionRegistry registry = all_options();
  LiveConfigs configs{registry, {}};
  BrokerConfigSchema schema{configs};
  MetadataCache metadata;
  AdvertisedAddresses addresses;
  std::unique_ptr<controller::Controller> active;
  std::unique_ptr<AdminService> service;
  ApiTable apis;
  Dispatcher dispatcher{apis, clock, nullptr};
  testing::Caller caller{dispatcher};
  std::shared_ptr<testing::Outcome> outcome;
};

TEST_F(AdminApis, CreatedTopicIsDescribedWithItsEffectiveConfigs) {
  CreateTopicsRequest request = create_request({"t"}, 3);
  auto& config = request.topics[0].configs.emplace_back();
  config.name = "retention.ms";
  config.value = "5000";
  const auto response = call<CreateTopicsResponse>(request, 7);
  ASSERT_EQ(response.topics.size(), 1u);
  const auto& topic = response.topics[0];
  EXPECT_EQ(topic.error_code, 0);
  EXPECT_EQ(topic.error_message, std::nullopt);
  EXPECT_EQ(topic.num_partitions, 3);
  EXPECT_EQ(topic.replication_factor, 1);
  EXPECT_EQ(topic.topic_id, metadata.get()->topic("t")->id);
  ASSERT_TRUE(topic.configs);
  const auto named = [&](const std::string& name) {
    return *std::find_if(topic.configs->begin(), topic.configs->end(),
                         [&](const auto& entry) { return entry.name == name; });
  };
  EXPECT_EQ(named("retention.ms").value, "5000");
  EXPECT_EQ(named("retention.ms").config_source, 1);
  EXPECT_EQ(named("cleanup.policy").value, "delete");
  EXPECT_EQ(named("cleanup.policy").config_source, 5);
}

TEST_F(AdminApis, CreateTopicsAnswersEachTopicAtEveryVersion) {
  create("there");
  for (std::int16_t version = 2; version <= 7; ++version) {
    CreateTopicsRequest request =
        create_request({concat("v", version), "there", "bad name", "twice", "twice"});
    const auto response = call<CreateTopicsResponse>(request, version);
    std::map<std::string, std::int16_t> errors;
    for (const auto& topic : response.topics) errors[topic.name] = topic.error_code;
    EXPECT_EQ(response.topics.size(), 4u);
    EXPECT_EQ(errors[concat("v", version)], 0);
    EXPECT_EQ(errors["there"], static_cast<std::int16_t>(ErrorCode::kTopicAlreadyExists));
    EXPECT_EQ(errors["bad name"], static_cast<std::int16_t>(ErrorCode::kInvalidTopicException));
    EXPECT_EQ(errors["twice"], static_cast<std::int16_t>(ErrorCode::kInvalidRequest));
  }
}

TEST_F(AdminApis, MoreReplicasThanBrokersAreRefusedUnlessCapped) {
  CreateTopicsRequest request = create_request({"three"});
  request.topics[0].replication_factor = 3;
  EXPECT_EQ(call<CreateTopicsResponse>(request, 7).topics.at(0).error_code,
            static_cast<std::int16_t>(ErrorCode::kInvalidReplicationFactor));
  configs.set_dynamic(std::make_shared<ConfigTexts>(ConfigTexts{{"barnabas.replication.factor.cap", "true"}}),
                      std::make_shared<ConfigTexts>());
  const auto response = call<CreateTopicsResponse>(request, 7);
  EXPECT_EQ(response.topics.at(0).error_code, 0);
  EXPECT_EQ(response.topics.at(0).replication_factor, 1);
}

TEST_F(AdminApis, ValidateOnlyCreatesNothing) {
  CreateTopicsRequest request = create_request({"t"});
  request.validate_only = true;
  const auto response = call<CreateTopicsResponse>(request, 7);
  EXPECT_EQ(response.topics[0].error_code, 0);
  EXPECT_TRUE(response.topics[0].topic_id.is_zero());
  EXPECT_FALSE(metadata.get()->topic("t"));
}

TEST_F(AdminApis, BadTopicConfigIsRefusedWithItsReason) {
  CreateTopicsRequest request = create_request({"t"});
  auto& config = request.topics[0].configs.emplace_back();
  config.name = "retention.ms";
  config.value = "soon";
  const auto response = call<CreateTopicsResponse>(request, 7);
  EXPECT_EQ(response.topics[0].error_code, static_cast<std::int16_t>(ErrorCode::kInvalidConfig));
  EXPECT_NE(response.topics[0].error_message.value_or("").find("retention.ms"), std::string::npos);
}

TEST_F(AdminApis, TopicsAreDeletedByName) {
  create("t");
  DeleteTopicsRequest request;
  request.topic_names = {"t", "absent"};
  const auto response = call<DeleteTopicsResponse>(request, 5);
  ASSERT_EQ(response.responses.size(), 2u);
  EXPECT_EQ(response.responses[0].error_code, 0);
  EXPECT_EQ(response.responses[1].error_code, static_cast<std::int16_t>(ErrorCode::kUnknownTopicOrPartition));
  EXPECT_FALSE(metadata.get()->topic("t"));
}

TEST_F(AdminApis, TopicsAreDeletedByIdAndAmbiguityIsRefused) {
  const Uuid t = create("t"), u = create("u");
  create("v");
  DeleteTopicsRequest request;
  const auto add = [&](std::optional<std::string> name, Uuid id) {
    auto& topic = request.topics.emplace_back();
    topic.name = std::move(name);
    topic.topic_id = id;
  };
  add(std::nullopt, t);
  add("u", u);
  add(std::nullopt, Uuid::reserved(99));
  add("v", {});
  add("v", {});
  add("t", {});
  add(std::nullopt, {});
  const auto response = call<DeleteTopicsResponse>(request, 6);
  std::map<std::string, std::int16_t> errors;
  for (const auto& topic : response.responses) {
    errors[concat(topic.name.value_or("null"), " ", topic.topic_id)] = topic.error_code;
  }
  constexpr auto kInvalid = static_cast<std::int16_t>(ErrorCode::kInvalidRequest);
  const std::string none = concat(" ", Uuid());
  EXPECT_EQ(response.responses.size(), 6u);
  EXPECT_EQ(errors.at(concat("t ", t)), 0);
  EXPECT_EQ(errors.at(concat("u ", u)), kInvalid);
  EXPECT_EQ(errors.at(concat("null ", Uuid::reserved(99))),
            static_cast<std::int16_t>(ErrorCode::kUnknownTopicId));
  EXPECT_EQ(errors.at("v" + none), kInvalid);
  EXPECT_EQ(errors.at("t" + none), kInvalid);
  EXPECT_EQ(errors.at("null" + none), kInvalid);
  EXPECT_TRUE(metadata.get()->topic("v"));
  EXPECT_FALSE(metadata.get()->topic("t"));
}

TEST_F(AdminApis, PartitionsAreAdded) {
  create("t", 2);
  CreatePartitionsRequest request;
  const auto add = [&](std::string name, std::int32_t count) {
    auto& topic = request.topics.emplace_back();
    topic.name = std::move(name);
    topic.count = count;
    topic.assignments = std::nullopt;
  };
  add("t", 5);
  add("absent", 5);
  add("twice", 1);
  add("twice", 2);
  const auto response = call<CreatePartitionsResponse>(request, 3);
  std::map<std::string, std::int16_t> errors;
  for (const auto& topic : response.results) errors[topic.name] = topic.error_code;
  EXPECT_EQ(errors["t"], 0);
  EXPECT_EQ(errors["absent"], static_cast<std::int16_t>(ErrorCode::kUnknownTopicOrPartition));
  EXPECT_EQ(errors["twice"], static_cast<std::int16_t>(ErrorCode::kInvalidRequest));
  EXPECT_EQ(metadata.get()->topic("t")->partition_count(), 5);
}

TEST_F(AdminApis, ElectionsAreAnsweredByTopicAndPartition) {
  create("t", 2);
  ElectLeadersRequest request;
  auto& topic = request.topic_partitions->emplace_back();
  topic.topic = "t";
  topic.partitions = {0, 7};
  const auto response = call<ElectLeadersResponse>(request, 2);
  EXPECT_EQ(response.error_code, 0);
  ASSERT_EQ(response.replica_election_results.size(), 1u);
  const auto& results = response.replica_election_results[0].partition_result;
  EXPECT_EQ(results.at(0).error_code, static_cast<std::int16_t>(ErrorCode::kElectionNotNeeded));
  EXPECT_EQ(results.at(1).error_code, static_cast<std::int16_t>(ErrorCode::kUnknownTopicOrPartition));
  request.topic_partitions = std::nullopt;
  EXPECT_TRUE(call<ElectLeadersResponse>(request, 2).replica_election_results.empty());
}

TEST_F(AdminApis, FeatureUpdatesAnswerByVersion) {
  UpdateFeaturesRequest request;
  auto& update = request.feature_updates.emplace_back();
  update.feature = "metadata.version";
  update.max_version_level = 26;
  EXPECT_EQ(call<UpdateFeaturesResponse>(request, 1).results.at(0).error_code, 0);
  EXPECT_EQ(metadata.get()->metadata_version(), 26);
  update.max_version_level = 99;
  const auto refused = call<UpdateFeaturesResponse>(request, 2);
  EXPECT_EQ(refused.error_code, static_cast<std::int16_t>(ErrorCode::kInvalidUpdateVersion));
  EXPECT_TRUE(refused.error_message.value_or("").starts_with("The update failed for all features"));
}

TEST_F(AdminApis, ClusterIsDescribedOnEachListener) {
  DescribeClusterRequest request;
  request.include_cluster_authorized_operations = true;
  auto response = call<DescribeClusterResponse>(request, 2);
  EXPECT_EQ(response.cluster_id, "cluster");
  EXPECT_EQ(response.controller_id, 1);
  EXPECT_EQ(response.cluster_authorized_operations, kClusterOperations);
  ASSERT_EQ(response.brokers.size(), 1u);
  EXPECT_EQ(response.brokers[0].host, "broker-1");
  EXPECT_EQ(response.brokers[0].port, 9092);
  EXPECT_EQ(response.brokers[0].rack, "r");

  request.endpoint_type = 2;
  response = call<DescribeClusterResponse>(request, 1);
  EXPECT_EQ(response.error_code, static_cast<std::int16_t>(ErrorCode::kMismatchedEndpointType));
  request.endpoint_type = 7;
  response = call<DescribeClusterResponse>(request, 1);
  EXPECT_EQ(response.error_code, static_cast<std::int16_t>(ErrorCode::kUnsupportedEndpointType));

  caller.client().listener = "CONTROLLER";
  request.endpoint_type = 2;
  response = call<DescribeClusterResponse>(request, 2);
  ASSERT_EQ(response.brokers.size(), 1u);
  EXPECT_EQ(response.brokers[0].port, 9093);
}

TEST_F(AdminApis, QuorumIsDescribedForTheMetadataPartitionAlone) {
  DescribeQuorumRequest request;
  auto& topic = request.topics.emplace_back();
  topic.topic_name = "__cluster_metadata";
  topic.partitions.resize(2);
  topic.partitions[1].partition_index = 1;
  const auto response = call<DescribeQuorumResponse>(request, 2);
  const auto& partitions = response.topics.at(0).partitions;
  EXPECT_EQ(partitions.at(0).error_code, 0);
  EXPECT_EQ(partitions.at(0).leader_id, 1);
  EXPECT_EQ(partitions.at(0).leader_epoch, 1);
  ASSERT_EQ(partitions.at(0).current_voters.size(), 1u);
  EXPECT_EQ(partitions.at(0).current_voters[0].replica_directory_id, Uuid::reserved(200));
  EXPECT_EQ(partitions.at(0).current_voters[0].log_end_offset, partitions.at(0).high_watermark);
  EXPECT_EQ(partitions.at(1).error_code, static_cast<std::int16_t>(ErrorCode::kUnknownTopicOrPartition));
  ASSERT_EQ(response.nodes.size(), 1u);
  EXPECT_EQ(response.nodes[0].listeners.at(0).port, 9093);
}

TEST_F(AdminApis, PartitionsAreDescribedPageByPage) {
  create("a", 3);
  create("b", 2);
  DescribeTopicPartitionsRequest request;
  request.response_partition_limit = 2;
  std::vector<std::string> seen;
  for (int pages = 0; pages < 10; ++pages) {
    const auto response = call<DescribeTopicPartitionsResponse>(request, 0);
    for (const auto& topic : response.topics) {
      for (const auto& partition : topic.partitions) {
        seen.push_back(concat(topic.name.value_or("null"), "-", partition.partition_index));
        EXPECT_EQ(partition.leader_id, 1);
        EXPECT_EQ(partition.isr_nodes, std::vector<std::int32_t>{1});
      }
    }
    if (!response.next_cursor) break;
    request.cursor = DescribeTopicPartitionsRequest::Cursor();
    request.cursor->topic_name = response.next_cursor->topic_name;
    request.cursor->partition_index = response.next_cursor->partition_index;
  }
  EXPECT_EQ(seen, (std::vector<std::string>{"a-0", "a-1", "a-2", "b-0", "b-1"}));
}

TEST_F(AdminApis, UnknownTopicsAreNamedInTheDescription) {
  DescribeTopicPartitionsRequest request;
  request.topics.resize(2);
  request.topics[0].name = "absent";
  request.topics[1].name = "bad name";
  const auto response = call<DescribeTopicPartitionsResponse>(request, 0);
  ASSERT_EQ(response.topics.size(), 2u);
  EXPECT_EQ(response.topics[0].error_code, static_cast<std::int16_t>(ErrorCode::kUnknownTopicOrPartition));
  EXPECT_EQ(response.topics[1].error_code, static_cast<std::int16_t>(ErrorCode::kInvalidTopicException));
}

TEST_F(AdminApis, UnknownBrokerCannotBeUnregistered) {
  UnregisterBrokerRequest request;
  request.broker_id = 9;
  const auto response = call<UnregisterBrokerResponse>(request, 0);
  EXPECT_EQ(response.error_code, static_cast<std::int16_t>(ErrorCode::kBrokerIdNotRegistered));
  request.broker_id = 1;
  EXPECT_EQ(call<UnregisterBrokerResponse>(request, 0).error_code, 0);
  EXPECT_TRUE(metadata.get()->brokers().empty());
}

}  // namespace
}  // namespace barnabas::broker
