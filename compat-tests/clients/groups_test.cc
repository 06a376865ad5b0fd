// Consumer groups through librdkafka's C++ API.
#include <set>
#include <thread>

#include "common/text.h"
#include "compat-tests/clients/support.h"

namespace barnabas::compat {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using std::chrono::steady_clock;

class Groups : public ::testing::Test {
 protected:
  static void SetUpTestSuite() { broker_ = BrokerProcess::started().release(); }
  static void TearDownTestSuite() {
    EXPECT_EQ(broker_->stop(), 0);
    delete broker_;
  }
  void SetUp() override {
    name_ = ::testing::UnitTest::GetInstance()->current_test_info()->name();
    Admin admin(*broker_);
    ASSERT_EQ(admin.create_topic(name_, 4), RD_KAFKA_RESP_ERR_NO_ERROR);
  }
  // `count` records, one after the other to partitions 0, 1, 2, 3, 0 ...
  void produce(int count) {
    TestProducer producer(*broker_, {{"linger.ms", "1"}});
    for (int i = 0; i < count; ++i) producer.send(name_, i % 4, concat(i));
    ASSERT_TRUE(producer.flush());
  }
  ConsumerPtr member(Settings settings = {}) {
    settings.try_emplace("group.id", name_);
    settings.try_emplace("session.timeout.ms", "6000");
    settings.try_emplace("heartbeat.interval.ms", "200");
    auto consumer = make_consumer(*broker_, settings);
    EXPECT_EQ(consumer->subscribe({name_}), RdKafka::ERR_NO_ERROR);
    return consumer;
  }
  static std::size_t assigned(RdKafka::KafkaConsumer& consumer) {
    std::vector<RdKafka::TopicPartition*> partitions;
    consumer.assignment(partitions);
    const std::size_t count = partitions.size();
    RdKafka::TopicPartition::destroy(partitions);
    return count;
  }
  // Serves both members until they hold `first` and `second` partitions.
  static bool settle(RdKafka::KafkaConsumer& one, std::size_t first, RdKafka::KafkaConsumer& other,
                     std::size_t second) {
    const auto deadline = steady_clock::now() + seconds(30);
    while (steady_clock::now() < deadline) {
      std::unique_ptr<RdKafka::Message>(one.consume(20));
      std::unique_ptr<RdKafka::Message>(other.consume(20));
      if (assigned(one) == first && assigned(other) == second) return true;
    }
    return false;
  }

