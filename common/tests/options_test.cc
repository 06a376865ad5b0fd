#include "common/options.h"

#include "common/text.h"

namespace barnabas {
namespace {

using enum OptionType;

Option option(OptionType type, OptionCheck check = any_value()) {
  return {"the.key", type, "1", check, OptionUpdate::kReadOnly, OptionUse::kActs, "A key for tests."};
}

std::string error_of(const Option& row, std::string_view text) {
  const auto value = parse_option(row, text);
  return value ? "none" : value.error();
}

std::string text_of(const Option& row, std::string_view text) {
  const auto value = parse_option(row, text);
  return value ? option_text(*value) : value.error();
}

TEST(ParseOption, ReadsWholeNumbersAsJavaDoes) {
  EXPECT_EQ(text_of(option(kInt), " 8 "), "8");
  EXPECT_EQ(text_of(option(kInt), "+8"), "8");
  EXPECT_EQ(text_of(option(kLong), "-9223372036854775808"), "-9223372036854775808");
  for (const char* text :
       {"", "x", "0x8", "8.0", "8_0", "2147483648", "99999999999999999999", "+-8", "++8"}) {
    EXPECT_EQ(error_of(option(kInt), text),
              concat("Invalid value ", text, " for configuration the.key: Not a number of type INT"));
  }
  EXPECT_EQ(error_of(option(kShort), "32768"),
            "Invalid value 32768 for configuration the.key: Not a number of type SHORT");
  EXPECT_EQ(error_of(option(kLong), "1.5"),
            "Invalid value 1.5 for configuration the.key: Not a number of type LONG");
}

TEST(ParseOption, ReadsBooleansInAnyCaseAndNothingElse) {
  EXPECT_EQ(text_of(option(kBoolean), " TRUE "), "true");
  EXPECT_EQ(text_of(option(kBoolean), "False"), "false");
  for (const char* text : {"yes", "", "1"}) {
    EXPECT_EQ(error_of(option(kBoolean), text), concat("Invalid value ", text,
                                                       " for configuration the.key: Expected value to be "
                                                       "either true or false"));
  }
}

TEST(ParseOption, PrintsDoublesAsJavaDoes) {
  const std::pair<const char*, const char*> cases[] = {{" .5", "0.5"},
                                                       {"1e3", "1000.0"},
                                                       {"1d", "1.0"},
                                                       {"1e10", "1.0E10"},
                                                       {"0.001", "0.001"},
                                                       {"1.0E-4", "1.0E-4"},
                                                       {"12345678.9", "1.23456789E7"},
                                                       {"-0", "-0.0"},
                                                       {"NaN", "NaN"},
                                                       {"-Infinity", "-Infinity"},
                                                       {"1.7976931348623157E308", "1.7976931348623157E308"}};
  for (const auto& [text, shown] : cases) EXPECT_EQ(text_of(option(kDouble), text), shown);
  for (const char* text : {"abc", "", "nan", "infinity", "0x1p3", "1,5"}) {
    EXPECT_EQ(error_of(option(kDouble), text),
              concat("Invalid value ", text, " for configuration the.key: Not a number of type DOUBLE"));
  }
}

TEST(ParseOption, RefusesNumbersOutsideTheirRange) {
  EXPECT_EQ(error_of(option(kInt, at_least(1)), "0"),
            "Invalid value 0 for configuration the.key: Value must be at least 1");
  EXPECT_EQ(error_of(option(kInt, between(-131072, 22)), "23"),
            "Invalid value 23 for configuration the.key: Value must be no more than 22");
  EXPECT_EQ(error_of(option(kDouble, between(0, 0.5)), "2"),
            "Invalid value 2.0 for configuration the.key: Value must be no more than 0.5");
  EXPECT_EQ(error_of(option(kDouble, between(0, 1)), "1"), "none");
}

TEST(ParseOption, RefusesTextsThatAreNotAllowed) {
  EXPECT_EQ(error_of(option(kString, one_of("gzip, zstd")), "GZIP"),
            "Invalid value GZIP for configuration the.key: String must be one of: gzip, zstd");
  EXPECT_EQ(text_of(option(kString, one_of("gzip, zstd")), " zstd "), "zstd");
  EXPECT_EQ(text_of(option(kString, one_of_ignoring_case("UP, DOWN")), "down"), "down");
  EXPECT_EQ(error_of(option(kString, one_of_ignoring_case("UP, DOWN")), "x"),
            "Invalid value x for configuration the.key: String must be one of (case insensitive): UP, DOWN");
  EXPECT_EQ(error_of(option(kString, non_empty()), " "),
            "Invalid value  for configuration the.key: String must be non-empty");
}

TEST(ParseOption, ReadsLists) {
  const Option row = option(kList, list_of("compact, delete"));
  EXPECT_EQ(text_of(row, " compact ,delete "), "compact,delete");
  EXPECT_EQ(text_of(row, ""), "");
  EXPECT_EQ(text_of(row, "delete, compact, delete"), "delete,compact");
  EXPECT_EQ(text_of(option(kList), "a,a"), "a,a");
  EXPECT_EQ(error_of(row, "compact,"), "Configuration 'the.key' values must not be empty.");
  EXPECT_EQ(error_of(row, "x"),
            "Invalid value x for configuration the.key: String must be one of: compact, delete");
  EXPECT_EQ(error_of(option(kList, filled_list_of("")), ""),
            "Configuration 'the.key' must not be empty. Valid values include: any non-empty value");
  EXPECT_EQ(error_of(option(kList, filled_list_of("a, b")), ""),
            "Configuration 'the.key' must not be empty. Valid values include: [a, b]");
}

TEST(ParseOption, AsksACustomCheckLast) {
  const auto odd = [](std::string_view key, std::string_view value) -> std::optional<std::string> {
    if (value.size() % 2 == 1) return std::nullopt;
    return concat(key, " is even");
  };
  EXPECT_EQ(error_of(option(kString, custom_check(odd, "odd")), "ab"), "the.key is even");
  EXPECT_EQ(error_of(option(kString, custom_check(odd, "odd")), "abc"), "none");
}

constexpr Option kFirst[] = {
    {"num.partitions", kInt, "1", at_least(1), OptionUpdate::kReadOnly, OptionUse::kActs, "Partitions."},
    {"log.dirs", kList, std::nullopt, any_value(), OptionUpdate::kReadOnly, OptionUse::kActs,
     "Directories."}};
constexpr Option kSecond[] = {{"retention.ms",
                               kLong,
                               "604800000",
                               at_least(-1),
                               OptionUpdate::kReadOnly,
                               OptionUse::kActs,
                               "Retention.",
                               OptionScope::kTopic,
                               {{"log.retention.ms"}, {"log.retention.hours", 3'600'000}}}};

TEST(OptionRegistry, JoinsTablesByScopeInTheOrderOfNames) {
  const OptionTable tables[] = {kFirst, kSecond};
  const OptionRegistry registry(tables);
  ASSERT_EQ(registry.all(OptionScope::kBroker).size(), 2u);
  EXPECT_EQ(registry.all(OptionScope::kBroker)[0]->name, "log.dirs");
  EXPECT_EQ(registry.find(OptionScope::kBroker, "num.partitions"), &kFirst[0]);
  EXPECT_EQ(registry.find(OptionScope::kBroker, "retention.ms"), nullptr);
  EXPECT_EQ(registry.find(OptionScope::kTopic, "retention.ms"), &kSecond[0]);
  EXPECT_TRUE(registry.all(OptionScope::kGroup).empty());
}

TEST(OptionRegistry, FindsTheNameThatWasMeant) {
  const OptionTable tables[] = {kFirst, kSecond};
  const OptionRegistry registry(tables);
  EXPECT_EQ(registry.closest(OptionScope::kBroker, "num.partition"), "num.partitions");
  EXPECT_EQ(registry.closest(OptionScope::kBroker, "NUM.PARTITOINS"), "num.partitions");
  EXPECT_EQ(registry.closest(OptionScope::kBroker, "log.dir"), "log.dirs");
  EXPECT_EQ(registry.closest(OptionScope::kBroker, "confluent.license.topic"), std::nullopt);
  EXPECT_EQ(registry.closest(OptionScope::kBroker, std::string(100'000, 'a')), std::nullopt);
}

TEST(WithoutListenerPrefix, KeepsTheKeyItself) {
  EXPECT_EQ(without_listener_prefix("ssl.client.auth"), "ssl.client.auth");
  EXPECT_EQ(without_listener_prefix("listener.name.external.ssl.client.auth"), "ssl.client.auth");
  EXPECT_EQ(without_listener_prefix("listener.name.external.plain.sasl.jaas.config"), "sasl.jaas.config");
  EXPECT_EQ(without_listener_prefix("listener.name.external"), "listener.name.external");
}

}  // namespace
}  // namespace barnabas
