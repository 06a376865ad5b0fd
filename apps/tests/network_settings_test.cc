#include "apps/network_settings.h"

#include "broker/options/all_options.h"

namespace barnabas::apps {
namespace {

struct Layers {
  explicit Layers(broker::ConfigTexts texts)
      : layers(registry, std::make_shared<const broker::ConfigTexts>(std::move(texts)), nullptr, nullptr) {}
  const OptionRegistry registry = broker::all_options();
  const broker::ConfigLayers layers;
};

TEST(ListenerOptions, FollowTheConfiguration) {
  const Layers test({{"socket.send.buffer.bytes", "1000"},
                     {"socket.request.max.bytes", "2000"},
                     {"barnabas.tcp.congestion", "reno"},
                     {"connections.max.idle.ms", "3000"}});
  const auto options = listener_options(test.layers, {"EXT", "PLAINTEXT", "::1", 9094});
  EXPECT_EQ(options.name, "EXT");
  EXPECT_EQ(options.host, "::1");
  EXPECT_EQ(options.port, 9094);
  EXPECT_EQ(options.send_buffer_bytes, 1000);
  EXPECT_EQ(options.receive_buffer_bytes, -1);
  EXPECT_EQ(options.max_frame_bytes, 2000);
  EXPECT_EQ(options.congestion_control, "reno");
  EXPECT_EQ(options.idle_timeout_ms, 3000);
}

TEST(ConnectionLimits, HoldLimitsOfSingleAddresses) {
  const Layers test({{"max.connections", "10"},
                     {"max.connections.per.ip", "5"},
                     {"max.connections.per.ip.overrides", "127.0.0.1:200, ::1:7"}});
  const auto limits = connection_limits(test.layers);
  EXPECT_EQ(limits.in_all, 10);
  EXPECT_EQ(limits.per_address, 5);
  EXPECT_THAT(limits.per_address_overrides,
              testing::UnorderedElementsAre(testing::Pair("127.0.0.1", 200), testing::Pair("::1", 7)));
}

TEST(ConnectionLimits, HoldLimitsOfListeners) {
  const Layers test({{"listener.name.external.max.connections", "3"},
                     {"listener.name.external.max.connections.per.ip", "2"}});
  EXPECT_THAT(connection_limits(test.layers).per_listener,
              testing::ElementsAre(testing::Pair("EXTERNAL", 3)));
}

TEST(ConnectionLimits, HaveNoRateUnlessOneIsSet) {
  EXPECT_EQ(connection_limits(Layers({}).layers).creations_per_second, 0);
  EXPECT_EQ(connection_limits(Layers(broker::ConfigTexts{{"max.connection.creation.rate", "9"}}).layers)
                .creations_per_second,
            9);
}

TEST(RequestMemory, PrefersKafkasKey) {
  EXPECT_EQ(request_memory_bytes(Layers({}).layers), 536'870'912);
  EXPECT_EQ(
      request_memory_bytes(Layers(broker::ConfigTexts{{"queued.max.request.bytes", "200000000"}}).layers),
      200'000'000);
}

TEST(NodeId, FallsBackOnBrokerId) {
  EXPECT_EQ(node_id(Layers(broker::ConfigTexts{{"broker.id", "4"}}).layers), 4);
  EXPECT_EQ(node_id(Layers(broker::ConfigTexts{{"node.id", "5"}}).layers), 5);
}

TEST(AdminOptions, TakeListsAndToken) {
  const auto options = admin_options(
      Layers({{"admin.listeners", ""}, {"admin.token", "secret"}, {"admin.allowed.hosts", "a,b"}}).layers);
  EXPECT_TRUE(options.listeners.empty());
  EXPECT_EQ(options.token, "secret");
  EXPECT_THAT(options.allowed_hosts, testing::ElementsAre("a", "b"));
}

}  // namespace
}  // namespace barnabas::apps
