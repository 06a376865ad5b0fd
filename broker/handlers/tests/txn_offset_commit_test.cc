// TxnOffsetCommit from bytes to records of __consumer_offsets and back: over real partitions.
#include "broker/handlers/txn_offset_commit.h"

#include "broker/coordination/partition_log.h"
#include "broker/handlers/offset_fetch.h"
#include "broker/internal_topics.h"
#include "broker/partition/marker_writer.h"
#include "broker/tests/support/call.h"
#include "broker/tests/support/partition_world.h"
#include "broker/tests/support/scripted_gate.h"

namespace barnabas::broker {
namespace {

using protocol::ErrorCode;
using protocol::OffsetFetchRequest;
using protocol::OffsetFetchResponse;
using protocol::TxnOffsetCommitRequest;
using protocol::TxnOffsetCommitResponse;
using transactions::TransactionGate;

constexpr std::int32_t kPartitions = 2;
constexpr std::int16_t kOldErrors = 3, kAbortable = 4, kAdding = 5;

ErrorCode error_of(std::int16_t code) {
  return static_cast<ErrorCode>(code);
}

class TxnOffsetCommit : public ::testing::Test {
 protected:
  void SetUp() override {
    TopicRules rules;
    storage::LogConfig log;
    log.cleanup_compact = true;
    log.cleanup_delete = false;
    rules.log = std::make_shared<storage::LogConfig>(log);
    world.create_topic(std::string(kGroupMetadataTopic), kPartitions, rules);
    world.create_topic("orders", 2);
    metadata.set(world.image());
    apis_.add<TxnOffsetCommitRequest, TxnOffsetCommitResponse>(
        [this](const auto& context, auto&& request, auto reply) {
          handle_txn_offset_commit(context, *service_, std::move(request), std::move(reply));
        });
    apis_.add<OffsetFetchRequest, OffsetFetchResponse>(
        [this](const auto& context, auto&& request, auto reply) {
          handle_offset_fetch(context, *groups, metadata, std::move(request), std::move(reply));
        });
    start();
  }
  void TearDown() override { groups->shut_down(); }
  void start() {
    log_ = std::make_unique<coordination::PartitionLog>(*world.partitions, world.clock,
                                                        std::string(kGroupMetadataTopic), 0);
    groups = std::make_unique<groups::GroupCoordinator>(
        groups::GroupSettings{.offsets_topic_partitions = kPartitions}, world.clock, *world.random,
        world.scheduler, *log_);
    for (std::int32_t i = 0; i < kPartitions; ++i)
      groups->on_leader(i, (*world.partitions->find(kGroupMetadataTopic, i))->leader_epoch());
    world.scheduler.run_pending();
    markers = std::make_unique<MarkerWriter>(
        *world.partitions, world.clock,
        [this](std::int32_t partition, const transactions::Marker& marker, auto ended) {
          groups->end_transaction(partition, marker, std::move(ended));
        });
    service_.emplace(TxnOffsetCommitService{*groups, metadata, *world.partitions, verifier});
  }
  void restart(bool clean) {
    groups->shut_down();
    world.restart(clean);
    start();
  }

