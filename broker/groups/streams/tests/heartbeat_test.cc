#include <gtest/gtest.h>

#include <algorithm>

#include "broker/groups/streams/offset_checks.h"
#include "broker/groups/streams/tests/bench.h"
#include "common/text.h"

namespace barnabas::broker::groups::streams {
namespace {

bool tells(const HeartbeatReply& reply, StatusCode code, const std::string& detail) {
  return std::find(reply.statuses.begin(), reply.statuses.end(), Status{code, detail}) !=
         reply.statuses.end();
}

TEST(StreamsGroupHeartbeat, TheFirstMemberGetsEverythingAtOnce) {
  Bench bench;
  const HeartbeatReply reply = bench.heartbeat(joining("m"));
  EXPECT_EQ(reply.error, ErrorCode::kNone);
  EXPECT_EQ(reply.member_id, "m");
  EXPECT_EQ(reply.member_epoch, 2);
  EXPECT_EQ(reply.heartbeat_interval_ms, 5'000);
  ASSERT_TRUE(reply.assignment);
  EXPECT_EQ(reply.assignment->active, (TaskSet{{"0", {0, 1, 2, 3}}}));
  EXPECT_TRUE(reply.statuses.empty());
  EXPECT_EQ(bench.state(), "Stable");
  // In Kafka's order.
  EXPECT_EQ(bench.last_types(), (std::vector{kMemberType, kTopologyType, kEpochType, kTargetType,
                                             kTargetEpochType, kCurrentType}));
  EXPECT_FALSE(bench.heartbeat(beating("m", 2)).assignment);
  EXPECT_TRUE(bench.last_types().empty());
}

TEST(StreamsGroupHeartbeat, RequestsThatMissSomethingAreInvalid) {
  Bench bench;
  const auto expect_invalid = [&](const HeartbeatCommand& command, const std::string& message,
                                  ErrorCode error = ErrorCode::kInvalidRequest) {
    const HeartbeatReply reply = bench.heartbeat(command);
    EXPECT_EQ(reply.error, error);
    EXPECT_EQ(reply.error_message, message);
    EXPECT_EQ(bench.protocol->find("g"), nullptr);
  };
  const auto with = [](auto change) {
    HeartbeatCommand command = joining("m");
    change(command);
    return command;
  };
  expect_invalid(with([](auto& c) { c.instance_id = "i"; }), "Static membership is not yet supported.");
  expect_invalid(with([](auto& c) { c.has_task_offsets = true; }), "TaskOffsets are not supported yet.");
  expect_invalid(with([](auto& c) { c.has_task_end_offsets = true; }),
                 "TaskEndOffsets are not supported yet.");
  expect_invalid(with([](auto& c) { c.warmup = TaskSet{{"0", {0}}}; }), "WarmupTasks are not supported yet.");
  expect_invalid(with([](auto& c) { c.topology->subtopologies[0].source_topic_regex = {"t.*"}; }),
                 "Regular expressions for source topics are not supported yet.");
  expect_invalid(with([](auto& c) { c.member_id = " "; }), "MemberId can't be empty.");
  expect_invalid(with([](auto& c) { c.group_id = ""; }), "GroupId can't be empty.");
  expect_invalid(with([](auto& c) { c.rack_id = ""; }), "RackId can't be empty.");
  expect_invalid(with([](auto& c) { c.rebalance_timeout_ms = -1; }),
                 "RebalanceTimeoutMs must be provided in first request.");
  expect_invalid(with([](auto& c) { c.active = TaskSet{{"0", {0}}}; }),
                 "ActiveTasks must be empty when (re-)joining.");
  expect_invalid(with([](auto& c) { c.standby.reset(); }), "StandbyTasks must be empty when (re-)joining.");
  expect_invalid(with([](auto& c) { c.warmup.reset(); }), "WarmupTasks must be empty when (re-)joining.");
  expect_invalid(with([](auto& c) { c.topology.reset(); }), "Topology must be non-null when (re-)joining.");
  expect_invalid(
      with([](auto& c) { c.topology->subtopologies[0].state_changelog_topics = {topic_info("log", 3)}; }),
      "Changelog topic log must have an undefined partition count, but it is set to 3.",
      ErrorCode::kStreamsInvalidTopology);
  expect_invalid(with([](auto& c) { c.member_epoch = 1; }),
                 "Topology can only be provided when (re-)joining.");
  HeartbeatCommand half = beating("m", 1);
  half.active = TaskSet();
  expect_invalid(half, "If one task-type is non-null, all must be non-null.");
  expect_invalid(beating("m", kStaticLeaveEpoch), "InstanceId can't be null.");
  expect_invalid(beating("m", -3), "MemberEpoch is -3, but must be greater than or equal to -2.");
  expect_invalid(joining(std::string(40'000, 'm')), "GroupId or MemberId is too long.");
}

TEST(StreamsGroupHeartbeat, WhoIsNotThereIsUnknown) {
  Bench bench;
  EXPECT_EQ(bench.heartbeat(beating("m", 1)).error_message, "Streams group g not found.");
  EXPECT_EQ(bench.heartbeat(beating("m", kLeaveEpoch)).error, ErrorCode::kGroupIdNotFound);
  bench.heartbeat(joining("m"));
  const HeartbeatReply reply = bench.heartbeat(beating("n", 1));
  EXPECT_EQ(reply.error, ErrorCode::kUnknownMemberId);
  EXPECT_EQ(reply.error_message, "Member n is not a member of group g.");
  EXPECT_EQ(bench.heartbeat(beating("n", kLeaveEpoch)).error, ErrorCode::kUnknownMemberId);
}

TEST(StreamsGroupHeartbeat, WrongEpochsAreFenced) {
  Bench bench;
  TestMember member(bench, joining("m"));
  member.beat();
  EXPECT_EQ(bench.heartbeat(beating("m", 3)).error_message,
            "The streams group member has a greater member epoch (3) than the one known by the group "
            "coordinator (2). The member must abandon all its partitions and rejoin.");
  EXPECT_EQ(bench.heartbeat(beating("m", 1)).error, ErrorCode::kFencedMemberEpoch);
  // Whose answer was lost may come with the epoch before, if it has nothing more than it should.
  HeartbeatCommand late = beating("m", bench.member("m").previous_epoch);
  EXPECT_EQ(late.member_epoch, 0);
  bench.cluster->config.standby_replicas = 1;
  EXPECT_EQ(bench.heartbeat(beating("m", 2)).member_epoch, 3);
  late = beating("m", 2);
  EXPECT_EQ(bench.heartbeat(late).error, ErrorCode::kFencedMemberEpoch);
  late.active = TaskSet{{"0", {1}}};
  late.standby = TaskSet();
  late.warmup = TaskSet();
  EXPECT_EQ(bench.heartbeat(late).member_epoch, 3);
  late.active = TaskSet{{"0", {9}}};
  EXPECT_EQ(bench.heartbeat(late).error, ErrorCode::kFencedMemberEpoch);
}

TEST(StreamsGroupHeartbeat, TasksThatTheTopologyDoesNotHaveAreInvalid) {
  Bench bench;
  bench.heartbeat(joining("m"));
  HeartbeatCommand command = beating("m", 2);
  command.active = TaskSet{{"0", {4}}};
  command.standby = TaskSet();
  command.warmup = TaskSet();
  EXPECT_EQ(bench.heartbeat(command).error_message,
            "Task 4 for subtopology 0 is invalid. Number of tasks for this subtopology: 4");
  command.active = TaskSet{{"7", {0}}};
  EXPECT_EQ(bench.heartbeat(command).error_message, "Subtopology 7 does not exist in the topology.");
}

TEST(StreamsGroupHeartbeat, AFullGroupTakesNobody) {
  Settings settings;
  settings.max_size = 1;
  Bench bench(settings);
  bench.heartbeat(joining("m"));
  const HeartbeatReply reply = bench.heartbeat(joining("n"));
  EXPECT_EQ(reply.error, ErrorCode::kGroupMaxSizeReached);
  EXPECT_EQ(reply.error_message, "The streams group has reached its maximum capacity of 1 members.");
}

// --- Topologies ---

TEST(StreamsGroupHeartbeat, NothingIsAssignedUntilTheInternalTopicsExist) {
  Bench bench;
  TestMember member(bench, joining("m", word_count()));
  const HeartbeatReply reply = member.beat();
  EXPECT_TRUE(tells(reply, StatusCode::kMissingInternalTopics,
                    "Internal topics are missing: changelog, repartition"));
  ASSERT_EQ(reply.missing_topics.size(), 2u);
  EXPECT_EQ(reply.missing_topics[1].partitions, 4);
  EXPECT_EQ(bench.state(), "NotReady");
  EXPECT_TRUE(member.owned().empty());
  bench.create_missing();
  EXPECT_TRUE(member.beat().statuses.empty());
  EXPECT_EQ(bench.state(), "Stable");
  EXPECT_EQ(member.active_tasks(), 8u);
  EXPECT_EQ(bench.group().validated_topology_epoch(), 0);
}

TEST(StreamsGroupHeartbeat, AMissingSourceTopicStopsTheGroupUntilItComes) {
  Bench bench;
  TestMember member(bench, joining("m", one_step("later")));
  EXPECT_TRUE(tells(member.beat(), StatusCode::kMissingSourceTopics, "Source topics later are missing."));
  EXPECT_EQ(bench.group().validated_topology_epoch(), -1);
  bench.cluster->add("later", 2);
  member.beat();
  EXPECT_EQ(member.active_tasks(), 2u);
  bench.cluster->remove("later");
  EXPECT_TRUE(tells(member.beat(), StatusCode::kMissingSourceTopics, "Source topics later are missing."));
  member.beat();
  EXPECT_EQ(member.active_tasks(), 0u);
}

TEST(StreamsGroupHeartbeat, ATopicThatGrowsBringsTasks) {
  Bench bench;
  TestMember member(bench, joining("m"));
  member.beat();
  bench.cluster->add("t", 6);
  member.beat();
  EXPECT_EQ(member.active_tasks(), 6u);
  EXPECT_EQ(bench.group().epoch(), 3);
}

TEST(StreamsGroupHeartbeat, ATopicThatIsNarrowerNowIsNoticedAfterARefusalToo) {
  Bench bench;
  TestMember member(bench, joining("m"));
  member.beat();
  bench.cluster->remove("t");
  bench.cluster->add("t", 2);
  HeartbeatCommand command = beating("m", member.epoch());
  command.active = member.owned().active;
  command.standby = TaskSet();
  command.warmup = TaskSet();
  EXPECT_EQ(bench.heartbeat(command).error, ErrorCode::kInvalidRequest);
  EXPECT_EQ(bench.group().epoch(), 2);
  bench.heartbeat(beating("m", member.epoch()));
  EXPECT_EQ(bench.group().epoch(), 3);
}

TEST(StreamsGroupHeartbeat, OneTopologyHoldsForAll) {
  Bench bench;
  TopologyValue newer = one_step();
  newer.epoch = 3;
  bench.heartbeat(joining("m", newer));
  const HeartbeatReply stale = bench.heartbeat(joining("n", one_step()));
  EXPECT_EQ(stale.error, ErrorCode::kNone);
  EXPECT_TRUE(tells(stale, StatusCode::kStaleTopology,
                    "The member's topology epoch 0 is behind the group's topology epoch 3."));
  newer.epoch = 4;
  EXPECT_EQ(bench.heartbeat(joining("o", newer)).error_message, "Topology updates are not supported yet.");
  newer.epoch = 3;
  newer.subtopologies[0].source_topics = {"t", "u"};
  EXPECT_EQ(bench.heartbeat(joining("o", newer)).error, ErrorCode::kInvalidRequest);
}

TEST(StreamsGroupHeartbeat, AnImpossibleTopologyMakesNoGroup) {
  Bench bench;
  TopologyValue loop = word_count();
  loop.subtopologies[0].repartition_sink_topics.clear();
  EXPECT_EQ(bench.heartbeat(joining("m", loop)).error, ErrorCode::kStreamsInvalidTopology);
  EXPECT_EQ(bench.protocol->find("g"), nullptr);
  EXPECT_FALSE(bench.protocol->next_deadline_ms());
}

// --- Reconciliation ---

TEST(StreamsGroupHeartbeat, ATaskMovesOnlyOnceItIsGivenBack) {
  Bench bench;
  TestMember one(bench, joining("m"));
  TestMember two(bench, joining("n"));
  one.beat();
  two.beat();
  EXPECT_EQ(bench.member("n").state, MemberState::kUnreleasedTasks);
  EXPECT_EQ(two.epoch(), 3);
  one.beat();  // is told to give back
  EXPECT_EQ(bench.member("m").state, MemberState::kUnrevokedTasks);
  EXPECT_EQ(one.epoch(), 2);
  two.beat();
  EXPECT_EQ(two.active_tasks(), 0u);
  one.beat();  // has given back
  EXPECT_EQ(one.epoch(), 3);
  two.beat();
  EXPECT_EQ(one.active_tasks(), 2u);
  EXPECT_EQ(two.active_tasks(), 2u);
  EXPECT_EQ(bench.state(), "Stable");
  EXPECT_EQ(bench.member("n").epoch_of("0", *two.owned().active.at("0").begin()), 3);
}

TEST(StreamsGroupHeartbeat, WhoGivesNothingBackIsRemoved) {
  Bench bench;
  TestMember one(bench, joining("m"));
  TestMember two(bench, joining("n"));
  one.beat();
  two.beat();
  one.lazy = true;
  one.beat();
  for (int i = 0; i < 6; ++i) {
    bench.advance(10'000);
    one.beat();
    two.beat();
  }
  EXPECT_EQ(bench.group().find("m"), nullptr);
  two.beat();
  EXPECT_EQ(two.active_tasks(), 4u);
}

TEST(StreamsGroupHeartbeat, AProcessNeverHasATaskTwice) {
  Bench bench;
  bench.cluster->add("changelog", 4);
  bench.cluster->config.standby_replicas = 1;
  TestMember one(bench, joining("m", one_step("t", true), "p"));
  TestMember two(bench, joining("n", one_step("t", true), "q"));
  for (int i = 0; i < 4; ++i) {
    one.beat();
    two.beat();
  }
  EXPECT_EQ(bench.state(), "Stable");
  EXPECT_EQ(one.owned().active, two.owned().standby);
  EXPECT_EQ(two.owned().active, one.owned().standby);
  two.leave();
  one.beat();
  for (int i = 0; i < 3; ++i) one.beat();
  EXPECT_EQ(one.active_tasks(), 4u);
  EXPECT_TRUE(one.owned().standby.empty());
  EXPECT_EQ(bench.state(), "Stable");
}

TEST(StreamsGroupHeartbeat, ANewNumberOfStandbysIsANewAssignment) {
  Bench bench;
  bench.cluster->add("changelog", 4);
  TestMember one(bench, joining("m", one_step("t", true)));
  TestMember two(bench, joining("n", one_step("t", true)));
  for (int i = 0; i < 3; ++i) {
    one.beat();
    two.beat();
  }
  EXPECT_TRUE(one.owned().standby.empty());
  bench.cluster->config.standby_replicas = 1;
  for (int i = 0; i < 2; ++i) {
    one.beat();
    two.beat();
  }
  EXPECT_EQ(one.owned().standby, two.owned().active);
  EXPECT_EQ(bench.group().last_configs(), (AssignmentConfigs{{"num.standby.replicas", "1"}}));
}

// --- Time ---

TEST(StreamsGroupHeartbeat, ANewGroupWaitsForFurtherMembers) {
  Bench bench;
  bench.cluster->config.initial_rebalance_delay_ms = 3'000;
  TestMember one(bench, joining("m"));
  TestMember two(bench, joining("n"));
  EXPECT_TRUE(tells(one.beat(), StatusCode::kAssignmentDelayed,
                    "Assignment delayed due to the configured initial rebalance delay."));
  EXPECT_EQ(one.epoch(), 1);
  bench.advance(2'000);
  two.beat();
  bench.advance(999);
  EXPECT_EQ(bench.group().target_epoch(), 1);
  bench.advance(1);
  EXPECT_EQ(bench.group().target_epoch(), 3);
  one.beat();
  two.beat();
  EXPECT_EQ(one.active_tasks(), 2u);
  EXPECT_EQ(two.active_tasks(), 2u);
}

TEST(StreamsGroupHeartbeat, TheDelayOfAGroupThatIsEmptyAgainIsOver) {
  Bench bench;
  bench.cluster->config.initial_rebalance_delay_ms = 3'000;
  TestMember one(bench, joining("m"));
  one.beat();
  one.leave();
  bench.advance(3'000);
  EXPECT_EQ(bench.group().target_epoch(), 1);
  one.beat();
  bench.advance(3'000);
  one.beat();
  EXPECT_EQ(one.active_tasks(), 4u);
}

TEST(StreamsGroupHeartbeat, AssignmentsComeNoMoreOftenThanTheyMay) {
  Bench bench;
  bench.cluster->config.assignment_interval_ms = 1'000;
  TestMember one(bench, joining("m"));
  TestMember two(bench, joining("n"));
  one.beat();
  bench.advance(999);
  EXPECT_TRUE(tells(two.beat(), StatusCode::kAssignmentDelayed,
                    "Assignment delayed due to the configured assignment interval."));
  EXPECT_EQ(bench.state(), "Assigning");
  bench.advance(1);
  two.beat();
  EXPECT_EQ(bench.group().target_epoch(), 3);
}

TEST(StreamsGroupHeartbeat, WhoWaitsComesBackWhenItMayBeThere) {
  Bench bench;
  bench.cluster->config.initial_rebalance_delay_ms = 3'000;
  bench.cluster->config.prompt = true;
  TestMember one(bench, joining("m"));
  EXPECT_EQ(one.beat().heartbeat_interval_ms, 3'000);
  bench.advance(3'000);
  EXPECT_EQ(one.beat().heartbeat_interval_ms, 5'000);
  EXPECT_EQ(one.active_tasks(), 4u);
  bench.cluster->config.assignment_interval_ms = 4'000;
  TestMember two(bench, joining("n"));
  EXPECT_EQ(two.beat().heartbeat_interval_ms, 4'000) << "until the next assignment";
}

TEST(StreamsGroupHeartbeat, WhoIsNotHeardOfIsRemoved) {
  Bench bench;
  TestMember member(bench, joining("m"));
  member.beat();
  bench.advance(44'999);
  EXPECT_NE(bench.group().find("m"), nullptr);
  bench.advance(1);
  EXPECT_EQ(bench.state(), "Empty");
  EXPECT_EQ(bench.last_types(), (std::vector{kCurrentType, kTargetType, kMemberType, kEpochType}));
  EXPECT_EQ(member.beat().error, ErrorCode::kUnknownMemberId);
  member.beat();
  EXPECT_EQ(member.active_tasks(), 4u);
}

TEST(StreamsGroupHeartbeat, SessionsStartAnewAfterARestart) {
  Bench bench;
  TestMember member(bench, joining("m", word_count()));
  member.beat();
  bench.create_missing();
  member.beat();
  const std::string before = Bench::picture(*bench.protocol);
  bench.restart();
  EXPECT_EQ(Bench::picture(*bench.protocol), before);
  bench.advance(44'000);
  member.beat();
  EXPECT_EQ(Bench::picture(*bench.protocol), before);
  bench.advance(45'000);
  EXPECT_EQ(bench.state(), "Empty");
}

TEST(StreamsGroupHeartbeat, ADeadlineWhoseRecordsAreLostComesAgain) {
  Bench bench;
  bench.heartbeat(joining("m"));
  bench.now.mono_ms += 45'000;
  const auto event = bench.protocol->take_due(bench.now);
  ASSERT_TRUE(event);
  bench.protocol->repeat(*event, bench.now);
  EXPECT_EQ(bench.protocol->next_deadline_ms(), bench.now.mono_ms + 500);
  bench.advance(500);
  EXPECT_EQ(bench.state(), "Empty");
}

// --- The application ---

TEST(StreamsGroupHeartbeat, AMemberCanShutTheApplicationDown) {
  Bench bench;
  TestMember one(bench, joining("m"));
  TestMember two(bench, joining("n"));
  one.beat();
  two.beat();
  HeartbeatCommand fatal = beating("m", kLeaveEpoch);
  fatal.shuts_application_down = true;
  bench.heartbeat(fatal);
  const std::string sentence =
      "Streams group member m encountered a fatal error and requested a shutdown for the entire application.";
  EXPECT_TRUE(tells(two.beat(), StatusCode::kShutdownApplication, sentence));
  two.leave();
  EXPECT_FALSE(tells(two.beat(), StatusCode::kShutdownApplication, sentence));
}

TEST(StreamsGroupHeartbeat, EndpointsAreToldToWhoDoesNotKnowThem) {
  Bench bench;
  bench.cluster->add("changelog", 4);
  bench.cluster->config.standby_replicas = 1;
  HeartbeatCommand first = joining("m", one_step("t", true));
  first.endpoint = Endpoint{"one", 1};
  HeartbeatCommand second = joining("n", one_step("t", true));
  second.endpoint = Endpoint{"two", 2};
  TestMember one(bench, first);
  TestMember two(bench, second);
  for (int i = 0; i < 4; ++i) {
    one.beat();
    two.beat();
  }
  HeartbeatCommand knows_nothing = beating("m", one.epoch());
  const HeartbeatReply reply = bench.heartbeat(knows_nothing);
  EXPECT_GT(reply.endpoint_epoch, 0);
  ASSERT_TRUE(reply.endpoints);
  ASSERT_EQ(reply.endpoints->size(), 2u);
  for (const EndpointPartitions& endpoint : *reply.endpoints) {
    ASSERT_EQ(endpoint.active.size(), 1u);
    EXPECT_EQ(endpoint.active[0].name, "t");
    EXPECT_EQ(endpoint.active[0].partitions.size(), 2u);
    EXPECT_EQ(endpoint.standby[0].partitions.size(), 2u);
  }
  knows_nothing.endpoint_epoch = reply.endpoint_epoch;
  EXPECT_FALSE(bench.heartbeat(knows_nothing).endpoints);
}

TEST(StreamsGroupHeartbeat, AnEmptyGroupIsRemovedByItsTombstones) {
  Bench bench;
  TestMember member(bench, joining("m"));
  member.beat();
  member.leave();
  Records tombstones;
  bench.group().add_tombstones(tombstones);
  for (const Record& record : tombstones) bench.protocol->replay(record);
  EXPECT_EQ(bench.protocol->find("g"), nullptr);
}

TEST(StreamsGroupDescription, TellsTheTopologyWithTheNumbersFound) {
  Bench bench;
  HeartbeatCommand join = joining("m", word_count());
  join.endpoint = Endpoint{"here", 80};
  TestMember member(bench, join);
  member.beat();
  Description before = bench.protocol->describe(bench.group());
  EXPECT_EQ(before.subtopologies.at(1).changelogs.at(0).partitions, 0);
  bench.create_missing();
  member.beat();
  const Description after = bench.protocol->describe(bench.group());
  EXPECT_EQ(after.topology_epoch, 0);
  EXPECT_EQ(after.subtopologies.at(0).repartition_sink_topics, (std::vector<std::string>{"repartition"}));
  EXPECT_EQ(after.subtopologies.at(1).changelogs.at(0).partitions, 4);
  EXPECT_EQ(after.subtopologies.at(1).repartition_sources.at(0).partitions, 4);
  ASSERT_EQ(after.members.size(), 1u);
  EXPECT_EQ(after.members[0].member.process_id, "process-m");
  EXPECT_EQ(after.members[0].member.endpoint, (Endpoint{"here", 80}));
  EXPECT_EQ(after.members[0].target.active, member.owned().active);
}

// --- Offsets ---

TEST(StreamsGroupOffsets, ACommitNeedsTheEpochOrTheTaskSinceThen) {
  Bench bench;
  TestMember one(bench, joining("m"));
  TestMember two(bench, joining("n"));
  one.beat();
  CommitCommand command;
  command.group_id = "g";
  command.member_id = "m";
  command.generation_id = 2;
  command.expects_group_not_found = true;
  command.topics.push_back({"t", Uuid(), {{0, 7, -1, std::nullopt}}});
  const auto check = [&] { return check_commit(bench.group(), command, false); };
  EXPECT_EQ(check(), ErrorCode::kNone);
  command.generation_id = 3;
  EXPECT_EQ(check(), ErrorCode::kStaleMemberEpoch);
  EXPECT_EQ(check_commit(bench.group(), command, true), ErrorCode::kIllegalGeneration);
  for (int i = 0; i < 3; ++i) {
    two.beat();
    one.beat();
  }
  ASSERT_EQ(bench.member("m").epoch, 3);
  command.generation_id = 2;
  const std::int32_t kept = *one.owned().active.at("0").begin();
  command.topics[0].partitions[0].index = kept;
  EXPECT_EQ(check(), ErrorCode::kNone);
  command.topics[0].partitions[0].index = *two.owned().active.at("0").begin();
  EXPECT_EQ(check(), ErrorCode::kStaleMemberEpoch);
  command.topics[0].name = "another";
  EXPECT_EQ(check(), ErrorCode::kStaleMemberEpoch);
  command.expects_group_not_found = false;
  EXPECT_EQ(check(), ErrorCode::kUnsupportedVersion);
  command.member_id = "nobody";
  EXPECT_EQ(check(), ErrorCode::kUnknownMemberId);
}

TEST(StreamsGroupOffsets, AFetchOfAMemberNeedsItsEpoch) {
  Bench bench;
  bench.heartbeat(joining("m"));
  FetchOffsetsCommand command;
  command.group_id = "g";
  EXPECT_EQ(check_fetch(bench.group(), command), ErrorCode::kNone);
  command.member_id = "m";
  command.member_epoch = 2;
  EXPECT_EQ(check_fetch(bench.group(), command), ErrorCode::kNone);
  command.member_epoch = 1;
  EXPECT_EQ(check_fetch(bench.group(), command), ErrorCode::kStaleMemberEpoch);
  command.member_id = "n";
  EXPECT_EQ(check_fetch(bench.group(), command), ErrorCode::kUnknownMemberId);
}

}  // namespace
}  // namespace barnabas::broker::groups::streams
