#include "broker/share/partition/share_partition.h"

#include <gtest/gtest.h>

namespace barnabas::broker::share {
namespace {

using protocol::ErrorCode;
using Ranges = std::vector<AcquiredRange>;
using Batches = std::vector<StateBatch>;

constexpr std::int8_t kGap = 0, kAccept = 1, kRelease = 2, kReject = 3, kRenew = 4;

// A share partition over a log whose batches are given by their first and last offsets.
class SharePartitionRules : public testing::Test {
 protected:
  struct Spans {
    std::vector<LogBatch> batches;
    Spans(std::initializer_list<std::pair<std::int64_t, std::int64_t>> spans) {
      for (const auto& [first, last] : spans) batches.push_back({first, last});
    }
  };

  Ranges take(const std::string& member, const Spans& spans, std::int32_t max_records = 500,
              bool record_limit = false, std::int32_t batch_size = 500) {
    SharePartition::Acquire request;
    request.member = std::make_shared<const std::string>(member);
    request.record_limit = record_limit;
    request.batch_size = batch_size;
    request.max_records = max_records;
    request.fetch_offset = partition.next_fetch_offset();
    request.batches = spans.batches;
    request.aborted = aborted.empty() ? nullptr : &aborted;
    request.now_ms = now_ms;
    return partition.acquire(request, limits);
  }
  SharePartition::Change say(const std::string& member, std::int64_t first, std::int64_t last,
                             std::vector<std::int8_t> types) {
    const std::vector<AcknowledgeBatch> batches{{first, last, std::move(types)}};
    return partition.acknowledge(member, batches, limits, now_ms);
  }
  void settle(const SharePartition::Change& change, bool persisted = true) {
    EXPECT_EQ(change.error, ErrorCode::kNone) << change.message;
    partition.finish(change.batches, persisted, limits, now_ms);
  }
  ErrorCode error_of(const SharePartition::Change& change) { return change.error; }

