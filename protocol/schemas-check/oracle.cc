// Reads what RandomMessages.java wrote, decodes each message and writes it again: the bytes must be the same.
//   protocol_oracle FILE...      prints each failure, then "N passed, N failed"; exit status 1 when one
//   failed
#include <cstdio>
#include <fstream>
#include <iterator>
#include <map>
#include <set>
#include <string>

#include "common/text.h"
#include "protocol/testing/any_message.h"

namespace barnabas::protocol::testing {
namespace {

// Empty when all is well.
std::string problem_with(const MessageType& type, std::int16_t version, ByteView bytes) {
  const auto message = type.make();
  Reader reader(bytes);
  if (!message->decode(reader, version)) return concat("cannot be read: ", reader.error());
  if (reader.remaining() != 0) return concat("leaves ", reader.remaining(), " bytes unread");
  Writer writer;
  message->encode(writer, version);
  if (writer.failed()) return concat("cannot be written: ", writer.error());
  const Buffer again = writer.finish().to_buffer();
  const auto [mine, theirs] = std::ranges::mismatch(again, bytes);
  if (mine == again.end() && theirs == bytes.end()) return "";
  return concat("is written differently from byte ", mine - again.begin(), " on");
}

struct Totals {
  std::size_t passed = 0;
  std::size_t failed = 0;
  std::map<std::string, std::set<std::int16_t>, std::less<>> versions;  // that were seen, by message
};

void check_file(const char* path, Totals& totals) {
  std::ifstream file(path, std::ios::binary);
  const Buffer all{std::istreambuf_iterator<char>(file), {}};
  if (all.empty()) {
    std::printf("%s: nothing to read\n", path);
    ++totals.failed;
  }
  Reader frames(all);
  while (frames.remaining() > 0) {
    const std::string name(as_text(frames.view(frames.uint16())));
    const std::int16_t version = frames.int16();
    const ByteView bytes = frames.view(static_cast<std::size_t>(frames.int32()));
    const MessageType* const type = find_message(name);
    const std::string problem = frames.failed() ? "the file ends early"
                                : type          ? problem_with(*type, version, bytes)
                                                : "is unknown";
    if (problem.empty()) {
      ++totals.passed;
      totals.versions[name].insert(version);
    } else {
      ++totals.failed;
      std::printf("%s version %d %s\n", name.c_str(), version, problem.c_str());
    }
  }
}

// Every version that our codec claims must have come from Kafka at least once.
void check_coverage(Totals& totals) {
  for (const MessageType& type : all_messages()) {
    for (std::int16_t version = type.min_version; version <= type.max_version; ++version) {
      const auto seen = totals.versions.find(type.name);
      if (seen != totals.versions.end() && seen->second.contains(version)) continue;
      std::printf("%s version %d was not compared\n", std::string(type.name).c_str(), version);
      ++totals.failed;
    }
  }
}

}  // namespace
}  // namespace barnabas::protocol::testing

int main(int count, char** arguments) {
  barnabas::protocol::testing::Totals totals;
  for (int i = 1; i < count; ++i) barnabas::protocol::testing::check_file(arguments[i], totals);
  barnabas::protocol::testing::check_coverage(totals);
  std::printf("%zu passed, %zu failed\n", totals.passed, totals.failed);
  return totals.failed == 0 ? 0 : 1;
}
