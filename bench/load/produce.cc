#include <stdexcept>
#include <string>

#include "bench/load/client.h"
#include "bench/load/runs.h"
#include "common/random.h"
#include "common/text.h"

namespace barnabas::bench {
namespace {

// Bytes that look like text to a compressor: half of their bits carry information.
std::string payload(std::size_t size) {
  auto random = seeded_random(1);
  std::string bytes(size, ' ');
  for (char& byte : bytes) byte = static_cast<char>('a' + random->below(16));
  return bytes;
}

}  // namespace

void run_produce(const Arguments& arguments) {
  const std::int64_t records = arguments.number("records");
  std::string value = payload(static_cast<std::size_t>(arguments.number("size")));
  const std::string topic_name = arguments.text("topic");
  Deliveries deliveries;
  const auto producer = make_client(RD_KAFKA_PRODUCER, arguments,
                                    {{"acks", arguments.text("acks", "all")},
                                     {"batch.size", arguments.text("batch")},
                                     {"batch.num.messages", "1000000"},
                                     {"linger.ms", arguments.text("linger", "100")},
                                     {"queue.buffering.max.messages", "1000000"},
                                     {"queue.buffering.max.kbytes", "131072"},
                                     {"message.max.bytes", "1048588"}},
                                    &deliveries);
  if (arguments.text("create", "yes") == "yes") create_topics(producer.get(), {topic_name}, 1);
  const auto keys = static_cast<std::uint64_t>(arguments.number("keys", 0));
  const auto random = seeded_random(2);
  std::string key;
  const Handle<rd_kafka_topic_t> topic(rd_kafka_topic_new(producer.get(), topic_name.c_str(), nullptr));
  const double cpu_before = cpu_seconds();
  const double before = now_seconds();
  for (std::int64_t i = 0; i < records;) {
    if (keys > 0) key = concat("key-", random->below(keys));
    const void* const key_bytes = keys > 0 ? key.data() : nullptr;
    // The value is lent: it outlives the producer's queue.
    if (rd_kafka_produce(topic.get(), 0, 0, value.data(), value.size(), key_bytes, key.size(), nullptr) ==
        0) {
      if (++i % 1000 == 0) rd_kafka_poll(producer.get(), 0);
    } else if (rd_kafka_last_error() == RD_KAFKA_RESP_ERR__QUEUE_FULL) {
      rd_kafka_poll(producer.get(), 10);
    } else {
      throw std::runtime_error(rd_kafka_err2str(rd_kafka_last_error()));
    }
  }
  rd_kafka_flush(producer.get(), 120'000);
  const double seconds = now_seconds() - before;
  if (deliveries.acknowledged != records) throw std::runtime_error("not every record was acknowledged");
  Figures figures;
  figures.set("records", static_cast<double>(records));
  figures.set("bytes", static_cast<double>(records) * static_cast<double>(value.size()));
  figures.set("seconds", seconds);
  figures.set("client_cpu_seconds", cpu_seconds() - cpu_before);
  figures.print();
}

}  // namespace barnabas::bench
