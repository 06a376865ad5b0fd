#include "broker/options/configuration_page.h"

#include <fstream>
#include <sstream>

#include "broker/options/all_options.h"

namespace barnabas::broker {
namespace {

// Tests run in the root of the sources.
TEST(ConfigurationPage, IsUpToDate) {
  std::ifstream file("docs/configuration.md");
  ASSERT_TRUE(file) << "no docs/configuration.md here";
  std::ostringstream content;
  content << file.rdbuf();
  EXPECT_TRUE(content.str() == configuration_page(all_options()))
      << "make it anew: barnabas --print-configuration >docs/configuration.md";
}

TEST(ConfigurationPage, DescribesEveryOptionThatIsNotInternal) {
  const OptionRegistry registry = all_options();
  const std::string page = configuration_page(registry);
  for (const OptionScope scope :
       {OptionScope::kBroker, OptionScope::kTopic, OptionScope::kGroup, OptionScope::kClientMetrics}) {
    for (const Option* option : registry.all(scope)) {
      const bool shown = page.find("| `" + std::string(option->name) + "` |") != std::string::npos;
      EXPECT_EQ(shown, !option->internal) << option->name;
    }
  }
}

}  // namespace
}  // namespace barnabas::broker
