// The APIs of share groups from bytes to bytes: over real partitions and a persister in memory.
#include <gtest/gtest.h>

#include <map>
#include <tuple>

#include "broker/configs/live_configs.h"
#include "broker/coordination/tests/memory_log.h"
#include "broker/group_cluster_view.h"
#include "broker/handlers/group_apis.h"
#include "broker/handlers/share_group_offsets.h"
#include "broker/handlers/share_groups.h"
#include "broker/options/all_options.h"
#include "broker/tests/support/call.h"
#include "broker/tests/support/partition_world.h"
#include "common/text.h"
#include "controller/image/image_builder.h"
#include "protocol/messages/alter_share_group_offsets_request.h"
#include "protocol/messages/alter_share_group_offsets_response.h"
#include "protocol/messages/delete_groups_request.h"
#include "protocol/messages/delete_groups_response.h"
#include "protocol/messages/delete_share_group_offsets_request.h"
#include "protocol/messages/delete_share_group_offsets_response.h"
#include "protocol/messages/describe_groups_request.h"
#include "protocol/messages/describe_groups_response.h"
#include "protocol/messages/describe_share_group_offsets_request.h"
#include "protocol/messages/describe_share_group_offsets_response.h"
#include "protocol/messages/join_group_request.h"
#include "protocol/messages/join_group_response.h"
#include "protocol/messages/list_groups_request.h"
#include "protocol/messages/list_groups_response.h"
#include "protocol/messages/offset_commit_request.h"
#include "protocol/messages/offset_commit_response.h"
#include "protocol/messages/offset_delete_request.h"
#include "protocol/messages/offset_delete_response.h"

namespace barnabas::broker {
namespace {

using namespace protocol;  // NOLINT: requests and responses of a dozen APIs
using share::SharePartitionKey;
using share::StateResult;

constexpr std::int32_t kPartitions = 3;

std::int16_t code(ErrorCode error) {
  return static_cast<std::int16_t>(error);
}

class MemoryPersister final : public share::Persister {
 public:
  template <class Answer>
  using Answerer = coordination::Answerer<Answer>;
  using Place = std::tuple<std::string, Uuid, std::int32_t>;

  void initialize(SharePartitionKey key, std::int32_t state_epoch, std::int64_t start_offset,
                  Answerer<StateResult> answerer) override {
    if (error == ErrorCode::kNone) {
      states[place(key)] = {.state_epoch = state_epoch, .start_offset = start_offset};
    }
    answerer({.error = error});
  }
  void read(SharePartitionKey, std::int32_t, Answerer<share::PartitionState> answerer) override {
    answerer({.result = {.error = ErrorCode::kInvalidRequest}});
  }
  void read_summary(SharePartitionKey key, std::int32_t, Answerer<share::StateSummary> answerer) override {
    const auto found = states.find(place(key));
    answerer(found == states.end() ? share::StateSummary() : share::StateSummary(found->second));
  }
  void write(SharePartitionKey, share::StateWrite, Answerer<StateResult> answerer) override {
    answerer({.error = ErrorCode::kInvalidRequest});
  }
  void remove(SharePartitionKey key, Answerer<StateResult> answerer) override {
    if (error == ErrorCode::kNone) states.erase(place(key));
    answerer({.error = error});
  }

  static Place place(const SharePartitionKey& key) { return {key.group_id, key.topic_id, key.partition}; }

  std::map<Place, share::StateSummary> states;
  ErrorCode error = ErrorCode::kNone;
};

class NoTopics final : public TopicCreator {
 public:
  void create(std::vector<std::string>, std::move_only_function<void(Outcome)> done) override { done({}); }
};

class ShareGroupApis : public ::testing::Test {
 protected:
  void SetUp() override {
    world_.create_topic("orders", 2);
    groups_.use_persister(persister_);
    add_group_apis(apis_, groups_, metadata_, lookup_);
    add_share_group_apis(apis_, service_);
    for (std::int32_t i = 0; i < kPartitions; ++i) groups_.on_leader(i, 0);
    world_.scheduler.run_pending();
    set_share_version(1);
  }
  void TearDown() override { groups_.shut_down(); }

