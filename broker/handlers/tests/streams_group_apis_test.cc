// The APIs of streams groups from bytes to bytes, with a controller that creates topics in memory.
#include "broker/handlers/streams_groups.h"

#include <gtest/gtest.h>

#include "broker/configs/live_configs.h"
#include "broker/coordination/tests/memory_log.h"
#include "broker/group_cluster_view.h"
#include "broker/handlers/group_apis.h"
#include "broker/options/all_options.h"
#include "broker/tests/support/call.h"
#include "broker/tests/support/partition_world.h"
#include "controller/image/image_builder.h"
#include "protocol/messages/delete_groups_request.h"
#include "protocol/messages/delete_groups_response.h"
#include "protocol/messages/join_group_request.h"
#include "protocol/messages/join_group_response.h"
#include "protocol/messages/list_groups_request.h"
#include "protocol/messages/list_groups_response.h"
#include "protocol/messages/offset_commit_request.h"
#include "protocol/messages/offset_commit_response.h"
#include "protocol/messages/offset_delete_request.h"
#include "protocol/messages/offset_delete_response.h"
#include "protocol/messages/offset_fetch_request.h"
#include "protocol/messages/offset_fetch_response.h"
#include "protocol/messages/streams_group_describe_request.h"
#include "protocol/messages/streams_group_describe_response.h"
#include "protocol/messages/streams_group_heartbeat_request.h"
#include "protocol/messages/streams_group_heartbeat_response.h"

namespace barnabas::broker {
namespace {

using namespace protocol;  // NOLINT: requests and responses of a dozen APIs

constexpr std::int32_t kPartitions = 3;

std::int16_t code(ErrorCode error) {
  return static_cast<std::int16_t>(error);
}

class NoTopics final : public TopicCreator {
 public:
  void create(std::vector<std::string>, std::move_only_function<void(Outcome)> done) override { done({}); }
};

class StreamsGroupApis : public ::testing::Test {
 protected:
  void SetUp() override {
    world_.create_topic("lines", 2);
    add_group_apis(apis_, groups_, metadata_, lookup_);
    add_streams_group_apis(apis_, service_);
    for (std::int32_t i = 0; i < kPartitions; ++i) groups_.on_leader(i, 0);
    world_.scheduler.run_pending();
    show(1);
  }
  void TearDown() override { groups_.shut_down(); }

