// The words after the program's name.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "common/result.h"

namespace barnabas::apps {

// kPrintConfiguration writes docs/configuration.md; it is for the project itself, so usage() does not tell of
// it.
enum class Command { kServer, kHelp, kVersion, kPrintConfiguration };

struct CommandLine {
  Command command = Command::kHelp;
  std::optional<std::string> properties_file;                  // server.properties
  std::vector<std::pair<std::string, std::string>> overrides;  // --override KEY=VALUE, in their order
};

// Like Kafka's start script: `server [server.properties] [--override KEY=VALUE]...`. The error is a sentence
// for who typed it.
Result<CommandLine, std::string> parse_command_line(std::span<const char* const> words);

std::string_view usage();

}  // namespace barnabas::apps
