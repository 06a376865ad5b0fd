// What has to be there again after the broker was stopped or killed.
#include <atomic>
#include <cstdlib>
#include <set>
#include <thread>

#include "common/text.h"
#include "compat-tests/clients/support.h"

namespace barnabas::compat {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

TEST(Restart, RecordsTopicsConfigsAndCommittedOffsetsStay) {
  const auto broker = BrokerProcess::started();
  {
    Admin admin(*broker);
    ASSERT_EQ(admin.create_topic("kept", 3, {{"retention.ms", "99999999"}}), RD_KAFKA_RESP_ERR_NO_ERROR);
    ASSERT_EQ(admin.create_topic("deleted", 1), RD_KAFKA_RESP_ERR_NO_ERROR);
    ASSERT_EQ(admin.delete_topic("deleted"), RD_KAFKA_RESP_ERR_NO_ERROR);
    TestProducer producer(*broker);
    for (int i = 0; i < 300; ++i) producer.send("kept", i % 3, concat(i));
    ASSERT_TRUE(producer.flush());
    const auto consumer = make_consumer(*broker, {{"group.id", "g"}});
    consumer->subscribe({"kept"});
    ASSERT_EQ(read_as_group(*consumer, 300).size(), 300u);
    ASSERT_EQ(consumer->commitSync(), RdKafka::ERR_NO_ERROR);
    consumer->close();
  }
  for (int round = 0; round < 2; ++round) {
    ASSERT_EQ(broker->stop(), 0);
    broker->start();
    EXPECT_EQ(read_all(*broker, "kept", 3).size(), 300u + static_cast<std::size_t>(round));
    Admin admin(*broker);
    EXPECT_EQ(admin.create_topic("kept", 1), RD_KAFKA_RESP_ERR_TOPIC_ALREADY_EXISTS);
    EXPECT_EQ(admin.delete_topic("deleted"), RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART);
    TestProducer producer(*broker);
    producer.send("kept", 0, "one more");
    ASSERT_TRUE(producer.flush());
    EXPECT_EQ(producer.deliveries().all().at(0).offset, 100 + round);
    const auto consumer = make_consumer(*broker, {{"group.id", "g"}});
    consumer->subscribe({"kept"});
    const auto records = read_as_group(*consumer, 1);
    ASSERT_EQ(records.size(), 1u);
    EXPECT_EQ(records[0].value, "one more");
    EXPECT_FALSE(next_record(*consumer, milliseconds(300)));
    ASSERT_EQ(consumer->commitSync(), RdKafka::ERR_NO_ERROR);
    consumer->close();
  }
  EXPECT_EQ(broker->stop(), 0);
}

// Sends "<number>" messages, rising by one, to partition number % 2 until told to stop; keeps which of
// them were acknowledged. One thread of its own.
class Load {
 public:
  Load(const BrokerProcess& broker, std::string topic, const Settings& settings)
      : topic_(std::move(topic)), producer_(broker, settings) {}

  // Sends for `time`, whether the broker is there or not.
  void run_for(milliseconds time) {
    const auto end = std::chrono::steady_clock::now() + time;
    while (std::chrono::steady_clock::now() < end) {
      // Few enough under way that every round has some acknowledged and some not.
      if (producer_.handle().outq_len() > 400) {
        producer_.handle().poll(1);
        continue;
      }
      for (int i = 0; i < 20; ++i, ++next_) {
        producer_.send(topic_, static_cast<std::int32_t>(next_ % 2), std::to_string(next_));
      }
      producer_.handle().poll(1);
    }
  }
  bool finish() { return producer_.flush(seconds(60)); }
  const Deliveries& deliveries() const { return producer_.deliveries(); }
  long sent() const { return next_; }
  const std::string& topic() const { return topic_; }

