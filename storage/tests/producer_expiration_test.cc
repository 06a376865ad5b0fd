// producer.id.expiration.ms over a log.
#include "storage/tests/support.h"

namespace barnabas::storage {
namespace {

class ProducerExpiration : public ::testing::Test {
 protected:
  void SetUp() override { log = *harness.open(); }
  // How long ago the test's batches were written.
  std::int64_t age_ms() const { return harness.clock.wall_ms() - kWrittenMs; }

  static constexpr std::int64_t kWrittenMs = 1'700'000'000'000;
  SimulatedFileSystem files;
  LogHarness harness{files};
  std::shared_ptr<Log> log;
};

TEST_F(ProducerExpiration, AChangeActsFromTheNextLookOn) {
  ASSERT_TRUE(append(*log, data_batch(1, 0, 0)));
  harness.environment.producer_expiration_ms = age_ms() + 1;
  EXPECT_EQ(log->expire_producers(), 0u);
  harness.environment.producer_expiration_ms = age_ms();
  EXPECT_EQ(log->expire_producers(), 1u);
  EXPECT_FALSE(log->producer(1));
  // Nothing is known of it, so it may go on where it stopped.
  EXPECT_TRUE(append(*log, data_batch(1, 0, 1)));
}

TEST_F(ProducerExpiration, AnOpenTransactionKeepsItsProducer) {
  ASSERT_TRUE(append(*log, data_batch(1, 0, 0, 1, true)));
  harness.environment.producer_expiration_ms = age_ms();
  EXPECT_EQ(log->expire_producers(), 0u);
  AppendOptions coordinator;
  coordinator.origin = AppendOrigin::kCoordinator;
  ASSERT_TRUE(append(*log, marker_batch(1, 0, true), coordinator));
  EXPECT_EQ(log->expire_producers(), 1u);
}

TEST_F(ProducerExpiration, VerificationsOfThatAgeAreForgottenToo) {
  const VerificationRequest request{.producer_id = 1, .producer_epoch = 0, .sequence = 0};
  const VerificationGuard guard = log->begin_verification(request);
  harness.environment.producer_expiration_ms = 1'000;
  harness.clock.advance_ms(999);
  log->expire_producers();
  EXPECT_EQ(log->begin_verification(request), guard);
  harness.clock.advance_ms(1);
  log->expire_producers();
  EXPECT_NE(log->begin_verification(request), guard);
}

}  // namespace
}  // namespace barnabas::storage
