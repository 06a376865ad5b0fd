#include "storage/producer_state.h"

#include "storage/tests/support.h"

namespace barnabas::storage {
namespace {

class Producers : public ::testing::Test {
 protected:
  // Checks and applies one batch at the next offset.
  StorageResult<void> write(const Buffer& bytes, const ProducerCheck& how = {}) {
    const records::BatchView batch{ByteView(bytes)};
    ProducerChanges changes;
    if (auto done = state.check(batch, next, how, changes); !done) return done;
    state.apply(changes);
    for (const auto& transaction : changes.completed) {
      completed.push_back(transaction);
      state.complete(transaction);
    }
    next += batch.last_offset_delta() + 1;
    return {};
  }
  StorageErrorCode refusal(const Buffer& bytes, const ProducerCheck& how = {}) {
    const auto done = write(bytes, how);
    EXPECT_FALSE(done);
    return done ? StorageErrorCode::kClosed : done.error().code;
  }
  static ProducerCheck from(AppendOrigin origin, std::int16_t transaction_version = 0) {
    ProducerCheck how;
    how.origin = origin;
    how.transaction_version = transaction_version;
    return how;
  }

  ProducerState state;
  std::int64_t next = 0;
  std::vector<CompletedTransaction> completed;
};

TEST_F(Producers, SequencesMustFollow) {
  ASSERT_TRUE(write(data_batch(1, 0, 0, 3)));
  ASSERT_TRUE(write(data_batch(1, 0, 3, 2)));
  EXPECT_EQ(refusal(data_batch(1, 0, 6)), StorageErrorCode::kOutOfOrderSequence);
  EXPECT_EQ(refusal(data_batch(1, 0, 4)), StorageErrorCode::kOutOfOrderSequence);
  EXPECT_TRUE(write(data_batch(1, 0, 5)));
}

TEST_F(Producers, UnknownProducerMayBeginAnywhere) {
  EXPECT_TRUE(write(data_batch(1, 0, 17)));
  EXPECT_EQ(state.find(1)->last_sequence(), 17);
}

TEST_F(Producers, UnknownProducerOfTransactionVersionTwoBeginsAtZero) {
  state.begin_verification(
      {.producer_id = 1, .producer_epoch = 0, .sequence = 17, .supports_epoch_bump = true}, 0);
  EXPECT_EQ(refusal(data_batch(1, 0, 17)), StorageErrorCode::kOutOfOrderSequence);
  EXPECT_TRUE(write(data_batch(1, 0, 0)));
}

TEST_F(Producers, WriteAboveTheLowestVerifiedSequenceIsOutOfOrder) {
  const auto verify = [&](std::int16_t epoch, std::int32_t sequence) {
    return state.begin_verification({.producer_id = 1, .producer_epoch = epoch, .sequence = sequence}, 0);
  };
  const VerificationGuard guard = verify(0, 5);
  EXPECT_EQ(verify(0, 3), guard);
  EXPECT_EQ(verify(0, 4), guard);
  EXPECT_EQ(refusal(data_batch(1, 0, 4)), StorageErrorCode::kOutOfOrderSequence);
  verify(1, 7);
  EXPECT_EQ(state.verification(1)->lowest_sequence, 7);
  verify(0, 0);  // of an epoch that is over
  state.begin_verification({.producer_id = 2, .producer_epoch = -1, .sequence = 8}, 0);
  EXPECT_EQ(state.verification(2)->lowest_sequence, 8);
  EXPECT_EQ(state.verification(1)->lowest_sequence, 7);
  EXPECT_TRUE(write(data_batch(1, 1, 6)));
}

TEST_F(Producers, TransactionBeginsWithItsGuardAlone) {
  const VerificationRequest request{.producer_id = 1, .producer_epoch = 0, .sequence = 0};
  ProducerCheck how;
  how.guard = kNoGuard;
  EXPECT_EQ(refusal(data_batch(1, 0, 0, 1, true), how), StorageErrorCode::kInvalidTransactionState);
  how.guard = state.begin_verification(request, 0);
  ASSERT_NE(how.guard, kNoGuard);
  ASSERT_TRUE(write(data_batch(1, 0, 0, 1, true), how));
  EXPECT_EQ(state.verification(1), nullptr);
  EXPECT_EQ(state.begin_verification(request, 0), kNoGuard);  // goes on with what is open
  how.guard = kNoGuard;
  EXPECT_TRUE(write(data_batch(1, 0, 1, 1, true), how));
  EXPECT_TRUE(write(data_batch(2, 0, 0), how));  // no transaction, nothing to verify
}

TEST_F(Producers, MarkerVoidsTheGuardBeforeIt) {
  const VerificationRequest request{.producer_id = 1, .producer_epoch = 0, .sequence = 0};
  ProducerCheck late;
  late.guard = state.begin_verification(request, 0);
  ASSERT_TRUE(write(marker_batch(1, 0, false), from(AppendOrigin::kCoordinator)));
  EXPECT_EQ(refusal(data_batch(1, 0, 0, 1, true), late), StorageErrorCode::kInvalidTransactionState);
  EXPECT_NE(state.begin_verification(request, 0), *late.guard);
  EXPECT_EQ(refusal(data_batch(1, 0, 0, 1, true), late), StorageErrorCode::kInvalidTransactionState);
}

TEST_F(Producers, NewerEpochIsVerifiedAnewAndOldVerificationsExpire) {
  ASSERT_TRUE(write(data_batch(1, 3, 0, 1, true)));
  EXPECT_EQ(state.begin_verification({.producer_id = 1, .producer_epoch = 3}, 100), kNoGuard);
  EXPECT_NE(state.begin_verification({.producer_id = 1, .producer_epoch = 4}, 100), kNoGuard);
  state.expire(149, 50);
  EXPECT_NE(state.verification(1), nullptr);
  state.expire(150, 50);
  EXPECT_EQ(state.verification(1), nullptr);
}

TEST_F(Producers, LastEpochOfAllMayEndATransactionOfItsOwn) {
  constexpr std::int16_t kLast = std::numeric_limits<std::int16_t>::max();
  ASSERT_TRUE(write(data_batch(1, kLast, 0, 1, true)));
  EXPECT_TRUE(write(marker_batch(1, kLast, false), from(AppendOrigin::kCoordinator, 2)));
}

TEST_F(Producers, SequenceWrapsFromTheLargestToZero) {
  constexpr std::int32_t kMax = std::numeric_limits<std::int32_t>::max();
  ASSERT_TRUE(write(data_batch(1, 0, kMax - 1, 2)));
  ASSERT_TRUE(write(data_batch(1, 0, 0)));
  // A batch across the wrap.
  ASSERT_TRUE(write(data_batch(2, 0, kMax, 3)));
  EXPECT_EQ(state.find(2)->last_sequence(), 1);
  EXPECT_EQ(state.find(2)->last_batch().first_sequence(), kMax);
  EXPECT_NE(state.find_duplicate(records::BatchView(ByteView(data_batch(2, 0, kMax, 3)))), nullptr);
}

TEST_F(Producers, NewEpochBeginsAtZeroAndOldOneIsRefused) {
  ASSERT_TRUE(write(data_batch(1, 4, 0)));
  EXPECT_EQ(refusal(data_batch(1, 5, 1)), StorageErrorCode::kOutOfOrderSequence);
  EXPECT_TRUE(write(data_batch(1, 5, 0)));
  EXPECT_EQ(refusal(data_batch(1, 4, 1)), StorageErrorCode::kInvalidProducerEpoch);
  EXPECT_EQ(state.find(1)->batches().size(), 1u);
}

TEST_F(Producers, LastFiveBatchesAreKnownDuplicates) {
  for (int i = 0; i < 7; ++i) ASSERT_TRUE(write(data_batch(1, 0, i)));
  for (int i = 0; i < 7; ++i) {
    const Buffer batch = data_batch(1, 0, i);
    const auto* known = state.find_duplicate(records::BatchView(ByteView(batch)));
    EXPECT_EQ(known != nullptr, i >= 2) << i;
    if (known != nullptr) {
      EXPECT_EQ(known->first_offset(), i);
    }
  }
  const Buffer other_epoch = data_batch(1, 1, 6);
  EXPECT_EQ(state.find_duplicate(records::BatchView(ByteView(other_epoch))), nullptr);
}

TEST_F(Producers, CoordinatorWritesAreNotSequenced) {
  const auto coordinator = from(AppendOrigin::kCoordinator);
  ASSERT_TRUE(write(data_batch(1, 3, 0, 1, true), coordinator));
  ASSERT_TRUE(write(data_batch(1, 3, 0, 1, true), coordinator));
  EXPECT_EQ(refusal(data_batch(1, 2, 0, 1, true), coordinator), StorageErrorCode::kInvalidProducerEpoch);
}

TEST_F(Producers, ReplicationIsNotChecked) {
  ASSERT_TRUE(write(data_batch(1, 3, 5)));
  EXPECT_TRUE(write(data_batch(1, 3, 50), from(AppendOrigin::kReplication)));
  EXPECT_TRUE(write(data_batch(1, 2, 0), from(AppendOrigin::kReplication)));
}

TEST_F(Producers, TransactionHoldsTheStableOffsetUntilItsMarkerIsReplicated) {
  ASSERT_TRUE(write(data_batch(9, 0, 0)));
  ASSERT_TRUE(write(data_batch(1, 0, 0, 2, true)));
  EXPECT_EQ(state.first_unstable_offset(), 1);
  ASSERT_TRUE(write(marker_batch(1, 0, true), from(AppendOrigin::kCoordinator)));
  ASSERT_EQ(completed.size(), 1u);
  EXPECT_EQ(completed[0].first_offset, 1);
  EXPECT_EQ(completed[0].last_offset, 3);
  EXPECT_FALSE(completed[0].aborted);
  EXPECT_EQ(state.first_unstable_offset(), 1);
  state.on_high_watermark(3);
  EXPECT_EQ(state.first_unstable_offset(), 1);
  state.on_high_watermark(4);
  EXPECT_EQ(state.first_unstable_offset(), std::nullopt);
}

TEST_F(Producers, PlainWriteInsideATransactionIsRefused) {
  ASSERT_TRUE(write(data_batch(1, 0, 0, 1, true)));
  EXPECT_EQ(refusal(data_batch(1, 0, 1, 1, false)), StorageErrorCode::kInvalidTransactionState);
}

TEST_F(Producers, MarkerOfAnOlderCoordinatorIsFenced) {
  ASSERT_TRUE(write(data_batch(1, 0, 0, 1, true)));
  ASSERT_TRUE(write(marker_batch(1, 0, true, 5), from(AppendOrigin::kCoordinator)));
  EXPECT_EQ(refusal(marker_batch(1, 0, true, 4), from(AppendOrigin::kCoordinator)),
            StorageErrorCode::kCoordinatorFenced);
}

TEST_F(Producers, MarkerOfTransactionVersionTwoNeedsAHigherEpoch) {
  ASSERT_TRUE(write(data_batch(1, 3, 0, 1, true)));
  EXPECT_EQ(refusal(marker_batch(1, 3, true), from(AppendOrigin::kCoordinator, 2)),
            StorageErrorCode::kInvalidProducerEpoch);
  ASSERT_TRUE(write(marker_batch(1, 4, true), from(AppendOrigin::kCoordinator, 2)));
  EXPECT_FALSE(state.find(1)->has_batches());
  // Sent again because the answer was lost: accepted, closes nothing.
  ASSERT_TRUE(write(marker_batch(1, 4, true), from(AppendOrigin::kCoordinator, 2)));
  EXPECT_EQ(completed.size(), 1u);
  EXPECT_TRUE(write(data_batch(1, 4, 0, 1, true)));
}

TEST_F(Producers, MarkerWithoutTransactionClosesNothing) {
  ASSERT_TRUE(write(marker_batch(1, 0, false), from(AppendOrigin::kCoordinator)));
  EXPECT_TRUE(completed.empty());
}

TEST_F(Producers, SnapshotKeepsTheLastBatchAndOpenTransactions) {
  for (int i = 0; i < 3; ++i) ASSERT_TRUE(write(data_batch(1, 0, i)));
  ASSERT_TRUE(write(data_batch(2, 7, 0, 2, true)));
  ASSERT_TRUE(write(data_batch(3, 1, 0, 1, true)));
  ASSERT_TRUE(write(marker_batch(3, 2, true), from(AppendOrigin::kCoordinator, 2)));
  ProducerState loaded;
  ASSERT_TRUE(loaded.load_snapshot(state.to_snapshot(), 1'700'000'000'000, 1000));
  EXPECT_EQ(loaded.size(), 3u);
  EXPECT_EQ(loaded.find(1)->batches().size(), 1u);
  EXPECT_EQ(loaded.find(1)->last_sequence(), 2);
  EXPECT_EQ(loaded.find(2)->transaction_first_offset, 3);
  EXPECT_FALSE(loaded.find(3)->has_batches());
  EXPECT_EQ(loaded.find(3)->epoch, 2);
  EXPECT_EQ(loaded.first_unstable_offset(), 3);
}

TEST_F(Producers, ExpiryForgetsIdleProducersButNoOpenTransaction) {
  ASSERT_TRUE(write(data_batch(1, 0, 0)));
  ASSERT_TRUE(write(data_batch(2, 0, 0, 1, true)));
  EXPECT_EQ(state.expire(1'700'000'000'999, 1000), 0u);
  EXPECT_EQ(state.expire(1'700'000'001'000, 1000), 1u);
  EXPECT_EQ(state.find(1), nullptr);
  EXPECT_NE(state.find(2), nullptr);
}

TEST_F(Producers, SeveralBatchesOfOneAppendAreCheckedTogether) {
  ProducerChanges changes;
  const Buffer first = data_batch(1, 0, 0, 2), second = data_batch(1, 0, 2), gap = data_batch(1, 0, 5);
  ASSERT_TRUE(state.check(records::BatchView(ByteView(first)), 0, {}, changes));
  ASSERT_TRUE(state.check(records::BatchView(ByteView(second)), 2, {}, changes));
  // Kafka checks a sequence only against what the log holds of a producer; here that is nothing.
  ASSERT_TRUE(state.check(records::BatchView(ByteView(gap)), 3, {}, changes));
  state.apply(changes);
  EXPECT_EQ(state.find(1)->batches().size(), 3u);
  changes.clear();
  ASSERT_TRUE(state.check(records::BatchView(ByteView(data_batch(1, 0, 6))), 4, {}, changes));
  const auto done = state.check(records::BatchView(ByteView(data_batch(1, 0, 8))), 5, {}, changes);
  ASSERT_FALSE(done);
  EXPECT_EQ(done.error().code, StorageErrorCode::kOutOfOrderSequence);
}

}  // namespace
}  // namespace barnabas::storage
