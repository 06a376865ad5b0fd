#include <gtest/gtest.h>

#include "broker/groups/consumer/offset_checks.h"
#include "broker/groups/consumer/tests/bench.h"
#include "common/text.h"

namespace barnabas::broker::groups::consumer {
namespace {

HeartbeatCommand beating(const std::string& member_id, std::int32_t epoch) {
  HeartbeatCommand command;
  command.group_id = "g";
  command.member_id = member_id;
  command.member_epoch = epoch;
  command.client_id = "client";
  command.client_host = "/127.0.0.1";
  command.needs_member_id = true;
  return command;
}

const Uuid kTopic = TestCluster::id_of("t");

TEST(ConsumerGroupHeartbeat, TheFirstMemberGetsEverythingAtOnce) {
  Bench bench;
  const HeartbeatReply reply = bench.heartbeat(joining("m"));
  EXPECT_EQ(reply.error, ErrorCode::kNone);
  EXPECT_EQ(reply.member_id, "m");
  EXPECT_EQ(reply.member_epoch, 2);
  EXPECT_EQ(reply.heartbeat_interval_ms, 5'000);
  ASSERT_TRUE(reply.assignment);
  EXPECT_EQ(reply.assignment->at(kTopic), (std::vector<std::int32_t>{0, 1, 2, 3, 4, 5}));
  EXPECT_EQ(bench.state(), "Stable");
}

TEST(ConsumerGroupHeartbeat, RequestsThatMissSomethingAreInvalid) {
  Bench bench;
  const auto expect_invalid = [&](HeartbeatCommand command, const std::string& message) {
    const HeartbeatReply reply = bench.heartbeat(command);
    EXPECT_EQ(reply.error, ErrorCode::kInvalidRequest);
    EXPECT_EQ(reply.error_message, message);
    EXPECT_EQ(bench.protocol->find("g"), nullptr);
  };
  HeartbeatCommand command = joining("m");
  command.member_id = " ";
  expect_invalid(command, "MemberId can't be empty.");
  command = joining("m");
  command.group_id = "";
  expect_invalid(command, "GroupId can't be empty.");
  command = joining("m");
  command.instance_id = "";
  expect_invalid(command, "InstanceId can't be empty.");
  command = joining("m");
  command.rack_id = "";
  expect_invalid(command, "RackId can't be empty.");
  command = joining("m");
  command.rebalance_timeout_ms = -1;
  expect_invalid(command, "RebalanceTimeoutMs must be provided in first request.");
  command = joining("m");
  command.owned.reset();
  expect_invalid(command, "TopicPartitions must be empty when (re-)joining.");
  command.owned = TopicPartitions{{kTopic, {0}}};
  expect_invalid(command, "TopicPartitions must be empty when (re-)joining.");
  command = joining("m");
  command.topics.reset();
  expect_invalid(command,
                 "Either SubscribedTopicNames or SubscribedTopicRegex must be non-null when (re-)joining.");
  expect_invalid(beating("m", kStaticLeaveEpoch), "InstanceId can't be null.");
  expect_invalid(beating("m", -3), "MemberEpoch is invalid.");
  command = joining(std::string(40'000, 'm'));
  expect_invalid(command, "GroupId, MemberId or SubscribedTopicRegex is too long.");
}

TEST(ConsumerGroupHeartbeat, AnUnknownAssignorIsUnsupported) {
  Bench bench;
  HeartbeatCommand command = joining("m");
  command.assignor = "sticky";
  const HeartbeatReply reply = bench.heartbeat(command);
  EXPECT_EQ(reply.error, ErrorCode::kUnsupportedAssignor);
  EXPECT_EQ(reply.error_message,
            "ServerAssignor sticky is not supported. Supported assignors: uniform, range.");
}

TEST(ConsumerGroupHeartbeat, Version0GetsAMemberId) {
  Bench bench;
  HeartbeatCommand command = joining("");
  command.needs_member_id = false;
  const HeartbeatReply reply = bench.heartbeat(command);
  EXPECT_EQ(reply.error, ErrorCode::kNone);
  EXPECT_EQ(reply.member_id->size(), 22u);
}

TEST(ConsumerGroupHeartbeat, UnknownGroupsAndMembersAreRefused) {
  Bench bench;
  EXPECT_EQ(bench.heartbeat(beating("m", 1)).error, ErrorCode::kGroupIdNotFound);
  EXPECT_EQ(bench.heartbeat(beating("m", kLeaveEpoch)).error, ErrorCode::kGroupIdNotFound);
  bench.heartbeat(joining("m"));
  const std::size_t written = bench.log.size();
  EXPECT_EQ(bench.heartbeat(beating("n", 1)).error, ErrorCode::kUnknownMemberId);
  EXPECT_EQ(bench.heartbeat(beating("n", kLeaveEpoch)).error, ErrorCode::kUnknownMemberId);
  EXPECT_EQ(bench.log.size(), written);
}

TEST(ConsumerGroupHeartbeat, OtherEpochsAreFencedButTheLastOneOfAMemberThatHasNoMore) {
  Bench bench;
  bench.heartbeat(joining("m"));
  EXPECT_EQ(bench.heartbeat(beating("m", 3)).error, ErrorCode::kFencedMemberEpoch);
  EXPECT_EQ(bench.heartbeat(beating("m", 1)).error, ErrorCode::kFencedMemberEpoch);
  bench.heartbeat(joining("n"));  // m has to give three back
  const HeartbeatReply revoke = bench.heartbeat(beating("m", 2));
  EXPECT_EQ(revoke.member_epoch, 2);
  HeartbeatCommand done = beating("m", 2);
  done.owned = revoke.assignment;
  EXPECT_EQ(bench.heartbeat(done).member_epoch, 3);
  // The answer was lost.
  EXPECT_EQ(bench.heartbeat(done).member_epoch, 3);
  done.owned = TopicPartitions{{kTopic, {0, 1, 2, 3, 4, 5}}};
  EXPECT_EQ(bench.heartbeat(done).error, ErrorCode::kFencedMemberEpoch);
  done.owned.reset();
  EXPECT_EQ(bench.heartbeat(done).error, ErrorCode::kFencedMemberEpoch);
}

TEST(ConsumerGroupHeartbeat, PartitionsMoveOnceTheirOwnerHasGivenThemBack) {
  Bench bench;
  TestMember one(bench, joining("one"));
  TestMember two(bench, joining("two"));
  one.beat();
  const HeartbeatReply joined = two.beat();
  EXPECT_EQ(joined.member_epoch, 3);
  EXPECT_TRUE(joined.assignment && joined.assignment->empty());
  EXPECT_EQ(bench.member("two").state, MemberState::kUnreleasedPartitions);
  EXPECT_EQ(bench.state(), "Reconciling");
  one.beat();  // hears what it keeps
  EXPECT_EQ(bench.member("one").state, MemberState::kUnrevokedPartitions);
  EXPECT_EQ(bench.member("one").epoch, 2);
  EXPECT_EQ(two.beat().assignment, std::nullopt);
  one.beat();  // has given back
  EXPECT_EQ(bench.member("one").epoch, 3);
  EXPECT_EQ(two.beat().assignment->at(kTopic).size(), 3u);
  EXPECT_EQ(one.partitions() + two.partitions(), 6u);
  EXPECT_EQ(bench.state(), "Stable");
  EXPECT_TRUE(bench.last().size() == 1);
}

TEST(ConsumerGroupHeartbeat, AnIdleHeartbeatWritesNothingAndTellsNoAssignment) {
  Bench bench;
  TestMember one(bench, joining("one"));
  one.beat();
  one.beat();
  const HeartbeatReply idle = one.beat();
  EXPECT_EQ(idle.assignment, std::nullopt);
  EXPECT_TRUE(bench.last().empty());
  HeartbeatCommand full = joining("one");
  full.member_epoch = 2;
  full.owned = one.owned();
  EXPECT_EQ(bench.heartbeat(full).assignment, one.owned());
}

TEST(ConsumerGroupHeartbeat, AnIdleHeartbeatKeepsTheSessionAndNoticesWhatIsNew) {
  Bench bench;
  const std::int32_t epoch = bench.heartbeat(joining("m")).member_epoch;
  HeartbeatCommand command = beating("m", epoch);
  for (int i = 0; i < 20; ++i) {
    bench.advance(40'000);
    EXPECT_EQ(bench.heartbeat(command).error, ErrorCode::kNone) << i;
    EXPECT_TRUE(bench.last().empty()) << i;
  }
  command.client_host = "/127.0.0.2";
  EXPECT_EQ(bench.heartbeat(command).member_epoch, epoch);
  EXPECT_EQ(bench.member("m").client_host, "/127.0.0.2");
  command.member_epoch = epoch - 1;
  EXPECT_EQ(bench.heartbeat(command).error, ErrorCode::kFencedMemberEpoch);
  bench.advance(45'000);
  EXPECT_EQ(bench.heartbeat(beating("m", epoch)).error, ErrorCode::kUnknownMemberId);
}

TEST(ConsumerGroupHeartbeat, AMemberThatGivesNothingBackIsFencedAfterItsRebalanceTimeout) {
  Bench bench;
  TestMember one(bench, joining("one"));
  TestMember two(bench, joining("two"));
  one.subscription().rebalance_timeout_ms = 20'000;
  one.beat();
  two.beat();
  one.lazy = true;
  one.beat();
  for (int i = 0; i < 4; ++i) {
    bench.advance(4'900);
    one.beat();
    two.beat();
  }
  EXPECT_NE(bench.group().find("one"), nullptr);
  bench.advance(500);
  EXPECT_EQ(bench.group().find("one"), nullptr);
  two.beat();
  EXPECT_EQ(two.partitions(), 6u);
}

TEST(ConsumerGroupHeartbeat, ASilentMemberIsRemovedAfterItsSession) {
  Bench bench;
  TestMember one(bench, joining("one"));
  one.beat();
  bench.advance(44'999);
  EXPECT_NE(bench.group().find("one"), nullptr);
  bench.advance(1);
  EXPECT_EQ(bench.group().find("one"), nullptr);
  EXPECT_EQ(bench.state(), "Empty");
  EXPECT_EQ(bench.group().epoch(), 3);
}

TEST(ConsumerGroupHeartbeat, SessionsStartAnewAfterARestart) {
  Bench bench;
  TestMember one(bench, joining("one"));
  one.beat();
  bench.advance(40'000);
  bench.restart();
  bench.advance(40'000);
  EXPECT_NE(bench.group().find("one"), nullptr);
  bench.advance(5'000);
  EXPECT_EQ(bench.group().find("one"), nullptr);
}

TEST(ConsumerGroupHeartbeat, LeavingRaisesTheEpochAndFreesThePartitions) {
  Bench bench;
  TestMember one(bench, joining("one"));
  TestMember two(bench, joining("two"));
  one.beat();
  two.beat();
  const HeartbeatReply left = bench.heartbeat(beating("one", kLeaveEpoch));
  EXPECT_EQ(left.member_epoch, kLeaveEpoch);
  EXPECT_EQ(left.member_id, "one");
  EXPECT_EQ(bench.group().epoch(), 4);
  EXPECT_EQ(two.beat().member_epoch, 4);
  EXPECT_EQ(two.partitions(), 6u);
}

TEST(ConsumerGroupHeartbeat, AMemberThatLeftAndBeatsOnAsIfItHadNotIsToldToJoin) {
  Bench bench;
  TestMember member(bench, joining("m"));
  member.beat();
  HeartbeatCommand partial = beating("m", kJoinEpoch);
  partial.topics = {"t"};
  const auto expect_invalid = [&](const HeartbeatCommand& command) {
    const HeartbeatReply reply = bench.heartbeat(command);
    EXPECT_EQ(reply.error, ErrorCode::kInvalidRequest);
    EXPECT_EQ(reply.error_message, "RebalanceTimeoutMs must be provided in first request.");
  };
  expect_invalid(partial);
  member.leave();
  const HeartbeatReply reply = bench.heartbeat(partial);
  EXPECT_EQ(reply.error, ErrorCode::kUnknownMemberId);
  EXPECT_EQ(reply.error_message, "Member m is not a member of group g.");
  partial.member_id = "another";
  expect_invalid(partial);
  EXPECT_EQ(bench.heartbeat(joining("m")).error, ErrorCode::kNone);
}

TEST(ConsumerGroupHeartbeat, AFullGroupTakesNobodyButItsMembers) {
  Settings settings;
  settings.max_size = 1;
  Bench bench(settings);
  bench.heartbeat(joining("one"));
  const HeartbeatReply refused = bench.heartbeat(joining("two"));
  EXPECT_EQ(refused.error, ErrorCode::kGroupMaxSizeReached);
  EXPECT_EQ(refused.error_message, "The consumer group has reached its maximum capacity of 1 members.");
  EXPECT_EQ(bench.heartbeat(joining("one")).error, ErrorCode::kNone);
}

TEST(ConsumerGroupHeartbeat, AStaticMemberKeepsItsPartitionsAcrossATemporaryLeave) {
  Bench bench;
  HeartbeatCommand command = joining("one");
  command.instance_id = "i";
  TestMember one(bench, command);
  TestMember two(bench, joining("two"));
  for (int i = 0; i < 3; ++i) {
    one.beat();
    two.beat();
  }
  const TopicPartitions had = one.owned();
  command.member_id = "again";
  const HeartbeatReply too_early = bench.heartbeat(command);
  EXPECT_EQ(too_early.error, ErrorCode::kUnreleasedInstanceId);
  one.leave(kStaticLeaveEpoch);
  EXPECT_EQ(bench.member("one").epoch, kStaticLeaveEpoch);
  const std::int32_t epoch = bench.group().epoch();
  const HeartbeatReply back = bench.heartbeat(command);
  EXPECT_EQ(back.error, ErrorCode::kNone);
  EXPECT_EQ(back.assignment, had);
  EXPECT_EQ(bench.group().epoch(), epoch) << "nobody else hears of it";
  EXPECT_EQ(bench.group().find("one"), nullptr);
  HeartbeatCommand old = beating("one", epoch);
  old.instance_id = "i";
  EXPECT_EQ(bench.heartbeat(old).error, ErrorCode::kFencedInstanceId);
  old.member_epoch = kLeaveEpoch;
  EXPECT_EQ(bench.heartbeat(old).error, ErrorCode::kFencedInstanceId);
  old.instance_id = "j";
  EXPECT_EQ(bench.heartbeat(old).error, ErrorCode::kUnknownMemberId);
}

TEST(ConsumerGroupHeartbeat, AStaticMemberThatStaysAwayIsRemovedAfterItsSession) {
  Bench bench;
  HeartbeatCommand command = joining("one");
  command.instance_id = "i";
  TestMember one(bench, command);
  one.beat();
  one.leave(kStaticLeaveEpoch);
  EXPECT_NE(bench.group().find("one"), nullptr);
  bench.advance(45'000);
  EXPECT_EQ(bench.group().find("one"), nullptr);
}

TEST(ConsumerGroupHeartbeat, NewPartitionsAndNewTopicsRaiseTheEpoch) {
  Bench bench;
  TestMember one(bench, joining("one", {"t", "later"}));
  one.beat();
  EXPECT_EQ(one.partitions(), 6u);
  bench.cluster->add("t", 8);
  EXPECT_EQ(one.beat().member_epoch, 3);
  EXPECT_EQ(one.partitions(), 8u);
  bench.cluster->add("later", 2);
  EXPECT_EQ(one.beat().member_epoch, 4);
  EXPECT_EQ(one.partitions(), 10u);
  bench.cluster->touch();  // of no concern to the group
  EXPECT_EQ(one.beat().member_epoch, 4);
  EXPECT_TRUE(bench.last().empty());
}

TEST(ConsumerGroupHeartbeat, ADeletedTopicGoesAndItsSuccessorIsAnother) {
  Bench bench;
  TestMember one(bench, joining("one"));
  one.beat();
  bench.cluster->remove("t");
  one.beat();
  EXPECT_EQ(one.partitions(), 0u);
  bench.cluster->add("t", 4);
  for (int i = 0; i < 3; ++i) one.beat();
  EXPECT_EQ(one.owned().at(TestCluster::id_of("t", 1)).size(), 4u);
  EXPECT_EQ(bench.state(), "Stable");
}

TEST(ConsumerGroupHeartbeat, AChangedSubscriptionTakesItsTopicsAtOnce) {
  Bench bench;
  bench.cluster->add("u", 4);
  bench.cluster->timing_of_all.assignment_interval_ms = 10'000;
  TestMember one(bench, joining("one", {"t", "u"}));
  one.beat();
  EXPECT_EQ(one.partitions(), 10u);
  one.subscription().topics = {{"u"}};
  one.beat();  // the next target is some time off
  EXPECT_EQ(one.partitions(), 4u);
  EXPECT_EQ(bench.state(), "Assigning");
  bench.advance(10'000);
  one.beat();
  one.beat();
  EXPECT_EQ(bench.state(), "Stable");
}

TEST(ConsumerGroupHeartbeat, OnlyWhatAChangedSubscriptionTakesOrGivesIsToldLater) {
  Bench bench;
  bench.cluster->add("u", 2);
  EXPECT_EQ(bench.heartbeat(joining("m")).delay_ms, 0);
  HeartbeatCommand change = beating("m", 2);
  change.topics = {"u"};
  const HeartbeatReply changed = bench.heartbeat(change);
  ASSERT_TRUE(changed.assignment);
  EXPECT_GT(changed.delay_ms, 0);
  HeartbeatCommand next = beating("m", changed.member_epoch);
  next.owned.emplace();
  const HeartbeatReply moved = bench.heartbeat(next);
  ASSERT_TRUE(moved.assignment);
  EXPECT_EQ(moved.delay_ms, 0);
}

TEST(ConsumerGroupHeartbeat, TheAssignmentIntervalGathersMembers) {
  Bench bench;
  bench.cluster->timing_of_all.assignment_interval_ms = 1'000;
  TestMember one(bench, joining("one"));
  TestMember two(bench, joining("two"));
  one.beat();
  EXPECT_EQ(two.beat().member_epoch, 2);
  EXPECT_EQ(bench.group().target_epoch(), 2);
  bench.advance(1'000);
  two.beat();
  EXPECT_EQ(bench.group().target_epoch(), 3);
}

TEST(ConsumerGroupHeartbeat, WhoWaitsComesBackWhenItMayBeThere) {
  Bench bench;
  bench.cluster->timing_of_all = {.assignment_interval_ms = 1'000, .prompt = true};
  TestMember one(bench, joining("one"));
  TestMember two(bench, joining("two"));
  EXPECT_EQ(one.beat().heartbeat_interval_ms, 5'000);
  bench.advance(300);
  EXPECT_EQ(two.beat().heartbeat_interval_ms, 700) << "until the next assignment";
  bench.advance(700);
  EXPECT_EQ(two.beat().heartbeat_interval_ms, 500) << "the first one has the partitions still";
  bench.advance(4'000);
  one.beat();
  EXPECT_EQ(one.beat().heartbeat_interval_ms, 5'000);
  EXPECT_EQ(two.beat().heartbeat_interval_ms, 5'000) << "nothing to wait for any more";
  EXPECT_EQ(two.partitions(), 3u);
}

TEST(ConsumerGroupHeartbeat, NobodyWaitsInAHurryForOneThatDoesNotLetGo) {
  Bench bench;
  bench.cluster->timing_of_all = {.assignment_interval_ms = 0, .prompt = true};
  TestMember one(bench, joining("one"));
  TestMember two(bench, joining("two"));
  one.beat();
  two.beat();
  one.lazy = true;
  one.beat();
  bench.advance(9'999);
  EXPECT_EQ(two.beat().heartbeat_interval_ms, 500);
  bench.advance(1);
  EXPECT_EQ(two.beat().heartbeat_interval_ms, 5'000);
}

TEST(ConsumerGroupHeartbeat, MostVotesChooseTheAssignor) {
  Bench bench;
  HeartbeatCommand command = joining("one");
  command.assignor = "range";
  bench.heartbeat(command);
  bench.heartbeat(joining("two"));
  EXPECT_EQ(bench.protocol->describe(bench.group()).assignor, "range");
  Bench undecided;
  undecided.heartbeat(joining("one"));
  EXPECT_EQ(undecided.protocol->describe(undecided.group()).assignor, "uniform");
}

TEST(ConsumerGroupRegex, IsResolvedByItselfAndRefreshedWithNewTopics) {
  Bench bench;
  bench.cluster->add("t-1", 2);
  TestMember one(bench, joining_by_regex("one", "t-.*"));
  bench.cluster->timing_of_all.prompt = true;
  const HeartbeatReply joined = one.beat();
  EXPECT_EQ(joined.assignment, TopicPartitions()) << "the answer does not wait for it";
  EXPECT_EQ(joined.heartbeat_interval_ms, 500);
  EXPECT_EQ(bench.group().resolved("t-.*")->topics, std::set<std::string>{"t-1"});
  one.beat();
  EXPECT_EQ(one.partitions(), 2u);
  bench.advance(9'000);
  bench.cluster->add("t-2", 3);
  one.beat();
  one.beat();
  EXPECT_EQ(one.partitions(), 2u) << "not more often than every ten seconds";
  bench.advance(2'000);
  one.beat();
  one.beat();
  EXPECT_EQ(one.partitions(), 5u);
  one.leave();
  EXPECT_EQ(bench.group().resolved("t-.*"), nullptr);
  EXPECT_TRUE(bench.group().subscriptions().empty());
}

TEST(ConsumerGroupRegex, MatchesWholeNames) {
  Bench bench;
  bench.cluster->add("tt", 1);
  TestMember one(bench, joining_by_regex("one", "t"));
  one.beat();
  EXPECT_EQ(bench.group().resolved("t")->topics, std::set<std::string>{"t"});
}

TEST(ConsumerGroupRegex, AnotherMembersExpressionIsThereAtOnce) {
  Bench bench;
  TestMember one(bench, joining_by_regex("one", "t.*"));
  TestMember two(bench, joining_by_regex("two", "t.*"));
  one.beat();
  one.beat();
  const std::int32_t epoch = bench.group().epoch();
  two.beat();
  EXPECT_EQ(bench.group().epoch(), epoch + 1);
  EXPECT_EQ(bench.group().target("two").at(kTopic).size(), 3u);
  one.leave();
  EXPECT_NE(bench.group().resolved("t.*"), nullptr) << "two still needs it";
}

TEST(ConsumerGroupRegex, WhatDoesNotCompileOrExplodesIsInvalid) {
  Bench bench;
  const HeartbeatReply open = bench.heartbeat(joining_by_regex("one", "t("));
  EXPECT_EQ(open.error, ErrorCode::kInvalidRegularExpression);
  EXPECT_EQ(open.error_message,
            "SubscribedTopicRegex `t(` is not a valid regular expression: missing ): t(.");
  const HeartbeatReply huge = bench.heartbeat(joining_by_regex("one", "((((t{1000}){1000}){1000}){1000})"));
  EXPECT_EQ(huge.error, ErrorCode::kInvalidRegularExpression);
  EXPECT_TRUE(bench.log.empty());
}

TEST(ConsumerGroupRegex, ChangingToNamesDropsTheExpression) {
  Bench bench;
  bench.cluster->add("u", 2);
  TestMember one(bench, joining_by_regex("one", "t.*"));
  one.beat();
  one.beat();
  one.subscription().regex = "";
  one.subscription().topics = {{"u"}};
  for (int i = 0; i < 3; ++i) one.beat();
  EXPECT_TRUE(bench.group().resolved().empty());
  EXPECT_EQ(one.partitions(), 2u);
  EXPECT_EQ(bench.state(), "Stable");
}

TEST(ConsumerGroupOffsets, ACommitOfAnOlderEpochPassesForPartitionsHeldSince) {
  Bench bench;
  TestMember one(bench, joining("one"));
  TestMember two(bench, joining("two"));
  for (int i = 0; i < 4; ++i) {
    one.beat();
    two.beat();
  }
  ASSERT_EQ(one.epoch(), 3);
  const auto commit = [&](const TestMember& member, std::int32_t epoch, std::int32_t partition) {
    CommitCommand command;
    command.group_id = "g";
    command.member_id = member.id();
    command.generation_id = epoch;
    command.expects_group_not_found = true;
    CommitTopic& topic = command.topics.emplace_back();
    topic.name = "t";
    topic.partitions.push_back({partition, 1, -1, std::nullopt});
    return check_commit(*bench.protocol, bench.group(), command, false);
  };
  const std::int32_t kept = one.owned().at(kTopic).front();
  const std::int32_t moved = two.owned().at(kTopic).front();
  EXPECT_EQ(commit(one, 2, kept), ErrorCode::kNone);
  EXPECT_EQ(commit(one, 1, kept), ErrorCode::kStaleMemberEpoch);
  EXPECT_EQ(commit(one, 2, moved), ErrorCode::kStaleMemberEpoch);
  EXPECT_EQ(commit(two, 2, moved), ErrorCode::kStaleMemberEpoch);
  EXPECT_EQ(commit(two, 3, moved), ErrorCode::kNone);
}

TEST(ConsumerGroupDescription, ShowsWhatAMemberHasAndShouldHave) {
  Bench bench;
  TestMember one(bench, joining("one"));
  TestMember two(bench, joining("two"));
  one.beat();
  two.beat();
  one.beat();  // still has what it gives back
  const Description description = bench.protocol->describe(bench.group());
  EXPECT_EQ(description.state, "Reconciling");
  EXPECT_EQ(description.epoch, 3);
  EXPECT_EQ(description.target_epoch, 3);
  ASSERT_EQ(description.members.size(), 2u);
  EXPECT_EQ(description.members[0].assignment.at(0).partitions.size(), 6u);
  EXPECT_EQ(description.members[0].target.at(0).partitions.size(), 3u);
  EXPECT_EQ(description.members[0].target.at(0).name, "t");
  EXPECT_TRUE(description.members[1].assignment.empty());
}

TEST(ConsumerGroupMetadataHash, IsKafkas) {
  TestCluster cluster;
  cluster.add("topic", 3);
  Subscriptions subscriptions;
  subscriptions["topic"].by_name = 1;
  subscriptions["missing"].by_name = 1;
  EXPECT_NE(TopicHashes().of(subscriptions, cluster), 0u);
  subscriptions.erase("topic");
  EXPECT_EQ(TopicHashes().of(subscriptions, cluster), 0u);
}

// A topic "topic" with id 01..10 and three partitions, hashed by Kafka 4.3.1.
class KafkasTopic final : public ClusterView {
 public:
  explicit KafkasTopic(std::vector<std::string> racks) : racks_(std::move(racks)) {
    for (std::size_t i = 0; i < 16; ++i) topic_.id.bytes[i] = static_cast<std::uint8_t>(i + 1);
    topic_.name = "topic";
    topic_.partitions = 3;
  }
  std::optional<TopicInfo> topic(std::string_view name) const override {
    return name == "topic" ? std::optional(topic_) : std::nullopt;
  }
  std::optional<TopicInfo> topic(const Uuid&) const override { return topic_; }
  void for_each_topic_name(const std::function<void(const std::string&)>&) const override {}
  std::vector<std::string> racks(const Uuid&, std::int32_t) const override { return racks_; }
  std::int64_t version() const override { return 1; }
  std::int64_t newest_topic_version() const override { return 1; }
  Timing timing(const std::string&) const override { return {}; }
  Timing share_timing(const std::string&) const override { return {}; }

 private:
  TopicInfo topic_;
  std::vector<std::string> racks_;
};

TEST(ConsumerGroupMetadataHash, EqualsWhatKafkaComputes) {
  Subscriptions subscriptions;
  subscriptions["topic"].by_name = 1;
  EXPECT_EQ(TopicHashes().of(subscriptions, KafkasTopic({})), 0xf414b7f508dc0346u);
  EXPECT_EQ(TopicHashes().of(subscriptions, KafkasTopic({"r1", "r0"})), 0xd365239b3a27b92eu);
}

}  // namespace
}  // namespace barnabas::broker::groups::consumer
