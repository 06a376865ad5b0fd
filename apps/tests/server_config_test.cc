#include "apps/server_config.h"

#include <unistd.h>

#include <filesystem>
#include <fstream>

#include "broker/configs/listeners.h"
#include "broker/options/all_options.h"
#include "common/text.h"

namespace barnabas::apps {
namespace {

// A properties file that is gone after the test.
class ServerConfigFile : public ::testing::Test {
 protected:
  ~ServerConfigFile() override { std::filesystem::remove(path_); }

  Result<ServerConfig, std::string> read(std::string_view content,
                                         std::vector<std::pair<std::string, std::string>> overrides = {}) {
    std::ofstream(path_) << content;
    CommandLine line;
    line.command = Command::kServer;
    line.properties_file = path_;
    line.overrides = std::move(overrides);
    return read_server_config(line, options_);
  }
  Result<ServerConfig, std::string> read_without_file(
      std::vector<std::pair<std::string, std::string>> overrides = {}) {
    CommandLine line;
    line.command = Command::kServer;
    line.overrides = std::move(overrides);
    return read_server_config(line, options_);
  }

  const OptionRegistry options_ = broker::all_options();
  const std::string path_ = concat(std::filesystem::temp_directory_path().string(),
                                   "/barnabas-server-config-", getpid(), ".properties");
};

TEST_F(ServerConfigFile, WithoutAFileIsOneNodeWithItsDataHere) {
  const auto config = read_without_file();
  ASSERT_TRUE(config) << config.error();
  EXPECT_EQ(config->texts.at("process.roles"), "broker,controller");
  EXPECT_EQ(config->texts.at("node.id"), "1");
  EXPECT_EQ(config->texts.at("broker.id"), "1");
  EXPECT_EQ(config->texts.at("log.dirs"), "./data");
  EXPECT_EQ(config->texts.at("listeners"), "PLAINTEXT://:9092,CONTROLLER://127.0.0.1:9093");
  EXPECT_TRUE(config->warnings.empty());
  EXPECT_EQ(config->texts, embedded_defaults());
}

TEST_F(ServerConfigFile, WithoutControllerListenerStillStarts) {
  const auto config = read_without_file({{"listeners", "PLAINTEXT://127.0.0.1:19092"}});
  ASSERT_TRUE(config) << config.error();
  EXPECT_FALSE(config->texts.contains("controller.listener.names"));
}

TEST_F(ServerConfigFile, LetsOverridesGoBeforeTheFile) {
  const auto config =
      read("num.partitions=3\nlog.dirs=/a\nnode.id=7\n", {{"num.partitions", "4"}, {"num.partitions", "5"}});
  ASSERT_TRUE(config) << config.error();
  EXPECT_EQ(config->texts.at("num.partitions"), "5");
  EXPECT_EQ(config->texts.at("log.dirs"), "/a");
  EXPECT_EQ(config->texts.at("broker.id"), "7");
}

TEST_F(ServerConfigFile, KeepsKafkasDirectoryForAFileThatNamesNone) {
  const auto config = read("broker.id=7\n");
  ASSERT_TRUE(config) << config.error();
  EXPECT_FALSE(config->texts.contains("log.dirs"));
  EXPECT_EQ(config->texts.at("node.id"), "7");
}

TEST_F(ServerConfigFile, WarnsOfUnknownKeysAndKeepsThem) {
  const auto config = read("num.partition=3\n");
  ASSERT_TRUE(config) << config.error();
  EXPECT_THAT(config->warnings,
              testing::ElementsAre("Unknown configuration num.partition is ignored; the closest known one is "
                                   "num.partitions"));
  EXPECT_EQ(config->texts.at("num.partition"), "3");
}

TEST_F(ServerConfigFile, RefusesBadValuesAndMissingFiles) {
  const auto config = read("num.partitions=0\n");
  ASSERT_FALSE(config);
  EXPECT_EQ(config.error(), "Invalid value 0 for configuration num.partitions: Value must be at least 1");
  CommandLine line;
  line.properties_file = "/no/such/file";
  EXPECT_EQ(read_server_config(line, options_).error(), "cannot read /no/such/file");
}

// What Kafka's own config/server.properties for a combined node sets.
TEST_F(ServerConfigFile, TakesKafkasExampleWithoutWarnings) {
  const auto config = read(
      "process.roles=broker,controller\n"
      "node.id=1\n"
      "controller.quorum.bootstrap.servers=localhost:9093\n"
      "listeners=PLAINTEXT://:9092,CONTROLLER://:9093\n"
      "inter.broker.listener.name=PLAINTEXT\n"
      "advertised.listeners=PLAINTEXT://localhost:9092,CONTROLLER://localhost:9093\n"
      "controller.listener.names=CONTROLLER\n"
      "listener.security.protocol.map=CONTROLLER:PLAINTEXT,PLAINTEXT:PLAINTEXT,SSL:SSL,"
      "SASL_PLAINTEXT:SASL_PLAINTEXT,SASL_SSL:SASL_SSL\n"
      "num.network.threads=3\nnum.io.threads=8\n"
      "socket.send.buffer.bytes=102400\nsocket.receive.buffer.bytes=102400\nsocket.request.max.bytes="
      "104857600\n"
      "log.dirs=/tmp/kraft-combined-logs\nnum.partitions=1\nnum.recovery.threads.per.data.dir=1\n"
      "offsets.topic.replication.factor=1\n"
      "log.retention.hours=168\nlog.segment.bytes=1073741824\nlog.retention.check.interval.ms=300000\n");
  ASSERT_TRUE(config) << config.error();
  EXPECT_TRUE(config->warnings.size() <= 1u);
}

}  // namespace
}  // namespace barnabas::apps
