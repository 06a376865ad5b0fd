#include "broker/api/dispatcher.h"

#include "broker/handlers/api_versions.h"
#include "broker/tests/support/call.h"
#include "protocol/error_code.h"
#include "protocol/messages/push_telemetry_request.h"
#include "protocol/messages/push_telemetry_response.h"

namespace barnabas::broker {
namespace {

using protocol::ApiVersionsRequest;
using protocol::ApiVersionsResponse;
using protocol::ErrorCode;

class DispatcherTest : public ::testing::Test {
 protected:
  void SetUp() override {
    apis.add<ApiVersionsRequest, ApiVersionsResponse>(
        [this](const auto& context, auto&& request, auto reply) {
          handle_api_versions(context, apis, image, telemetry, std::move(request), std::move(reply));
        });
  }
  static ApiVersionsRequest hello() {
    ApiVersionsRequest request;
    request.client_software_name = "test-client";
    request.client_software_version = "1.0";
    return request;
  }

  controller::MetadataImage image;
  bool telemetry = false;
  ManualClock clock;
  ApiTable apis;
  Dispatcher dispatcher{apis, clock, nullptr};
  testing::Caller caller{dispatcher};
};

TEST_F(DispatcherTest, AdvertisesExactlyWhatIsServed) {
  for (std::int16_t version = 0; version <= 4; ++version) {
    const auto response = caller.call<ApiVersionsResponse>(hello(), version);
    EXPECT_EQ(response.error_code, 0);
    ASSERT_EQ(response.api_keys.size(), 1u);
    EXPECT_EQ(response.api_keys[0].api_key, 18);
    EXPECT_EQ(response.api_keys[0].max_version, 4);
  }
  EXPECT_EQ(caller.client().software_name, "test-client");
}

TEST_F(DispatcherTest, TelemetryIsAdvertisedWhenSomebodyWantsIt) {
  apis.add<protocol::PushTelemetryRequest, protocol::PushTelemetryResponse>(
      [](const auto&, auto&&, auto reply) { reply.send({}); });
  EXPECT_EQ(caller.call<ApiVersionsResponse>(hello(), 4).api_keys.size(), 1u);
  telemetry = true;
  EXPECT_EQ(caller.call<ApiVersionsResponse>(hello(), 4).api_keys.size(), 2u);
}

TEST_F(DispatcherTest, AnUnknownVersionOfApiVersionsIsAnsweredAtVersionZero) {
  Buffer frame = testing::Caller::frame(hello(), 4);
  store_be<std::int16_t>(frame.data() + 2, 99);
  const auto outcome = caller.send_bytes(std::move(frame));
  const auto response = testing::Caller::decode<ApiVersionsResponse>(*outcome, 0);
  EXPECT_EQ(response.error_code, static_cast<std::int16_t>(ErrorCode::kUnsupportedVersion));
  ASSERT_EQ(response.api_keys.size(), 1u);
  EXPECT_EQ(response.api_keys[0].max_version, 4);
}

TEST_F(DispatcherTest, SoftwareNamesThatAreNoWordsAreRefused) {
  for (const char* name : {"", "-x", "x-", "a b", "a\n"}) {
    auto request = hello();
    request.client_software_name = name;
    const auto response = caller.call<ApiVersionsResponse>(request, 4);
    EXPECT_EQ(response.error_code, static_cast<std::int16_t>(ErrorCode::kInvalidRequest)) << name;
  }
}

TEST_F(DispatcherTest, UnservedKeysAndVersionsCloseTheConnection) {
  Buffer frame = testing::Caller::frame(hello(), 4);
  store_be<std::int16_t>(frame.data(), 0);
  EXPECT_TRUE(caller.send_bytes(frame)->closed);
  store_be<std::int16_t>(frame.data(), -1);
  EXPECT_TRUE(caller.send_bytes(frame)->closed);
  store_be<std::int16_t>(frame.data(), 32'000);
  EXPECT_TRUE(caller.send_bytes(frame)->closed);
}

TEST_F(DispatcherTest, EveryTruncationClosesTheConnection) {
  const Buffer whole = testing::Caller::frame(hello(), 4);
  for (std::size_t size = 0; size < whole.size(); ++size) {
    const auto outcome =
        caller.send_bytes(Buffer(whole.begin(), whole.begin() + static_cast<std::ptrdiff_t>(size)));
    EXPECT_TRUE(outcome->closed) << size << " bytes of " << whole.size();
  }
}

TEST_F(DispatcherTest, BytesAfterTheRequestArePassedOver) {
  Buffer frame = testing::Caller::frame(hello(), 4);
  frame.insert(frame.end(), {1, 0, 0});
  const auto outcome = caller.send_bytes(std::move(frame));
  EXPECT_FALSE(outcome->closed);
  EXPECT_EQ(testing::Caller::decode<ApiVersionsResponse>(*outcome, 4).error_code, 0);
}

}  // namespace
}  // namespace barnabas::broker
