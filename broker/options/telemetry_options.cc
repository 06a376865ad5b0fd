#include "broker/options/tables.h"

namespace barnabas::broker {

namespace {

using enum OptionScope;
using enum OptionType;
using enum OptionUpdate;
using enum OptionUse;

constexpr Option kOptions[] = {
    {"interval.ms", kInt, "300000", any_value(), kClusterWide, kActs,
     "Time between two pushes of metrics by a client.", kClientMetrics},
    {"kafka.metrics.polling.interval.secs", kInt, "10", at_least(1), kReadOnly, kAccepted,
     "Polling interval of kafka.metrics.reporters."},
    {"kafka.metrics.reporters", kList, "", list_of(""), kReadOnly, kAccepted,
     "Java classes that report metrics; Barnabas loads no Java classes."},
    {"match", kList, "", list_of(""), kClusterWide, kActs,
     "Clients that the subscription is meant for, as key=regular expression.", kClientMetrics},
    {"metric.reporters", kList, "org.apache.kafka.common.metrics.JmxReporter", list_of(""), kClusterWide,
     kAccepted, "Java classes that report metrics; Barnabas loads no Java classes."},
    {"metrics", kList, "", list_of(""), kClusterWide, kActs,
     "Prefixes of the metrics that clients push; * for all of them.", kClientMetrics},
    {"metrics.num.samples", kInt, "2", at_least(1), kReadOnly, kAccepted, "Samples kept for each metric."},
    {"metrics.recording.level", kString, "INFO", any_value(), kReadOnly, kAccepted,
     "Level of detail of metrics: INFO, DEBUG or TRACE."},
    {"metrics.sample.window.ms", kLong, "30000", at_least(1), kReadOnly, kAccepted,
     "Length of one sample of a metric."},
    {"telemetry.max.bytes", kInt, "1048576", at_least(1), kReadOnly, kActs,
     "Largest telemetry push of a client, after decompression."},
};

}  // namespace

OptionTable telemetry_options() {
  return kOptions;
}

}  // namespace barnabas::broker
