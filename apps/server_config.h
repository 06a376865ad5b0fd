// The static configuration of a server: the program's own defaults, a properties file, overrides.
#pragma once

#include <string>
#include <vector>

#include "apps/command_line.h"
#include "broker/configs/config_layers.h"
#include "common/options.h"
#include "common/result.h"

namespace barnabas::apps {

struct ServerConfig {
  broker::ConfigTexts texts;          // every key that is set, known or not
  std::vector<std::string> warnings;  // sentences for the log
};

// What a broker without a file is told: one node that is broker and controller, data in ./data.
broker::ConfigTexts embedded_defaults();

// Overrides go before the file, later ones before earlier ones. A known key with a bad value is an error that
// names key, value and range, as Kafka says it; an unknown key is kept with a warning that names the closest
// known one.
Result<ServerConfig, std::string> read_server_config(const CommandLine& line, const OptionRegistry& options);

}  // namespace barnabas::apps