 private:
  std::string topic_;
  TestProducer producer_;
  long next_ = 0;
};

int rounds() {
  const char* text = std::getenv("COMPAT_KILL_ROUNDS");
  return text ? std::atoi(text) : 20;
}

TEST(KillMinusNine, NothingAcknowledgedIsMissingAndNothingIdempotentIsDoubled) {
  const auto broker = BrokerProcess::started();
  {
    Admin admin(*broker);
    ASSERT_EQ(admin.create_topic("plain", 2), RD_KAFKA_RESP_ERR_NO_ERROR);
    // Small segments, so that some rounds are killed while a segment is rolled.
    ASSERT_EQ(admin.create_topic("once", 2, {{"segment.bytes", "1048576"}}), RD_KAFKA_RESP_ERR_NO_ERROR);
  }
  const Settings patient = {{"acks", "all"}, {"linger.ms", "1"}, {"message.timeout.ms", "120000"}};
  Settings idempotent = patient;
  idempotent["enable.idempotence"] = "true";
  Load plain(*broker, "plain", patient);
  Load once(*broker, "once", idempotent);
  for (int round = 0; round < rounds(); ++round) {
    std::thread loads[] = {std::thread([&] { plain.run_for(milliseconds(300)); }),
                           std::thread([&] { once.run_for(milliseconds(300)); })};
    std::this_thread::sleep_for(milliseconds(150 + 7 * round));
    broker->kill();
    broker->start();
    for (auto& load : loads) load.join();
  }
  ASSERT_TRUE(plain.finish());
  ASSERT_TRUE(once.finish());

  for (const Load* load : {&plain, &once}) {
    std::map<std::string, int> found;
    long last[2] = {-1, -1};
    bool in_order = true;
    for (const Record& record : read_all(*broker, load->topic(), 2)) {
      ++found[*record.value];
      const long number = std::stol(*record.value);
      in_order = in_order && number > last[record.partition];
      last[record.partition] = number;
    }
    long acknowledged = 0, missing = 0, doubled = 0;
    for (const auto& one : load->deliveries().all()) {
      if (one.error != RdKafka::ERR_NO_ERROR) continue;
      ++acknowledged;
      missing += found.count(one.value) == 0;
    }
    for (const auto& [value, times] : found) doubled += times - 1;
    RecordProperty(load->topic() + "_acknowledged", std::to_string(acknowledged));
    EXPECT_GT(acknowledged, rounds() * 20) << load->topic();
    EXPECT_EQ(missing, 0) << load->topic() << ": of " << acknowledged << " acknowledged";
    if (load == &once) {
      EXPECT_EQ(doubled, 0);
      EXPECT_TRUE(in_order);
      EXPECT_EQ(load->deliveries().failed(), 0);
    }
  }
  EXPECT_EQ(broker->stop(), 0);
}

TEST(KillMinusNine, CommittedOffsetsAndTopicsSurvive) {
  const auto broker = BrokerProcess::started();
  {
    Admin admin(*broker);
    ASSERT_EQ(admin.create_topic("t", 1), RD_KAFKA_RESP_ERR_NO_ERROR);
  }
  const int total = std::min(5, rounds());
  for (int round = 0; round < total; ++round) {
    {
      TestProducer producer(*broker);
      producer.send("t", 0, concat(round));
      ASSERT_TRUE(producer.flush());
      const auto consumer = make_consumer(*broker, {{"group.id", "g"}, {"session.timeout.ms", "6000"}});
      consumer->subscribe({"t"});
      const auto records = read_as_group(*consumer, 1);
      ASSERT_EQ(records.size(), 1u);
      EXPECT_EQ(records[0].value, concat(round));
      ASSERT_EQ(consumer->commitSync(), RdKafka::ERR_NO_ERROR);
      consumer->close();
      Admin admin(*broker);
      ASSERT_EQ(admin.create_topic(concat("made-in-", round), 1), RD_KAFKA_RESP_ERR_NO_ERROR);
    }
    broker->kill();
    broker->start();
    Admin admin(*broker);
    EXPECT_EQ(admin.create_topic(concat("made-in-", round), 1), RD_KAFKA_RESP_ERR_TOPIC_ALREADY_EXISTS);
  }
  EXPECT_EQ(broker->stop(), 0);
}

}  // namespace
}  // namespace barnabas::compat
