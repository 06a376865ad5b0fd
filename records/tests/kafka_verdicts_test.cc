// Our verdicts about some eighty payloads against those of a broker of Apache Kafka 4.3.1, recorded in
// kafka_verdicts.data.
#include <fstream>
#include <map>
#include <sstream>

#include "common/text.h"
#include "records/tests/golden.h"
#include "records/validation.h"

namespace barnabas::records {
namespace {

// Kafka's numbers of the errors.
int code_of(RecordError error) {
  switch (error) {
    case RecordError::kCorruptMessage:
      return 2;
    case RecordError::kInvalidRecord:
      return 87;
    case RecordError::kInvalidTimestamp:
      return 32;
    case RecordError::kUnsupportedForMessageFormat:
      return 43;
    case RecordError::kMessageTooLarge:
      return 10;
    case RecordError::kUnsupportedCompressionType:
      return 76;
    case RecordError::kUnknown:
      return -1;
  }
  return -1;
}

// Where we differ on purpose (records/README.md): name and our code.
const std::map<std::string, int> kDifferences = {{"bad_deltas", 87},
                                                 {"bad_deltas_gz", 87},
                                                 {"varint_long", 87},
                                                 {"lz_bad_deltas", 87},
                                                 {"unc_bad_deltas_gz", 87}};

// The topics of the recording, by their configuration.
ValidationOptions options_of(const std::string& topic, std::int64_t now_ms) {
  ValidationOptions options;
  options.topic = topic;
  options.now_ms = now_ms;
  if (topic == "comp") options.compacted = true;
  if (topic == "lat") options.timestamp_type = TimestampType::kLogAppendTime;
  if (topic == "tight") options.timestamp_before_max_ms = options.timestamp_after_max_ms = 1000;
  if (topic == "lz") options.compression.codec = Codec::kLz4;
  if (topic == "unc") options.compression.codec = Codec::kNone;
  if (topic == "small") options.max_message_bytes = 200;
  return options;
}

TEST(KafkaVerdicts, AreOurs) {
  std::ifstream file("records/tests/kafka_verdicts.data");
  ASSERT_TRUE(file) << "the tests run in the root of the sources";
  std::int64_t now_ms = 0;
  int compared = 0;
  for (std::string line; std::getline(file, line);) {
    if (line.starts_with("# now ")) now_ms = parse_number<std::int64_t>(line.substr(6)).value() + 4000;
    if (line.starts_with("#")) continue;
    std::istringstream words(line);
    std::string name, topic, refused, hex;
    std::int16_t version = 0;
    int expected = 0;
    words >> name >> topic >> version >> expected >> refused >> hex;
    const Buffer payload = hex == "-" ? Buffer() : from_hex(hex);
    ValidationOptions options = options_of(topic, now_ms);
    options.produce_version = version;
    const auto result = validate_produce(payload, options);
    SCOPED_TRACE(concat(name, ": ", result ? "accepted" : result.error().message));
    const auto difference = kDifferences.find(name);
    EXPECT_EQ(result ? 0 : code_of(result.error().error),
              difference == kDifferences.end() ? expected : difference->second);
    if (refused != "-") {
      ASSERT_FALSE(result);
      std::string indices;
      for (const RefusedRecord& record : result.error().records) {
        indices += concat(indices.empty() ? "" : ",", record.batch_index);
      }
      EXPECT_EQ(indices, refused);
    }
    ++compared;
  }
  EXPECT_GE(compared, 80);
}

}  // namespace
}  // namespace barnabas::records
