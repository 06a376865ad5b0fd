// The group APIs from bytes to bytes, at every version that is served.
#include "broker/handlers/group_apis.h"

#include "broker/configs/live_configs.h"
#include "broker/coordination/tests/memory_log.h"
#include "broker/group_cluster_view.h"
#include "broker/internal_topics.h"
#include "broker/options/all_options.h"
#include "broker/tests/support/call.h"
#include "broker/tests/support/virtual_scheduler.h"
#include "common/text.h"
#include "controller/image/image_builder.h"
#include "protocol/messages/consumer_group_describe_request.h"
#include "protocol/messages/consumer_group_describe_response.h"
#include "protocol/messages/consumer_group_heartbeat_request.h"
#include "protocol/messages/consumer_group_heartbeat_response.h"
#include "protocol/messages/delete_groups_request.h"
#include "protocol/messages/delete_groups_response.h"
#include "protocol/messages/describe_groups_request.h"
#include "protocol/messages/describe_groups_response.h"
#include "protocol/messages/heartbeat_request.h"
#include "protocol/messages/heartbeat_response.h"
#include "protocol/messages/join_group_request.h"
#include "protocol/messages/join_group_response.h"
#include "protocol/messages/leave_group_request.h"
#include "protocol/messages/leave_group_response.h"
#include "protocol/messages/list_groups_request.h"
#include "protocol/messages/list_groups_response.h"
#include "protocol/messages/offset_commit_request.h"
#include "protocol/messages/offset_commit_response.h"
#include "protocol/messages/offset_delete_request.h"
#include "protocol/messages/offset_delete_response.h"
#include "protocol/messages/offset_fetch_request.h"
#include "protocol/messages/offset_fetch_response.h"
#include "protocol/messages/sync_group_request.h"
#include "protocol/messages/sync_group_response.h"

namespace barnabas::broker {
namespace {

using protocol::ErrorCode;

constexpr std::int32_t kBroker = 1;
constexpr std::int32_t kPartitions = 5;

std::int16_t code(ErrorCode error) {
  return static_cast<std::int16_t>(error);
}

// Metadata as the controller would publish it, and the creator of __consumer_offsets.
class MetadataWorld final : public TopicCreator {
 public:
  MetadataWorld() {
    protocol::RegisterBrokerRecord broker;
    broker.broker_id = kBroker;
    broker.broker_epoch = 1;
    broker.fenced = false;
    auto& endpoint = broker.end_points.emplace_back();
    endpoint.name = "PLAINTEXT";
    endpoint.host = "broker.example";
    endpoint.port = 9092;
    apply({broker});
  }

  void add_topic(const std::string& name, std::int32_t partitions, std::uint8_t id) {
    std::vector<controller::MetadataRecord> records;
    protocol::TopicRecord topic;
    topic.name = name;
    topic.topic_id = Uuid::reserved(id);
    records.emplace_back(topic);
    for (std::int32_t number = 0; number < partitions; ++number) {
      protocol::PartitionRecord partition;
      partition.partition_id = number;
      partition.topic_id = topic.topic_id;
      partition.replicas = {kBroker};
      partition.isr = {kBroker};
      partition.leader = kBroker;
      partition.directories = {controller::kDirectoryUnassigned};
      records.emplace_back(partition);
    }
    apply(records);
  }
  void set_feature(const std::string& name, std::int16_t level) {
    protocol::FeatureLevelRecord feature;
    feature.name = name;
    feature.feature_level = level;
    apply({feature});
  }
  void create(std::vector<std::string> topics, std::move_only_function<void(Outcome)> done) override {
    ++creations;
    if (fail) return done({{topics.at(0), ErrorCode::kInvalidReplicationFactor}});
    for (const std::string& topic : topics) add_topic(topic, kPartitions, 120);
    done({{topics.at(0), ErrorCode::kNone}});
  }

  MetadataCache cache;
  int creations = 0;
  bool fail = false;

