// Live groups go from one protocol of consumers to the other and back
// (KIP-848).
#include <gtest/gtest.h>

#include <map>
#include <set>

#include "broker/groups/consumer/classic_bridge.h"
#include "broker/groups/consumer/tests/bench.h"
#include "broker/groups/tests/shard_bench.h"
#include "protocol/messages/consumer_protocol_assignment.h"
#include "protocol/messages/consumer_protocol_subscription.h"
#include "protocol/wire/reader.h"
#include "protocol/wire/writer.h"

namespace barnabas::broker::groups {
namespace {

using Partitions = std::set<std::int32_t>;

class MigrationTest : public testing::Test {
 protected:
  explicit MigrationTest(GroupSettings settings = {}) : bench_(std::move(settings)) {
    cluster_->add("t", 6);
    bench_.cluster = cluster_;
  }

  static Buffer subscribed(const Partitions& owned) {
    protocol::ConsumerProtocolSubscription message;
    message.topics = {"t"};
    if (!owned.empty()) {
      auto& topic = message.owned_partitions.emplace_back();
      topic.topic = "t";
      topic.partitions.assign(owned.begin(), owned.end());
    }
    protocol::Writer writer;
    writer.int16(1);
    message.encode(writer, 1);
    return writer.finish_buffer();
  }
  Buffer assigned(const Partitions& partitions) const {
    consumer::TopicPartitions by_id;
    if (!partitions.empty())
      by_id[consumer::TestCluster::id_of("t")] = {partitions.begin(), partitions.end()};
    return consumer::embedded_assignment(by_id, subscribed({}), *cluster_);
  }
  static Partitions read(const Buffer& assignment) {
    protocol::Reader reader(ByteView(assignment).subspan(2));
    protocol::ConsumerProtocolAssignment message;
    EXPECT_TRUE(message.decode(reader, 1));
    Partitions out;
    for (const auto& topic : message.assigned_partitions)
      out.insert(topic.partitions.begin(), topic.partitions.end());
    return out;
  }

