// What versions can and cannot say, the headers, and the lists of APIs and errors.
#include <set>

#include "protocol/api_list.h"
#include "protocol/error_code.h"
#include "protocol/header.h"
#include "protocol/messages/fetch_request.h"
#include "protocol/messages/join_group_request.h"
#include "protocol/messages/metadata_request.h"
#include "protocol/messages/offset_fetch_request.h"
#include "protocol/messages/produce_request.h"
#include "protocol/messages/produce_response.h"
#include "protocol/wire/reader.h"
#include "protocol/wire/writer.h"

namespace barnabas::protocol {
namespace {

template <class Message>
bool can_be_written(const Message& message, std::int16_t version) {
  Writer writer;
  message.encode(writer, version);
  return !writer.failed();
}

TEST(Versions, AFieldThatMattersIsRefusedWhereTheVersionLacksIt) {
  ProduceRequest request;
  request.transactional_id = "tx";
  EXPECT_TRUE(can_be_written(request, 3));
  Writer writer;
  request.encode(writer, 2);
  EXPECT_EQ(writer.error(), "ProduceRequest.TransactionalId cannot be written at version 2");
}

TEST(Versions, AFieldThatMayBeIgnoredIsLeftOut) {
  ProduceResponse response;
  response.throttle_time_ms = 5;
  EXPECT_TRUE(can_be_written(response, 0));
  FetchRequest fetch;
  fetch.rack_id = "r";
  fetch.cluster_id = "c";
  EXPECT_TRUE(can_be_written(fetch, 4));
  fetch.replica_state.replica_id = 3;
  EXPECT_FALSE(can_be_written(fetch, 14));
  EXPECT_TRUE(can_be_written(fetch, 15));
}

TEST(Versions, NullIsRefusedWhereTheVersionHasNone) {
  OffsetFetchRequest request;
  request.topics.reset();
  EXPECT_FALSE(can_be_written(request, 1));
  EXPECT_TRUE(can_be_written(request, 2));
  MetadataRequest metadata;
  metadata.topics.reset();
  EXPECT_FALSE(can_be_written(metadata, 0));
  EXPECT_TRUE(can_be_written(metadata, 1));
}

TEST(Versions, FieldsThatAVersionLacksHaveKafkasDefaults) {
  const FetchRequest fetch;
  EXPECT_EQ(fetch.max_bytes, INT32_MAX);
  EXPECT_EQ(fetch.session_epoch, -1);
  const JoinGroupRequest join;
  EXPECT_EQ(join.rebalance_timeout_ms, -1);
  EXPECT_EQ(join.group_instance_id, std::nullopt);
  Writer writer;
  ProduceResponse response;
  response.responses.resize(1);
  response.responses[0].partition_responses.resize(1);
  response.encode(writer, 0);
  const Buffer bytes = writer.finish_buffer();
  Reader reader(bytes);
  ProduceResponse old;
  ASSERT_TRUE(old.decode(reader, 0));
  EXPECT_EQ(old.responses[0].partition_responses[0].log_append_time_ms, -1);
}

TEST(Versions, TheLowOnesThatKafka4RemovedAreRead) {
  EXPECT_EQ(ProduceRequest::kMinVersion, 0);
  EXPECT_EQ(ProduceRequest::kMaxVersion, 13);
  EXPECT_EQ(FetchRequest::kMinVersion, 0);
  EXPECT_EQ(find_api(0)->kafka_min_version, 3);
}

TEST(Header, DependsOnWhetherTheVersionIsFlexible) {
  const ApiInfo& produce = *find_api(0);
  EXPECT_EQ(request_header_version(produce, 8), 1);
  EXPECT_EQ(request_header_version(produce, 9), 2);
  EXPECT_EQ(response_header_version(produce, 8), 0);
  EXPECT_EQ(response_header_version(produce, 9), 1);
  EXPECT_EQ(request_header_version(*find_api(17), 1), 1);  // SaslHandshake never became flexible
}

TEST(Header, OfAnApiVersionsAnswerIsAlwaysPlain) {
  EXPECT_EQ(request_header_version(*find_api(18), 4), 2);
  for (std::int16_t version = 0; version <= 4; ++version)
    EXPECT_EQ(response_header_version(*find_api(18), version), 0);
}

TEST(ApiList, HasEveryKeyOfKafka43ButTheFourThatLeftWithZooKeeper) {
  for (std::int16_t key = -1; key <= 93; ++key) {
    const bool there = key >= 0 && key <= 92 && (key < 4 || key > 7);
    EXPECT_EQ(find_api(key) != nullptr, there) << key;
    if (there) {
      EXPECT_EQ(static_cast<std::int16_t>(find_api(key)->key), key);
    }
  }
  EXPECT_EQ(kApis.size(), 89u);
  EXPECT_EQ(api_name(ApiKey::kOffsetForLeaderEpoch), "OffsetForLeaderEpoch");
  EXPECT_EQ(api_name(static_cast<ApiKey>(5)), "");
}

TEST(ApiList, KafkasRangeLiesWithinOurs) {
  for (const ApiInfo& api : kApis) {
    EXPECT_LE(api.min_version, api.kafka_min_version) << api.name;
    EXPECT_EQ(api.max_version, api.kafka_max_version) << api.name;
    EXPECT_TRUE(api.on_broker || api.on_controller) << api.name;
    EXPECT_FALSE(api.knows(static_cast<std::int16_t>(api.max_version + 1)));
    EXPECT_TRUE(api.knows(api.min_version));
  }
  EXPECT_TRUE(find_api(22)->kafka_hides_last);  // InitProducerId 6
}

TEST(ErrorCode, EachHasANameAndASentenceOfItsOwn) {
  std::set<std::string_view> names, messages;
  for (std::int16_t code = -1; code <= kLastErrorCode; ++code) {
    const ErrorCode error = error_from_wire(code);
    EXPECT_EQ(wire(error), code);
    EXPECT_TRUE(names.insert(error_name(error)).second) << code;
    EXPECT_TRUE(messages.insert(error_message(error)).second) << code;
  }
  EXPECT_EQ(kLastErrorCode, 133);
}

TEST(ErrorCode, CodesFromLaterProtocolsAreUnknownServerErrors) {
  EXPECT_EQ(error_from_wire(134), ErrorCode::kUnknownServerError);
  EXPECT_EQ(error_from_wire(-2), ErrorCode::kUnknownServerError);
  EXPECT_EQ(error_name(static_cast<ErrorCode>(999)), "UNKNOWN_SERVER_ERROR");
}

TEST(ErrorCode, TellsWhatMayBeTriedAgain) {
  EXPECT_TRUE(is_retriable(ErrorCode::kNotLeaderOrFollower));
  EXPECT_FALSE(is_retriable(ErrorCode::kMessageTooLarge));
  EXPECT_EQ(error_name(ErrorCode::kInvalidTopicException), "INVALID_TOPIC_EXCEPTION");
}

}  // namespace
}  // namespace barnabas::protocol
