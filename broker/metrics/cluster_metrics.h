// Brokers, topics and leaders as the metadata image has them.
#pragma once

#include <cstdint>

#include "common/metrics.h"
#include "controller/image/metadata_image.h"

namespace barnabas::broker {

// kafka_controller_kafkacontroller_*, kafka_server_kafkaserver_brokerstate, kafka_server_raft_metrics_*, and
// kafka-exporter's kafka_brokers, kafka_topic_partitions, kafka_topic_partition_{leader, replicas, ...}.
void write_cluster_metrics(MetricsWriter& writer, const controller::MetadataImage& image,
                           std::int32_t broker_id);

}  // namespace barnabas::broker
