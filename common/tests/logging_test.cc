#include "common/logging.h"

namespace barnabas {
namespace {

class Captured : public testing::Test {
 protected:
  void SetUp() override {
    set_log_sink([this](std::string_view line) { lines.emplace_back(line); });
  }
  void TearDown() override { set_log_sink({}); }
  std::vector<std::string> lines;
  const Logger logger{"kafka.log.LogManager"};
};

TEST_F(Captured, WritesKafkasLine) {
  logger.info("Loaded ", 3, " logs, clean: ", true);
  ASSERT_EQ(lines.size(), 1u);
  EXPECT_THAT(lines[0],
              testing::MatchesRegex("\\[[0-9]{4}-[0-9]{2}-[0-9]{2} [0-9:]{8},[0-9]{3}\\] INFO Loaded 3 logs, "
                                    "clean: true \\(kafka.log.LogManager\\)"));
}

TEST_F(Captured, LeavesOutWhatIsBelowTheLevel) {
  logger.debug("unseen");
  set_log_level(LogLevel::kError);
  logger.warn("unseen");
  logger.error("seen");
  set_log_level(LogLevel::kInfo);
  EXPECT_EQ(lines.size(), 1u);
}

TEST_F(Captured, KeepsAnEventOnOneLine) {
  logger.info("a\nb");
  EXPECT_EQ(lines.at(0).find('\n'), std::string::npos);
}

}  // namespace
}  // namespace barnabas
