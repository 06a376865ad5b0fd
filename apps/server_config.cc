#include "apps/server_config.h"

#include <fstream>
#include <sstream>

#include "broker/configs/listeners.h"
#include "broker/configs/static_checks.h"
#include "common/properties.h"
#include "common/text.h"

namespace barnabas::apps {
namespace {

constexpr const char* kControllerListener = "CONTROLLER";

Result<std::string, std::string> read_file(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  if (!file) return unexpected(concat("cannot read ", path));
  std::ostringstream content;
  content << file.rdbuf();
  return content.str();
}

bool has_controller_listener(const broker::ConfigTexts& texts) {
  for (const std::string& listener : split(texts.at("listeners"), ',')) {
    const auto endpoint = broker::parse_endpoint(listener);
    if (endpoint && endpoint->name == kControllerListener) return true;
  }
  return false;
}

// Without these a file describes no node that this program could be; Kafka refuses such a file, a developer's
// file often has nothing but the ports.
void complete(broker::ConfigTexts& texts) {
  texts.try_emplace("process.roles", "broker,controller");
  // Kafka keeps the two in step as well.
  if (!texts.contains("broker.id")) texts["broker.id"] = texts.try_emplace("node.id", "1").first->second;
  texts.try_emplace("node.id", texts["broker.id"]);
  texts.try_emplace("listeners", "PLAINTEXT://:9092,CONTROLLER://127.0.0.1:9093");
  // Listeners without one for controllers are enough for a quorum of one.
  if (has_controller_listener(texts)) texts.try_emplace("controller.listener.names", kControllerListener);
}

}  // namespace

broker::ConfigTexts embedded_defaults() {
  broker::ConfigTexts texts;
  texts["log.dirs"] = "./data";
  complete(texts);
  return texts;
}

Result<ServerConfig, std::string> read_server_config(const CommandLine& line, const OptionRegistry& options) {
  ServerConfig config;
  if (line.properties_file) {
    const auto content = read_file(*line.properties_file);
    if (!content) return unexpected(content.error());
    for (auto& [key, value] : parse_properties(*content)) config.texts[key] = value;
  }
  for (const auto& [key, value] : line.overrides) config.texts[key] = value;
  if (!line.properties_file && !config.texts.contains("log.dir"))
    config.texts.try_emplace("log.dirs", "./data");
  complete(config.texts);

  auto checked = broker::check_static_configs(options, config.texts);
  if (!checked) return unexpected(checked.error());
  config.warnings = std::move(*checked);
  return config;
}

}  // namespace barnabas::apps
