// Producing and consuming through librdkafka's C++ API.
#include <chrono>
#include <thread>

#include "common/text.h"
#include "compat-tests/clients/support.h"

namespace barnabas::compat {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using std::chrono::steady_clock;
using ::testing::ElementsAre;
using ::testing::Pair;

class ProduceConsume : public ::testing::Test {
 protected:
  static void SetUpTestSuite() { broker_ = BrokerProcess::started({{"num.partitions", "4"}}).release(); }
  static void TearDownTestSuite() {
    EXPECT_EQ(broker_->stop(), 0);
    delete broker_;
  }
  // A topic of this test's own.
  std::string topic(int partitions = 1, const Settings& configs = {}) {
    const std::string name =
        concat(::testing::UnitTest::GetInstance()->current_test_info()->name(), "-", ++topics_);
    Admin admin(*broker_);
    EXPECT_EQ(admin.create_topic(name, partitions, configs), RD_KAFKA_RESP_ERR_NO_ERROR);
    return name;
  }
  static BrokerProcess* broker_;
  int topics_ = 0;
};
BrokerProcess* ProduceConsume::broker_ = nullptr;

TEST_F(ProduceConsume, RecordsComeBackInOrderUnderEveryAcks) {
  for (const std::string acks : {"0", "1", "all"}) {
    const std::string name = topic();
    TestProducer producer(*broker_, {{"acks", acks}, {"linger.ms", "1"}});
    for (int i = 0; i < 1000; ++i) producer.send(name, 0, concat("value-", i));
    ASSERT_TRUE(producer.flush());
    EXPECT_EQ(producer.deliveries().failed(), 0);
    // With acks=0 nothing says when the broker has them.
    std::vector<Record> records;
    for (int tries = 0; tries < 50 && records.size() < 1000; ++tries) records = read_all(*broker_, name, 1);
    ASSERT_EQ(records.size(), 1000u) << "acks=" << acks;
    for (int i = 0; i < 1000; ++i) {
      EXPECT_EQ(records[i].offset, i);
      EXPECT_EQ(records[i].value, concat("value-", i));
    }
  }
}

TEST_F(ProduceConsume, EveryCodecComesBackByteForByte) {
  const std::string name = topic();
  int sent = 0;
  for (const std::string codec : {"none", "gzip", "snappy", "lz4", "zstd"}) {
    TestProducer producer(*broker_, {{"compression.codec", codec}, {"linger.ms", "20"}});
    for (int i = 0; i < 200; ++i, ++sent) producer.send(name, 0, std::string(300, 'a' + i % 26) + codec);
    ASSERT_TRUE(producer.flush());
    ASSERT_EQ(producer.deliveries().failed(), 0) << codec;
  }
  const auto records = read_all(*broker_, name, 1, {{"check.crcs", "true"}});
  ASSERT_EQ(records.size(), 1000u);
  EXPECT_EQ(records[0].value, std::string(300, 'a') + "none");
  EXPECT_EQ(records[999].value, std::string(300, 'a' + 199 % 26) + "zstd");
}

TEST_F(ProduceConsume, KeysHeadersTimestampsAndNullsAreKept) {
  const std::string name = topic();
  TestProducer producer(*broker_);
  RdKafka::Headers* headers = RdKafka::Headers::create();
  headers->add("first", std::string("1"));
  headers->add("first", std::string(""));
  producer.send(name, 0, "value", "key", 1'600'000'000'123, headers);
  ASSERT_EQ(producer.handle().produce(name, 0, 0, nullptr, 0, "only key", 8, 1'600'000'000'124, nullptr),
            RdKafka::ERR_NO_ERROR);
  ASSERT_TRUE(producer.flush());
  const auto records = read_all(*broker_, name, 1);
  ASSERT_EQ(records.size(), 2u);
  EXPECT_EQ(records[0].key, "key");
  EXPECT_EQ(records[0].value, "value");
  EXPECT_EQ(records[0].timestamp_ms, 1'600'000'000'123);
  EXPECT_THAT(records[0].headers, ElementsAre(Pair("first", "1"), Pair("first", "")));
  EXPECT_EQ(records[1].value, std::nullopt);
  EXPECT_EQ(records[1].timestamp_ms, 1'600'000'000'124);
}

TEST_F(ProduceConsume, LogAppendTimeReplacesTheProducersTime) {
  const std::string name = topic(1, {{"message.timestamp.type", "LogAppendTime"}});
  TestProducer producer(*broker_);
  producer.send(name, 0, "value", std::nullopt, 1'600'000'000'000);
  ASSERT_TRUE(producer.flush());
  const auto records = read_all(*broker_, name, 1);
  ASSERT_EQ(records.size(), 1u);
  const auto now =
      std::chrono::duration_cast<milliseconds>(std::chrono::system_clock::now().time_since_epoch());
  EXPECT_NEAR(static_cast<double>(records[0].timestamp_ms), static_cast<double>(now.count()), 60'000);
}

TEST_F(ProduceConsume, MissingTopicIsCreatedWithTheBrokersPartitions) {
  TestProducer producer(*broker_);
  producer.send("made-by-a-producer", RdKafka::Topic::PARTITION_UA, "value");
  ASSERT_TRUE(producer.flush());
  EXPECT_EQ(producer.deliveries().failed(), 0);
  EXPECT_EQ(read_all(*broker_, "made-by-a-producer", 4).size(), 1u);
}

TEST_F(ProduceConsume, RecordAboveTheTopicsLimitIsRefusedAndTheNextIsTaken) {
  const std::string name = topic(1, {{"max.message.bytes", "2000"}});
  TestProducer producer(*broker_);
  producer.send(name, 0, std::string(5000, 'x'));
  ASSERT_TRUE(producer.flush());
  producer.send(name, 0, "small");
  ASSERT_TRUE(producer.flush());
  ASSERT_EQ(producer.deliveries().all().size(), 2u);
  EXPECT_EQ(producer.deliveries().all()[0].error, RdKafka::ERR_MSG_SIZE_TOO_LARGE);
  EXPECT_EQ(producer.deliveries().all()[1].error, RdKafka::ERR_NO_ERROR);
}

TEST_F(ProduceConsume, RecordWithoutKeyIsRefusedByACompactedTopic) {
  const std::string name = topic(1, {{"cleanup.policy", "compact"}});
  TestProducer producer(*broker_, {{"acks", "all"}});
  producer.send(name, 0, "no key");
  ASSERT_TRUE(producer.flush());
  producer.send(name, 0, "with key", "key");
  ASSERT_TRUE(producer.flush());
  ASSERT_EQ(producer.deliveries().all().size(), 2u);
  EXPECT_EQ(producer.deliveries().all()[0].error, RdKafka::ERR_INVALID_RECORD);
  EXPECT_EQ(producer.deliveries().all()[1].error, RdKafka::ERR_NO_ERROR);
}

TEST_F(ProduceConsume, LongPollIsAnsweredWhenARecordArrives) {
  const std::string name = topic();
  TestProducer producer(*broker_, {{"linger.ms", "0"}});
  producer.send(name, 0, "first");
  ASSERT_TRUE(producer.flush());
  const auto consumer = make_consumer(*broker_, {{"fetch.wait.max.ms", "10000"}});
  std::unique_ptr<RdKafka::TopicPartition> place(RdKafka::TopicPartition::create(name, 0, 0));
  consumer->assign({place.get()});
  ASSERT_TRUE(next_record(*consumer, seconds(15)));
  std::this_thread::sleep_for(milliseconds(500));  // its next fetch waits at the broker now
  const auto sent = steady_clock::now();
  producer.send(name, 0, "second");
  ASSERT_TRUE(producer.flush());
  ASSERT_TRUE(next_record(*consumer, seconds(15)));
  EXPECT_LT(steady_clock::now() - sent, seconds(3));
  consumer->close();
}

TEST_F(ProduceConsume, OffsetsAreFoundByTime) {
  const std::string name = topic();
  TestProducer producer(*broker_);
  for (int i = 0; i < 10; ++i) {
    producer.send(name, 0, "v", std::nullopt, 1'700'000'000'000 + i * 1000);
    ASSERT_TRUE(producer.flush());  // a batch each
  }
  const auto consumer = make_consumer(*broker_);
  const auto offset_at = [&](std::int64_t time_ms) {
    std::unique_ptr<RdKafka::TopicPartition> place(RdKafka::TopicPartition::create(name, 0, time_ms));
    std::vector<RdKafka::TopicPartition*> places = {place.get()};
    EXPECT_EQ(consumer->offsetsForTimes(places, 10'000), RdKafka::ERR_NO_ERROR);
    return place->offset();
  };
  EXPECT_EQ(offset_at(0), 0);
  EXPECT_EQ(offset_at(1'700'000'004'000), 4);
  EXPECT_EQ(offset_at(1'700'000'004'001), 5);
  EXPECT_EQ(offset_at(1'700'000'099'000), RdKafka::Topic::OFFSET_END);
  std::int64_t low = -1, high = -1;
  EXPECT_EQ(consumer->query_watermark_offsets(name, 0, &low, &high, 10'000), RdKafka::ERR_NO_ERROR);
  EXPECT_EQ(low, 0);
  EXPECT_EQ(high, 10);
}

TEST_F(ProduceConsume, IdempotentProducersWriteEveryRecordOnce) {
  const std::string name = topic(3);
  TestProducer producer(*broker_, {{"enable.idempotence", "true"}, {"linger.ms", "1"}});
  for (int i = 0; i < 3000; ++i) producer.send(name, i % 3, concat(i));
  ASSERT_TRUE(producer.flush());
  EXPECT_EQ(producer.deliveries().failed(), 0);
  int next[3] = {0, 1, 2};
  const auto records = read_all(*broker_, name, 3);
  EXPECT_EQ(records.size(), 3000u);
  for (const Record& record : records) {
    EXPECT_EQ(record.value, concat(next[record.partition]));
    next[record.partition] += 3;
  }
}

TEST_F(ProduceConsume, ReadingOnFromAnyOffsetGivesTheRestInSmallAndLargeFetches) {
  const std::string name = topic();
  TestProducer producer(*broker_, {{"linger.ms", "50"}, {"batch.num.messages", "100"}});
  for (int i = 0; i < 2000; ++i) producer.send(name, 0, std::string(200, 'x'));
  ASSERT_TRUE(producer.flush());
  for (const std::string bytes : {"1500", "100000", "10000000"}) {
    const auto records = read_all(*broker_, name, 1, {{"max.partition.fetch.bytes", bytes}}, 777);
    ASSERT_EQ(records.size(), 2000u - 777u) << bytes;
    EXPECT_EQ(records.front().offset, 777);
    EXPECT_EQ(records.back().offset, 1999);
  }
}

}  // namespace
}  // namespace barnabas::compat
