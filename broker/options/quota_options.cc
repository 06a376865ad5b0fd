#include "broker/options/tables.h"

namespace barnabas::broker {

namespace {

using enum OptionType;
using enum OptionUpdate;
using enum OptionUse;

constexpr Option kOptions[] = {
    {"alter.log.dirs.replication.quota.window.num", kInt, "11", at_least(1), kReadOnly, kAccepted,
     "Samples kept for the quota on moves between log directories."},
    {"alter.log.dirs.replication.quota.window.size.seconds", kInt, "1", at_least(1), kReadOnly, kAccepted,
     "Length in seconds of one sample of the quota on moves between log directories."},
    {"client.quota.callback.class", kClass, std::nullopt, any_value(), kReadOnly, kAccepted,
     "Java class that computes client quotas; Barnabas loads no Java classes."},
    {"controller.quota.window.num", kInt, "11", at_least(1), kReadOnly, kAccepted,
     "Samples kept for the quota on controller mutations."},
    {"controller.quota.window.size.seconds", kInt, "1", at_least(1), kReadOnly, kAccepted,
     "Length in seconds of one sample of the quota on controller mutations."},
    {"follower.replication.throttled.rate", kLong, "9223372036854775807", at_least(0), kClusterWide,
     kAccepted, "Bytes per second that throttled followers may fetch."},
    {"leader.replication.throttled.rate", kLong, "9223372036854775807", at_least(0), kClusterWide, kAccepted,
     "Bytes per second that throttled leaders may send to followers."},
    {"quota.window.num", kInt, "11", at_least(1), kReadOnly, kAccepted, "Samples kept for client quotas."},
    {"quota.window.size.seconds", kInt, "1", at_least(1), kReadOnly, kAccepted,
     "Length in seconds of one sample of client quotas."},
    {"replica.alter.log.dirs.io.max.bytes.per.second", kLong, "9223372036854775807", at_least(0),
     kClusterWide, kAccepted, "Bytes per second for moves between log directories."},
    {"replication.quota.window.num", kInt, "11", at_least(1), kReadOnly, kAccepted,
     "Samples kept for replication quotas."},
    {"replication.quota.window.size.seconds", kInt, "1", at_least(1), kReadOnly, kAccepted,
     "Length in seconds of one sample of replication quotas."},
};

}  // namespace

OptionTable quota_options() {
  return kOptions;
}

}  // namespace barnabas::broker