  void show(std::int16_t streams_version) {
    controller::ImageBuilder builder(*world_.image());
    FeatureLevelRecord feature;
    feature.name = "streams.version";
    feature.feature_level = streams_version;
    EXPECT_TRUE(builder.apply(feature));
    metadata_.set(builder.build(++version_, 1, 1));
    groups_.set_cluster(group_cluster_view(metadata_.get(), layers_.layers(), 0));
  }
  void create(controller::CreateTopicsCommand command, StreamsTopicCreator::Created created) {
    std::vector<controller::CreatedTopic> results;
    for (const auto& topic : command.topics) {
      asked_.push_back(topic);
      auto& result = results.emplace_back();
      result.name = topic.name;
      if (refusal_.ok()) {
        world_.create_topic(topic.name, topic.partitions);
      } else {
        result.error = refusal_;
      }
    }
    created(std::move(results));
    show(1);
  }
  template <class Response, class Request>
  Response call(const Request& request, std::int16_t version = 0) {
    return caller_.call<Response>(request, version);
  }
  static StreamsGroupHeartbeatRequest joining(const std::string& member) {
    StreamsGroupHeartbeatRequest request;
    request.group_id = "g";
    request.member_id = member;
    request.rebalance_timeout_ms = 60'000;
    request.process_id = "p";
    request.active_tasks = std::vector<StreamsGroupHeartbeatRequest::TaskIds>();
    request.standby_tasks = request.active_tasks;
    request.warmup_tasks = request.active_tasks;
    request.client_tags = std::vector<StreamsGroupHeartbeatRequest::KeyValue>();
    request.user_endpoint = StreamsGroupHeartbeatRequest::Endpoint();
    request.user_endpoint->host = "here";
    request.user_endpoint->port = 65'000;
    request.topology = StreamsGroupHeartbeatRequest::Topology();
    auto& subtopology = request.topology->subtopologies.emplace_back();
    subtopology.subtopology_id = "0";
    subtopology.source_topics = {"lines"};
    auto& changelog = subtopology.state_changelog_topics.emplace_back();
    changelog.name = "log";
    auto& config = changelog.topic_configs.emplace_back();
    config.key = "cleanup.policy";
    config.value = "compact";
    return request;
  }
  static StreamsGroupHeartbeatRequest beating(const std::string& member, std::int32_t epoch) {
    StreamsGroupHeartbeatRequest request;
    request.group_id = "g";
    request.member_id = member;
    request.member_epoch = epoch;
    return request;
  }
  StreamsGroupHeartbeatResponse beat(const StreamsGroupHeartbeatRequest& request) {
    return call<StreamsGroupHeartbeatResponse>(request);
  }
  // A member with its tasks.
  std::int32_t settle() {
    std::int32_t epoch = beat(joining("m")).member_epoch;
    world_.scheduler.advance_ms(4'000);
    epoch = beat(beating("m", epoch)).member_epoch;
    return epoch;
  }
  StreamsGroupDescribeResponse describe(std::vector<std::string> ids) {
    StreamsGroupDescribeRequest request;
    request.group_ids = std::move(ids);
    request.include_authorized_operations = true;
    return call<StreamsGroupDescribeResponse>(request);
  }

  testing::PartitionWorld world_;
  coordination::MemoryLog log_;
  groups::GroupCoordinator groups_{
      {.offsets_topic_partitions = kPartitions}, world_.clock, *world_.random, world_.scheduler, log_};
  MetadataCache metadata_;
  NoTopics no_topics_;
  AdvertisedAddresses addresses_;
  CoordinatorLookup lookup_{metadata_, no_topics_, addresses_};
  OptionRegistry registry_ = all_options();
  LiveConfigs layers_{registry_, {}};
  StreamsTopicCreator topics_{
      world_.clock,
      [this](controller::CreateTopicsCommand command, StreamsTopicCreator::Created created) {
        create(std::move(command), std::move(created));
      },
      [] { return true; }};
  StreamsGroupService service_{groups_, metadata_, topics_};
  ApiTable apis_;
  Dispatcher dispatcher_{apis_, world_.clock, nullptr};
  testing::Caller caller_{dispatcher_};
  std::vector<controller::CreateTopic> asked_;
  controller::ApiError refusal_;
  std::int64_t version_ = 1'000;
};

TEST_F(StreamsGroupApis, NothingIsServedWithoutTheFeature) {
  show(0);
  EXPECT_EQ(beat(joining("m")).error_code, code(ErrorCode::kUnsupportedVersion));
  EXPECT_EQ(describe({"g"}).groups.at(0).error_code, code(ErrorCode::kUnsupportedVersion));
}

TEST_F(StreamsGroupApis, AMemberComesToItsTasksAndIsDescribed) {
  const auto first = beat(joining("m"));
  ASSERT_EQ(first.error_code, 0) << first.error_message.value_or("");
  EXPECT_EQ(first.heartbeat_interval_ms, 3'000);
  ASSERT_EQ(first.status->size(), 2u);
  EXPECT_EQ(first.status->at(0).status_code, 5);  // ASSIGNMENT_DELAYED
  EXPECT_EQ(first.status->at(1).status_code, 3);  // MISSING_INTERNAL_TOPICS
  ASSERT_EQ(asked_.size(), 1u);
  EXPECT_EQ(asked_[0].name, "log");
  EXPECT_EQ(asked_[0].partitions, 2);
  EXPECT_EQ(asked_[0].replication_factor, -1);
  EXPECT_TRUE(asked_[0].cap_replication_factor);
  EXPECT_EQ(asked_[0].configs.at(0).name, "cleanup.policy");
  world_.scheduler.advance_ms(4'000);
  const auto second = beat(beating("m", first.member_epoch));
  ASSERT_TRUE(second.active_tasks);
  EXPECT_EQ(second.active_tasks->at(0).partitions, (std::vector<std::int32_t>{0, 1}));
  EXPECT_TRUE(second.standby_tasks->empty());
  ASSERT_TRUE(second.partitions_by_user_endpoint);
  EXPECT_EQ(second.partitions_by_user_endpoint->at(0).user_endpoint.port, 65'000);
  EXPECT_EQ(second.partitions_by_user_endpoint->at(0).active_partitions.at(0).topic, "lines");

  const auto described = describe({"g", "nobody", ""});
  const auto& group = described.groups.at(0);
  EXPECT_EQ(group.group_state, "Stable");
  EXPECT_EQ(group.group_epoch, second.member_epoch);
  EXPECT_NE(group.authorized_operations, INT32_MIN);
  EXPECT_EQ(group.topology->subtopologies->at(0).state_changelog_topics.at(0).partitions, 2);
  const auto& member = group.members.at(0);
  EXPECT_EQ(member.client_id, "tester");
  EXPECT_EQ(member.process_id, "p");
  EXPECT_EQ(member.user_endpoint->host, "here");
  EXPECT_EQ(member.assignment.active_tasks.at(0).subtopology_id, "0");
  EXPECT_EQ(member.target_assignment.active_tasks.at(0).partitions, (std::vector<std::int32_t>{0, 1}));
  EXPECT_EQ(described.groups.at(1).error_code, code(ErrorCode::kGroupIdNotFound));
  EXPECT_EQ(described.groups.at(1).error_message, "Group nobody not found.");
  EXPECT_EQ(described.groups.at(2).error_code, code(ErrorCode::kInvalidGroupId));
  EXPECT_EQ(groups_.counts().streams_by_state[4], 1u);
}

TEST_F(StreamsGroupApis, TopicsThatCannotBeCreatedAreToldAndTriedAgainLater) {
  refusal_ = controller::ApiError(ErrorCode::kPolicyViolation, "not here");
  const auto first = beat(joining("m"));
  EXPECT_EQ(first.status->at(1).status_detail,
            "Internal topics are missing: log; Creation failed: log (not here).");
  beat(beating("m", first.member_epoch));
  EXPECT_EQ(asked_.size(), 1u);
  world_.scheduler.advance_ms(10'000);
  refusal_ = controller::ApiError();
  EXPECT_EQ(beat(beating("m", first.member_epoch)).status->at(0).status_detail,
            "Internal topics are missing: log");
  EXPECT_EQ(asked_.size(), 2u);
  EXPECT_TRUE(beat(beating("m", first.member_epoch)).status->empty());
}

TEST_F(StreamsGroupApis, SomeNamesAreNotForTopologies) {
  auto request = joining("m");
  request.topology->subtopologies[0].source_topics = {"__consumer_offsets", "lines"};
  EXPECT_EQ(beat(request).error_message,
            "Use of Kafka internal topics __consumer_offsets in a Kafka Streams topology is prohibited.");
  request.topology->subtopologies[0].source_topics = {"a b", "lines"};
  const auto response = beat(request);
  EXPECT_EQ(response.error_code, code(ErrorCode::kStreamsInvalidTopology));
  EXPECT_EQ(response.error_message, "Topic names a b are not valid topic names.");
}

TEST_F(StreamsGroupApis, OffsetsNeedTheEpochOfTheMember) {
  const std::int32_t epoch = settle();
  OffsetCommitRequest commit;
  commit.group_id = "g";
  commit.member_id = "m";
  commit.generation_id_or_member_epoch = epoch;
  auto& topic = commit.topics.emplace_back();
  topic.name = "lines";
  topic.partitions.emplace_back().committed_offset = 7;
  const auto committed = [&](std::int16_t version) {
    return call<OffsetCommitResponse>(commit, version).topics.at(0).partitions.at(0).error_code;
  };
  EXPECT_EQ(committed(9), 0);
  EXPECT_EQ(committed(8), code(ErrorCode::kUnsupportedVersion));
  commit.generation_id_or_member_epoch = epoch + 1;
  EXPECT_EQ(committed(9), code(ErrorCode::kStaleMemberEpoch));
  OffsetFetchRequest fetch;
  auto& group = fetch.groups.emplace_back();
  group.group_id = "g";
  group.member_id = "m";
  group.member_epoch = epoch;
  group.topics = std::nullopt;
  EXPECT_EQ(call<OffsetFetchResponse>(fetch, 9).groups.at(0).topics.at(0).partitions.at(0).committed_offset,
            7);
  group.member_epoch = 1;
  EXPECT_EQ(call<OffsetFetchResponse>(fetch, 9).groups.at(0).error_code, code(ErrorCode::kStaleMemberEpoch));
  OffsetDeleteRequest removal;
  removal.group_id = "g";
  auto& removed = removal.topics.emplace_back();
  removed.name = "lines";
  removed.partitions.emplace_back();
  EXPECT_EQ(call<OffsetDeleteResponse>(removal).topics.at(0).partitions.at(0).error_code,
            code(ErrorCode::kGroupSubscribedToTopic));
}

TEST_F(StreamsGroupApis, KindsOfGroupsMakeWayForOneAnotherOnlyWhenEmpty) {
  const auto list = [&](std::vector<std::string> states) {
    ListGroupsRequest request;
    request.states_filter = std::move(states);
    request.types_filter = {"streams"};
    return call<ListGroupsResponse>(request, 5).groups;
  };
  const auto remove = [&] {
    DeleteGroupsRequest request;
    request.groups_names = {"g"};
    return call<DeleteGroupsResponse>(request, 2).results.at(0).error_code;
  };
  JoinGroupRequest join;
  join.group_id = "g";
  join.session_timeout_ms = 10'000;
  join.rebalance_timeout_ms = 30'000;
  join.protocol_type = "consumer";
  join.protocols.emplace_back().name = "range";
  // Of a simple group a streams group is made.
  OffsetCommitRequest commit;
  commit.group_id = "g";
  auto& topic = commit.topics.emplace_back();
  topic.name = "lines";
  topic.partitions.emplace_back();
  EXPECT_EQ(call<OffsetCommitResponse>(commit, 9).topics.at(0).partitions.at(0).error_code, 0);
  EXPECT_EQ(describe({"g"}).groups.at(0).error_message, "Group g is not a streams group.");
  EXPECT_EQ(beat(beating("m", 1)).error_message, "Group g is not a streams group.");
  const auto first = beat(joining("m"));
  ASSERT_EQ(first.error_code, 0);
  ASSERT_EQ(list({"NotReady"}).size(), 1u);
  EXPECT_EQ(list({"not_ready"}).at(0).protocol_type, "streams");
  EXPECT_TRUE(list({"Stable"}).empty());
  EXPECT_EQ(call<JoinGroupResponse>(join, 2).error_code, code(ErrorCode::kInconsistentGroupProtocol));
  EXPECT_EQ(remove(), code(ErrorCode::kNonEmptyGroup));
  EXPECT_EQ(beat(beating("m", -1)).member_epoch, -1);
  EXPECT_EQ(list({}).at(0).group_state, "Empty");
  // An empty one makes way for a classic one.
  const auto parked = caller_.send(join, 2);
  EXPECT_TRUE(list({}).empty());
  EXPECT_EQ(beat(joining("m")).error_message, "Group g is not a streams group.");
  EXPECT_EQ(remove(), code(ErrorCode::kNonEmptyGroup));
}

TEST_F(StreamsGroupApis, AnEmptyGroupIsDeletedWithItsOffsets) {
  settle();
  beat(beating("m", -1));
  DeleteGroupsRequest request;
  request.groups_names = {"g"};
  EXPECT_EQ(call<DeleteGroupsResponse>(request, 2).results.at(0).error_code, 0);
  EXPECT_EQ(describe({"g"}).groups.at(0).error_message, "Group g not found.");
  EXPECT_EQ(groups_.counts().groups, 0u);
}

}  // namespace
}  // namespace barnabas::broker
