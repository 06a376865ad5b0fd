#include "broker/metrics/cleaner_metrics.h"

namespace barnabas::broker {
namespace {

// Kafka gives whole numbers.
double percent(double ratio) {
  return static_cast<double>(static_cast<std::int64_t>(100 * ratio));
}

}  // namespace

void write_cleaner_metrics(MetricsWriter& writer, const storage::LogCleanerStatus& status) {
  writer.gauge("kafka_log_logcleanermanager_max_dirty_percent",
               "Share of uncleaned bytes in the dirtiest compacted log.", {},
               percent(status.max_dirty_ratio));
  writer.gauge("kafka_log_logcleanermanager_time_since_last_run_ms",
               "Milliseconds since the cleaner last looked for work.", {},
               static_cast<double>(status.since_last_look_ms));
  for (const auto& [directory, uncleanable] : status.uncleanable) {
    const MetricLabels labels{{"logDirectory", directory}};
    writer.gauge("kafka_log_logcleanermanager_uncleanable_partitions_count",
                 "Partitions that could not be cleaned.", labels,
                 static_cast<double>(uncleanable.partitions));
    writer.gauge("kafka_log_logcleanermanager_uncleanable_bytes", "Bytes of uncleanable partitions.", labels,
                 static_cast<double>(uncleanable.bytes));
  }
  writer.gauge("kafka_log_logcleaner_max_buffer_utilization_percent",
               "How full the map of keys was in the last cleaning.", {},
               percent(status.last_map_utilization));
  writer.gauge("kafka_log_logcleaner_cleaner_recopy_percent",
               "Bytes written to bytes read in the last cleaning.", {}, percent(status.last_recopy_ratio));
  writer.gauge("kafka_log_logcleaner_max_clean_time_secs", "Time that the last cleaning took.", {},
               static_cast<double>(static_cast<std::int64_t>(status.last_clean_seconds)));
  writer.gauge("kafka_log_logcleaner_max_compaction_delay_secs",
               "By how much the most overdue record exceeds max.compaction.lag.ms.", {},
               static_cast<double>(static_cast<std::int64_t>(status.max_compaction_delay_seconds)));
  // Threads end only with the broker: there is no exception that could kill one.
  writer.gauge("kafka_log_logcleaner_deadthreadcount", "Cleaner threads that died.", {}, 0);
}

}  // namespace barnabas::broker
