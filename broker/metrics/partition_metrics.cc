#include "broker/metrics/partition_metrics.h"

#include <algorithm>
#include <string>

#include "common/text.h"

namespace barnabas::broker {
namespace {

struct Totals {
  double partitions = 0, led = 0, under_replicated = 0, under_min_isr = 0, at_min_isr = 0, offline = 0;
};

void count(const Partition& partition, Totals& totals) {
  ++totals.partitions;
  totals.offline += partition.log().is_offline();
  if (!partition.is_leader()) return;
  const Leadership led = partition.leadership();
  // A topic with fewer replicas than min.insync.replicas asks for all it has.
  const std::int32_t wanted = std::min(partition.rules()->min_insync_replicas, led.replica_count);
  ++totals.led;
  totals.under_replicated += led.isr_count < led.replica_count;
  totals.under_min_isr += led.isr_count < wanted;
  totals.at_min_isr += led.isr_count == wanted;
}

void write_log(MetricsWriter& writer, const Partition& partition) {
  const storage::Log& log = partition.log();
  const MetricLabels labels{{"partition", std::to_string(partition.name().partition)},
                            {"topic", partition.name().topic}};
  const auto gauge = [&](std::string_view name, std::string_view help, std::int64_t value) {
    writer.gauge(name, help, labels, static_cast<double>(value));
  };
  gauge("kafka_log_log_size", "Bytes of the log's segments.", log.size_bytes());
  gauge("kafka_log_log_logstartoffset", "First offset of the log.", log.log_start_offset());
  gauge("kafka_log_log_logendoffset", "Offset behind the last record.", log.log_end_offset());
  gauge("kafka_log_log_numlogsegments", "Segments of the log.",
        static_cast<std::int64_t>(log.segments().size()));
  if (!partition.is_leader()) return;
  gauge("kafka_topic_partition_current_offset", "Offset behind the last committed record.",
        log.high_watermark());
  gauge("kafka_topic_partition_oldest_offset", "First offset that can be read.", log.log_start_offset());
}

}  // namespace

void write_partition_metrics(MetricsWriter& writer, const PartitionManager& partitions) {
  Totals totals;
  auto all = partitions.all();
  std::ranges::sort(all, {},
                    [](const auto& partition) -> const TopicPartition& { return partition->name(); });
  for (const auto& partition : all) {
    count(*partition, totals);
    write_log(writer, *partition);
  }
  const auto gauge = [&](std::string_view name, std::string_view help, double value) {
    writer.gauge(concat("kafka_server_replicamanager_", name), help, {}, value);
  };
  gauge("partitioncount", "Partitions on this broker.", totals.partitions);
  gauge("leadercount", "Partitions that this broker leads.", totals.led);
  gauge("underreplicatedpartitions", "Partitions led here with replicas that are not in sync.",
        totals.under_replicated);
  gauge("underminisrpartitioncount", "Partitions led here with fewer replicas in sync than they want.",
        totals.under_min_isr);
  gauge("atminisrpartitioncount", "Partitions led here with just as many replicas in sync as they want.",
        totals.at_min_isr);
  gauge("offlinereplicacount", "Partitions whose directory failed.", totals.offline);
}

}  // namespace barnabas::broker
