#include "controller/active_controller.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "controller/features.h"
#include "controller/tests/harness.h"
#include "controller/tests/support.h"

namespace barnabas::controller {
namespace {

using storage::CrashLoss;
using storage::SimulatedFileSystem;
using testing::Node;

constexpr const char* kLogFile = "/data/__cluster_metadata-0/00000000000000000000.log";
constexpr const char* kQuorumState = "/data/__cluster_metadata-0/quorum-state";

std::string text_of(const SimulatedFileSystem& files, const std::string& path) {
  const auto content = files.content(path);
  return content ? std::string(as_text(*content)) : "absent";
}

TEST(ActiveControllerTest, FirstStartWritesKafkasFirstRecords) {
  SimulatedFileSystem files;
  Node node(files);
  ASSERT_TRUE(node.format());
  const auto started = node.start();
  ASSERT_TRUE(started) << started.error();
  EXPECT_EQ(node.image().metadata_version(), 25);
  EXPECT_EQ(node.image().feature("transaction.version"), 2);
  EXPECT_EQ(node.image().feature("group.version"), 1);
  EXPECT_EQ(node.image().feature("share.version"), 1);
  EXPECT_EQ(node.image().feature("streams.version"), 1);
  EXPECT_EQ(node.image().kraft_version(), 1);
  EXPECT_EQ(node.image().controller_id(), 1);
  EXPECT_EQ(node.image().controllers().size(), 1u);

  // LeaderChange, KRaftVersion, Voters in one batch; the bootstrap in another; RegisterController.
  const Buffer log = files.content(kLogFile).value();
  records::BatchSplitter splitter(log);
  records::BatchView batch;
  ASSERT_EQ(splitter.next(batch), records::SplitOutcome::kBatch);
  EXPECT_TRUE(batch.is_control());
  EXPECT_EQ(batch.count(), 3);
  EXPECT_EQ(batch.leader_epoch(), 1);
  ASSERT_EQ(splitter.next(batch), records::SplitOutcome::kBatch);
  EXPECT_EQ(batch.base_offset(), 3);
  EXPECT_EQ(batch.count(), 7);
  const auto first = read_records(batch);
  ASSERT_TRUE(first);
  EXPECT_EQ(record_name(first->front()), "BeginTransaction");
  EXPECT_EQ(record_name(first->at(1)), "FeatureLevel");
  EXPECT_EQ(record_name(first->back()), "EndTransaction");
  ASSERT_EQ(splitter.next(batch), records::SplitOutcome::kBatch);
  EXPECT_EQ(batch.base_offset(), 10);
  EXPECT_EQ(splitter.next(batch), records::SplitOutcome::kEnd);

  EXPECT_EQ(
      text_of(files, kQuorumState),
      "{\"leaderId\":1,\"leaderEpoch\":1,\"votedId\":-1,\"votedDirectoryId\":\"AAAAAAAAAAAAAAAAAAAAAA\","
      "\"data_version\":1}");
  EXPECT_EQ(text_of(files, "/data/__cluster_metadata-0/partition.metadata"),
            "version: 0\ntopic_id: AAAAAAAAAAAAAAAAAAAAAQ");
}

TEST(ActiveControllerTest, StaticQuorumKeepsKraftVersionZero) {
  SimulatedFileSystem files;
  Node node(files);
  ASSERT_TRUE(node.format(true));
  ASSERT_TRUE(node.start());
  EXPECT_EQ(node.image().kraft_version(), 0);
  EXPECT_EQ(text_of(files, kQuorumState),
            "{\"clusterId\":\"\",\"leaderId\":1,\"leaderEpoch\":1,\"votedId\":-1,\"appliedOffset\":0,"
            "\"currentVoters\":[{\"voterId\":1}],\"data_version\":0}");
  EXPECT_FALSE(files.content("/data/__cluster_metadata-0/00000000000000000000-0000000000.checkpoint"));
}

TEST(ActiveControllerTest, EveryStartIsANewEpoch) {
  SimulatedFileSystem files;
  Node node(files);
  ASSERT_TRUE(node.format());
  for (std::int32_t epoch = 1; epoch <= 4; ++epoch) {
    ASSERT_TRUE(node.start());
    EXPECT_EQ(node.active->describe_quorum().leader_epoch, epoch);
    EXPECT_EQ(node.active->describe_quorum().high_watermark, node.active->next_offset());
    node.active->stop();
  }
}

TEST(ActiveControllerTest, RestartFromLogGivesTheSameImage) {
  SimulatedFileSystem files;
  Node node(files);
  ASSERT_TRUE(node.format());
  ASSERT_TRUE(node.start());
  node.join();
  for (int i = 0; i < 20; ++i) ASSERT_TRUE(node.create_topic("topic" + std::to_string(i), 3).ok());
  const auto before = node.active->image();
  node.active->stop();
  Node again(files);
  ASSERT_TRUE(again.start());
  EXPECT_EQ(again.image().topic_count(), 20u);
  EXPECT_EQ(again.image().partition_count(), 60u);
  EXPECT_EQ(*again.image().topic("topic7"), *before->topic("topic7"));
  EXPECT_EQ(again.image().broker(1)->epoch, before->broker(1)->epoch);
}

TEST(ActiveControllerTest, RestartFromSnapshotGivesTheSameImage) {
  SimulatedFileSystem files;
  Node node(files);
  ASSERT_TRUE(node.format());
  ASSERT_TRUE(node.start());
  node.join();
  for (int i = 0; i < 10; ++i) ASSERT_TRUE(node.create_topic("topic" + std::to_string(i), 2).ok());
  const auto written = node.active->write_snapshot();
  ASSERT_TRUE(written) << written.error();
  ASSERT_TRUE(node.create_topic("after").ok());
  const auto before = node.active->image();
  const std::int64_t end = node.active->next_offset();
  node.active->stop();

  // The log alone does not make the image any more once the snapshot is there: records before it are skipped.
  Node again(files);
  ASSERT_TRUE(again.start());
  EXPECT_EQ(again.image().topic_count(), 11u);
  EXPECT_EQ(*again.image().topic("topic3"), *before->topic("topic3"));
  EXPECT_EQ(*again.image().topic("after"), *before->topic("after"));
  EXPECT_EQ(again.image().features(), before->features());
  EXPECT_GT(again.active->next_offset(), end);
}

TEST(ActiveControllerTest, OldSnapshotsAndSegmentsGoWhenTheyAreTooLarge) {
  SimulatedFileSystem files;
  Node node(files);
  node.config.segment_bytes = 4096;
  node.config.snapshot_after_bytes = 8192;
  node.config.retention_bytes = 20'000;
  ASSERT_TRUE(node.format());
  ASSERT_TRUE(node.start());
  node.join();
  for (int i = 0; i < 200; ++i) {
    ASSERT_TRUE(node.create_topic("topic" + std::to_string(i)).ok());
    if (i % 2 == 1) {
      const auto name = "topic" + std::to_string(i - 1);
      DeletedTopic gone;
      gone.name = name;
      node.run([&](const MetadataImage& now) { return node.active->topics().remove(now, {gone}); });
    }
    node.active->housekeep();
  }
  EXPECT_FALSE(files.content(kLogFile));
  const auto before = node.active->image();
  node.active->stop();
  Node again(files);
  const auto started = again.start();
  ASSERT_TRUE(started) << started.error();
  EXPECT_EQ(again.image().topic_count(), 100u);
  EXPECT_EQ(*again.image().topic("topic151"), *before->topic("topic151"));
  EXPECT_EQ(again.image().kraft_version(), 1);
}

TEST(ActiveControllerTest, SnapshotIsDueByTimeOnlyWithNewRecords) {
  SimulatedFileSystem files;
  Node node(files);
  ASSERT_TRUE(node.format());
  ASSERT_TRUE(node.start());
  EXPECT_EQ(node.active->housekeep(), 3'600'000);
  node.clock.advance_ms(3'600'000);
  EXPECT_EQ(node.active->housekeep(), std::nullopt);
  const auto paths = files.paths();
  EXPECT_EQ(std::count_if(paths.begin(), paths.end(),
                          [](const std::string& path) { return path.ends_with(".checkpoint"); }),
            3);  // bootstrap, 0-0 and the new one
}

TEST(ActiveControllerTest, NoOpRecordsComeOnlyWhenAskedFor) {
  SimulatedFileSystem files;
  Node node(files);
  ASSERT_TRUE(node.format());
  ASSERT_TRUE(node.start());
  const std::int64_t quiet = node.active->next_offset();
  node.clock.advance_ms(60'000);
  node.active->housekeep();
  EXPECT_EQ(node.active->next_offset(), quiet);
  node.active->stop();

  node.config.no_op_after_ms = 500;
  ASSERT_TRUE(node.start());
  const std::int64_t first = node.active->next_offset();
  EXPECT_EQ(node.active->housekeep(), 500);
  node.clock.advance_ms(500);
  EXPECT_EQ(node.active->housekeep(), 500);
  EXPECT_EQ(node.active->next_offset(), first + 1);
}

TEST(ActiveControllerTest, RestartOfABrokerRaisesLeaderEpochsTwice) {
  SimulatedFileSystem files;
  Node node(files);
  ASSERT_TRUE(node.format());
  ASSERT_TRUE(node.start());
  const std::int64_t epoch = node.join();
  ASSERT_TRUE(node.create_topic("t").ok());
  EXPECT_EQ(node.image().topic("t")->partition(0)->leader, 1);
  node.run([&](const MetadataImage& now) { return node.active->brokers().begin_shutdown(now, 1, epoch); });
  const auto stopped = node.image().topic("t");
  EXPECT_EQ(stopped->partition(0)->leader, kNoLeader);
  EXPECT_EQ(stopped->partition(0)->isr, std::vector<std::int32_t>{1});
  EXPECT_TRUE(node.image().broker(1)->in_controlled_shutdown);
  node.active->stop();

  ASSERT_TRUE(node.start());
  const std::int64_t next_epoch = node.join(epoch);
  EXPECT_GT(next_epoch, epoch);
  const PartitionImage partition = *node.image().topic("t")->partition(0);
  EXPECT_EQ(partition.leader, 1);
  EXPECT_EQ(partition.leader_epoch, 2);
  EXPECT_EQ(partition.partition_epoch, 2);
  EXPECT_TRUE(node.image().broker(1)->active());
}

TEST(ActiveControllerTest, BrokerThatWasKilledLosesItsLeadershipsWhenItRegisters) {
  SimulatedFileSystem files;
  Node node(files);
  ASSERT_TRUE(node.format());
  ASSERT_TRUE(node.start());
  node.join();
  ASSERT_TRUE(node.create_topic("t").ok());
  files.crash(CrashLoss::kNothing);

  Node again(files);
  ASSERT_TRUE(again.start());
  EXPECT_EQ(again.image().topic("t")->partition(0)->leader, 1);
  again.join();
  EXPECT_EQ(again.image().topic("t")->partition(0)->leader, 1);
  EXPECT_EQ(again.image().topic("t")->partition(0)->leader_epoch, 2);
}

TEST(ActiveControllerTest, HigherLevelThanKnownIsRefusedWithAClearMessage) {
  SimulatedFileSystem files;
  Node node(files);
  ASSERT_TRUE(node.format());
  ASSERT_TRUE(node.start());
  protocol::FeatureLevelRecord level;
  level.name = "metadata.version";
  level.feature_level = 34;
  ASSERT_TRUE(node.active->append({level}).ok());
  ASSERT_TRUE(node.active->commit().ok());
  node.active->stop();
  const auto started = node.start();
  ASSERT_FALSE(started);
  EXPECT_NE(started.error().find("metadata.version is 34"), std::string::npos) << started.error();
}

TEST(ActiveControllerTest, VotersOfOtherNodesAreRefused) {
  SimulatedFileSystem files;
  Node node(files);
  ASSERT_TRUE(node.format());
  ASSERT_TRUE(node.start());
  node.active->stop();
  node.config.directory_id = Uuid::reserved(201);
  const auto started = node.start();
  ASSERT_FALSE(started);
  EXPECT_NE(started.error().find("The voters of this cluster are 1 (directory"), std::string::npos);
}

TEST(ActiveControllerTest, MovedListenerIsWrittenWithTheNextLeaderChange) {
  SimulatedFileSystem files;
  Node node(files);
  ASSERT_TRUE(node.format());
  ASSERT_TRUE(node.start());
  node.active->stop();
  node.config.controller_endpoints = {Endpoint("CONTROLLER", "localhost", 19093, 0)};
  ASSERT_TRUE(node.start());
  node.active->stop();
  node.config.controller_endpoints.clear();
  ASSERT_TRUE(node.start());
  EXPECT_EQ(node.active->describe_quorum().nodes.front().endpoints.front().port, 19093);
}

TEST(ActiveControllerTest, TransactionCutByACrashIsAborted) {
  SimulatedFileSystem files;
  Node node(files);
  ASSERT_TRUE(node.format());
  ASSERT_TRUE(node.start());
  node.join();
  protocol::TopicRecord topic;
  topic.name = "half";
  topic.topic_id = testing::kTopicId;
  ASSERT_TRUE(node.active->append({protocol::BeginTransactionRecord(), topic}).ok());
  ASSERT_TRUE(node.active->commit().ok());
  EXPECT_FALSE(node.image().topic("half"));
  node.active->stop();
  ASSERT_TRUE(node.start());
  EXPECT_FALSE(node.image().topic("half"));
  EXPECT_TRUE(node.create_topic("half").ok());
}

TEST(ActiveControllerTest, FullDiskRefusesWritesAndShowsNothingOfThem) {
  SimulatedFileSystem files;
  Node node(files);
  ASSERT_TRUE(node.format());
  ASSERT_TRUE(node.start());
  node.join();
  files.fail_at(files.operations() + 1, ENOSPC);
  EXPECT_EQ(node.create_topic("lost").code, protocol::ErrorCode::kKafkaStorageError);
  EXPECT_EQ(node.create_topic("too").code, protocol::ErrorCode::kKafkaStorageError);
  node.active->stop();
  Node again(files);
  ASSERT_TRUE(again.start());
  EXPECT_EQ(again.image().topic_count(), 0u);
}

// What was answered survives a power loss at every operation on files, and every start after it succeeds.
TEST(ActiveControllerTest, CrashAtEveryOperationLosesNothingThatWasAnswered) {
  for (const CrashLoss loss : {CrashLoss::kAllUnsynced, CrashLoss::kRandom, CrashLoss::kNothing}) {
    for (std::uint64_t stop = 1;; ++stop) {
      SimulatedFileSystem files(stop);
      files.put("/data/.lock", {});  // the log directory is the LogManager's to make
      files.stop_at(stop);
      std::set<std::string> answered;
      bool finished = false;
      {
        Node node(files, stop);
        node.config.snapshot_after_bytes = 600;
        if (node.format() && node.start() && node.join() >= 0) {
          finished = true;
          for (int i = 0; i < 4 && finished; ++i) {
            const std::string name = "topic" + std::to_string(i);
            finished = node.create_topic(name).ok();
            if (finished) answered.insert(name);
            node.active->housekeep();
          }
        }
        finished = finished && files.operations() < stop;
      }
      files.crash(loss);
      Node again(files, stop + 1000);
      ASSERT_TRUE(again.format()) << "stopped at " << stop;
      const auto started = again.start();
      ASSERT_TRUE(started) << "stopped at " << stop << ": " << started.error();
      EXPECT_EQ(again.image().metadata_version(), 25) << "stopped at " << stop;
      for (const std::string& name : answered) {
        EXPECT_TRUE(again.image().topic(name)) << name << " is gone, stopped at " << stop;
      }
      if (finished) break;
    }
  }
}

}  // namespace
}  // namespace barnabas::controller