  static TxnOffsetCommitRequest request_of(std::int64_t offset, std::int16_t epoch = 0) {
    TxnOffsetCommitRequest request;
    request.transactional_id = "tx";
    request.group_id = "g";
    request.producer_id = 40;
    request.producer_epoch = epoch;
    auto& topic = request.topics.emplace_back();
    topic.name = "orders";
    for (const std::int32_t index : {0, 9}) {
      auto& partition = topic.partitions.emplace_back();
      partition.partition_index = index;
      partition.committed_offset = offset;
      partition.committed_metadata = "note";
    }
    return request;
  }
  ErrorCode commit(const TxnOffsetCommitRequest& request, std::int16_t version = kAdding) {
    const auto response = caller.call<TxnOffsetCommitResponse>(request, version);
    const auto& partitions = response.topics.at(0).partitions;
    EXPECT_EQ(partitions.at(1).partition_index, 9);
    EXPECT_EQ(error_of(partitions.at(1).error_code), ErrorCode::kUnknownTopicOrPartition);
    return error_of(partitions.at(0).error_code);
  }
  ErrorCode end(bool commits, std::int16_t epoch = 0, std::int32_t coordinator_epoch = 0,
                std::int16_t transaction_version = 0) {
    ErrorCode error = ErrorCode::kUnknownServerError;
    markers->write({40, epoch, coordinator_epoch, commits, transaction_version}, {offsets_partition()},
                   [&](std::vector<transactions::MarkerSink::Result> results) {
                     EXPECT_EQ(results.at(0).first, offsets_partition());
                     error = results.at(0).second;
                   });
    return error;
  }
  OffsetFetchResponse::OffsetFetchResponsePartitions fetched(bool stable = false) {
    OffsetFetchRequest request;
    request.require_stable = stable;
    auto& group = request.groups.emplace_back();
    group.group_id = "g";
    auto& topic = group.topics.emplace().emplace_back();
    topic.name = "orders";
    topic.partition_indexes = {0};
    return caller.call<OffsetFetchResponse>(request, 8).groups.at(0).topics.at(0).partitions.at(0);
  }
  TopicPartition offsets_partition() const {
    return {std::string(kGroupMetadataTopic), groups->partition_for("g")};
  }
  storage::Log& offsets_log() {
    return (*world.partitions->find(kGroupMetadataTopic, groups->partition_for("g")))->log();
  }

  testing::PartitionWorld world;
  MetadataCache metadata;
  testing::ScriptedGate gate;
  TransactionVerifier verifier{gate, world.clock, world.scheduler, {.enabled = [] { return true; }}};
  std::unique_ptr<groups::GroupCoordinator> groups;
  std::unique_ptr<MarkerWriter> markers;

 private:
  std::unique_ptr<coordination::PartitionLog> log_;
  std::optional<TxnOffsetCommitService> service_;
  ApiTable apis_;
  Dispatcher dispatcher_{apis_, world.clock, nullptr};

