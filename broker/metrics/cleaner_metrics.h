// What the log cleaner does, under the names that Kafka's MBeans get.
#pragma once

#include "common/metrics.h"
#include "storage/compaction/log_cleaner.h"

namespace barnabas::broker {

void write_cleaner_metrics(MetricsWriter& writer, const storage::LogCleanerStatus& status);

}  // namespace barnabas::broker
