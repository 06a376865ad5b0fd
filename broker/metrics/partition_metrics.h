// The partitions of this broker and their logs.
#pragma once

#include "broker/partition/partition_manager.h"
#include "common/metrics.h"

namespace barnabas::broker {

// kafka_server_replicamanager_*, kafka_log_log_* and kafka-exporter's kafka_topic_partition_current_offset
// and kafka_topic_partition_oldest_offset.
void write_partition_metrics(MetricsWriter& writer, const PartitionManager& partitions);

}  // namespace barnabas::broker
