// States of share partitions and start offsets, by the rules of Kafka 4.3.1.
#include <gtest/gtest.h>

#include "broker/groups/share/tests/bench.h"

namespace barnabas::broker::groups::share {
namespace {

const Uuid kT = consumer::TestCluster::id_of("t");

AlterOffsetsOutcome alter(Bench& bench, std::vector<AlterTopic> topics) {
  Records records;
  AlterOffsetsOutcome out = bench.protocol->alter_offsets({"g", std::move(topics)}, bench.now, records);
  bench.append(std::move(records));
  return out;
}

DeleteOffsetsOutcome forget(Bench& bench, std::vector<std::string> topics) {
  Records records;
  DeleteOffsetsOutcome out = bench.protocol->delete_offsets({"g", std::move(topics)}, records);
  bench.append(std::move(records));
  return out;
}

// A group that has read "t" and has no members.
void make_empty_group(Bench& bench) {
  TestMember member(bench, "m");
  member.beat();
  member.beat();
  member.leave();
}

TEST(ShareStates, WhatCouldNotBeInitializedIsAskedForAgainAtTheNextHeartbeat) {
  Bench bench;
  bench.answers_at_once = false;
  TestMember member(bench, "m");
  member.beat();
  bench.answer_initialization(false);
  EXPECT_TRUE(bench.states().initializing.empty());
  member.beat();
  EXPECT_EQ(bench.initializations, 2u);
  bench.answer_initialization();
  member.beat();
  EXPECT_EQ(member.partitions(), 6u);
}

TEST(ShareStates, AnAnswerThatNeverComesIsAwaitedForAWhile) {
  Settings settings;
  settings.initialize_retry_interval_ms = 20'000;
  Bench bench(settings);
  bench.answers_at_once = false;
  TestMember member(bench, "m");
  member.beat();
  bench.advance(19'999);
  member.beat();
  EXPECT_EQ(bench.initializations, 1u);
  bench.advance(1);
  member.beat();
  EXPECT_EQ(bench.initializations, 2u);
  // The late answers of both are the same.
  bench.answer_initialization();
  bench.answer_initialization();
  member.beat();
  EXPECT_EQ(member.partitions(), 6u);
}

TEST(ShareStates, ARestartWaitsForWhatIsBeingInitialized) {
  Bench bench;
  bench.answers_at_once = false;
  TestMember member(bench, "m");
  member.beat();
  bench.restart();
  member.beat();
  EXPECT_EQ(bench.initializations, 1u);
  bench.advance(30'000);
  member.beat();
  EXPECT_EQ(bench.initializations, 2u);
}

TEST(ShareStates, AnswersForAGroupThatIsGoneAreForgotten) {
  Bench bench;
  Records records;
  bench.protocol->states_made("g", {{kT, {0}}}, {}, records);
  bench.protocol->states_removed("g", {kT}, records);
  EXPECT_TRUE(records.empty());
  EXPECT_TRUE(bench.protocol->initialized("g").empty());
}

TEST(ShareStates, OffsetsAreSetInANewGroup) {
  Bench bench;
  const AlterOffsetsOutcome out = alter(bench, {{"t", {{0, 10}, {6, 10}, {-1, 1}}}, {"missing", {{0, 1}}}});
  EXPECT_EQ(out.reply.error, ErrorCode::kNone);
  ASSERT_EQ(out.reply.topics.size(), 2u);
  EXPECT_EQ(out.reply.topics[0].topic_id, kT);
  EXPECT_EQ(out.reply.topics[0].partitions[0].error, ErrorCode::kNone);
  EXPECT_EQ(out.reply.topics[0].partitions[1].error, ErrorCode::kUnknownTopicOrPartition);
  EXPECT_EQ(out.reply.topics[0].partitions[2].error, ErrorCode::kUnknownTopicOrPartition);
  EXPECT_EQ(out.reply.topics[1].partitions[0].error, ErrorCode::kUnknownTopicOrPartition);
  ASSERT_EQ(out.initialization.states.size(), 1u);
  EXPECT_EQ(out.initialization.states[0].start_offset, 10);
  EXPECT_EQ(out.initialization.state_epoch, 1);
  EXPECT_EQ(bench.group().state(), GroupState::kEmpty);
  EXPECT_EQ(bench.states().initializing.at(kT).partitions, std::vector<std::int32_t>{0});
  Records records;
  bench.protocol->states_made("g", {{kT, {0}}}, {}, records);
  bench.append(std::move(records));
  EXPECT_EQ(bench.protocol->initialized("g"), (TopicPartitions{{kT, {0}}}));
  // The rest of the topic follows when somebody reads it.
  bench.answers_at_once = false;
  bench.heartbeat(joining("m"));
  EXPECT_EQ(bench.asked.front().second.states.size(), 5u);
}

TEST(ShareStates, OffsetsOfAGroupWithMembersStayAsTheyAre) {
  Bench bench;
  bench.heartbeat(joining("m"));
  EXPECT_EQ(alter(bench, {{"t", {{0, 10}}}}).reply.error, ErrorCode::kNonEmptyGroup);
  EXPECT_EQ(forget(bench, {"t"}).reply.error, ErrorCode::kNonEmptyGroup);
  Records records;
  EXPECT_EQ(bench.protocol->begin_deletion(bench.group(), records).error, ErrorCode::kNonEmptyGroup);
  EXPECT_TRUE(records.empty());
}

TEST(ShareStates, TopicsAreForgottenInTwoSteps) {
  Bench bench;
  make_empty_group(bench);
  bench.cluster->add("unread", 1);
  const DeleteOffsetsOutcome out = forget(bench, {"t", "unread", "missing"});
  EXPECT_EQ(out.reply.error, ErrorCode::kNone);
  EXPECT_EQ(out.states, (TopicPartitions{{kT, all_partitions(6)}}));
  ASSERT_EQ(out.reply.topics.size(), 2u);
  EXPECT_EQ(out.reply.topics[0].error_message, "There is no offset information to delete.");
  EXPECT_EQ(out.reply.topics[1].name, "missing");
  EXPECT_EQ(out.reply.topics[1].error, ErrorCode::kUnknownTopicOrPartition);
  EXPECT_TRUE(bench.states().initialized.empty());
  EXPECT_TRUE(bench.states().deleting.contains(kT));
  // A second try asks for the same.
  EXPECT_EQ(forget(bench, {"t"}).states, (TopicPartitions{{kT, all_partitions(6)}}));
  Records records;
  bench.protocol->states_removed("g", {kT}, records);
  bench.append(std::move(records));
  EXPECT_TRUE(bench.states().empty());
  EXPECT_EQ(forget(bench, {"t"}).reply.topics.front().error, ErrorCode::kUnknownTopicOrPartition);
}

TEST(ShareStates, AReaderTakesATopicBackThatIsBeingForgotten) {
  Bench bench;
  make_empty_group(bench);
  forget(bench, {"t"});
  bench.answers_at_once = false;
  bench.heartbeat(joining("m"));
  EXPECT_TRUE(bench.states().deleting.empty());
  EXPECT_EQ(bench.states().initializing.at(kT).partitions, all_partitions(6));
}

TEST(ShareStates, OffsetsOfAGroupThatIsNoneCannotBeForgotten) {
  Bench bench;
  const DeleteOffsetsOutcome out = forget(bench, {"t"});
  EXPECT_EQ(out.reply.error, ErrorCode::kGroupIdNotFound);
  EXPECT_EQ(out.reply.error_message, "Group g not found.");
}

TEST(ShareStates, AGroupIsDeletedAfterItsStates) {
  Bench bench;
  make_empty_group(bench);
  Records records;
  GroupDeletion deletion = bench.protocol->begin_deletion(bench.group(), records);
  bench.append(std::move(records));
  EXPECT_EQ(deletion.error, ErrorCode::kNone);
  EXPECT_EQ(deletion.states, (TopicPartitions{{kT, all_partitions(6)}}));
  EXPECT_EQ(bench.states().deleting.size(), 1u);
  // The persister failed, the administrator comes again.
  records.clear();
  deletion = bench.protocol->begin_deletion(bench.group(), records);
  EXPECT_EQ(deletion.states, (TopicPartitions{{kT, all_partitions(6)}}));
  records.clear();
  bench.group().add_tombstones(records);
  bench.append(std::move(records));
  EXPECT_EQ(bench.protocol->find("g"), nullptr);
}

TEST(ShareStates, DeletedTopicsLeaveAllThreeLists) {
  Bench bench;
  bench.cluster->add("u", 1);
  bench.cluster->add("v", 1);
  alter(bench, {{"t", {{0, 1}}}, {"u", {{0, 1}}}, {"v", {{0, 1}}}});
  const Uuid u = consumer::TestCluster::id_of("u"), v = consumer::TestCluster::id_of("v");
  Records records;
  bench.protocol->states_made("g", {{u, {0}}, {v, {0}}}, {}, records);
  bench.append(std::move(records));
  forget(bench, {"v"});
  EXPECT_EQ(bench.states().initializing.size(), 1u);
  EXPECT_EQ(bench.states().initialized.size(), 1u);
  EXPECT_EQ(bench.states().deleting.size(), 1u);
  records.clear();
  bench.protocol->topics_deleted({kT, u, v}, records);
  bench.append(std::move(records));
  EXPECT_TRUE(bench.states().empty());
  records.clear();
  bench.protocol->topics_deleted({kT, u, v}, records);
  EXPECT_TRUE(records.empty());
}

}  // namespace
}  // namespace barnabas::broker::groups::share
