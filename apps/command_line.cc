#include "apps/command_line.h"

#include "common/text.h"

namespace barnabas::apps {
namespace {

Result<CommandLine, std::string> parse_server(std::span<const char* const> words) {
  CommandLine line;
  line.command = Command::kServer;
  for (std::size_t i = 0; i < words.size(); ++i) {
    const std::string_view word = words[i];
    if (word == "--help" || word == "-h") return CommandLine{Command::kHelp, {}, {}};
    if (word == "--override") {
      if (++i == words.size()) return unexpected("--override wants KEY=VALUE after it");
      const std::string_view pair = words[i];
      const auto equals = pair.find('=');
      if (equals == std::string_view::npos || equals == 0) {
        return unexpected(concat("--override wants KEY=VALUE, not '", pair, "'"));
      }
      line.overrides.emplace_back(trim(pair.substr(0, equals)), trim(pair.substr(equals + 1)));
    } else if (word.starts_with("-")) {
      return unexpected(concat("unknown option '", word, "'"));
    } else if (line.properties_file) {
      return unexpected(concat("a second properties file '", word, "'"));
    } else {
      line.properties_file = word;
    }
  }
  return line;
}

}  // namespace

Result<CommandLine, std::string> parse_command_line(std::span<const char* const> words) {
  if (words.empty()) return CommandLine{};
  const std::string_view first = words.front();
  if (first == "--help" || first == "-h" || first == "help") return CommandLine{};
  if (first == "--version") return CommandLine{Command::kVersion, {}, {}};
  if (first == "--print-configuration") return CommandLine{Command::kPrintConfiguration, {}, {}};
  if (first == "server") return parse_server(words.subspan(1));
  return unexpected(concat("unknown command '", first, "'"));
}

std::string_view usage() {
  return "usage: barnabas server [server.properties] [--override KEY=VALUE]...\n"
         "       barnabas --version | --help\n"
         "\n"
         "Without a file the broker listens on PLAINTEXT://:9092 and keeps its data in ./data; the HTTP\n"
         "endpoint is http://127.0.0.1:9080. A directory is formatted when it is first used.\n";
}

}  // namespace barnabas::apps
