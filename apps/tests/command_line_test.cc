#include "apps/command_line.h"

namespace barnabas::apps {
namespace {

Result<CommandLine, std::string> parse(std::vector<const char*> words) {
  return parse_command_line(words);
}

std::string error(std::vector<const char*> words) {
  const auto line = parse(std::move(words));
  return line ? "none" : line.error();
}

TEST(ParseCommandLine, ShowsHelpWithoutWords) {
  for (const std::vector<const char*>& words :
       {std::vector<const char*>{}, {"--help"}, {"-h"}, {"server", "--help"}}) {
    const auto line = parse(words);
    ASSERT_TRUE(line);
    EXPECT_EQ(line->command, Command::kHelp);
  }
  EXPECT_EQ(parse({"--version"})->command, Command::kVersion);
  EXPECT_EQ(parse({"--print-configuration"})->command, Command::kPrintConfiguration);
}

TEST(ParseCommandLine, TakesAFileAndOverridesInAnyOrder) {
  const auto line = parse({"server", "--override", "a=1", "server.properties", "--override", "b=x=y"});
  ASSERT_TRUE(line);
  EXPECT_EQ(line->command, Command::kServer);
  EXPECT_EQ(line->properties_file, "server.properties");
  EXPECT_THAT(line->overrides, testing::ElementsAre(testing::Pair("a", "1"), testing::Pair("b", "x=y")));
  EXPECT_FALSE(parse({"server"})->properties_file.has_value());
}

TEST(ParseCommandLine, TakesEmptyValues) {
  const auto line = parse({"server", "--override", "admin.listeners="});
  ASSERT_TRUE(line);
  EXPECT_THAT(line->overrides, testing::ElementsAre(testing::Pair("admin.listeners", "")));
}

TEST(ParseCommandLine, SaysWhatIsWrong) {
  EXPECT_EQ(error({"serve"}), "unknown command 'serve'");
  EXPECT_EQ(error({"server", "--overide", "a=1"}), "unknown option '--overide'");
  EXPECT_EQ(error({"server", "--override"}), "--override wants KEY=VALUE after it");
  EXPECT_EQ(error({"server", "--override", "a"}), "--override wants KEY=VALUE, not 'a'");
  EXPECT_EQ(error({"server", "--override", "=a"}), "--override wants KEY=VALUE, not '=a'");
  EXPECT_EQ(error({"server", "a", "b"}), "a second properties file 'b'");
}

}  // namespace
}  // namespace barnabas::apps
