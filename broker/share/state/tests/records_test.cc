// The bytes of __share_group_state: records that Kafka 4.3.1 wrote for a share group of its console consumer.
#include "broker/share/state/records.h"

#include <gtest/gtest.h>

#include <string>
#include <string_view>

#include "broker/share/state/key_text.h"

namespace barnabas::broker::share {
namespace {

Buffer bytes(std::string_view hex) {
  Buffer out;
  for (std::size_t i = 0; i + 1 < hex.size(); i += 2)
    out.push_back(static_cast<std::uint8_t>(std::stoi(std::string(hex.substr(i, 2)), nullptr, 16)));
  return out;
}

const SharePartitionKey kKey{"sg", *Uuid::parse("8hRfI4xiQR-D7R7r7jqlug"), 0};
constexpr std::string_view kSnapshotKey = "000000027367f2145f238c62411f83ed1eebee3aa5ba00000000";
constexpr std::string_view kUpdateKey = "000100027367f2145f238c62411f83ed1eebee3aa5ba00000000";

struct Golden {
  std::string_view name, key;
  std::optional<std::string_view> value;
  ShareStateRecord record;
};

std::vector<Golden> golden() {
  ShareState initialized;
  initialized.state_epoch = 2;
  initialized.create_ms = 1'795'486'385'108;
  initialized.write_ms = 1'795'486'385'108;
  ShareUpdate acknowledged;
  acknowledged.start_offset = 0;
  acknowledged.delivery_complete_count = 4;
  acknowledged.batches = {{0, 3, 2, 1}};
  ShareUpdate rejected;
  rejected.start_offset = 4;
  rejected.delivery_complete_count = 2;
  rejected.batches = {{4, 5, 4, 3}};
  return {
      {"a snapshot without a count of deliveries",
       kSnapshotKey,
       "0000000000000000000200000000ffffffffffffffff000001a20b5403d4000001a20b5403d40100",
       {kKey, initialized}},
      {"an update after an acknowledgement",
       kUpdateKey,
       "000000000000000000000000000000000000020000000000000000000000000000000302000100010004000000"
       "04",
       {kKey, acknowledged}},
      {"an update after a rejection",
       kUpdateKey,
       "000000000000000000000000000000000004020000000000000004000000000000000504000300010004000000"
       "02",
       {kKey, rejected}},
      {"the tombstone of a deleted group", kSnapshotKey, std::nullopt, {kKey, std::monostate()}},
  };
}

TEST(ShareStateRecords, AreKafkasBytes) {
  for (const Golden& one : golden()) {
    const auto encoded = encode_record(one.record);
    EXPECT_EQ(encoded.key, bytes(one.key)) << one.name;
    ASSERT_EQ(encoded.value.has_value(), one.value.has_value()) << one.name;
    if (one.value) {
      EXPECT_EQ(*encoded.value, bytes(*one.value)) << one.name;
    }
  }
}

TEST(ShareStateRecords, AreReadAsKafkaWroteThem) {
  for (const Golden& one : golden()) {
    const Buffer key = bytes(one.key);
    const Buffer value = one.value ? bytes(*one.value) : Buffer();
    const auto record = decode_record(key, one.value ? std::optional<ByteView>(value) : std::nullopt);
    ASSERT_TRUE(record) << one.name;
    EXPECT_EQ(*record, one.record) << one.name;
  }
}

TEST(ShareStateRecords, RefusesWhatIsCutShort) {
  for (const Golden& one : golden()) {
    const Buffer key = bytes(one.key);
    const Buffer value = one.value ? bytes(*one.value) : Buffer();
    for (std::size_t size = 0; size < key.size(); ++size)
      EXPECT_FALSE(decode_record(ByteView(key).first(size), std::nullopt)) << one.name << ", " << size;
    for (std::size_t size = 0; size < value.size(); ++size)
      EXPECT_FALSE(decode_record(key, ByteView(value).first(size))) << one.name << ", " << size;
  }
}

TEST(ShareStateRecords, RefusesTypesVersionsAndTombstonesThatNobodyWrites) {
  Buffer key = bytes(kSnapshotKey);
  Buffer value = bytes(*golden()[0].value);
  value[1] = 1;
  EXPECT_FALSE(decode_record(key, value)) << "value version 1";
  key[1] = 2;
  EXPECT_FALSE(decode_record(key, std::nullopt)) << "key type 2";
  EXPECT_FALSE(decode_record(bytes(kUpdateKey), std::nullopt)) << "tombstone of an update";
}

TEST(SharePartitionKeys, AreWrittenAsTheirCoordinatorsPartitionFollows) {
  EXPECT_EQ(key_text(kKey), "sg:8hRfI4xiQR-D7R7r7jqlug:0");
}

TEST(SharePartitionKeys, AreReadFromTheRight) {
  EXPECT_EQ(parse_key("sg:8hRfI4xiQR-D7R7r7jqlug:0"), kKey);
  EXPECT_EQ(parse_key("sg:8hRfI4xiQR-D7R7r7jqlug:+000::"), kKey);
  EXPECT_EQ(parse_key("sg:8hRfI4xiQR-D7R7r7jqlug==:0"), kKey);
  EXPECT_EQ(parse_key("a:b:c:8hRfI4xiQR-D7R7r7jqlug:-7"), (SharePartitionKey{"a:b:c", kKey.topic_id, -7}));
  for (const std::string_view text :
       {"", ":", "sg", "sg:8hRfI4xiQR-D7R7r7jqlug", "sg:8hRfI4xiQR-D7R7r7jqlug:", ":8hRfI4xiQR-D7R7r7jqlug:0",
        " :8hRfI4xiQR-D7R7r7jqlug:0", "sg:8hRf:0", "sg:8hRfI4xiQR-D7R7r7jqlug:x",
        "sg:8hRfI4xiQR-D7R7r7jqlug:+-1", "sg:8hRfI4xiQR-D7R7r7jqlug:2147483648"}) {
    EXPECT_FALSE(parse_key(text)) << text;
  }
}

}  // namespace
}  // namespace barnabas::broker::share
