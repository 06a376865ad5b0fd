#include "broker/options/configuration_page.h"

#include "common/text.h"

namespace barnabas::broker {

namespace {

bool is_own(std::string_view name) {
  return name.starts_with("barnabas.") || name.starts_with("admin.");
}

// A cell of a table: "|" would end it, and long lists break better with blanks.
std::string cell(std::string_view text) {
  std::string out;
  for (const char c : text) {
    if (c == '|') out += '\\';
    out += c;
    if (c == ',') out += ' ';
  }
  return out;
}

std::string code_cell(std::string_view text) {
  return text.empty() ? std::string() : concat("`", text, "`");
}

std::string default_cell(const Option& option) {
  if (!option.default_value) return "none";
  if (option.default_value->empty()) return "empty";
  return code_cell(*option.default_value);
}

std::string synonym_cell(const Option& option) {
  constexpr std::int64_t kMinuteMs = 60'000;
  std::string text;
  for (const OptionSynonym& synonym : option.synonyms) {
    if (synonym.key.empty()) break;
    const std::string_view unit = synonym.unit_ms == 1           ? ""
                                  : synonym.unit_ms == kMinuteMs ? " (minutes)"
                                                                 : " (hours)";
    text += concat(text.empty() ? "" : ", ", code_cell(synonym.key), unit);
  }
  return text;
}

std::string marked_documentation(const Option& option) {
  return concat(option.use == OptionUse::kAccepted ? "*No effect yet.* " : "", option.documentation);
}

void append_broker_rows(std::string& page, const OptionRegistry& registry, bool own) {
  page += "| Key | Type | Default | Values | Changes | |\n|---|---|---|---|---|---|\n";
  for (const Option* option : registry.all(OptionScope::kBroker)) {
    if (option->internal || is_own(option->name) != own) continue;
    page += concat("| `", option->name, "` | ", option_type_name(option->type), " | ", default_cell(*option),
                   " | ", cell(option_range(*option)), " | ", option_update_name(option->update), " | ",
                   marked_documentation(*option), " |\n");
  }
}

void append_rows(std::string& page, const OptionRegistry& registry, OptionScope scope) {
  page += "| Key | Type | Default | Values | Taken from the broker's | |\n|---|---|---|---|---|---|\n";
  for (const Option* option : registry.all(scope)) {
    if (option->internal) continue;
    page += concat("| `", option->name, "` | ", option_type_name(option->type), " | ", default_cell(*option),
                   " | ", cell(option_range(*option)), " | ", synonym_cell(*option), " | ",
                   marked_documentation(*option), " |\n");
  }
}

}  // namespace

std::string configuration_page(const OptionRegistry& registry) {
  std::string page =
      "# Configuration\n"
      "\n"
      "Made by `barnabas --print-configuration` from the option tables; a test compares the two.\n"
      "\n"
      "Names, types, defaults and ranges are those of Apache Kafka 4.3; keys of our own begin with "
      "`barnabas.` or\n"
      "`admin.`. A server takes its keys from the properties file on its command line and from\n"
      "`--override KEY=VALUE`, which goes before the file. An unknown key is a warning that names the "
      "closest known\n"
      "one; a known key with a bad value is refused. Options marked *No effect yet* are taken, kept and "
      "described,\n"
      "and change nothing in this version.\n"
      "\n"
      "A broker's value is the first of: the dynamic one of this broker, the dynamic one of the whole "
      "cluster, the\n"
      "static one, the default. Changes: *read-only* needs a restart; *per-broker* and *cluster-wide* say "
      "for whom a\n"
      "dynamic value can be set (`kafka-configs --entity-type brokers`). Keys of a listener are written\n"
      "`listener.name.NAME.KEY` and go before the plain key.\n"
      "\n"
      "Without a file, and where a file does not say otherwise, a server is started with\n"
      "`process.roles=broker,controller`, `node.id=1`, `controller.listener.names=CONTROLLER` and\n"
      "`listeners=PLAINTEXT://:9092,CONTROLLER://127.0.0.1:9093`; without a file also with "
      "`log.dirs=./data`.\n"
      "\n"
      "## Our own keys\n\n";
  append_broker_rows(page, registry, true);
  page += "\n## Brokers\n\n";
  append_broker_rows(page, registry, false);
  page += "\n## Topics\n\n";
  append_rows(page, registry, OptionScope::kTopic);
  page += "\n## Groups\n\n";
  append_rows(page, registry, OptionScope::kGroup);
  page += "\n## Client metrics subscriptions\n\n";
  append_rows(page, registry, OptionScope::kClientMetrics);
  return page;
}

}  // namespace barnabas::broker