  static BrokerProcess* broker_;
  std::string name_;
};
BrokerProcess* Groups::broker_ = nullptr;

TEST_F(Groups, AMemberGoesOnWhereTheGroupHasCommitted) {
  produce(100);
  {
    const auto consumer = member();
    EXPECT_EQ(read_as_group(*consumer, 60).size(), 60u);
    EXPECT_EQ(consumer->commitSync(), RdKafka::ERR_NO_ERROR);
    consumer->close();
  }
  const auto consumer = member();
  std::set<std::string> rest;
  for (const Record& record : read_as_group(*consumer, 40)) rest.insert(*record.value);
  EXPECT_EQ(rest.size(), 40u);
  EXPECT_FALSE(next_record(*consumer, milliseconds(500)));
  consumer->close();
}

TEST_F(Groups, GroupsReadIndependently) {
  produce(40);
  for (const std::string group : {"one", "other"}) {
    const auto consumer = member({{"group.id", name_ + group}});
    EXPECT_EQ(read_as_group(*consumer, 40).size(), 40u) << group;
    EXPECT_EQ(consumer->commitSync(), RdKafka::ERR_NO_ERROR);
    consumer->close();
  }
}

TEST_F(Groups, MembersShareThePartitionsAndTakeOverFromOneThatLeaves) {
  const auto one = member();
  const auto other = member();
  ASSERT_TRUE(settle(*one, 2, *other, 2));
  other->close();
  const auto deadline = steady_clock::now() + seconds(30);
  while (assigned(*one) != 4 && steady_clock::now() < deadline)
    std::unique_ptr<RdKafka::Message>(one->consume(50));
  EXPECT_EQ(assigned(*one), 4u);
  one->close();
}

TEST_F(Groups, CooperativeMembersKeepWhatTheyNeedNotGiveAway) {
  const Settings cooperative = {{"partition.assignment.strategy", "cooperative-sticky"}};
  const auto one = member(cooperative);
  const auto alone = steady_clock::now() + seconds(30);
  while (assigned(*one) != 4 && steady_clock::now() < alone)
    std::unique_ptr<RdKafka::Message>(one->consume(50));
  ASSERT_EQ(assigned(*one), 4u);
  const auto other = member(cooperative);
  // A cooperative rebalance takes from a member only what it hands to the other.
  std::size_t fewest = 4;
  const auto deadline = steady_clock::now() + seconds(30);
  while (steady_clock::now() < deadline && assigned(*other) != 2) {
    std::unique_ptr<RdKafka::Message>(one->consume(5));
    std::unique_ptr<RdKafka::Message>(other->consume(5));
    fewest = std::min(fewest, assigned(*one));
  }
  EXPECT_EQ(assigned(*other), 2u);
  EXPECT_EQ(fewest, 2u);
  one->close();
  other->close();
}

TEST_F(Groups, AStaticMemberComesBackWithoutARebalance) {
  produce(8);
  const auto stays = member({{"group.instance.id", "a"}});
  auto leaves = member({{"group.instance.id", "b"}});
  ASSERT_TRUE(settle(*stays, 2, *leaves, 2));
  leaves->close();
  leaves = member({{"group.instance.id", "b"}});
  std::size_t most = 0;
  const auto deadline = steady_clock::now() + seconds(4);
  while (steady_clock::now() < deadline && assigned(*leaves) != 2) {
    std::unique_ptr<RdKafka::Message>(stays->consume(10));
    std::unique_ptr<RdKafka::Message>(leaves->consume(10));
    most = std::max(most, assigned(*stays));
  }
  EXPECT_EQ(assigned(*leaves), 2u);
  EXPECT_EQ(most, 2u);  // never had the other's partitions
  stays->close();
  leaves->close();
}

TEST_F(Groups, ASilentMemberIsRemovedAfterItsSessionTimeout) {
  produce(8);
  auto silent = member();
  ASSERT_EQ(read_as_group(*silent, 8).size(), 8u);
  silent.reset();  // without close() there is no LeaveGroup: the broker hears nothing any more
  const auto started = steady_clock::now();
  const auto consumer = member();
  while (assigned(*consumer) != 4 && steady_clock::now() - started < seconds(30)) {
    std::unique_ptr<RdKafka::Message>(consumer->consume(50));
  }
  EXPECT_EQ(assigned(*consumer), 4u);
  EXPECT_GT(steady_clock::now() - started, seconds(3));
  EXPECT_EQ(read_as_group(*consumer, 8).size(), 8u);
  consumer->close();
}

TEST_F(Groups, CommittedOffsetsCarryTheirMetadata) {
  produce(4);
  const auto consumer = member();
  ASSERT_EQ(read_as_group(*consumer, 4).size(), 4u);
  std::vector<RdKafka::TopicPartition*> offsets = {RdKafka::TopicPartition::create(name_, 1, 1)};
  const std::string note = "where I was";
  std::vector<unsigned char> metadata(note.begin(), note.end());
  offsets[0]->set_metadata(metadata);
  EXPECT_EQ(consumer->commitSync(offsets), RdKafka::ERR_NO_ERROR);
  offsets[0]->set_offset(RdKafka::Topic::OFFSET_INVALID);
  EXPECT_EQ(consumer->committed(offsets, 10'000), RdKafka::ERR_NO_ERROR);
  EXPECT_EQ(offsets[0]->offset(), 1);
  const auto found = offsets[0]->get_metadata();
  EXPECT_EQ(std::string(found.begin(), found.end()), note);
  RdKafka::TopicPartition::destroy(offsets);
  consumer->close();
}

TEST_F(Groups, ATopicMadeLaterIsFoundByAPatternSubscription) {
  const auto consumer = make_consumer(
      *broker_,
      {{"group.id", name_}, {"topic.metadata.refresh.interval.ms", "300"}, {"session.timeout.ms", "6000"}});
  ASSERT_EQ(consumer->subscribe({"^pattern-.*"}), RdKafka::ERR_NO_ERROR);
  EXPECT_FALSE(next_record(*consumer, milliseconds(500)));
  Admin admin(*broker_);
  ASSERT_EQ(admin.create_topic("pattern-" + name_, 1), RD_KAFKA_RESP_ERR_NO_ERROR);
  TestProducer producer(*broker_);
  producer.send("pattern-" + name_, 0, "found");
  ASSERT_TRUE(producer.flush());
  const auto record = next_record(*consumer, seconds(20));
  ASSERT_TRUE(record);
  EXPECT_EQ(record->value, "found");
  consumer->close();
}

}  // namespace
}  // namespace barnabas::compat