  ShareLimits limits;
  std::int64_t now_ms = 1'000;
  SharePartition partition{0, {}};
  std::vector<storage::AbortedTransaction> aborted;
};

TEST_F(SharePartitionRules, NewRecordsAreAcquiredAndTheNextFetchGoesOnBehindThem) {
  EXPECT_EQ(partition.next_fetch_offset(), 0);
  EXPECT_EQ(take("a", {{0, 4}, {5, 9}}), (Ranges{{0, 9, 1}}));
  EXPECT_EQ(partition.next_fetch_offset(), 10);
  EXPECT_EQ(partition.start_offset(), 0);
  EXPECT_EQ(partition.in_flight_count(), 10);
}

TEST_F(SharePartitionRules, RecordsBelowTheStartAreNotAcquiredWithTheirBatch) {
  partition = SharePartition(3, {});
  EXPECT_EQ(take("a", {{0, 9}}), (Ranges{{3, 9, 1}}));
}

TEST_F(SharePartitionRules, ALimitOfRecordsIsRoundedUpToWholeBatches) {
  EXPECT_EQ(take("a", {{0, 4}, {5, 9}, {10, 14}}, 6), (Ranges{{0, 9, 1}}));
  EXPECT_EQ(partition.next_fetch_offset(), 10);
}

TEST_F(SharePartitionRules, TheRecordLimitIsKeptInRecordLimitMode) {
  EXPECT_EQ(take("a", {{0, 9}}, 4, true), (Ranges{{0, 3, 1}}));
  EXPECT_EQ(partition.next_fetch_offset(), 4);
  EXPECT_EQ(take("b", {{0, 9}}, 4, true), (Ranges{{4, 7, 1}}));
  EXPECT_EQ(take("a", {{0, 9}, {10, 19}}, 4, true), (Ranges{{8, 9, 1}, {10, 11, 1}}));
}

TEST_F(SharePartitionRules, RecordsAreAnsweredForInBatchesOfTheSizeAskedFor) {
  EXPECT_EQ(take("a", {{0, 4}, {5, 9}, {10, 14}, {15, 19}}, 500, false, 10),
            (Ranges{{0, 9, 1}, {10, 19, 1}}));
}

TEST_F(SharePartitionRules, NothingNewIsAcquiredWhileTheGroupHoldsItsLimit) {
  limits.max_in_flight = 10;
  EXPECT_EQ(take("a", {{0, 9}}), (Ranges{{0, 9, 1}}));
  EXPECT_FALSE(partition.can_acquire(limits));
  EXPECT_TRUE(take("b", {{10, 19}}).empty());
  settle(say("a", 3, 4, {kRelease}));
  EXPECT_TRUE(partition.can_acquire(limits));
  EXPECT_EQ(take("b", {{0, 9}, {10, 19}}), (Ranges{{3, 4, 2}}));
}

TEST_F(SharePartitionRules, AcceptedRecordsMoveTheStart) {
  take("a", {{0, 9}});
  settle(say("a", 0, 4, {kAccept}));
  EXPECT_EQ(partition.start_offset(), 5);
  EXPECT_EQ(partition.delivery_complete_count(), 0);
  settle(say("a", 7, 9, {kReject}));
  EXPECT_EQ(partition.start_offset(), 5);
  EXPECT_EQ(partition.delivery_complete_count(), 3);
  settle(say("a", 5, 6, {kAccept, kGap}));
  EXPECT_EQ(partition.start_offset(), 10);
  EXPECT_EQ(partition.next_fetch_offset(), 10);
  EXPECT_TRUE(partition.in_flight().empty());
  EXPECT_EQ(partition.delivery_complete_count(), 0);
}

TEST_F(SharePartitionRules, WhatIsToBePersistedIsJoined) {
  take("a", {{0, 9}});
  const auto change = say("a", 0, 5, {kAccept, kAccept, kReject, kRelease, kRelease, kAccept});
  EXPECT_EQ(change.batches, (Batches{{0, 1, 2, 1}, {2, 2, 4, 1}, {3, 4, 0, 1}, {5, 5, 2, 1}}));
}

TEST_F(SharePartitionRules, ReleasedRecordsAreHandedOutAgainOnlyWhenThatIsPersisted) {
  take("a", {{0, 9}});
  const auto change = say("a", 0, 9, {kRelease});
  EXPECT_EQ(partition.next_fetch_offset(), 10);
  EXPECT_TRUE(take("b", {{0, 9}}).empty());
  settle(change);
  EXPECT_EQ(partition.next_fetch_offset(), 0);
  EXPECT_EQ(take("b", {{0, 9}}), (Ranges{{0, 9, 2}}));
}

TEST_F(SharePartitionRules, ARefusedWriteGivesTheRecordsBackToTheirHolder) {
  take("a", {{0, 9}});
  settle(say("a", 0, 9, {kAccept}), false);
  EXPECT_EQ(partition.start_offset(), 0);
  EXPECT_EQ(partition.delivery_complete_count(), 0);
  EXPECT_TRUE(take("b", {{0, 9}}).empty());
  settle(say("a", 0, 9, {kAccept}));
  EXPECT_EQ(partition.start_offset(), 10);
}

TEST_F(SharePartitionRules, ARefusedWriteReleasesWhatWasLockedTooLong) {
  take("a", {{0, 9}});
  const auto change = say("a", 0, 9, {kAccept});
  now_ms += limits.lock_duration_ms;
  EXPECT_TRUE(partition.expire(limits, now_ms).empty());
  settle(change, false);
  EXPECT_EQ(take("b", {{0, 9}}), (Ranges{{0, 9, 2}}));
}

TEST_F(SharePartitionRules, OnlyTheHolderMayAcknowledgeAndOnlyOnce) {
  take("a", {{0, 9}});
  EXPECT_EQ(error_of(say("b", 0, 9, {kAccept})), ErrorCode::kInvalidRecordState);
  EXPECT_EQ(error_of(say("b", 2, 3, {kAccept})), ErrorCode::kInvalidRecordState);
  settle(say("a", 5, 9, {kAccept}));
  EXPECT_EQ(error_of(say("a", 5, 9, {kAccept})), ErrorCode::kInvalidRecordState);
  EXPECT_EQ(error_of(say("a", 10, 12, {kAccept})), ErrorCode::kInvalidRequest);
  EXPECT_EQ(error_of(say("a", 0, 12, {kAccept})), ErrorCode::kInvalidRequest);
  settle(say("a", 0, 4, {kAccept}));
  EXPECT_TRUE(say("a", 0, 4, {kAccept}).batches.empty());  // done with: no error
  EXPECT_EQ(error_of(say("a", 12, 12, {kAccept})), ErrorCode::kInvalidRecordState);
}

TEST_F(SharePartitionRules, AWrongAcknowledgementChangesNothing) {
  take("a", {{0, 9}});
  take("b", {{10, 19}});
  const std::vector<AcknowledgeBatch> batches{{0, 9, {kAccept}}, {10, 19, {kAccept}}};
  EXPECT_EQ(partition.acknowledge("a", batches, limits, now_ms).error, ErrorCode::kInvalidRecordState);
  EXPECT_EQ(partition.delivery_complete_count(), 0);
  settle(say("a", 0, 9, {kAccept}));
  EXPECT_EQ(partition.start_offset(), 10);
}

TEST_F(SharePartitionRules, AnExpiredLockMakesRecordsAvailable) {
  take("a", {{0, 9}});
  EXPECT_EQ(partition.next_deadline_ms(), now_ms + limits.lock_duration_ms);
  EXPECT_TRUE(partition.expire(limits, now_ms + limits.lock_duration_ms - 1).empty());
  now_ms += limits.lock_duration_ms;
  EXPECT_EQ(partition.expire(limits, now_ms), (Batches{{0, 9, 0, 1}}));
  EXPECT_EQ(partition.next_deadline_ms(), INT64_MAX);
  EXPECT_EQ(error_of(say("a", 0, 9, {kAccept})), ErrorCode::kInvalidRecordState);
  EXPECT_EQ(take("b", {{0, 9}}), (Ranges{{0, 9, 2}}));
}

TEST_F(SharePartitionRules, ARenewedLockLastsAgainAsLong) {
  take("a", {{0, 9}});
  now_ms += limits.lock_duration_ms - 1;
  EXPECT_TRUE(say("a", 0, 4, {kRenew}).batches.empty());
  now_ms += 1;
  EXPECT_EQ(partition.expire(limits, now_ms), (Batches{{5, 9, 0, 1}}));
  EXPECT_EQ(partition.next_deadline_ms(), now_ms - 1 + limits.lock_duration_ms);
  limits.renew_acknowledge = false;
  EXPECT_EQ(error_of(say("a", 0, 4, {kRenew})), ErrorCode::kInvalidRecordState);
}

TEST_F(SharePartitionRules, RecordsDeliveredTooOftenAreGivenUp) {
  limits.delivery_count_limit = 2;
  take("a", {{0, 9}});
  settle(say("a", 0, 9, {kRelease}));
  EXPECT_EQ(take("a", {{0, 9}}), (Ranges{{0, 9, 2}}));
  const auto change = say("a", 0, 9, {kRelease});
  EXPECT_EQ(change.batches, (Batches{{0, 9, 4, 2}}));
  settle(change);
  EXPECT_EQ(partition.start_offset(), 10);
}

TEST_F(SharePartitionRules, ThrottledRecordsGoOutInHalvesAndTheLastDeliveryAlone) {
  take("a", {{0, 7}});
  std::vector<std::size_t> sizes;
  for (int round = 0; round < 3; ++round) {
    settle(partition.release("a", limits));
    std::int64_t count = 0;
    for (const auto& range : take("a", {{0, 7}})) count += range.last_offset - range.first_offset + 1;
    sizes.push_back(static_cast<std::size_t>(count));
  }
  // Delivered once: all; three times and more: fewer and fewer (limit 5, throttled from 3 on).
  EXPECT_EQ(sizes, (std::vector<std::size_t>{8, 8, 4}));
  settle(partition.release("a", limits));
  EXPECT_EQ(take("a", {{0, 7}}), (Ranges{{0, 0, 5}}));
  EXPECT_EQ(partition.release("a", limits).batches, (Batches{{0, 0, 4, 5}}));
}

TEST_F(SharePartitionRules, AMemberThatLeavesReleasesWhatItHoldsAndNothingElse) {
  take("a", {{0, 9}});
  take("b", {{10, 19}});
  const auto change = partition.release("a", limits);
  EXPECT_EQ(change.batches, (Batches{{0, 9, 0, 1}}));
  settle(change);
  EXPECT_EQ(take("c", {{0, 9}, {10, 19}}), (Ranges{{0, 9, 2}}));
  settle(say("b", 10, 19, {kAccept}));
}

TEST_F(SharePartitionRules, DeletedRecordsArePassedOver) {
  take("a", {{0, 9}});
  settle(say("a", 5, 5, {kAccept}));
  partition.move_log_start(7);
  EXPECT_EQ(partition.start_offset(), 7);
  EXPECT_EQ(partition.delivery_complete_count(), 0);
  settle(say("a", 0, 9, {kAccept}));
  EXPECT_EQ(partition.start_offset(), 10);
  partition.move_log_start(30);
  EXPECT_EQ(partition.next_fetch_offset(), 30);
  partition.move_log_start(20);
  EXPECT_EQ(partition.start_offset(), 30);
}

TEST_F(SharePartitionRules, AnAcknowledgementUnderWayDoesNotUndoADeletion) {
  take("a", {{0, 9}});
  const auto change = say("a", 0, 9, {kRelease});
  partition.move_log_start(5);
  settle(change);
  EXPECT_EQ(partition.start_offset(), 5);
  EXPECT_EQ(take("b", {{0, 9}}), (Ranges{{5, 9, 2}}));
}

TEST_F(SharePartitionRules, GapsOfTheLogAreGivenUp) {
  take("a", {{0, 4}});
  EXPECT_EQ(take("a", {{8, 9}}), (Ranges{{8, 9, 1}}));
  settle(say("a", 0, 4, {kAccept}));
  EXPECT_EQ(partition.start_offset(), 8);
  settle(say("a", 8, 9, {kRelease}));
  EXPECT_EQ(take("a", {{20, 24}}), (Ranges{{20, 24, 1}}));  // compacted meanwhile
  EXPECT_EQ(partition.start_offset(), 20);
}

TEST_F(SharePartitionRules, RecordsOfAbortedTransactionsAreNeverHandedOut) {
  aborted = {{7, 5}};
  Spans log{{0, 4}, {5, 9}, {10, 10}, {11, 14}};
  log.batches[1].producer_id = log.batches[2].producer_id = log.batches[3].producer_id = 7;
  log.batches[1].is_transactional = log.batches[2].is_transactional = log.batches[3].is_transactional = true;
  log.batches[2].is_control = true;
  EXPECT_EQ(take("a", log), (Ranges{{0, 4, 1}, {10, 14, 1}}));
  settle(say("a", 0, 4, {kAccept}));
  EXPECT_EQ(partition.start_offset(), 10);
}

TEST_F(SharePartitionRules, APersistedStateIsTakenUpAgain) {
  const Batches persisted{{10, 14, 2, 1}, {20, 24, 0, 3}, {25, 29, 4, 5}};
  partition = SharePartition(10, persisted);
  EXPECT_EQ(partition.start_offset(), 15);
  EXPECT_EQ(partition.next_new_offset(), 30);
  EXPECT_EQ(partition.delivery_complete_count(), 5);
  // 15 to 19 were held when the state was written.
  EXPECT_EQ(take("a", {{10, 19}}), (Ranges{{15, 19, 1}}));
  EXPECT_EQ(partition.next_fetch_offset(), 20);
}

}  // namespace
}  // namespace barnabas::broker::share