 private:
  void apply(const std::vector<controller::MetadataRecord>& records) {
    controller::ImageBuilder builder(*cache.get());
    for (const auto& record : records) {
      const auto applied = builder.apply(record);
      EXPECT_TRUE(applied) << applied.error();
    }
    cache.set(builder.build(++offset_, 1, 1));
  }
  std::int64_t offset_ = 0;
};

class GroupApisTest : public ::testing::Test {
 protected:
  GroupApisTest() {
    world_.add_topic("orders", 2, 130);
    add_group_apis(apis_, groups_, world_.cache, lookup_);
    for (std::int32_t i = 0; i < kPartitions; ++i) groups_.on_leader(i, 0);
    scheduler_.run_pending();
  }
  ~GroupApisTest() override { groups_.shut_down(); }

  static protocol::JoinGroupRequest join_request(const std::string& group_id,
                                                 const std::string& member_id = "") {
    protocol::JoinGroupRequest request;
    request.group_id = group_id;
    request.member_id = member_id;
    request.session_timeout_ms = 10'000;
    request.rebalance_timeout_ms = 30'000;
    request.protocol_type = "consumer";
    auto& protocol = request.protocols.emplace_back();
    protocol.name = "range";
    protocol.metadata = {0, 0, 0, 0, 0, 0, 0xff, 0xff, 0xff, 0xff};
    return request;
  }
  // Joins at `version` and waits for the generation.
  protocol::JoinGroupResponse join(const std::string& group_id, std::int16_t version) {
    auto request = join_request(group_id);
    if (version >= 4) request.member_id = call<protocol::JoinGroupResponse>(request, version).member_id;
    const auto parked = caller_.send(request, version);
    EXPECT_FALSE(parked->answered());
    scheduler_.advance_ms(3'000);
    return testing::Caller::decode<protocol::JoinGroupResponse>(*parked, version);
  }
  protocol::SyncGroupResponse sync(const std::string& group_id, const protocol::JoinGroupResponse& joined,
                                   std::int16_t version) {
    protocol::SyncGroupRequest request;
    request.group_id = group_id;
    request.generation_id = joined.generation_id;
    request.member_id = joined.member_id;
    if (version >= 5) {
      request.protocol_type = "consumer";
      request.protocol_name = "range";
    }
    auto& assignment = request.assignments.emplace_back();
    assignment.member_id = joined.member_id;
    assignment.assignment = {1, 2, 3};
    return call<protocol::SyncGroupResponse>(request, version);
  }
  static protocol::OffsetCommitRequest commit_request(std::int16_t version, std::int64_t offset) {
    protocol::OffsetCommitRequest request;
    request.group_id = "g";
    const auto add = [&](const std::string& name, std::uint8_t id, std::int32_t partition) {
      auto& topic = request.topics.emplace_back();
      if (version >= 10) {
        topic.topic_id = Uuid::reserved(id);
      } else {
        topic.name = name;
      }
      auto& out = topic.partitions.emplace_back();
      out.partition_index = partition;
      out.committed_offset = offset;
      out.committed_metadata = "note";
    };
    add("ghost", 200, 0);
    add("orders", 130, 1);
    add("orders", 130, 7);
    return request;
  }
  template <class Response, class Request>
  Response call(const Request& request, std::int16_t version) {
    return caller_.call<Response>(request, version);
  }

