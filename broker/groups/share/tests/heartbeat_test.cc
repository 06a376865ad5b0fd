// ShareGroupHeartbeat as Kafka 4.3.1 answers it.
#include <gtest/gtest.h>

#include "broker/groups/share/tests/bench.h"
#include "common/text.h"

namespace barnabas::broker::groups::share {
namespace {

TEST(ShareHeartbeat, SaysWhatItLacks) {
  const auto refused = [](HeartbeatCommand command) { return refuse(command)->error_message; };
  HeartbeatCommand command = joining("m");
  EXPECT_FALSE(refuse(command));
  command.topics = std::vector<std::string>();
  EXPECT_EQ(refused(command), "SubscribedTopicNames must be set in first request.");
  command.topics.reset();
  EXPECT_EQ(refused(command), "SubscribedTopicNames must be set in first request.");
  command.member_epoch = 1;
  EXPECT_FALSE(refuse(command));
  command.member_epoch = -2;
  EXPECT_EQ(refused(command), "MemberEpoch is invalid.");
  command.rack_id = " ";
  EXPECT_EQ(refused(command), "RackId can't be empty.");
  command.group_id = "";
  EXPECT_EQ(refused(command), "GroupId can't be empty.");
  command.member_id = " ";
  EXPECT_EQ(refused(command), "MemberId can't be empty.");
  command.member_id = std::string(37, 'm');
  EXPECT_EQ(refuse(command)->error, ErrorCode::kInvalidRequest);
  EXPECT_EQ(refused(command), "");
}

TEST(ShareHeartbeat, AMemberIsAssignedOnceTheStatesAreInitialized) {
  Bench bench;
  bench.answers_at_once = false;
  const HeartbeatReply first = bench.heartbeat(joining("m"));
  EXPECT_EQ(first.error, ErrorCode::kNone);
  EXPECT_EQ(first.member_id, "m");
  EXPECT_EQ(first.member_epoch, 2);
  EXPECT_EQ(first.heartbeat_interval_ms, 5'000);
  ASSERT_TRUE(first.assignment);
  EXPECT_TRUE(first.assignment->empty());
  ASSERT_EQ(bench.asked.size(), 1u);
  EXPECT_EQ(bench.asked.front().second.states.size(), 6u);
  EXPECT_EQ(bench.asked.front().second.states.front().start_offset, -1);
  EXPECT_EQ(bench.asked.front().second.state_epoch, 2);
  EXPECT_EQ(bench.states().initializing.begin()->second, (StateTopic{"t", {0, 1, 2, 3, 4, 5}}));

  // Nothing new while it is under way.
  const HeartbeatReply second = bench.heartbeat(staying("m", 2));
  EXPECT_FALSE(second.assignment);
  EXPECT_TRUE(bench.last.empty());
  EXPECT_EQ(bench.initializations, 1u);

  bench.answer_initialization();
  EXPECT_TRUE(bench.states().initializing.empty());
  EXPECT_EQ(bench.states().initialized.begin()->second, (StateTopic{"t", {0, 1, 2, 3, 4, 5}}));
  const HeartbeatReply third = bench.heartbeat(staying("m", 2));
  EXPECT_EQ(third.member_epoch, 3);
  ASSERT_TRUE(third.assignment);
  EXPECT_EQ(third.assignment->begin()->second, all_partitions(6));
  EXPECT_EQ(bench.protocol->rebalances(), 2u);
}

TEST(ShareHeartbeat, TheRecordsOfAJoinComeInKafkasOrder) {
  Bench bench;
  bench.answers_at_once = false;
  bench.heartbeat(joining("m"));
  std::vector<std::int16_t> types;
  for (const Record& record : bench.last) types.push_back(load_be<std::int16_t>(encode(record).key.data()));
  EXPECT_EQ(types, (std::vector<std::int16_t>{10, 11, 13, 12, 14, 15}));
  bench.heartbeat(leaving("m"));
  types.clear();
  for (const Record& record : bench.last) types.push_back(load_be<std::int16_t>(encode(record).key.data()));
  EXPECT_EQ(types, (std::vector<std::int16_t>{14, 13, 10, 11}));
}

TEST(ShareHeartbeat, EpochsThatAreNotTheMembersAreFenced) {
  Bench bench;
  TestMember member(bench, "m");
  member.beat();
  member.beat();
  EXPECT_EQ(member.epoch(), 3);
  EXPECT_EQ(bench.heartbeat(staying("m", 2)).error, ErrorCode::kNone);  // the answer may have been lost
  const HeartbeatReply greater = bench.heartbeat(staying("m", 4));
  EXPECT_EQ(greater.error, ErrorCode::kFencedMemberEpoch);
  EXPECT_EQ(greater.error_message,
            "The share group member has a greater member epoch (4) than the one known by the group "
            "coordinator (3). The member must abandon all its partitions and rejoin.");
  const HeartbeatReply smaller = bench.heartbeat(staying("m", 1));
  EXPECT_EQ(smaller.error, ErrorCode::kFencedMemberEpoch);
  EXPECT_EQ(smaller.error_message,
            "The share group member has a smaller member epoch (1) than the one known by the group "
            "coordinator (3), and it does not match the previous member epoch (2). The member must abandon "
            "all its partitions and rejoin.");
}

TEST(ShareHeartbeat, WhoIsNotThereIsTold) {
  Bench bench;
  HeartbeatReply reply = bench.heartbeat(staying("m", 1));
  EXPECT_EQ(reply.error, ErrorCode::kGroupIdNotFound);
  EXPECT_EQ(reply.error_message, "Share group g not found.");
  reply = bench.heartbeat(leaving("m"));
  EXPECT_EQ(reply.error, ErrorCode::kGroupIdNotFound);
  EXPECT_EQ(reply.error_message, "Group g not found.");
  bench.heartbeat(joining("m"));
  for (const auto& command : {staying("other", 1), leaving("other")}) {
    reply = bench.heartbeat(command);
    EXPECT_EQ(reply.error, ErrorCode::kUnknownMemberId);
    EXPECT_EQ(reply.error_message, "Member other is not a member of group g.");
  }
}

TEST(ShareHeartbeat, AFullGroupTakesNobodyElse) {
  Settings settings;
  settings.max_size = 2;
  Bench bench(settings);
  bench.heartbeat(joining("a"));
  bench.heartbeat(joining("b"));
  const HeartbeatReply reply = bench.heartbeat(joining("c"));
  EXPECT_EQ(reply.error, ErrorCode::kGroupMaxSizeReached);
  EXPECT_EQ(reply.error_message, "The share group has reached its maximum capacity of 2 members.");
  EXPECT_EQ(bench.heartbeat(joining("a")).error, ErrorCode::kNone);
}

TEST(ShareHeartbeat, LeavingAndSilenceMakeRoom) {
  Bench bench;
  TestMember a(bench, "a"), b(bench, "b"), c(bench, "c");
  for (int i = 0; i < 3; ++i) {
    for (TestMember* member : {&a, &b, &c}) member->beat();
  }
  EXPECT_EQ(a.partitions() + b.partitions() + c.partitions(), 6u);
  c.leave();
  a.beat();
  b.beat();
  EXPECT_EQ(a.partitions(), 3u);
  EXPECT_EQ(b.partitions(), 3u);
  bench.advance(30'000);
  a.beat();
  bench.advance(20'000);  // b is not heard of for 45 s
  EXPECT_EQ(bench.group().members().size(), 1u);
  a.beat();
  EXPECT_EQ(a.partitions(), 6u);
  bench.advance(45'000);
  EXPECT_EQ(bench.group().state(), GroupState::kEmpty);
  EXPECT_FALSE(bench.protocol->next_deadline_ms());
}

TEST(ShareHeartbeat, ANewSubscriptionIsAnsweredAtOnce) {
  Bench bench;
  bench.cluster->add("u", 2);
  TestMember member(bench, "m");
  member.beat();
  member.beat();
  EXPECT_EQ(member.partitions(), 6u);
  member.topics = {"u"};
  member.beat();  // asks for the states of u
  EXPECT_EQ(member.partitions(), 0u);
  member.beat();
  EXPECT_EQ(member.has(), (TopicPartitions{{consumer::TestCluster::id_of("u"), {0, 1}}}));
}

TEST(ShareHeartbeat, TopicsThatAppearGrowAndGoAreFollowed) {
  Bench bench;
  TestMember member(bench, "m", {"t", "later"});
  member.beat();
  member.beat();
  EXPECT_EQ(member.partitions(), 6u);
  bench.cluster->add("later", 2);
  member.beat();
  member.beat();
  EXPECT_EQ(member.partitions(), 8u);
  bench.cluster->add("t", 8);
  member.beat();
  member.beat();
  EXPECT_EQ(member.partitions(), 10u);
  bench.cluster->remove("t");
  Records records;
  bench.protocol->topics_deleted({consumer::TestCluster::id_of("t")}, records);
  bench.append(std::move(records));
  member.beat();
  EXPECT_EQ(member.has(), (TopicPartitions{{consumer::TestCluster::id_of("later"), {0, 1}}}));
  EXPECT_FALSE(bench.states().initialized.contains(consumer::TestCluster::id_of("t")));
}

TEST(ShareHeartbeat, AssignmentsKeepTheirDistance) {
  Bench bench;
  bench.cluster->timing_of_all.assignment_interval_ms = 1'000;
  TestMember a(bench, "a"), b(bench, "b");
  a.beat();
  a.beat();
  EXPECT_EQ(a.partitions(), 0u);  // a second assignment would come too early
  bench.advance(1'000);
  a.beat();
  EXPECT_EQ(a.partitions(), 6u);
  b.beat();
  EXPECT_EQ(b.partitions(), 0u);
  bench.advance(1'000);
  b.beat();
  a.beat();
  EXPECT_EQ(a.partitions(), 3u);
  EXPECT_EQ(b.partitions(), 3u);
}

TEST(ShareHeartbeat, WhoWaitsComesBackWhenItMayBeThere) {
  Bench bench;
  bench.cluster->timing_of_all = {.assignment_interval_ms = 1'000, .prompt = true};
  TestMember a(bench, "a");
  EXPECT_EQ(a.beat().heartbeat_interval_ms, 500) << "the states are being written";
  bench.advance(500);
  EXPECT_EQ(a.beat().heartbeat_interval_ms, 500) << "until the next assignment";
  bench.advance(500);
  EXPECT_EQ(a.beat().heartbeat_interval_ms, 5'000);
  EXPECT_EQ(a.partitions(), 6u);
}

TEST(ShareHeartbeat, AnIdleHeartbeatKeepsTheSessionAndNoticesWhatIsNew) {
  Bench bench;
  TestMember a(bench, "a");
  for (int i = 0; i < 3; ++i) a.beat();
  const std::int32_t epoch = a.epoch();
  for (int i = 0; i < 10; ++i) {
    bench.advance(44'000);
    EXPECT_EQ(bench.heartbeat(staying("a", epoch)).error, ErrorCode::kNone) << i;
    EXPECT_TRUE(bench.last.empty()) << i;
  }
  HeartbeatCommand moved = staying("a", epoch);
  moved.client_host = "/127.0.0.2";
  EXPECT_EQ(bench.heartbeat(moved).member_epoch, epoch);
  EXPECT_EQ(bench.member("a").client_host, "/127.0.0.2");
  moved.rack_id = "r";
  bench.heartbeat(moved);
  EXPECT_EQ(bench.member("a").rack_id, "r");
  EXPECT_EQ(bench.heartbeat(staying("a", epoch - 1)).error, ErrorCode::kNone);
  bench.cluster->add("t", 7);
  bench.heartbeat(moved);
  EXPECT_EQ(bench.states().initialized.begin()->second.partitions.size(), 7u);
  moved.member_epoch = bench.member("a").epoch;
  EXPECT_EQ(bench.heartbeat(moved).assignment->begin()->second.size(), 7u);
}

TEST(ShareHeartbeat, ARestartChangesNothingButSessions) {
  Bench bench;
  TestMember a(bench, "a"), b(bench, "b", {"t", "missing"});
  for (int i = 0; i < 3; ++i) {
    a.beat();
    b.beat();
  }
  const std::string before = Bench::picture(*bench.protocol);
  bench.advance(40'000);
  bench.restart();
  EXPECT_EQ(Bench::picture(*bench.protocol), before);
  bench.advance(40'000);
  EXPECT_EQ(bench.group().members().size(), 2u);
  EXPECT_EQ(a.beat().error, ErrorCode::kNone);
  bench.advance(5'000);
  EXPECT_EQ(bench.group().members().size(), 1u);
}

TEST(ShareHeartbeat, ADescriptionTellsOfAllMembers) {
  Bench bench;
  TestMember a(bench, "a");
  a.beat();
  a.beat();
  const Description described = bench.protocol->describe(bench.group());
  EXPECT_EQ(described.state, "Stable");
  EXPECT_EQ(described.epoch, 3);
  EXPECT_EQ(described.target_epoch, 3);
  EXPECT_EQ(described.assignor, "simple");
  ASSERT_EQ(described.members.size(), 1u);
  const DescribedMember& member = described.members.front();
  EXPECT_EQ(member.member_id, "a");
  EXPECT_EQ(member.epoch, 3);
  EXPECT_EQ(member.client_id, "client");
  EXPECT_EQ(member.topics, std::vector<std::string>{"t"});
  ASSERT_EQ(member.assignment.size(), 1u);
  EXPECT_EQ(member.assignment.front().name, "t");
  a.leave();
  EXPECT_EQ(bench.protocol->describe(bench.group()).state, "Empty");
}

}  // namespace
}  // namespace barnabas::broker::groups::share
