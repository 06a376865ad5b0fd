// Bytes as Kafka 4.3.1's GroupCoordinatorRecordSerde writes them.
#include "broker/groups/streams/records.h"

#include <gtest/gtest.h>

#include "broker/groups/streams/group.h"
#include "broker/groups/streams/member.h"
#include "broker/groups/streams/topology.h"

namespace barnabas::broker::groups::streams {
namespace {

std::string hex(ByteView bytes) {
  static constexpr char kDigits[] = "0123456789abcdef";
  std::string out;
  for (const std::uint8_t byte : bytes) {
    out += kDigits[byte >> 4];
    out += kDigits[byte & 15];
  }
  return out;
}

// The bytes, and that they read back as the same.
void expect_bytes(const Record& record, const std::string& key, const std::string& value) {
  const auto encoded = encode(record);
  EXPECT_EQ(hex(encoded.key), key);
  EXPECT_EQ(encoded.value ? hex(*encoded.value) : "null", value);
  const auto decoded =
      decode(encoded.key, encoded.value ? std::optional<ByteView>(*encoded.value) : std::nullopt);
  ASSERT_TRUE(decoded);
  const auto again = encode(*decoded);
  EXPECT_EQ(again.key, encoded.key);
  EXPECT_EQ(again.value, encoded.value);
}

Member full_member() {
  Member member("m");
  member.epoch = 5;
  member.previous_epoch = 4;
  member.state = MemberState::kUnrevokedTasks;
  member.instance_id = "i";
  member.rack_id = "r";
  member.client_id = "c";
  member.client_host = "/h";
  member.rebalance_timeout_ms = 60'000;
  member.topology_epoch = 3;
  member.process_id = "p";
  member.endpoint = Endpoint{"host", 40'000};
  member.client_tags = {{"zone", "a"}, {"cluster", "b"}};
  member.assigned.active["0"] = {{0, 3}, {2, 5}};
  member.assigned.standby["1"] = {1, 0};
  member.assigned.warmup["2"] = {4};
  member.pending_revocation.active["1"] = {{7, 4}};
  return member;
}

TEST(StreamsGroupRecords, GroupEpochs) {
  expect_bytes(epoch_record("g", 7, 0x1122334455667788, 3, {{"num.standby.replicas", "1"}}), "0011000167",
               "0000000000071122334455667788020004000000030119"
               "02156e756d2e7374616e6462792e7265706c69636173023100");
  expect_bytes(epoch_record("g", 7, 0, -1, {}), "0011000167", "000000000007000000000000000000");
  expect_bytes(epoch_tombstone("g"), "0011000167", "null");
}

TEST(StreamsGroupRecords, Members) {
  expect_bytes(member_record("g", full_member()), "001300016700016d",
               "0000026902720263032f680000ea600000000302700105686f73749c400003"
               "08636c7573746572026200057a6f6e6502610000");
  expect_bytes(member_record("g", Member("m")), "001300016700016d", "000000000101ffffffffffffffff01ff0100");
  expect_bytes(member_tombstone("g", "m"), "001300016700016d", "null");
}

TEST(StreamsGroupRecords, Assignments) {
  expect_bytes(current_record("g", full_member()), "001600016700016d",
               "00000000000500000004020202300300000000000000020100090300000003000000050202310300000000000000"
               "010002023202000000040002023102000000070100050200000004010100");
  expect_bytes(current_tombstone("g", "m"), "001600016700016d", "null");
  expect_bytes(target_record("g", "m", {{{"0", {2, 0}}, {"1", {1}}}, {{"1", {0}}}, {}}), "001500016700016d",
               "00000302300300000000000000020002310200000001000202310200000000000100");
  expect_bytes(target_tombstone("g", "m"), "001500016700016d", "null");
  expect_bytes(target_epoch_record("g", 7, 1'700'000'000'000), "0014000167",
               "0000000000070100080000018bcfe56800");
  expect_bytes(target_epoch_tombstone("g"), "0014000167", "null");
}

TEST(StreamsGroupRecords, Topologies) {
  TopologyValue value;
  value.epoch = 3;
  auto& first = value.subtopologies.emplace_back();
  first.subtopology_id = "0";
  first.source_topics = {"s"};
  first.repartition_sink_topics = {"r"};
  auto& second = value.subtopologies.emplace_back();
  second.subtopology_id = "1";
  second.source_topics = {"t"};
  auto& repartition = second.repartition_source_topics.emplace_back();
  repartition.name = "r";
  repartition.partitions = 4;
  repartition.replication_factor = 1;
  repartition.topic_configs.emplace_back().key = "k";
  repartition.topic_configs.back().value = "v";
  second.state_changelog_topics.emplace_back().name = "l";
  auto& group = second.copartition_groups.emplace_back();
  group.source_topics = {0};
  group.repartition_source_topics = {0};
  expect_bytes(topology_record("g", value), "0017000167",
               "000000000003030230020273010102027201010002310202740102026c0000000000000100010202720000000400"
               "0102026b027600000202000001020000000000");
  expect_bytes(topology_tombstone("g"), "0017000167", "null");
}

TEST(StreamsGroupRecords, TasksWithoutEpochsHaveThatOfTheMember) {
  auto record = std::get<CurrentRecord>(current_record("g", full_member()));
  record.value->active_tasks[0].assignment_epochs->clear();
  Member member("m");
  member.apply(*record.value);
  EXPECT_EQ(member.assigned.active["0"], (std::map<std::int32_t, std::int32_t>{{0, 5}, {2, 5}}));
  EXPECT_EQ(member.state, MemberState::kUnrevokedTasks);
  record.value->state = 9;
  member.apply(*record.value);
  EXPECT_EQ(member.state, MemberState::kUnknown);
}

// __consumer_offsets of Kafka 4.3.1, from the first of two instances of a word count to the moment when both
// have their tasks, one standby task for each.
struct Logged {
  const char* key;
  const char* value;
};
constexpr Logged kLogOfKafka[] = {
    {"001300036170700016484549735a396e53526e366a374253736e4d43343677",
     "00000000416170702d33363038373532352d333631612d346461612d396266352d3230376666313239663961322d"
     "53747265616d5468726561642d312d636f6e73756d65720b2f3132372e302e302e31000493e00000000025333630"
     "38373532352d333631612d346461612d396266352d323037666631323966396132010a6c6f63616c686f73741b59"
     "000100"},
    {"00170003617070",
     "00000000000003023002066c696e6573010102166170702d776f7264732d7265706172746974696f6e0101000231"
     "010102156170702d636f756e74732d6368616e67656c6f6700000000ffff030f636c65616e75702e706f6c696379"
     "08636f6d7061637400176d6573736167652e74696d657374616d702e747970650b43726561746554696d65000001"
     "02166170702d776f7264732d7265706172746974696f6e00000000ffff050f636c65616e75702e706f6c69637907"
     "64656c65746500176d6573736167652e74696d657374616d702e747970650b43726561746554696d65000d726574"
     "656e74696f6e2e6d73032d31000e7365676d656e742e62797465730935323432383830300000010000"},
    {"00110003617070",
     "0000000000026cf8c0e1ebcfdeac01011902156e756d2e7374616e6462792e7265706c69636173023100"},
    {"001600036170700016484549735a396e53526e366a374253736e4d43343677",
     "000000000001000000000101010101010100"},
    {"00110003617070",
     "0000000000039c859d24977461a202000400000000011902156e756d2e7374616e6462792e7265706c6963617302"
     "3100"},
    {"001500036170700016484549735a396e53526e366a374253736e4d43343677",
     "000003023003000000000000000100023103000000000000000100010100"},
    {"00140003617070", "000000000003010008000001a20b7c5950"},
    {"001600036170700016484549735a396e53526e366a374253736e4d43343677",
     "00000000000300000001010302300300000000000000010100090300000003000000030231030000000000000001"
     "010009030000000300000003010101010100"},
    {"001300036170700016545f4c574763663953726d574c4170556a6e33647641",
     "00000000416170702d65646438643565322d313730332d346332312d383838632d3366326638343139656131312d"
     "53747265616d5468726561642d312d636f6e73756d65720b2f3132372e302e302e31000493e00000000025656464"
     "38643565322d313730332d346332312d383838632d336632663834313965613131010a6c6f63616c686f73741b5a"
     "000100"},
    {"00110003617070",
     "0000000000049c859d24977461a202000400000000011902156e756d2e7374616e6462792e7265706c6963617302"
     "3100"},
    {"001500036170700016484549735a396e53526e366a374253736e4d43343677",
     "000003023002000000000002310200000000000202310200000001000100"},
    {"001500036170700016545f4c574763663953726d574c4170556a6e33647641",
     "000003023002000000010002310200000001000202310200000000000100"},
    {"00140003617070", "000000000004010008000001a20b7c72b1"},
    {"001600036170700016545f4c574763663953726d574c4170556a6e33647641",
     "0000000000040000000003010202310200000000000101010100"},
    {"001600036170700016545f4c574763663953726d574c4170556a6e33647641",
     "0000000000040000000403010202310200000000000101010100"},
    {"001600036170700016484549735a396e53526e366a374253736e4d43343677",
     "00000000000300000003020302300200000000010005020000000302310200000000010005020000000301010302"
     "3002000000010100050200000003023102000000010100050200000003010100"},
    {"001600036170700016484549735a396e53526e366a374253736e4d43343677",
     "00000000000400000003030302300200000000010005020000000302310200000000010005020000000301010101"
     "0100"},
    {"001600036170700016545f4c574763663953726d574c4170556a6e33647641",
     "00000000000400000004010302300200000001010005020000000402310200000001010005020000000402023102"
     "00000000000101010100"},
    {"001600036170700016484549735a396e53526e366a374253736e4d43343677",
     "00000000000400000004010302300200000000010005020000000302310200000000010005020000000302023102"
     "00000001000101010100"},
};

Buffer from_hex(std::string_view text) {
  const auto digit = [](char c) { return c <= '9' ? c - '0' : c - 'a' + 10; };
  Buffer out;
  for (std::size_t i = 0; i + 1 < text.size(); i += 2) {
    out.push_back(static_cast<std::uint8_t>(digit(text[i]) * 16 + digit(text[i + 1])));
  }
  return out;
}

TEST(StreamsGroupRecords, ALogOfKafkaReadsBackAsItWas) {
  for (const Logged& logged : kLogOfKafka) {
    const Buffer key = from_hex(logged.key);
    const Buffer value = from_hex(logged.value);
    const auto record = decode(key, ByteView(value));
    ASSERT_TRUE(record) << logged.key;
    const auto again = encode(*record);
    EXPECT_EQ(again.key, key);
    EXPECT_EQ(again.value, value);
  }
}

TEST(StreamsGroupRecords, ALogOfKafkaMakesTheGroupThatItWas) {
  Group group("app");
  for (const Logged& logged : kLogOfKafka) {
    const Buffer value = from_hex(logged.value);
    const auto record = decode(from_hex(logged.key), ByteView(value));
    ASSERT_TRUE(record);
    std::visit([&](const auto& one) { group.replay(one); }, *record);
  }
  EXPECT_EQ(group.state(), GroupState::kStable);
  EXPECT_EQ(group.epoch(), 4);
  ASSERT_EQ(group.members().size(), 2u);
  for (const auto& [id, member] : group.members()) {
    EXPECT_EQ(numbers_of(member.assigned.active), group.target(id).active);
    EXPECT_EQ(member.assigned.standby, group.target(id).standby);
    EXPECT_EQ(member.endpoint->host, "localhost");
  }
  EXPECT_EQ(*group.topology()->reader_of("app-words-repartition"), "1");
  const auto& changelog = group.topology()->subtopologies().at("1").state_changelog_topics.at(0);
  EXPECT_EQ(changelog.replication_factor, -1);
  EXPECT_EQ(changelog.topic_configs.at(0).value, "compact");
}

TEST(StreamsGroupRecords, TruncatedBytesAreNoRecord) {
  const auto encoded = encode(member_record("g", full_member()));
  for (std::size_t size = 0; size < encoded.value->size(); ++size) {
    EXPECT_FALSE(decode(encoded.key, ByteView(*encoded.value).first(size))) << size;
  }
  for (std::size_t size = 0; size < encoded.key.size(); ++size) {
    EXPECT_FALSE(decode(ByteView(encoded.key).first(size), std::nullopt)) << size;
  }
}

}  // namespace
}  // namespace barnabas::broker::groups::streams
