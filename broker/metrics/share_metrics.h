// Share sessions and share partitions, under Kafka's names.
#pragma once

#include "broker/share/partition/share_partition_manager.h"
#include "broker/share/partition/share_session.h"
#include "common/metrics.h"

namespace barnabas::broker {

// Asked whenever somebody reads the registry.
void write_share_metrics(MetricsWriter& writer, const share::ShareSessions& sessions,
                         const share::SharePartitionManager& partitions);

}  // namespace barnabas::broker
