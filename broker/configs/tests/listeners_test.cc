#include "broker/configs/listeners.h"

#include "broker/configs/tests/support.h"
#include "common/text.h"

namespace barnabas::broker {
namespace {

constexpr const char* kMap =
    "CONTROLLER:PLAINTEXT,PLAINTEXT:PLAINTEXT,SSL:SSL,SASL_PLAINTEXT:SASL_PLAINTEXT,SASL_SSL:SASL_SSL,EXT:"
    "PLAINTEXT";

// Values that differ from a working node's; the sentences are Kafka 4.3.1's for the same ones.
Result<ListenerSettings, std::string> parse(const ConfigTexts& changes) {
  ConfigTexts texts{{"controller.listener.names", "CONTROLLER"},
                    {"listeners", "PLAINTEXT://:9092,CONTROLLER://127.0.0.1:9093"},
                    {"listener.security.protocol.map", kMap}};
  for (const auto& [key, value] : changes) texts[key] = value;
  std::erase_if(texts, [](const auto& entry) { return entry.second == "(none)"; });
  const TestLayers test(texts);
  return parse_listeners(test.layers);
}

std::string error(const ConfigTexts& changes) {
  const auto settings = parse(changes);
  return settings ? "ok" : settings.error();
}

std::string text(const std::vector<ListenerEndpoint>& endpoints) {
  std::string out;
  for (const ListenerEndpoint& e : endpoints)
    out += concat(e.name, " ", e.protocol, " ", e.host, " ", e.port, ";");
  return out;
}

TEST(ParseListeners, SplitsBrokerAndController) {
  const auto settings = parse({});
  ASSERT_TRUE(settings) << settings.error();
  EXPECT_EQ(text(settings->broker), "PLAINTEXT PLAINTEXT  9092;");
  EXPECT_EQ(text(settings->controller), "CONTROLLER PLAINTEXT 127.0.0.1 9093;");
  EXPECT_EQ(text(settings->advertised), "PLAINTEXT PLAINTEXT  9092;");
  EXPECT_EQ(settings->inter_broker_name, "PLAINTEXT");
}

TEST(ParseListeners, NeedsNoMapForControllersUnlessTlsIsInUse) {
  EXPECT_EQ(error({{"listener.security.protocol.map", "(none)"}}), "ok");
  EXPECT_EQ(
      error({{"listener.security.protocol.map", "(none)"}, {"listeners", "SSL://:9092,CONTROLLER://:9093"}}),
      "Error creating broker listeners from '[SSL://:9092, CONTROLLER://:9093]': No security protocol "
      "defined "
      "for listener CONTROLLER");
  EXPECT_EQ(error({{"controller.listener.names", "(none)"}, {"listeners", "PLAINTEXT://:9092"}}), "ok");
}

TEST(ParseListeners, TakesNamesInAnyCaseAndAddressesInBrackets) {
  const auto settings =
      parse({{"listeners", "plaintext://h-1.x_y:9092,ext://[::1]:9094,CONTROLLER://[::]:9093"}});
  ASSERT_TRUE(settings) << settings.error();
  EXPECT_EQ(text(settings->broker), "PLAINTEXT PLAINTEXT h-1.x_y 9092;EXT PLAINTEXT ::1 9094;");
}

TEST(ParseListeners, RefusesEndpointsThatAreNone) {
  for (const char* bad : {"PLAINTEXT:9092", "PLAINTEXT://:x", "PLAINTEXT://", "PLAINTEXT://a b:9092"}) {
    EXPECT_EQ(error({{"listeners", concat(bad, ",CONTROLLER://:9093")}}),
              concat("Error creating broker listeners from '[", bad,
                     ", CONTROLLER://:9093]': Unable to parse ", bad, " to a broker endpoint"));
  }
  EXPECT_EQ(
      error({{"listeners", "://:9092,CONTROLLER://:9093"}}),
      "Error creating broker listeners from '[://:9092, CONTROLLER://:9093]': The provided listener name is "
      "null or empty string");
  EXPECT_EQ(
      error({{"listeners", "PLAINTEXT://:99999"}}),
      "Error creating broker listeners from '[PLAINTEXT://:99999]': The port of PLAINTEXT://:99999 must be "
      "between 0 and 65535");
}

TEST(ParseListeners, WantsDifferentNamesAndPorts) {
  EXPECT_EQ(error({{"listeners", "FOO://:9092,CONTROLLER://:9093"}}),
            "Error creating broker listeners from '[FOO://:9092, CONTROLLER://:9093]': No security protocol "
            "defined "
            "for listener FOO");
  EXPECT_EQ(error({{"listeners", "PLAINTEXT://:9092,PLAINTEXT://:9094"}}),
            "Error creating broker listeners from '[PLAINTEXT://:9092, PLAINTEXT://:9094]': Each listener "
            "must have a "
            "different name, listeners: [PLAINTEXT://:9092, PLAINTEXT://:9094]");
  EXPECT_EQ(
      error({{"listeners", "PLAINTEXT://:9092,SSL://:9092"}}),
      "Error creating broker listeners from '[PLAINTEXT://:9092, SSL://:9092]': Each listener must have a "
      "different port, listeners: [PLAINTEXT://:9092, SSL://:9092]");
  EXPECT_EQ(error({{"listeners", "PLAINTEXT://1.2.3.4:9092,SSL://1.2.3.5:9092"}}),
            "Error creating broker listeners from '[PLAINTEXT://1.2.3.4:9092, SSL://1.2.3.5:9092]': If you "
            "have two "
            "listeners on the same port then one needs to be IPv4 and the other IPv6, listeners: "
            "[PLAINTEXT://1.2.3.4:9092, SSL://1.2.3.5:9092], port: 9092");
  EXPECT_EQ(error({{"listeners", "PLAINTEXT://127.0.0.1:9092,EXT://[::1]:9092,CONTROLLER://:9093"}}), "ok");
  EXPECT_EQ(error({{"listeners", "PLAINTEXT://:0,EXT://:0,CONTROLLER://:9093"}}), "ok");
}

TEST(ParseListeners, WantsARoutableAdvertisedAddress) {
  const std::string nowhere =
      "requirement failed: advertised.listeners cannot use the nonroutable meta-address 0.0.0.0. Use a "
      "routable IP "
      "address.";
  EXPECT_EQ(error({{"advertised.listeners", "PLAINTEXT://0.0.0.0:9092"}}), nowhere);
  EXPECT_EQ(error({{"listeners", "PLAINTEXT://0.0.0.0:9092,CONTROLLER://:9093"}}), nowhere);
  EXPECT_EQ(error({{"listeners", "PLAINTEXT://0.0.0.0:9092,CONTROLLER://:9093"},
                   {"advertised.listeners", "PLAINTEXT://h:9092"}}),
            "ok");
  EXPECT_EQ(error({{"advertised.listeners", "SSL://h:9092"}}),
            "requirement failed: inter.broker.listener.name must be a listener name defined in "
            "advertised.listeners. "
            "The valid options based on currently configured listeners are SSL");
  EXPECT_EQ(error({{"advertised.listeners", "CONTROLLER://h:9092"}}),
            "requirement failed: There must be at least one broker advertised listener. Perhaps all "
            "listeners appear "
            "in controller.listener.names?");
  EXPECT_EQ(error({{"advertised.listeners", "PLAINTEXT://h:1,EXT://h:1"}}),
            "requirement failed: advertised.listeners listener names must be equal to or a subset of the "
            "ones defined "
            "in listeners. Found PLAINTEXT,EXT. The valid options based on the current configuration are "
            "PLAINTEXT");
}

TEST(ParseListeners, ChecksTheMap) {
  EXPECT_EQ(error({{"listener.security.protocol.map", "PLAINTEXT:FOO"}}),
            "Invalid security protocol `FOO` defined in listener.security.protocol.map");
  EXPECT_EQ(error({{"listener.security.protocol.map", ":PLAINTEXT"}}),
            "The provided listener name is null or empty string");
  EXPECT_EQ(error({{"listener.security.protocol.map", "plaintext:plaintext,controller:PLAINTEXT"}}), "ok");
  EXPECT_EQ(
      error({{"listener.security.protocol.map", "PLAINTEXT:PLAINTEXT"}}),
      "Error creating broker listeners from '[PLAINTEXT://:9092, CONTROLLER://127.0.0.1:9093]': No security "
      "protocol defined for listener CONTROLLER");
}

TEST(ParseListeners, ChecksControllerNames) {
  EXPECT_EQ(error({{"controller.listener.names", "FOO"}}),
            "requirement failed: controller.listener.names must contain at least one value appearing in the "
            "'listeners' configuration when running the KRaft controller role");
  EXPECT_EQ(
      error({{"controller.listener.names", "CONTROLLER,FOO"}}),
      "requirement failed: controller.listener.names must only contain values appearing in the 'listeners' "
      "configuration when running the KRaft controller role");
}

TEST(ParseListeners, ChecksTheInterBrokerListener) {
  const std::string options =
      "requirement failed: inter.broker.listener.name must be a listener name defined in "
      "advertised.listeners. The "
      "valid options based on currently configured listeners are PLAINTEXT";
  EXPECT_EQ(error({{"inter.broker.listener.name", "SSL"}}), options);
  EXPECT_EQ(error({{"inter.broker.listener.name", "CONTROLLER"}}), options);
  EXPECT_EQ(error({{"security.inter.broker.protocol", "SSL"}}), options);
  EXPECT_EQ(error({{"inter.broker.listener.name", "PLAINTEXT"}}), "ok");
  EXPECT_EQ(
      error({{"inter.broker.listener.name", "PLAINTEXT"}, {"security.inter.broker.protocol", "PLAINTEXT"}}),
      "Only one of inter.broker.listener.name and security.inter.broker.protocol should be set.");
  EXPECT_EQ(error({{"inter.broker.listener.name", "NOPE"}}),
            "Listener with name NOPE defined in inter.broker.listener.name not found in "
            "listener.security.protocol.map.");
}

}  // namespace
}  // namespace barnabas::broker