  ManualClock clock_;
  testing::VirtualScheduler scheduler_{clock_};
  std::unique_ptr<Random> random_ = seeded_random(5);
  coordination::MemoryLog log_;
  groups::GroupCoordinator groups_{
      {.offsets_topic_partitions = kPartitions}, clock_, *random_, scheduler_, log_};
  MetadataWorld world_;
  AdvertisedAddresses addresses_;
  CoordinatorLookup lookup_{world_.cache, world_, addresses_};
  OptionRegistry registry_ = all_options();
  LiveConfigs layers_{registry_, {}};
  ApiTable apis_;
  Dispatcher dispatcher_{apis_, clock_, nullptr};
  testing::Caller caller_{dispatcher_};
};

TEST_F(GroupApisTest, FindCoordinatorCreatesTheTopicAndNamesItsLeaderAtEveryVersion) {
  for (std::int16_t version = 0; version <= 6; ++version) {
    protocol::FindCoordinatorRequest request;
    if (version >= 4) {
      request.coordinator_keys = {"a", "b"};
    } else {
      request.key = "a";
    }
    const auto response = call<protocol::FindCoordinatorResponse>(request, version);
    if (version >= 4) {
      ASSERT_EQ(response.coordinators.size(), 2u);
      EXPECT_EQ(response.coordinators[1].key, "b");
      EXPECT_EQ(response.coordinators[1].error_code, 0);
      EXPECT_EQ(response.coordinators[1].host, "broker.example");
      EXPECT_EQ(response.coordinators[1].node_id, kBroker);
      EXPECT_EQ(response.coordinators[1].port, 9092);
    } else {
      EXPECT_EQ(response.error_code, 0);
      EXPECT_EQ(response.node_id, kBroker);
      EXPECT_EQ(response.host, "broker.example");
    }
  }
  EXPECT_EQ(world_.creations, 1);
}

TEST_F(GroupApisTest, FindCoordinatorOfNothingCreatesNothing) {
  const auto response = call<protocol::FindCoordinatorResponse>(protocol::FindCoordinatorRequest(), 6);
  EXPECT_TRUE(response.coordinators.empty());
  EXPECT_EQ(world_.creations, 0);
}

TEST_F(GroupApisTest, FindCoordinatorFindsSharePartitionsByTheirKey) {
  protocol::FindCoordinatorRequest request;
  request.key_type = 2;
  request.coordinator_keys = {"sg:8hRfI4xiQR-D7R7r7jqlug:x"};
  const auto malformed = call<protocol::FindCoordinatorResponse>(request, 6);
  EXPECT_EQ(malformed.coordinators.at(0).error_code, code(ErrorCode::kInvalidRequest));
  EXPECT_EQ(malformed.coordinators.at(0).node_id, -1);
  EXPECT_EQ(world_.creations, 0);
  request.coordinator_keys.push_back("sg:8hRfI4xiQR-D7R7r7jqlug:0");
  const auto response = call<protocol::FindCoordinatorResponse>(request, 6);
  EXPECT_EQ(response.coordinators.at(0).error_code, code(ErrorCode::kInvalidRequest));
  EXPECT_EQ(response.coordinators.at(1).error_code, 0);
  EXPECT_EQ(response.coordinators.at(1).key, request.coordinator_keys[1]);
  EXPECT_EQ(response.coordinators.at(1).node_id, kBroker);
  EXPECT_EQ(world_.creations, 1);
  EXPECT_EQ(call<protocol::FindCoordinatorResponse>(request, 5).coordinators.at(1).error_code,
            code(ErrorCode::kInvalidRequest))
      << "not before version 6";
}

TEST_F(GroupApisTest, FindCoordinatorSaysWhatIsNotThere) {
  world_.fail = true;
  protocol::FindCoordinatorRequest request;
  request.key = "a";
  const auto missing = call<protocol::FindCoordinatorResponse>(request, 2);
  EXPECT_EQ(missing.error_code, code(ErrorCode::kCoordinatorNotAvailable));
  EXPECT_EQ(missing.node_id, -1);
  EXPECT_EQ(missing.port, -1);
  request.key_type = 1;
  EXPECT_EQ(call<protocol::FindCoordinatorResponse>(request, 2).error_code,
            code(ErrorCode::kCoordinatorNotAvailable))
      << "of a transactional id";
  for (const std::int8_t type : {2, 9}) {
    request.key_type = type;
    EXPECT_EQ(call<protocol::FindCoordinatorResponse>(request, 2).error_code,
              code(ErrorCode::kInvalidRequest));
  }
  request.key.clear();
  request.coordinator_keys = {"t"};
  const auto refused = call<protocol::FindCoordinatorResponse>(request, 6);
  EXPECT_EQ(refused.coordinators.at(0).error_code, code(ErrorCode::kInvalidRequest));
}

TEST_F(GroupApisTest, GroupLivesThroughEveryVersionOfItsApis) {
  for (std::int16_t version = 0; version <= 9; ++version) {
    const std::string id = "group-" + std::to_string(version);
    const auto joined = join(id, version);
    EXPECT_EQ(joined.error_code, 0) << version;
    EXPECT_EQ(joined.generation_id, 1);
    EXPECT_EQ(joined.leader, joined.member_id);
    EXPECT_EQ(joined.protocol_name, "range");
    EXPECT_EQ(joined.members.size(), 1u);
    EXPECT_TRUE(joined.member_id.starts_with("tester-"));
    const auto sync_version = std::min<std::int16_t>(version, 5);
    const auto synced = sync(id, joined, sync_version);
    EXPECT_EQ(synced.error_code, 0);
    EXPECT_EQ(synced.assignment, (Buffer{1, 2, 3}));
    if (sync_version == 5) {
      EXPECT_EQ(synced.protocol_name, "range");
    }
    protocol::HeartbeatRequest heartbeat;
    heartbeat.group_id = id;
    heartbeat.generation_id = 1;
    heartbeat.member_id = joined.member_id;
    EXPECT_EQ(call<protocol::HeartbeatResponse>(heartbeat, std::min<std::int16_t>(version, 4)).error_code, 0);
    const auto leave_version = std::min<std::int16_t>(version, 5);
    protocol::LeaveGroupRequest leave;
    leave.group_id = id;
    if (leave_version < 3) {
      leave.member_id = joined.member_id;
    } else {
      leave.members.emplace_back().member_id = joined.member_id;
    }
    const auto left = call<protocol::LeaveGroupResponse>(leave, leave_version);
    EXPECT_EQ(left.error_code, 0);
    const auto again = call<protocol::LeaveGroupResponse>(leave, leave_version);
    EXPECT_EQ(leave_version < 3 ? again.error_code : again.members.at(0).error_code,
              code(ErrorCode::kUnknownMemberId));
  }
}

TEST_F(GroupApisTest, VersionZeroRebalancesWithinItsSession) {
  const auto parked = caller_.send(join_request("g"), 0);
  scheduler_.advance_ms(3'000);
  const auto joined = testing::Caller::decode<protocol::JoinGroupResponse>(*parked, 0);
  sync("g", joined, 0);
  caller_.send(join_request("g"), 0);
  scheduler_.advance_ms(9'000);
  protocol::HeartbeatRequest heartbeat;
  heartbeat.group_id = "g";
  heartbeat.generation_id = 1;
  heartbeat.member_id = joined.member_id;
  EXPECT_EQ(call<protocol::HeartbeatResponse>(heartbeat, 0).error_code,
            code(ErrorCode::kRebalanceInProgress));
  scheduler_.advance_ms(1'000);  // ten seconds since the rebalance began
  EXPECT_EQ(call<protocol::HeartbeatResponse>(heartbeat, 0).error_code, code(ErrorCode::kUnknownMemberId));
}

TEST_F(GroupApisTest, RefusedJoinHasAnEmptyProtocolBeforeVersionSeven) {
  for (std::int16_t version = 0; version <= 9; ++version) {
    const auto refused = call<protocol::JoinGroupResponse>(join_request("g", "ghost"), version);
    EXPECT_EQ(refused.error_code, code(ErrorCode::kUnknownMemberId));
    EXPECT_EQ(refused.member_id, "ghost");
    EXPECT_EQ(refused.protocol_name.has_value(), version < 7);
  }
}

TEST_F(GroupApisTest, SyncMustNameItsProtocolFromVersionFive) {
  protocol::SyncGroupRequest request;
  request.group_id = "g";
  request.protocol_type = "consumer";
  EXPECT_EQ(call<protocol::SyncGroupResponse>(request, 5).error_code,
            code(ErrorCode::kInconsistentGroupProtocol));
  EXPECT_EQ(call<protocol::SyncGroupResponse>(request, 4).error_code, code(ErrorCode::kUnknownMemberId));
}

TEST_F(GroupApisTest, OffsetsAreCommittedAndFetchedAtEveryVersion) {
  for (std::int16_t version = 2; version <= 10; ++version) {
    const auto committed =
        call<protocol::OffsetCommitResponse>(commit_request(version, 100 + version), version);
    ASSERT_EQ(committed.topics.size(), 3u);
    EXPECT_EQ(committed.topics[0].partitions.at(0).error_code,
              code(version >= 10 ? ErrorCode::kUnknownTopicId : ErrorCode::kUnknownTopicOrPartition));
    EXPECT_EQ(committed.topics[1].partitions.at(0).error_code, 0);
    EXPECT_EQ(committed.topics[1].partitions.at(0).partition_index, 1);
    EXPECT_EQ(committed.topics[2].partitions.at(0).error_code, code(ErrorCode::kUnknownTopicOrPartition));
    if (version >= 10) {
      EXPECT_EQ(committed.topics[1].topic_id, Uuid::reserved(130));
    }
    for (std::int16_t fetch = 1; fetch <= 7; ++fetch) {
      protocol::OffsetFetchRequest request;
      request.group_id = "g";
      auto& topic = request.topics->emplace_back();
      topic.name = "orders";
      topic.partition_indexes = {0, 1};
      const auto fetched = call<protocol::OffsetFetchResponse>(request, fetch);
      EXPECT_EQ(fetched.topics.at(0).partitions.at(0).committed_offset, -1);
      EXPECT_EQ(fetched.topics.at(0).partitions.at(1).committed_offset, 100 + version);
      EXPECT_EQ(fetched.topics.at(0).partitions.at(1).metadata, "note");
    }
  }
}

TEST_F(GroupApisTest, OffsetsOfManyGroupsByNameAndById) {
  call<protocol::OffsetCommitResponse>(commit_request(9, 5), 9);
  for (std::int16_t version = 8; version <= 10; ++version) {
    protocol::OffsetFetchRequest request;
    auto& all = request.groups.emplace_back();
    all.group_id = "g";
    all.topics.reset();
    auto& named = request.groups.emplace_back();
    named.group_id = "g";
    for (const std::uint8_t id : {130, 200}) {
      auto& topic = named.topics->emplace_back();
      if (version >= 10) {
        topic.topic_id = Uuid::reserved(id);
      } else {
        topic.name = id == 130 ? "orders" : "ghost";
      }
      topic.partition_indexes = {1};
    }
    request.groups.emplace_back().group_id = "unknown";
    const auto response = call<protocol::OffsetFetchResponse>(request, version);
    ASSERT_EQ(response.groups.size(), 3u);
    EXPECT_EQ(response.groups[0].topics.at(0).partitions.at(0).committed_offset, 5);
    EXPECT_EQ(response.groups[1].topics.at(0).partitions.at(0).committed_offset, 5);
    EXPECT_EQ(response.groups[1].topics.at(1).partitions.at(0).committed_offset, -1);
    EXPECT_EQ(response.groups[1].topics.at(1).partitions.at(0).error_code,
              version >= 10 ? code(ErrorCode::kUnknownTopicId) : 0);
    EXPECT_TRUE(response.groups[2].topics.empty());
    if (version >= 10) {
      EXPECT_EQ(response.groups[0].topics.at(0).topic_id, Uuid::reserved(130));
    }
  }
}

TEST_F(GroupApisTest, FetchOfAllOffsetsHasNullTopics) {
  call<protocol::OffsetCommitResponse>(commit_request(9, 5), 9);
  for (std::int16_t version = 2; version <= 7; ++version) {
    protocol::OffsetFetchRequest request;
    request.group_id = "g";
    request.topics.reset();
    const auto response = call<protocol::OffsetFetchResponse>(request, version);
    EXPECT_EQ(response.error_code, 0);
    ASSERT_EQ(response.topics.size(), 1u);
    EXPECT_EQ(response.topics[0].name, "orders");
  }
}

TEST_F(GroupApisTest, OffsetErrorsOfTheGroupStandWhereTheVersionHasRoom) {
  for (std::int32_t i = 0; i < kPartitions; ++i) groups_.on_resign(i);
  protocol::OffsetFetchRequest request;
  request.group_id = "g";
  auto& topic = request.topics->emplace_back();
  topic.name = "orders";
  topic.partition_indexes = {1};
  EXPECT_EQ(call<protocol::OffsetFetchResponse>(request, 1).topics.at(0).partitions.at(0).error_code,
            code(ErrorCode::kNotCoordinator));
  EXPECT_EQ(call<protocol::OffsetFetchResponse>(request, 2).error_code, code(ErrorCode::kNotCoordinator));
  protocol::OffsetFetchRequest many;
  many.groups.emplace_back().group_id = "g";
  EXPECT_EQ(call<protocol::OffsetFetchResponse>(many, 8).groups.at(0).error_code,
            code(ErrorCode::kNotCoordinator));
  const auto committed = call<protocol::OffsetCommitResponse>(commit_request(9, 5), 9);
  EXPECT_EQ(committed.topics.at(0).partitions.at(0).error_code, code(ErrorCode::kUnknownTopicOrPartition));
  EXPECT_EQ(committed.topics.at(1).partitions.at(0).error_code, code(ErrorCode::kNotCoordinator));
}

TEST_F(GroupApisTest, UnknownGroupWithAGenerationDependsOnTheVersion) {
  for (const std::int16_t version : {8, 9}) {
    auto request = commit_request(version, 5);
    request.generation_id_or_member_epoch = 3;
    request.member_id = "m";
    EXPECT_EQ(call<protocol::OffsetCommitResponse>(request, version).topics.at(1).partitions.at(0).error_code,
              code(version >= 9 ? ErrorCode::kGroupIdNotFound : ErrorCode::kIllegalGeneration));
  }
}

TEST_F(GroupApisTest, OffsetDeleteAnswersWhatExistsAndWhatDoesNot) {
  call<protocol::OffsetCommitResponse>(commit_request(9, 5), 9);
  protocol::OffsetDeleteRequest request;
  request.group_id = "g";
  for (const char* name : {"orders", "ghost"}) {
    auto& topic = request.topics.emplace_back();
    topic.name = name;
    topic.partitions.emplace_back().partition_index = 1;
    topic.partitions.emplace_back().partition_index = 9;
  }
  const auto response = call<protocol::OffsetDeleteResponse>(request, 0);
  EXPECT_EQ(response.error_code, 0);
  ASSERT_EQ(response.topics.size(), 2u);
  ASSERT_EQ(response.topics[0].partitions.size(), 2u);
  EXPECT_EQ(response.topics[0].partitions[0].error_code, code(ErrorCode::kUnknownTopicOrPartition));
  EXPECT_EQ(response.topics[0].partitions[1].partition_index, 1);
  EXPECT_EQ(response.topics[0].partitions[1].error_code, 0);
  EXPECT_EQ(response.topics[1].partitions[0].error_code, code(ErrorCode::kUnknownTopicOrPartition));
  request.group_id = "unknown";
  EXPECT_EQ(call<protocol::OffsetDeleteResponse>(request, 0).error_code, code(ErrorCode::kGroupIdNotFound));
}

TEST_F(GroupApisTest, GroupsAreListedDescribedAndDeletedAtEveryVersion) {
  const auto joined = join("busy", 9);
  sync("busy", joined, 5);
  call<protocol::OffsetCommitResponse>(commit_request(9, 5), 9);
  for (std::int16_t version = 0; version <= 5; ++version) {
    protocol::ListGroupsRequest request;
    if (version >= 4) request.states_filter = {" STABLE "};
    if (version >= 5) request.types_filter = {"Classic"};
    const auto response = call<protocol::ListGroupsResponse>(request, version);
    ASSERT_EQ(response.groups.size(), version >= 4 ? 1u : 2u);
    if (version >= 4) {
      EXPECT_EQ(response.groups[0].group_state, "Stable");
    }
    if (version >= 5) {
      EXPECT_EQ(response.groups[0].group_type, "classic");
    }
  }
  for (std::int16_t version = 0; version <= 6; ++version) {
    protocol::DescribeGroupsRequest request;
    request.groups = {"busy", "ghost"};
    request.include_authorized_operations = version >= 3;
    const auto response = call<protocol::DescribeGroupsResponse>(request, version);
    ASSERT_EQ(response.groups.size(), 2u);
    EXPECT_EQ(response.groups[0].group_state, "Stable");
    EXPECT_EQ(response.groups[0].protocol_data, "range");
    EXPECT_EQ(response.groups[0].members.at(0).client_id, "tester");
    EXPECT_EQ(response.groups[0].members.at(0).client_host, "/127.0.0.1");
    EXPECT_EQ(response.groups[0].members.at(0).member_assignment, (Buffer{1, 2, 3}));
    EXPECT_EQ(response.groups[1].group_state, "Dead");
    EXPECT_EQ(response.groups[1].error_code, version >= 6 ? code(ErrorCode::kGroupIdNotFound) : 0);
    EXPECT_EQ(response.groups[1].error_message.has_value(), version >= 6);
  }
  for (std::int16_t version = 0; version <= 2; ++version) {
    protocol::DeleteGroupsRequest request;
    request.groups_names = {"busy", "g", "ghost", "g"};
    const auto response = call<protocol::DeleteGroupsResponse>(request, version);
    ASSERT_EQ(response.results.size(), 3u);
    EXPECT_EQ(response.results[0].error_code, code(ErrorCode::kNonEmptyGroup));
    EXPECT_EQ(response.results[1].error_code, version == 0 ? 0 : code(ErrorCode::kGroupIdNotFound));
    EXPECT_EQ(response.results[2].error_code, code(ErrorCode::kGroupIdNotFound));
  }
}

TEST_F(GroupApisTest, MalformedJoinClosesTheConnection) {
  Buffer frame = testing::Caller::frame(join_request("g"), 9);
  frame.resize(frame.size() - 3);
  EXPECT_TRUE(caller_.send_bytes(std::move(frame))->closed.has_value());
}

protocol::ConsumerGroupHeartbeatRequest consumer_join(const std::string& member_id) {
  protocol::ConsumerGroupHeartbeatRequest request;
  request.group_id = "consumers";
  request.member_id = member_id;
  request.rebalance_timeout_ms = 60'000;
  request.subscribed_topic_names = std::vector<std::string>{"orders"};
  request.topic_partitions = std::vector<protocol::ConsumerGroupHeartbeatRequest::TopicPartitions>();
  return request;
}

TEST_F(GroupApisTest, ConsumerGroupsAreNotServedBeforeTheirFeature) {
  for (std::int16_t version = 0; version <= 1; ++version) {
    const auto refused = call<protocol::ConsumerGroupHeartbeatResponse>(consumer_join("m"), version);
    EXPECT_EQ(refused.error_code, static_cast<std::int16_t>(ErrorCode::kUnsupportedVersion));
    protocol::ConsumerGroupDescribeRequest request;
    request.group_ids = {"consumers"};
    const auto described = call<protocol::ConsumerGroupDescribeResponse>(request, version);
    EXPECT_EQ(described.groups.at(0).error_code, static_cast<std::int16_t>(ErrorCode::kUnsupportedVersion));
  }
}

TEST_F(GroupApisTest, ConsumerGroupsAreServedAtEveryVersion) {
  world_.set_feature("group.version", 1);
  groups_.set_cluster(group_cluster_view(world_.cache.get(), layers_.layers(), 0));
  for (std::int16_t version = 0; version <= 1; ++version) {
    auto request = consumer_join(version == 0 ? "" : "member");
    request.group_id = concat("consumers-", version);
    auto reply = call<protocol::ConsumerGroupHeartbeatResponse>(request, version);
    ASSERT_EQ(reply.error_code, 0) << reply.error_message.value_or("");
    EXPECT_EQ(reply.member_epoch, 2);
    EXPECT_EQ(reply.heartbeat_interval_ms, 5'000);
    ASSERT_TRUE(reply.assignment);
    EXPECT_EQ(reply.assignment->topic_partitions.at(0).partitions, (std::vector<std::int32_t>{0, 1}));

    protocol::ConsumerGroupDescribeRequest describe;
    describe.group_ids = {request.group_id, "nobody", ""};
    const auto described = call<protocol::ConsumerGroupDescribeResponse>(describe, version);
    const auto& group = described.groups.at(0);
    EXPECT_EQ(group.group_state, "Stable");
    EXPECT_EQ(group.assignor_name, "uniform");
    EXPECT_EQ(group.members.at(0).member_id, reply.member_id);
    EXPECT_EQ(group.members.at(0).assignment.topic_partitions.at(0).topic_name, "orders");
    if (version >= 1) {
      EXPECT_EQ(group.members.at(0).member_type, 1);
    }
    EXPECT_EQ(described.groups.at(1).error_code, static_cast<std::int16_t>(ErrorCode::kGroupIdNotFound));
    EXPECT_EQ(described.groups.at(2).error_code, static_cast<std::int16_t>(ErrorCode::kInvalidGroupId));

    protocol::ConsumerGroupHeartbeatRequest idle;
    idle.group_id = request.group_id;
    idle.member_id = reply.member_id.value_or("");
    idle.member_epoch = reply.member_epoch;
    EXPECT_FALSE(call<protocol::ConsumerGroupHeartbeatResponse>(idle, version).assignment);
    idle.member_epoch = -1;
    EXPECT_EQ(call<protocol::ConsumerGroupHeartbeatResponse>(idle, version).member_epoch, -1);
  }
}

}  // namespace
}  // namespace barnabas::broker