 protected:
  testing::Caller caller{dispatcher_};
};

TEST_F(TxnOffsetCommit, IsPendingUntilTheMarkerAtEveryVersion) {
  for (std::int16_t version = 0; version <= 5; ++version) {
    const std::int64_t offset = 10 + version;
    EXPECT_EQ(commit(request_of(offset), version), ErrorCode::kNone) << version;
    EXPECT_EQ(error_of(fetched(true).error_code), ErrorCode::kUnstableOffsetCommit);
    EXPECT_EQ(fetched().committed_offset, version == 0 ? -1 : offset - 1);
    EXPECT_EQ(end(true), ErrorCode::kNone);
    EXPECT_EQ(fetched(true).committed_offset, offset);
    EXPECT_EQ(fetched().metadata, "note");
  }
}

TEST_F(TxnOffsetCommit, StandsInTheLogAsATransactionalBatch) {
  ASSERT_EQ(commit(request_of(5, 3)), ErrorCode::kNone);
  EXPECT_EQ(offsets_log().last_stable_offset(), 0);
  const auto read = offsets_log().read(0, 1 << 20, true, storage::ReadBound::kLogEnd);
  const Buffer bytes = read->records.to_buffer();
  const records::BatchView batch{ByteView(bytes)};
  EXPECT_TRUE(batch.is_transactional());
  EXPECT_EQ(batch.producer_id(), 40);
  EXPECT_EQ(batch.producer_epoch(), 3);
  EXPECT_EQ(batch.base_sequence(), 0);
  ASSERT_EQ(end(true, 4, 0, 2), ErrorCode::kNone);
  EXPECT_EQ(offsets_log().last_stable_offset(), 2);
}

TEST_F(TxnOffsetCommit, AsksForTheGroupsPartition) {
  ASSERT_EQ(commit(request_of(5)), ErrorCode::kNone);
  EXPECT_EQ(gate.last.partitions, std::vector<TopicPartition>{offsets_partition()});
  EXPECT_EQ(gate.last.mode, TransactionGate::Mode::kAdd);
  ASSERT_EQ(commit(request_of(6)), ErrorCode::kNone);
  EXPECT_EQ(gate.asked, 1);
  end(true);
  ASSERT_EQ(commit(request_of(7), kAbortable), ErrorCode::kNone);
  EXPECT_EQ(gate.last.mode, TransactionGate::Mode::kVerify);
}

TEST_F(TxnOffsetCommit, ErrorsOfTheTransactionCoordinatorReachTheClient) {
  const auto refused = [&](ErrorCode error, std::int16_t version) {
    gate.next = error;
    return commit(request_of(5), version);
  };
  EXPECT_EQ(refused(ErrorCode::kTransactionAbortable, kOldErrors), ErrorCode::kInvalidTxnState);
  EXPECT_EQ(refused(ErrorCode::kTransactionAbortable, kAbortable), ErrorCode::kTransactionAbortable);
  EXPECT_EQ(refused(ErrorCode::kNetworkException, kAdding), ErrorCode::kCoordinatorLoadInProgress);
  EXPECT_EQ(refused(ErrorCode::kConcurrentTransactions, kAdding), ErrorCode::kConcurrentTransactions);
  EXPECT_EQ(refused(ErrorCode::kProducerFenced, kAdding), ErrorCode::kInvalidProducerEpoch);
  EXPECT_EQ(offsets_log().log_end_offset(), 0);
}

TEST_F(TxnOffsetCommit, AMarkerThatComesBeforeTheAnswerWins) {
  gate.hold = true;
  const auto parked = caller.send(request_of(5), kAdding);
  EXPECT_FALSE(parked->answered());
  ASSERT_EQ(end(false), ErrorCode::kNone);
  gate.answer(ErrorCode::kNone);
  const auto response = testing::Caller::decode<TxnOffsetCommitResponse>(*parked, kAdding);
  EXPECT_EQ(error_of(response.topics.at(0).partitions.at(0).error_code), ErrorCode::kInvalidTxnState);
  EXPECT_EQ(error_of(fetched(true).error_code), ErrorCode::kNone);
}

TEST_F(TxnOffsetCommit, OldEpochsOfProducerAndCoordinatorAreRefused) {
  ASSERT_EQ(commit(request_of(5, 3)), ErrorCode::kNone);
  EXPECT_EQ(commit(request_of(6, 2)), ErrorCode::kInvalidProducerEpoch);
  EXPECT_EQ(end(true, 2), ErrorCode::kInvalidProducerEpoch);
  EXPECT_EQ(end(true, 3, 8), ErrorCode::kNone);
  EXPECT_EQ(end(true, 3, 7), ErrorCode::kTransactionCoordinatorFenced);
}

TEST_F(TxnOffsetCommit, PendingOffsetsSurviveARestart) {
  ASSERT_EQ(commit(request_of(5)), ErrorCode::kNone);
  for (const bool clean : {true, false}) {
    restart(clean);
    EXPECT_EQ(error_of(fetched(true).error_code), ErrorCode::kUnstableOffsetCommit);
    EXPECT_EQ(fetched().committed_offset, -1);
  }
  EXPECT_EQ(end(true), ErrorCode::kNone);
  EXPECT_EQ(fetched(true).committed_offset, 5);
  restart(false);
  EXPECT_EQ(fetched(true).committed_offset, 5);
}

TEST_F(TxnOffsetCommit, RefusesWhatNobodyCoordinates) {
  auto request = request_of(5);
  request.group_id = "";
  EXPECT_EQ(commit(request), ErrorCode::kInvalidGroupId);
  groups->on_resign(offsets_partition().partition);
  EXPECT_EQ(commit(request_of(5)), ErrorCode::kNotCoordinator);
  EXPECT_EQ(end(true), ErrorCode::kNotLeaderOrFollower);
}

TEST_F(TxnOffsetCommit, WithoutAnyPartitionThatExistsNobodyIsAsked) {
  auto request = request_of(5);
  request.topics[0].name = "ghost";
  const auto response = caller.call<TxnOffsetCommitResponse>(request, kAdding);
  for (const auto& partition : response.topics.at(0).partitions)
    EXPECT_EQ(error_of(partition.error_code), ErrorCode::kUnknownTopicOrPartition);
  EXPECT_EQ(gate.asked, 0);
}

}  // namespace
}  // namespace barnabas::broker
