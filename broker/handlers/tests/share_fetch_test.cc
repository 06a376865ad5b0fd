#include "broker/handlers/share_fetch.h"

#include <gtest/gtest.h>

#include "broker/handlers/share_acknowledge.h"
#include "broker/share/partition/tests/fake_persister.h"
#include "broker/tests/support/call.h"
#include "broker/tests/support/partition_world.h"

namespace barnabas::broker {
namespace {

using protocol::ErrorCode;
using protocol::ShareAcknowledgeRequest;
using protocol::ShareAcknowledgeResponse;
using protocol::ShareFetchRequest;
using protocol::ShareFetchResponse;
using testing::batch_of;
using testing::values_in;

constexpr std::int16_t kVersion = 2;
constexpr std::int8_t kAccept = 1, kRelease = 2, kRenew = 4;

class NoTraffic final : public TopicTraffic {
 public:
  void produced(std::string_view, std::int64_t, std::int64_t) override {}
  void produce_failed(std::string_view, std::int64_t) override {}
  void fetched(std::string_view, std::int64_t) override {}
  void fetch_failed(std::string_view) override {}
};

std::int16_t code(ErrorCode error) {
  return static_cast<std::int16_t>(error);
}

class ShareFetching : public ::testing::Test {
 protected:
  void SetUp() override {
    apis.add<ShareFetchRequest, ShareFetchResponse>([this](const auto& context, auto&& request, auto reply) {
      handle_share_fetch(context, service, std::move(request), std::move(reply));
    });
    apis.add<ShareAcknowledgeRequest, ShareAcknowledgeResponse>(
        [this](const auto& context, auto&& request, auto reply) {
          handle_share_acknowledge(context, service, std::move(request), std::move(reply));
        });
    config.auto_offset_reset = "earliest";
    world.create_topic("orders", 2);
    show();
  }
  // Handlers see the world's image, with share groups switched on.
  void show(std::int16_t share_version = 1) {
    controller::ImageBuilder builder(*world.image());
    protocol::FeatureLevelRecord feature;
    feature.name = "share.version";
    feature.feature_level = share_version;
    EXPECT_TRUE(builder.apply(controller::MetadataRecord(feature)));
    metadata.set(builder.build(world.image()->offset() + 1, 1, world.clock.wall_ms()));
  }
  void produce(const std::vector<std::string>& values, std::int32_t partition = 0) {
    const auto found = *world.partitions->find("orders", partition);
    ASSERT_TRUE(found->append(batch_of(values), {.now_ms = world.clock.wall_ms()}));
    found->announce();
  }

  ShareFetchRequest fetch_request(const std::string& member, std::int32_t epoch, bool names = true) {
    ShareFetchRequest request;
    request.group_id = "group";
    request.member_id = member;
    request.share_session_epoch = epoch;
    request.min_bytes = 1;
    request.max_records = 500;
    request.batch_size = 500;
    if (names) {
      auto& topic = request.topics.emplace_back();
      topic.topic_id = world.topic_id("orders");
      topic.partitions.emplace_back().partition_index = 0;
    }
    return request;
  }
  ShareFetchResponse fetch(const std::string& member, std::int32_t epoch) {
    return caller.call<ShareFetchResponse>(fetch_request(member, epoch, epoch == 0), kVersion);
  }
  static const ShareFetchResponse::PartitionData& only(const ShareFetchResponse& response) {
    return response.responses.at(0).partitions.at(0);
  }
  static std::vector<std::string> values(const ShareFetchResponse& response) {
    return values_in(only(response).records->contiguous());
  }
  void acknowledge_in(ShareFetchRequest& request, std::int64_t first, std::int64_t last, std::int8_t type) {
    if (request.topics.empty()) {
      auto& topic = request.topics.emplace_back();
      topic.topic_id = world.topic_id("orders");
      topic.partitions.emplace_back().partition_index = 0;
    }
    auto& batch = request.topics.at(0).partitions.at(0).acknowledgement_batches.emplace_back();
    batch.first_offset = first;
    batch.last_offset = last;
    batch.acknowledge_types = {type};
  }
  ShareAcknowledgeResponse acknowledge(const std::string& member, std::int32_t epoch, std::int64_t first,
                                       std::int64_t last, std::int8_t type) {
    ShareAcknowledgeRequest request;
    request.group_id = "group";
    request.member_id = member;
    request.share_session_epoch = epoch;
    request.is_renew_ack = type == kRenew;
    auto& topic = request.topics.emplace_back();
    topic.topic_id = world.topic_id("orders");
    auto& partition = topic.partitions.emplace_back();
    auto& batch = partition.acknowledgement_batches.emplace_back();
    batch.first_offset = first;
    batch.last_offset = last;
    batch.acknowledge_types = {type};
    return caller.call<ShareAcknowledgeResponse>(request, kVersion);
  }
  static std::int16_t only_error(const ShareAcknowledgeResponse& response) {
    return response.responses.at(0).partitions.at(0).error_code;
  }
  share::testing::FakePersister::Stored& stored() {
    return persister.states[{"group", world.topic_id("orders"), 0}];
  }

