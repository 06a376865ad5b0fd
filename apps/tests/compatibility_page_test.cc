// docs/compatibility.md says which requests are served; this holds it against a running server.
#include <gtest/gtest.h>

#include <fstream>
#include <map>
#include <string>

#include "apps/tests/kafka_client.h"
#include "apps/tests/running_server.h"
#include "common/text.h"

namespace barnabas::apps {
namespace {

using Ranges = std::map<int, std::string>;  // of versions, by the request's key

std::string range(int low, int high) {
  return low == high ? std::to_string(low) : concat(low, "-", high);
}

// What the server answers to ApiVersions 0.
Ranges served_by(const RunningServer& running) {
  constexpr std::size_t kHeaderBytes = 10;  // correlation, error, count
  constexpr std::size_t kRowBytes = 6;
  const Buffer request = {0, 18, 0, 0, 0, 0, 0, 1, 0xff, 0xff};
  const Buffer answer = KafkaClient(running.kafka_port()).ask(request);
  Ranges out;
  for (std::size_t at = kHeaderBytes; at + kRowBytes <= answer.size(); at += kRowBytes) {
    const std::uint8_t* row = answer.data() + at;
    out[load_be<std::int16_t>(row)] = range(load_be<std::int16_t>(row + 2), load_be<std::int16_t>(row + 4));
  }
  return out;
}

// The rows `| name | key | ours | Kafka's |` that have something of ours.
Ranges told_by(std::istream& page) {
  Ranges out;
  for (std::string line; std::getline(page, line);) {
    const std::vector<std::string> cells = split(line, '|');
    if (cells.size() < 5) continue;
    const auto key = parse_number<int>(cells[2]);
    if (key && cells[3] != "-") out[*key] = cells[3];
  }
  return out;
}

TEST(CompatibilityPage, ListsTheRequestsThatAreServed) {
  std::ifstream page("docs/compatibility.md");
  ASSERT_TRUE(page) << "no docs/compatibility.md here";
  EXPECT_EQ(told_by(page), served_by(RunningServer()))
      << "ask anew: python3 compat-tests/report/make_page.py --ask-apis";
}

}  // namespace
}  // namespace barnabas::apps