  // A classic client: what it is told and what it has.
  struct Classic {
    std::string id = {};
    std::int32_t generation = -1;
    Partitions owned = {};
  };
  Answered<JoinReply> join(const Classic& member) {
    JoinCommand command;
    command.group_id = "g";
    command.member_id = member.id;
    command.client_id = "old";
    command.client_host = "/127.0.0.1";
    command.protocol_type = "consumer";
    command.protocols.push_back({"cooperative-sticky", subscribed(member.owned)});
    command.session_timeout_ms = 10'000;
    command.rebalance_timeout_ms = 30'000;
    command.needs_known_member_id = true;
    Answered<JoinReply> answered;
    Effects effects;
    bench_.shard().join(std::move(command), answered.answerer(), bench_.now(), effects);
    bench_.carry_out(std::move(effects));
    return answered;
  }
  Answered<SyncReply> sync(const Classic& member, std::vector<MemberAssignment> assignments = {}) {
    SyncCommand command;
    command.group_id = "g";
    command.generation_id = member.generation;
    command.member_id = member.id;
    command.protocol_type = "consumer";
    command.protocol_name = "cooperative-sticky";
    command.assignments = std::move(assignments);
    return bench_.sync(std::move(command));
  }
  // Two classic members with three partitions each.
  std::pair<Classic, Classic> classic_group() {
    Classic one, two;
    one.id = join(one)->member_id;
    two.id = join(two)->member_id;
    const auto first = join(one);
    const auto second = join(two);
    bench_.advance(6'000);
    one.generation = two.generation = first->generation_id;
    const auto given = sync(one, {{one.id, assigned({0, 1, 2})}, {two.id, assigned({3, 4, 5})}});
    one.owned = read(given->assignment);
    two.owned = read(sync(two)->assignment);
    EXPECT_TRUE(second.done());
    return {one, two};
  }
  // What a classic client does at each interval when it is in a consumer group.
  void beat(Classic& member) {
    if (bench_.heartbeat(member.id, member.generation) == ErrorCode::kNone) return;
    const auto joined = join(member);
    ASSERT_TRUE(joined.done());
    ASSERT_EQ(joined->error, ErrorCode::kNone);
    member.generation = joined->generation_id;
    const auto synced = sync(member);
    if (synced->error == ErrorCode::kNone) member.owned = read(synced->assignment);
  }

  // A member of the new protocol.
  struct Modern {
    std::string id = "new";
    std::int32_t epoch = 0;
    Partitions owned = {};
    bool report = true;
  };
  consumer::HeartbeatReply beat(Modern& member) {
    consumer::HeartbeatCommand command = consumer::joining(member.id);
    command.member_epoch = member.epoch;
    if (member.epoch > 0) {
      command.topics.reset();
      command.rebalance_timeout_ms = -1;
      command.owned.reset();
      if (member.report) {
        command.owned.emplace();
        if (!member.owned.empty()) {
          (*command.owned)[consumer::TestCluster::id_of("t")] = {member.owned.begin(), member.owned.end()};
        }
      }
    }
    return send(command, member);
  }
  void leave(Modern& member) {
    consumer::HeartbeatCommand command = consumer::joining(member.id);
    command.member_epoch = consumer::kLeaveEpoch;
    send(command, member);
  }
  consumer::HeartbeatReply send(const consumer::HeartbeatCommand& command, Modern& member) {
    Answered<consumer::HeartbeatReply> answered;
    Effects effects;
    bench_.shard().consumer_heartbeat(consumer::HeartbeatCommand(command), answered.answerer(), bench_.now(),
                                      effects);
    bench_.carry_out(std::move(effects));
    EXPECT_TRUE(answered.done());
    const consumer::HeartbeatReply reply = *answered;
    if (reply.error != ErrorCode::kNone) return reply;
    member.epoch = reply.member_epoch;
    member.report = false;
    if (reply.assignment) {
      Partitions now;
      for (const auto& [topic, partitions] : *reply.assignment)
        now.insert(partitions.begin(), partitions.end());
      member.report = now != member.owned;
      member.owned = now;
    }
    return reply;
  }
  std::string type() {
    const auto listed = bench_.shard().list({});
    return listed.empty() ? "" : listed.front().type + " " + listed.front().state;
  }

  std::shared_ptr<consumer::TestCluster> cluster_ = std::make_shared<consumer::TestCluster>();
  ShardBench bench_;
};

class NoMigrationTest : public MigrationTest {
 protected:
  NoMigrationTest() : MigrationTest(settings()) {}
  static GroupSettings settings() {
    GroupSettings settings;
    settings.consumer.migration = consumer::MigrationPolicy::kDisabled;
    return settings;
  }
};

TEST_F(MigrationTest, AModernMemberUpgradesAClassicGroupWhichSharesItsPartitions) {
  auto [one, two] = classic_group();
  const std::int32_t generation = one.generation;
  Modern modern;
  const auto joined = beat(modern);
  ASSERT_EQ(joined.error, ErrorCode::kNone) << joined.error_message;
  EXPECT_EQ(joined.member_epoch, generation + 1) << "epochs go on where generations were";
  EXPECT_TRUE(modern.owned.empty());
  EXPECT_EQ(type(), "consumer Reconciling");
  EXPECT_EQ(bench_.heartbeat(one.id, generation), ErrorCode::kRebalanceInProgress);
  for (int round = 0; round < 6; ++round) {
    beat(one);
    beat(two);
    beat(modern);
    bench_.advance(3'000);
  }
  EXPECT_EQ(type(), "consumer Stable");
  EXPECT_EQ(one.owned.size(), 2u);
  EXPECT_EQ(two.owned.size(), 2u);
  EXPECT_EQ(modern.owned.size(), 2u);
  Partitions all = one.owned;
  all.insert(two.owned.begin(), two.owned.end());
  all.insert(modern.owned.begin(), modern.owned.end());
  EXPECT_EQ(all.size(), 6u);
  EXPECT_EQ(bench_.commit("t", 0, 5, one.generation, one.id), ErrorCode::kNone);
  EXPECT_EQ(bench_.commit("t", 0, 5, one.generation + 1, one.id), ErrorCode::kIllegalGeneration);
  const auto described = bench_.shard().describe_consumer("g");
  EXPECT_EQ(described.members.size(), 3u);
  EXPECT_TRUE(described.members.at(described.members[0].member_id == "new" ? 1 : 0).is_classic);
}

TEST_F(MigrationTest, TheGroupIsClassicAgainWhenItsLastModernMemberLeaves) {
  auto [one, two] = classic_group();
  Modern modern;
  for (int round = 0; round < 6; ++round) {
    beat(modern);
    beat(one);
    beat(two);
  }
  ASSERT_EQ(type(), "consumer Stable");
  bench_.restart();
  ASSERT_EQ(type(), "consumer Stable");
  leave(modern);
  EXPECT_EQ(type(), "classic PreparingRebalance");
  EXPECT_EQ(bench_.heartbeat(one.id, one.generation), ErrorCode::kRebalanceInProgress);
  const auto first = join(one);
  const auto second = join(two);
  ASSERT_TRUE(first.done() && second.done());
  EXPECT_EQ(first->error, ErrorCode::kNone);
  EXPECT_EQ(type(), "classic CompletingRebalance");
  bench_.restart();
  EXPECT_EQ(type(), "classic Stable") << "as it was when it was converted";
}

TEST_F(MigrationTest, TheExpiryOfTheLastModernMemberDowngradesToo) {
  auto [one, two] = classic_group();
  Modern modern;
  for (int round = 0; round < 6; ++round) {
    beat(modern);
    beat(one);
    beat(two);
  }
  for (int i = 0; i < 10; ++i) {
    bench_.advance(5'000);
    if (type().starts_with("consumer")) {
      beat(one);
      beat(two);
    }
  }
  EXPECT_TRUE(type().starts_with("classic")) << type();
}

TEST_F(MigrationTest, AClassicMemberJoinsAConsumerGroup) {
  Modern modern;
  beat(modern);
  EXPECT_EQ(modern.owned.size(), 6u);
  Classic old;
  const auto asked = join(old);
  EXPECT_EQ(asked->error, ErrorCode::kMemberIdRequired);
  old.id = asked->member_id;
  const auto joined = join(old);
  EXPECT_EQ(joined->error, ErrorCode::kNone);
  EXPECT_EQ(joined->protocol_name, "cooperative-sticky");
  EXPECT_EQ(joined->leader, "") << "nobody leads: the broker assigns";
  old.generation = joined->generation_id;
  EXPECT_TRUE(read(sync(old)->assignment).empty());
  EXPECT_EQ(bench_.heartbeat(old.id, old.generation), ErrorCode::kNone) << "waits for the other";
  for (int round = 0; round < 3; ++round) {
    beat(modern);
    beat(old);
  }
  EXPECT_EQ(old.owned.size(), 3u);
  EXPECT_EQ(modern.owned.size(), 3u);
  EXPECT_EQ(bench_.heartbeat(old.id, old.generation + 1), ErrorCode::kIllegalGeneration);
  EXPECT_EQ(bench_.heartbeat("new", modern.epoch), ErrorCode::kUnknownMemberId) << "does not speak that";
  SyncCommand other;
  other.group_id = "g";
  other.member_id = old.id;
  other.generation_id = old.generation;
  other.protocol_name = "range";
  EXPECT_EQ(bench_.sync(std::move(other))->error, ErrorCode::kInconsistentGroupProtocol);
  const auto left = bench_.leave({{.member_id = old.id, .instance_id = std::nullopt, .reason = "done"},
                                  {.member_id = "nobody", .instance_id = std::nullopt, .reason = ""}});
  EXPECT_EQ(left->members.at(0).error, ErrorCode::kNone);
  EXPECT_EQ(left->members.at(1).error, ErrorCode::kUnknownMemberId);
  beat(modern);
  EXPECT_EQ(modern.owned.size(), 6u);
}

TEST_F(MigrationTest, AClassicMemberThatDoesNotSyncOrRejoinIsRemoved) {
  Modern modern;
  beat(modern);
  Classic old;
  old.id = join(old)->member_id;
  old.generation = join(old)->generation_id;
  for (int i = 0; i < 8; ++i) {
    bench_.advance(4'000);
    bench_.heartbeat(old.id, old.generation);
    beat(modern);
  }
  EXPECT_EQ(bench_.heartbeat(old.id, old.generation), ErrorCode::kUnknownMemberId);
  EXPECT_EQ(modern.owned.size(), 6u);
}

TEST_F(MigrationTest, AParkedJoinHearsOfTheConversion) {
  auto [one, two] = classic_group();
  const auto parked = join(one);  // a new generation begins
  EXPECT_FALSE(parked.done());
  Modern modern;
  EXPECT_EQ(beat(modern).error, ErrorCode::kNone);
  ASSERT_TRUE(parked.done());
  EXPECT_EQ(parked->error, ErrorCode::kRebalanceInProgress);
  EXPECT_EQ(join(one)->error, ErrorCode::kNone);
}

TEST_F(MigrationTest, GroupsOfOtherAssignmentsStayClassic) {
  bench_.stable_group(2);  // their assignments are no consumers'
  Modern modern;
  EXPECT_EQ(beat(modern).error, ErrorCode::kGroupIdNotFound);
  EXPECT_EQ(type(), "classic Stable");
}

TEST_F(NoMigrationTest, NobodyCrossesOver) {
  auto [one, two] = classic_group();
  Modern modern;
  const auto refused = beat(modern);
  EXPECT_EQ(refused.error, ErrorCode::kGroupIdNotFound);
  EXPECT_EQ(refused.error_message,
            "Cannot upgrade classic group g to consumer "
            "group because online upgrade is disabled.");
  EXPECT_EQ(type(), "classic Stable");
  EXPECT_EQ(bench_.heartbeat(one.id, one.generation), ErrorCode::kNone);
}

TEST_F(NoMigrationTest, AClassicMemberIsRefusedByAConsumerGroup) {
  Modern modern;
  beat(modern);
  EXPECT_EQ(join({})->error, ErrorCode::kInconsistentGroupProtocol);
}

}  // namespace
}  // namespace barnabas::broker::groups