  testing::PartitionWorld world;
  share::testing::FakePersister persister;
  ShareGroupConfig config;
  NoTraffic traffic;
  MetadataCache metadata;
  AdvertisedAddresses addresses;
  share::ShareSessions sessions{2};
  share::SharePartitionManager partitions{
      *world.partitions,
      {persister, world.clock, world.scheduler, [this](const std::string&) { return config; }}};
  ShareService service{partitions, sessions, metadata, addresses, world.scheduler, traffic};
  ApiTable apis;
  Dispatcher dispatcher{apis, world.clock, nullptr};
  testing::Caller caller{dispatcher};
};

TEST_F(ShareFetching, RecordsAreHandedOutOnceAndAnsweredFor) {
  produce({"a", "b", "c"});
  const auto first = fetch("m1", 0);
  EXPECT_EQ(first.error_code, 0);
  EXPECT_EQ(first.acquisition_lock_timeout_ms, 30'000);
  EXPECT_EQ(values(first), (std::vector<std::string>{"a", "b", "c"}));
  ASSERT_EQ(only(first).acquired_records.size(), 1u);
  EXPECT_EQ(only(first).acquired_records[0].last_offset, 2);
  EXPECT_EQ(only(first).acquired_records[0].delivery_count, 1);
  EXPECT_TRUE(only(fetch("m2", 0)).acquired_records.empty());
  EXPECT_EQ(only_error(acknowledge("m1", 1, 0, 2, kAccept)), 0);
  EXPECT_EQ(stored().records.at(0), (std::pair<std::int8_t, std::int16_t>(2, 1)));
  EXPECT_TRUE(fetch("m1", 2).responses.empty());
}

TEST_F(ShareFetching, AGroupBeginsWhereItsConfigurationSays) {
  produce({"old"});
  config.auto_offset_reset = "latest";
  EXPECT_TRUE(only(fetch("m1", 0)).acquired_records.empty());
  produce({"new"});
  EXPECT_EQ(values(fetch("m1", 1)), (std::vector<std::string>{"new"}));
}

TEST_F(ShareFetching, AFetchWaitsForRecordsAndIsWokenByThem) {
  auto request = fetch_request("m1", 0);
  request.max_wait_ms = 500;
  const auto waiting = caller.send(request, kVersion);
  EXPECT_FALSE(waiting->answered());
  EXPECT_EQ(service.waiting->value(), 1);
  produce({"a"});
  ASSERT_TRUE(waiting->answered());
  EXPECT_EQ(service.waiting->value(), 0);
  EXPECT_EQ(values(testing::Caller::decode<ShareFetchResponse>(*waiting, kVersion)),
            (std::vector<std::string>{"a"}));
}

TEST_F(ShareFetching, AFetchIsAnsweredWhenItsTimeIsOver) {
  auto request = fetch_request("m1", 0);
  request.max_wait_ms = 500;
  request.min_bytes = 1 << 20;
  const auto waiting = caller.send(request, kVersion);
  produce({"a"});
  world.scheduler.advance_ms(499);
  EXPECT_FALSE(waiting->answered());
  world.scheduler.advance_ms(1);
  EXPECT_EQ(values(testing::Caller::decode<ShareFetchResponse>(*waiting, kVersion)),
            (std::vector<std::string>{"a"}));
}

TEST_F(ShareFetching, TheFirstPartitionThatIsReadyAnswersAndTheOthersComeNext) {
  produce({"a"}, 0);
  produce({"b"}, 1);
  auto request = fetch_request("m1", 0);
  request.max_wait_ms = 500;
  request.topics.at(0).partitions.emplace_back().partition_index = 1;
  const auto first = caller.call<ShareFetchResponse>(request, kVersion);
  EXPECT_EQ(first.responses.at(0).partitions.at(0).acquired_records.size(), 1u);
  EXPECT_TRUE(first.responses.at(0).partitions.at(1).acquired_records.empty());
  const auto second = fetch("m1", 1);
  EXPECT_EQ(only(second).partition_index, 1);
  EXPECT_EQ(values(second), (std::vector<std::string>{"b"}));
}

TEST_F(ShareFetching, AReleaseWakesTheNextMember) {
  produce({"a"});
  fetch("m1", 0);
  auto request = fetch_request("m2", 0);
  request.max_wait_ms = 500;
  const auto waiting = caller.send(request, kVersion);
  EXPECT_FALSE(waiting->answered());
  EXPECT_EQ(only_error(acknowledge("m1", 1, 0, 0, kRelease)), 0);
  const auto response = testing::Caller::decode<ShareFetchResponse>(*waiting, kVersion);
  EXPECT_EQ(only(response).acquired_records.at(0).delivery_count, 2);
}

TEST_F(ShareFetching, AnExpiredLockWakesTheNextMember) {
  produce({"a"});
  fetch("m1", 0);
  auto request = fetch_request("m2", 0);
  request.max_wait_ms = 60'000;
  const auto waiting = caller.send(request, kVersion);
  world.scheduler.advance_ms(29'999);
  EXPECT_FALSE(waiting->answered());
  world.scheduler.advance_ms(1);
  EXPECT_TRUE(waiting->answered());
  EXPECT_EQ(only_error(acknowledge("m1", 1, 0, 0, kAccept)), code(ErrorCode::kInvalidRecordState));
}

TEST_F(ShareFetching, ARenewedLockDoesNotExpire) {
  produce({"a"});
  fetch("m1", 0);
  world.scheduler.advance_ms(20'000);
  EXPECT_EQ(only_error(acknowledge("m1", 1, 0, 0, kRenew)), 0);
  world.scheduler.advance_ms(20'000);
  EXPECT_EQ(only_error(acknowledge("m1", 2, 0, 0, kAccept)), 0);
}

TEST_F(ShareFetching, AcknowledgementsTravelWithAFetch) {
  produce({"a", "b"});
  fetch("m1", 0);
  auto request = fetch_request("m1", 1, false);
  acknowledge_in(request, 0, 1, kAccept);
  const auto response = caller.call<ShareFetchResponse>(request, kVersion);
  EXPECT_EQ(only(response).acknowledge_error_code, 0);
  EXPECT_EQ(stored().records.at(1).first, 2);
  auto again = fetch_request("m1", 2, false);
  acknowledge_in(again, 5, 6, kAccept);
  EXPECT_EQ(only(caller.call<ShareFetchResponse>(again, kVersion)).acknowledge_error_code,
            code(ErrorCode::kInvalidRecordState));
}

TEST_F(ShareFetching, AcknowledgementsBeforeThereIsASessionAreRefused) {
  auto request = fetch_request("m1", 0);
  acknowledge_in(request, 0, 1, kAccept);
  EXPECT_EQ(caller.call<ShareFetchResponse>(request, kVersion).error_code, code(ErrorCode::kInvalidRequest));
}

TEST_F(ShareFetching, TheEndOfASessionReleasesItsRecords) {
  produce({"a"});
  fetch("m1", 0);
  EXPECT_EQ(fetch("m1", -1).error_code, 0);
  EXPECT_EQ(only(fetch("m2", 0)).acquired_records.at(0).delivery_count, 2);
  EXPECT_EQ(fetch("m1", 1).error_code, code(ErrorCode::kShareSessionNotFound));
}

TEST_F(ShareFetching, AClosedConnectionReleasesTheRecordsOfItsMember) {
  produce({"a"});
  fetch("m1", 0);
  std::exchange(caller.client().on_close, nullptr)();
  EXPECT_TRUE(partitions.all().empty());
  EXPECT_EQ(only(fetch("m2", 0)).acquired_records.at(0).delivery_count, 2);
}

TEST_F(ShareFetching, TooManySessionsAreRefusedAfterTheWait) {
  fetch("m1", 0);
  fetch("m2", 0);
  auto request = fetch_request("m3", 0);
  request.max_wait_ms = 500;
  const auto waiting = caller.send(request, kVersion);
  EXPECT_FALSE(waiting->answered());
  world.scheduler.advance_ms(500);
  EXPECT_EQ(testing::Caller::decode<ShareFetchResponse>(*waiting, kVersion).error_code,
            code(ErrorCode::kShareSessionLimitReached));
}

TEST_F(ShareFetching, WrongRequestsAreRefused) {
  auto request = fetch_request("", 0);
  EXPECT_EQ(caller.call<ShareFetchResponse>(request, kVersion).error_code, code(ErrorCode::kInvalidRequest));
  request = fetch_request(std::string(37, 'm'), 0);
  EXPECT_EQ(caller.call<ShareFetchResponse>(request, kVersion).error_code, code(ErrorCode::kInvalidRequest));
  request = fetch_request("m1", 0);
  request.group_id.reset();
  EXPECT_EQ(caller.call<ShareFetchResponse>(request, kVersion).error_code, code(ErrorCode::kInvalidRequest));
  request = fetch_request("m1", 0);
  request.is_renew_ack = true;
  EXPECT_EQ(caller.call<ShareFetchResponse>(request, kVersion).error_code, code(ErrorCode::kInvalidRequest));
  show(0);
  EXPECT_EQ(fetch("m1", 0).error_code, code(ErrorCode::kUnsupportedVersion));
}

TEST_F(ShareFetching, UnknownAndDeletedTopicsAreErrorsOfTheirPartitions) {
  auto request = fetch_request("m1", 0);
  request.topics.at(0).topic_id = Uuid::random(*world.random);
  EXPECT_EQ(only(caller.call<ShareFetchResponse>(request, kVersion)).error_code,
            code(ErrorCode::kUnknownTopicId));
  produce({"a"});
  fetch("m2", 0);
  const auto id = world.topic_id("orders");
  world.delete_topic("orders");
  show();
  partitions.follow();
  EXPECT_TRUE(partitions.all().empty());
  EXPECT_EQ(only(fetch("m2", 1)).error_code, code(ErrorCode::kUnknownTopicOrPartition));
  ShareAcknowledgeRequest late;
  late.group_id = "group";
  late.member_id = "m2";
  late.share_session_epoch = 2;
  late.topics.emplace_back().topic_id = id;
  auto& batch = late.topics[0].partitions.emplace_back().acknowledgement_batches.emplace_back();
  batch.acknowledge_types = {kAccept};
  EXPECT_EQ(only_error(caller.call<ShareAcknowledgeResponse>(late, kVersion)),
            code(ErrorCode::kUnknownTopicId));
}

TEST_F(ShareFetching, TheRecordLimitOfARequestGoesOverAllItsPartitions) {
  produce({"a", "b", "c"}, 0);
  produce({"d", "e", "f"}, 1);
  auto request = fetch_request("m1", 0);
  request.topics.at(0).partitions.emplace_back().partition_index = 1;
  request.share_acquire_mode = 1;
  request.max_records = 4;
  const auto response = caller.call<ShareFetchResponse>(request, kVersion);
  ASSERT_EQ(response.responses.at(0).partitions.size(), 2u);
  EXPECT_EQ(response.responses[0].partitions[0].acquired_records.at(0).last_offset, 2);
  EXPECT_EQ(response.responses[0].partitions[1].acquired_records.at(0).last_offset, 0);
}

TEST_F(ShareFetching, OnlyTheBatchesWithAcquiredRecordsAreSent) {
  for (const char* value : {"a", "b", "c", "d"}) produce({value});
  auto request = fetch_request("m1", 0);
  request.max_records = 2;
  EXPECT_EQ(values(caller.call<ShareFetchResponse>(request, kVersion)), (std::vector<std::string>{"a", "b"}));
  request = fetch_request("m2", 0);
  request.max_records = 1;
  EXPECT_EQ(values(caller.call<ShareFetchResponse>(request, kVersion)), (std::vector<std::string>{"c"}));
}

TEST_F(ShareFetching, ARefusedWriteIsAnErrorAndLeavesTheRecordWithItsMember) {
  produce({"a"});
  fetch("m1", 0);
  persister.result.error = ErrorCode::kCoordinatorLoadInProgress;
  EXPECT_EQ(only_error(acknowledge("m1", 1, 0, 0, kAccept)), code(ErrorCode::kCoordinatorNotAvailable));
  persister.result.error = ErrorCode::kNone;
  EXPECT_EQ(only_error(acknowledge("m1", 2, 0, 0, kAccept)), 0);
  fetch("m2", 0);
  produce({"b"});
  fetch("m1", 3);
  persister.result.error = ErrorCode::kFencedStateEpoch;
  EXPECT_EQ(only_error(acknowledge("m1", 4, 1, 1, kAccept)), code(ErrorCode::kNotLeaderOrFollower));
  EXPECT_TRUE(partitions.all().empty());
}

TEST_F(ShareFetching, AcknowledgementsThatComeDuringAWriteAreWrittenTogetherAfterIt) {
  produce({"a", "b", "c", "d"});
  fetch("m1", 0);
  persister.waits = true;
  std::vector<share::StateResult> results;
  const auto hosted = partitions.find({"group", world.topic_id("orders"), 0});
  for (std::int64_t offset = 0; offset < 4; ++offset) {
    hosted->acknowledge("m1", {{offset, offset, {kAccept}}},
                        [&](share::StateResult&& result) { results.push_back(std::move(result)); });
  }
  EXPECT_EQ(persister.writes, 1);
  persister.answer_all();
  EXPECT_EQ(persister.writes, 2);
  EXPECT_EQ(results.size(), 4u);
  EXPECT_EQ(hosted->numbers().in_flight, 0);
}

TEST_F(ShareFetching, WhatWasAcknowledgedIsNotDeliveredAgainAfterAReload) {
  produce({"a", "b", "c"});
  fetch("m1", 0);
  EXPECT_EQ(only_error(acknowledge("m1", 1, 1, 1, kAccept)), 0);
  partitions.drop_group("group");
  const auto response = fetch("m2", 0);
  ASSERT_EQ(only(response).acquired_records.size(), 2u);
  EXPECT_EQ(only(response).acquired_records[0].last_offset, 0);
  EXPECT_EQ(only(response).acquired_records[1].first_offset, 2);
}

}  // namespace
}  // namespace barnabas::broker
