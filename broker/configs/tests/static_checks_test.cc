#include "broker/configs/static_checks.h"

#include "broker/options/all_options.h"

namespace barnabas::broker {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

ConfigTexts working(const ConfigTexts& changes) {
  ConfigTexts texts{{"process.roles", "broker,controller"},
                    {"node.id", "1"},
                    {"controller.quorum.voters", "1@127.0.0.1:9093"},
                    {"controller.listener.names", "CONTROLLER"},
                    {"listeners", "PLAINTEXT://:9092,CONTROLLER://127.0.0.1:9093"}};
  for (const auto& [key, value] : changes) texts[key] = value;
  return texts;
}

std::string error(const ConfigTexts& changes) {
  const auto checked = check_static_configs(all_options(), working(changes));
  return checked ? "ok" : checked.error();
}

TEST(CheckStaticConfigs, TakesAWorkingNode) {
  const auto checked = check_static_configs(all_options(), working({}));
  ASSERT_TRUE(checked) << checked.error();
  EXPECT_THAT(*checked, IsEmpty());
  EXPECT_TRUE(
      check_static_configs(all_options(), {{"process.roles", "broker,controller"}, {"broker.id", "3"}}));
}

TEST(CheckStaticConfigs, RefusesBadValuesWithKeyValueAndRange) {
  EXPECT_EQ(error({{"num.partitions", "0"}}),
            "Invalid value 0 for configuration num.partitions: Value must be at least 1");
  EXPECT_EQ(error({{"listener.name.plaintext.max.connections", "x"}}),
            "Invalid value x for configuration max.connections: Not a number of type INT");
  EXPECT_EQ(error({{"offsets.topic.compression.codec", "9"}}), "Unknown compression type id: 9");
}

TEST(CheckStaticConfigs, ChecksTheNodeAgainstItsQuorum) {
  EXPECT_EQ(error({{"broker.id", "2"}}), "You must set `node.id` to the same value as `broker.id`.");
  EXPECT_EQ(error({{"node.id", "2"}}),
            "requirement failed: If process.roles contains the 'controller' role, the node id 2 must be "
            "included in the "
            "set of voters controller.quorum.voters=Set(1)");
  EXPECT_THAT(error({{"controller.quorum.voters", "1@a:1,2@b:1,3@c:1"}}), HasSubstr("names 3 voters"));
  EXPECT_THAT(error({{"process.roles", "broker"}}), HasSubstr("process.roles must be broker,controller"));
  EXPECT_EQ(error({{"process.roles", "x"}}),
            "Invalid value x for configuration process.roles: String must be one of: broker, controller");
}

TEST(CheckStaticConfigs, RefusesWhatKafkaRefuses) {
  const std::string failed = "requirement failed: ";
  EXPECT_EQ(error({{"log.retention.hours", "0"}}),
            failed + "log.retention.ms must be unlimited (-1) or, greater than or equal to 1");
  EXPECT_EQ(error({{"log.retention.minutes", "-1"}}), "ok");
  EXPECT_EQ(error({{"log.roll.ms", "0"}}), failed + "log.roll.ms must be greater than or equal to 1");
  EXPECT_EQ(error({{"queued.max.request.bytes", "5"}}),
            failed + "queued.max.request.bytes must be larger or equal to socket.request.max.bytes");
  EXPECT_EQ(error({{"connection.failed.authentication.delay.ms", "600000"}}),
            failed +
                "connection.failed.authentication.delay.ms=600000 should always be less than "
                "connections.max.idle.ms=600000 to prevent failed authentication responses from timing out");
  EXPECT_EQ(error({{"replica.fetch.wait.max.ms", "60000"}}),
            failed +
                "replica.socket.timeout.ms should always be at least replica.fetch.wait.max.ms to prevent "
                "unnecessary "
                "socket timeouts");
  EXPECT_EQ(
      error({{"cordoned.log.dirs", "/x"}}),
      failed +
          "All entries in cordoned.log.dirs must be present in log.dirs or log.dir. Missing entries : /x");
  EXPECT_EQ(error({{"log.dirs", "/x,/y"}, {"cordoned.log.dirs", "/x"}}), "ok");
  EXPECT_EQ(error({{"max.connections.per.ip", "0"}}),
            failed +
                "max.connections.per.ip can be set to zero only if max.connections.per.ip.overrides property "
                "is set.");
  EXPECT_EQ(error({{"log.cleaner.dedupe.buffer.size", "5"}}),
            failed + "log.cleaner.dedupe.buffer.size must be at least 1MB per cleaner thread.");
  EXPECT_EQ(error({{"group.consumer.session.timeout.ms", "1"}}),
            "group.consumer.session.timeout.ms must be greater than or equal to "
            "group.consumer.min.session.timeout.ms");
  EXPECT_EQ(error({{"group.share.heartbeat.interval.ms", "60000"}}),
            "group.share.heartbeat.interval.ms must be less than or equal to "
            "group.share.max.heartbeat.interval.ms");
  EXPECT_EQ(error({{"group.coordinator.rebalance.protocols", "consumer"}}),
            "Disabling the 'classic' protocol is not supported.");
}

TEST(CheckStaticConfigs, RefusesWhatIsNotBuiltAndWouldBeMissed) {
  EXPECT_EQ(error({{"listeners", "SSL://:9092,CONTROLLER://:9093"},
                   {"listener.security.protocol.map", "SSL:SSL,CONTROLLER:PLAINTEXT"},
                   {"inter.broker.listener.name", "SSL"}}),
            "The listener SSL asks for SSL; only PLAINTEXT is supported yet");
  EXPECT_EQ(error({{"authorizer.class.name", "com.example.Mine"}}),
            "authorizer.class.name is com.example.Mine, but only "
            "org.apache.kafka.metadata.authorizer.StandardAuthorizer is known");
  // Whoever counts on the denial of what no ACL allows must not find everything open.
  EXPECT_THAT(error({{"authorizer.class.name", "org.apache.kafka.metadata.authorizer.StandardAuthorizer"}}),
              HasSubstr("not enforced yet"));
  EXPECT_THAT(error({{"remote.log.storage.system.enable", "true"}}), HasSubstr("tiered storage"));
}

TEST(CheckStaticConfigs, WarnsThatAclsAreNotEnforced) {
  const auto checked = check_static_configs(
      all_options(),
      working({{"authorizer.class.name", "org.apache.kafka.metadata.authorizer.StandardAuthorizer"},
               {"allow.everyone.if.no.acl.found", "true"},
               {"super.users", "User:ann"}}));
  ASSERT_TRUE(checked) << checked.error();
  EXPECT_THAT(*checked, ::testing::ElementsAre(HasSubstr("only stored and shown, not enforced yet"),
                                               "Accepted, but without effect in this version: "
                                               "allow.everyone.if.no.acl.found, super.users"));
}

TEST(CheckStaticConfigs, WarnsOfKeysThatDoNothing) {
  const auto checked =
      check_static_configs(all_options(), working({{"num.partition", "3"},
                                                   {"confluent.license.topic.replication.factor", "1"},
                                                   {"metrics.num.samples", "3"},
                                                   {"metrics.sample.window.ms", "30000"}}));
  ASSERT_TRUE(checked) << checked.error();
  EXPECT_THAT(
      *checked,
      ElementsAre("Unknown configuration confluent.license.topic.replication.factor is ignored",
                  "Unknown configuration num.partition is ignored; the closest known one is num.partitions",
                  "Accepted, but without effect in this version: metrics.num.samples"));
}

}  // namespace
}  // namespace barnabas::broker