  void set_share_version(std::int16_t level) {
    controller::ImageBuilder builder(*world_.image());
    FeatureLevelRecord feature;
    feature.name = "share.version";
    feature.feature_level = level;
    EXPECT_TRUE(builder.apply(feature));
    metadata_.set(builder.build(1'000 + level, 1, 1));
    groups_.set_cluster(group_cluster_view(metadata_.get(), layers_.layers(), 0));
  }
  template <class Response, class Request>
  Response call(const Request& request, std::int16_t version) {
    return caller_.call<Response>(request, version);
  }
  ShareGroupHeartbeatResponse beat(const std::string& member, std::int32_t epoch,
                                   const std::string& group = "g") {
    ShareGroupHeartbeatRequest request;
    request.group_id = group;
    request.member_id = member;
    request.member_epoch = epoch;
    if (epoch == 0) request.subscribed_topic_names = std::vector<std::string>{"orders"};
    world_.scheduler.advance_ms(1'000);  // assignments keep their distance
    return call<ShareGroupHeartbeatResponse>(request, 1);
  }
  // A group whose states are initialized and that nobody is a member of.
  void make_empty_group() {
    beat("m", 0);
    beat("m", -1);
  }
  AlterShareGroupOffsetsResponse alter(std::int64_t offset) {
    AlterShareGroupOffsetsRequest request;
    request.group_id = "g";
    for (const char* name : {"orders", "ghost"}) {
      auto& topic = request.topics.emplace_back();
      topic.topic_name = name;
      for (const std::int32_t index : {1, 7}) {
        auto& partition = topic.partitions.emplace_back();
        partition.partition_index = index;
        partition.start_offset = offset;
      }
    }
    return call<AlterShareGroupOffsetsResponse>(request, 0);
  }
  DescribeShareGroupOffsetsResponse describe_offsets(std::int16_t version, bool all = true) {
    DescribeShareGroupOffsetsRequest request;
    auto& group = request.groups.emplace_back();
    group.group_id = "g";
    group.topics = std::nullopt;
    if (!all) {
      group.topics.emplace();
      for (const char* name : {"ghost", "orders"}) {
        auto& topic = group.topics->emplace_back();
        topic.topic_name = name;
        topic.partitions = {0, 1};
      }
    }
    return call<DescribeShareGroupOffsetsResponse>(request, version);
  }
  DeleteShareGroupOffsetsResponse delete_offsets() {
    DeleteShareGroupOffsetsRequest request;
    request.group_id = "g";
    for (const char* name : {"ghost", "orders"}) request.topics.emplace_back().topic_name = name;
    return call<DeleteShareGroupOffsetsResponse>(request, 0);
  }
  std::int16_t delete_group() {
    DeleteGroupsRequest request;
    request.groups_names = {"g"};
    return call<DeleteGroupsResponse>(request, 2).results.at(0).error_code;
  }
  ListGroupsResponse list() {
    ListGroupsRequest request;
    request.types_filter = {"share"};
    return call<ListGroupsResponse>(request, 5);
  }

  testing::PartitionWorld world_;
  coordination::MemoryLog log_;
  groups::GroupCoordinator groups_{
      {.offsets_topic_partitions = kPartitions}, world_.clock, *world_.random, world_.scheduler, log_};
  MetadataCache metadata_;
  MemoryPersister persister_;
  NoTopics topics_;
  AdvertisedAddresses addresses_;
  CoordinatorLookup lookup_{metadata_, topics_, addresses_};
  OptionRegistry registry_ = all_options();
  LiveConfigs layers_{registry_, {}};
  ShareGroupService service_{groups_, metadata_, *world_.partitions, persister_};
  ApiTable apis_;
  Dispatcher dispatcher_{apis_, world_.clock, nullptr};
  testing::Caller caller_{dispatcher_};
};

TEST_F(ShareGroupApis, NothingIsServedWithoutTheFeature) {
  set_share_version(0);
  EXPECT_EQ(beat("m", 0).error_code, code(ErrorCode::kUnsupportedVersion));
  ShareGroupDescribeRequest describe;
  describe.group_ids = {"g"};
  EXPECT_EQ(call<ShareGroupDescribeResponse>(describe, 1).groups.at(0).error_code,
            code(ErrorCode::kUnsupportedVersion));
  EXPECT_EQ(describe_offsets(1).groups.at(0).error_code, code(ErrorCode::kUnsupportedVersion));
  EXPECT_EQ(alter(1).error_code, code(ErrorCode::kUnsupportedVersion));
  EXPECT_EQ(delete_offsets().error_code, code(ErrorCode::kUnsupportedVersion));
}

TEST_F(ShareGroupApis, AMemberComesToItsPartitionsAndIsDescribed) {
  const auto first = beat("m", 0);
  ASSERT_EQ(first.error_code, 0) << first.error_message.value_or("");
  EXPECT_EQ(first.heartbeat_interval_ms, 500);
  EXPECT_EQ(persister_.states.size(), 2u);
  const auto second = beat("m", first.member_epoch);
  ASSERT_TRUE(second.assignment);
  EXPECT_EQ(second.assignment->topic_partitions.at(0).partitions, (std::vector<std::int32_t>{0, 1}));

  ShareGroupDescribeRequest request;
  request.group_ids = {"g", "nobody", ""};
  request.include_authorized_operations = true;
  const auto described = call<ShareGroupDescribeResponse>(request, 1);
  const auto& group = described.groups.at(0);
  EXPECT_EQ(group.group_state, "Stable");
  EXPECT_EQ(group.assignor_name, "simple");
  EXPECT_EQ(group.group_epoch, second.member_epoch);
  EXPECT_NE(group.authorized_operations, INT32_MIN);
  EXPECT_EQ(group.members.at(0).client_id, "tester");
  EXPECT_EQ(group.members.at(0).assignment.topic_partitions.at(0).topic_name, "orders");
  EXPECT_EQ(described.groups.at(1).error_code, code(ErrorCode::kGroupIdNotFound));
  EXPECT_EQ(described.groups.at(1).error_message, "Group nobody not found.");
  EXPECT_EQ(described.groups.at(2).error_code, code(ErrorCode::kInvalidGroupId));

  const auto listed = list();
  ASSERT_EQ(listed.groups.size(), 1u);
  EXPECT_EQ(listed.groups[0].group_state, "Stable");
  EXPECT_EQ(listed.groups[0].group_type, "share");
  EXPECT_EQ(listed.groups[0].protocol_type, "share");
  EXPECT_EQ(groups_.counts().share_by_state[1], 1u);
  EXPECT_EQ(groups_.counts().share_rebalances, 2u);
  EXPECT_EQ(beat("m", -1).member_epoch, -1);
  EXPECT_EQ(list().groups.at(0).group_state, "Empty");
}

TEST_F(ShareGroupApis, AGroupOfAnotherKindIsNoShareGroup) {
  OffsetCommitRequest commit;
  commit.group_id = "simple";
  commit.topics.emplace_back().name = "orders";
  commit.topics[0].partitions.emplace_back();
  EXPECT_EQ(call<OffsetCommitResponse>(commit, 8).topics.at(0).partitions.at(0).error_code, 0);
  const auto refused = beat("m", 0, "simple");
  EXPECT_EQ(refused.error_code, code(ErrorCode::kGroupIdNotFound));
  EXPECT_EQ(refused.error_message, "Group simple is not a share group.");
}

TEST_F(ShareGroupApis, AShareGroupIsNoGroupOfAnotherKind) {
  make_empty_group();
  groups::consumer::HeartbeatCommand command;
  command.group_id = "g";
  command.member_id = "c";
  command.rebalance_timeout_ms = 1'000;
  command.topics = std::vector<std::string>{"orders"};
  command.owned.emplace(groups::consumer::TopicPartitions());
  std::string told;
  groups_.consumer_heartbeat(std::move(command), [&](groups::consumer::HeartbeatReply&& reply) {
    told = concat(protocol::error_name(reply.error), " ", reply.error_message);
  });
  EXPECT_EQ(told, "GROUP_ID_NOT_FOUND Group g is not a consumer group.");
  groups_.describe_consumers({"g"}, [&](std::vector<groups::consumer::Description>&& all) {
    told = concat(protocol::error_name(all.front().error), " ", all.front().error_message);
  });
  EXPECT_EQ(told, "GROUP_ID_NOT_FOUND Group g is not a consumer group.");
  JoinGroupRequest join;
  join.group_id = "g";
  join.session_timeout_ms = 10'000;
  join.rebalance_timeout_ms = 10'000;
  join.protocol_type = "consumer";
  join.protocols.emplace_back().name = "range";
  EXPECT_EQ(call<JoinGroupResponse>(join, 9).error_code, code(ErrorCode::kInconsistentGroupProtocol));
  DescribeGroupsRequest describe;
  describe.groups = {"g"};
  EXPECT_EQ(call<DescribeGroupsResponse>(describe, 6).groups.at(0).error_message,
            "Group g is not a classic group.");
  OffsetCommitRequest commit;
  commit.group_id = "g";
  commit.topics.emplace_back().name = "orders";
  commit.topics[0].partitions.emplace_back();
  EXPECT_EQ(call<OffsetCommitResponse>(commit, 9).topics.at(0).partitions.at(0).error_code,
            code(ErrorCode::kGroupIdNotFound));
  OffsetDeleteRequest forget;
  forget.group_id = "g";
  EXPECT_EQ(call<OffsetDeleteResponse>(forget, 0).error_code, code(ErrorCode::kGroupIdNotFound));
}

TEST_F(ShareGroupApis, OffsetsAreAlteredAndToldWithTheirLag) {
  const auto altered = alter(1);
  EXPECT_EQ(altered.error_code, 0);
  ASSERT_EQ(altered.responses.size(), 2u);
  EXPECT_EQ(altered.responses[0].topic_name, "ghost");
  EXPECT_EQ(altered.responses[0].partitions.at(0).error_code, code(ErrorCode::kUnknownTopicOrPartition));
  EXPECT_EQ(altered.responses[1].topic_id, world_.topic_id("orders"));
  EXPECT_EQ(altered.responses[1].partitions.at(0).error_code, 0);
  EXPECT_FALSE(altered.responses[1].partitions[0].error_message);
  EXPECT_EQ(altered.responses[1].partitions.at(1).error_code, code(ErrorCode::kUnknownTopicOrPartition));
  ASSERT_EQ(persister_.states.size(), 1u);

  ASSERT_TRUE(
      (*world_.partitions->find("orders", 1))->append_own(testing::batch_of({"a", "b", "c", "d"}), {}));
  for (std::int16_t version = 0; version <= 1; ++version) {
    const auto all = describe_offsets(version);
    const auto& topic = all.groups.at(0).topics.at(0);
    EXPECT_EQ(topic.topic_name, "orders");
    EXPECT_EQ(topic.partitions.at(0).partition_index, 1);
    EXPECT_EQ(topic.partitions[0].start_offset, 1);
    EXPECT_EQ(topic.partitions[0].lag, -1);  // nobody has counted what is done
  }
  auto& summary = persister_.states.begin()->second;
  summary.delivery_complete_count = 1;
  summary.leader_epoch = 5;
  const auto some = describe_offsets(1, false);
  ASSERT_EQ(some.groups.at(0).topics.size(), 2u);
  const auto& orders = some.groups[0].topics[0];
  EXPECT_EQ(orders.partitions.at(0).start_offset, -1);
  EXPECT_EQ(orders.partitions.at(1).lag, 2);
  EXPECT_EQ(orders.partitions[1].leader_epoch, 5);
  const auto& ghost = some.groups[0].topics[1];
  EXPECT_EQ(ghost.topic_name, "ghost");
  EXPECT_EQ(ghost.topic_id, Uuid());
  EXPECT_EQ(ghost.partitions.at(1).start_offset, -1);
}

TEST_F(ShareGroupApis, OffsetsOfALiveGroupCannotBeChanged) {
  beat("m", 0);
  const auto altered = alter(1);
  EXPECT_EQ(altered.error_code, code(ErrorCode::kNonEmptyGroup));
  EXPECT_TRUE(altered.error_message);
  EXPECT_EQ(delete_offsets().error_code, code(ErrorCode::kNonEmptyGroup));
  EXPECT_EQ(delete_group(), code(ErrorCode::kNonEmptyGroup));
}

TEST_F(ShareGroupApis, OffsetsThatThePersisterRefusesAreNotSet) {
  persister_.error = ErrorCode::kFencedStateEpoch;
  const auto altered = alter(1);
  EXPECT_EQ(altered.error_code, 0);
  EXPECT_EQ(altered.responses.at(1).partitions.at(0).error_code, code(ErrorCode::kFencedStateEpoch));
  EXPECT_TRUE(describe_offsets(1).groups.at(0).topics.empty());
}

TEST_F(ShareGroupApis, TopicsOfAGroupAreForgotten) {
  make_empty_group();
  EXPECT_EQ(persister_.states.size(), 2u);
  const auto deleted = delete_offsets();
  EXPECT_EQ(deleted.error_code, 0);
  ASSERT_EQ(deleted.responses.size(), 2u);
  EXPECT_EQ(deleted.responses[0].topic_name, "orders");
  EXPECT_EQ(deleted.responses[0].error_code, 0);
  EXPECT_EQ(deleted.responses[1].topic_name, "ghost");
  EXPECT_EQ(deleted.responses[1].error_code, code(ErrorCode::kUnknownTopicOrPartition));
  EXPECT_TRUE(persister_.states.empty());
  EXPECT_TRUE(describe_offsets(1).groups.at(0).topics.empty());
  const auto again = delete_offsets();
  EXPECT_EQ(again.responses.at(0).topic_name, "ghost");
  EXPECT_EQ(again.responses.at(1).error_message, "There is no offset information to delete.");
}

TEST_F(ShareGroupApis, AGroupGoesAfterItsStates) {
  make_empty_group();
  persister_.error = ErrorCode::kCoordinatorNotAvailable;
  EXPECT_EQ(delete_group(), code(ErrorCode::kCoordinatorNotAvailable));
  EXPECT_EQ(list().groups.size(), 1u);
  persister_.error = ErrorCode::kNone;
  EXPECT_EQ(delete_group(), 0);
  EXPECT_TRUE(persister_.states.empty());
  EXPECT_TRUE(list().groups.empty());
  EXPECT_EQ(delete_group(), code(ErrorCode::kGroupIdNotFound));
  EXPECT_EQ(delete_offsets().error_code, code(ErrorCode::kGroupIdNotFound));
}

TEST_F(ShareGroupApis, WithoutAPersisterAGroupWaitsForItsStates) {
  persister_.error = ErrorCode::kCoordinatorNotAvailable;
  const auto first = beat("m", 0);
  EXPECT_EQ(first.error_code, 0);
  const auto second = beat("m", first.member_epoch);
  EXPECT_FALSE(second.assignment);
  persister_.error = ErrorCode::kNone;
  const auto third = beat("m", second.member_epoch);  // initializes what could not be
  EXPECT_FALSE(third.assignment);
  EXPECT_TRUE(beat("m", third.member_epoch).assignment);
}

}  // namespace
}  // namespace barnabas::broker
