#include <stdexcept>

#include "bench/load/client.h"
#include "bench/load/runs.h"
#include "common/text.h"

namespace barnabas::bench {

void run_consume(const Arguments& arguments) {
  const std::int64_t records = arguments.number("records");
  // The thresholds of librdkafka's local queue would let it pause for a second now and then.
  const auto consumer = make_client(RD_KAFKA_CONSUMER, arguments,
                                    {{"group.id", "bench"},
                                     {"enable.auto.commit", "false"},
                                     {"fetch.queue.backoff.ms", "1"},
                                     {"queued.min.messages", "1000000"},
                                     {"queued.max.messages.kbytes", "131072"}});
  const double cpu_before = cpu_seconds();
  const double before = now_seconds();
  const auto queue = assign_from_beginning(consumer.get(), arguments.text("topic"));
  std::int64_t seen = 0;
  double bytes = 0;
  rd_kafka_message_t* messages[1000];
  while (seen < records) {
    const auto count = rd_kafka_consume_batch_queue(queue.get(), 1000, messages, 1000);
    if (now_seconds() - before > 120) throw std::runtime_error(concat("only ", seen, " records came"));
    for (decltype(+count) i = 0; i < count; ++i) {
      if (messages[i]->err == RD_KAFKA_RESP_ERR_NO_ERROR) {
        ++seen;
        bytes += static_cast<double>(messages[i]->len);
      }
      rd_kafka_message_destroy(messages[i]);
    }
  }
  const double seconds = now_seconds() - before;
  Figures figures;
  figures.set("records", static_cast<double>(seen));
  figures.set("bytes", bytes);
  figures.set("seconds", seconds);
  figures.set("client_cpu_seconds", cpu_seconds() - cpu_before);
  figures.print();
}

}  // namespace barnabas::bench
