#include "broker/options/tables.h"

#include "common/text.h"

namespace barnabas::broker {

namespace {

using enum OptionScope;
using enum OptionType;
using enum OptionUpdate;
using enum OptionUse;

// "P1DT2H3M4.5S" and its parts, not negative.
bool is_iso_duration(std::string_view text) {
  if (!text.starts_with('P')) return false;
  text.remove_prefix(1);
  std::string_view order = "DTHMS";
  bool found = false;
  while (!text.empty()) {
    if (text[0] == 'T') {
      if (order.size() < 4 || text.size() == 1) return false;
      order = "HMS";
      text.remove_prefix(1);
      continue;
    }
    const auto digits = std::min(text.find_first_not_of("0123456789."), text.size());
    if (digits == 0 || digits == text.size()) return false;
    const auto at = order.find(text[digits]);
    const bool is_fraction = text.substr(0, digits).contains('.');
    if (at == std::string_view::npos || (is_fraction && text[digits] != 'S')) return false;
    if (text[digits] != 'D' && order.size() > 3) return false;
    order.remove_prefix(at + 1);
    text.remove_prefix(digits + 1);
    found = true;
  }
  return found;
}

std::optional<std::string> check_offset_reset(std::string_view key, std::string_view value) {
  constexpr std::string_view kDuration = "by_duration:";
  if (value == "earliest" || value == "latest") return std::nullopt;
  if (value.starts_with(kDuration) && is_iso_duration(value.substr(kDuration.size()))) return std::nullopt;
  return concat(
      "Invalid value ", value, " for configuration ", key, ": Invalid value `", value, "` for configuration ",
      key, ". The value must be either 'earliest', 'latest' or of the format 'by_duration:<PnDTnHnMn.nS>'.");
}
constexpr OptionCheck kShareOffsetReset =
    custom_check(check_offset_reset, "[latest, earliest, by_duration:PnDTnHnMn.nS]");

constexpr Option kOptions[] = {
    {"group.share.assignment.interval.ms", kInt, "1000", at_least(0), kClusterWide, kActs,
     "Least time between two assignments of a share group."},
    {"group.share.assignors", kList, "simple", filled_list_of(""), kReadOnly, kAccepted,
     "Server-side assignors of share groups; exactly one."},
    {"group.share.delivery.count.limit", kInt, "5", between(2, 10), kReadOnly, kActs,
     "Deliveries of a record to share consumers before it is given up."},
    {"group.share.heartbeat.interval.ms", kInt, "5000", at_least(1), kReadOnly, kActs,
     "Heartbeat interval that members of share groups are told."},
    {"group.share.initialize.retry.interval.ms",
     kInt,
     "30000",
     at_least(1),
     kReadOnly,
     kActs,
     "Wait before the state of a share group's partition is initialised again.",
     kBroker,
     {},
     true},
    {"group.share.max.assignment.interval.ms", kInt, "15000", at_least(0), kReadOnly, kActs,
     "Upper bound of a group's share.assignment.interval.ms."},
    {"group.share.max.delivery.count.limit", kInt, "10", between(5, 25), kReadOnly, kActs,
     "Upper bound of a group's share.delivery.count.limit."},
    {"group.share.max.heartbeat.interval.ms", kInt, "15000", at_least(1), kReadOnly, kActs,
     "Upper bound of a group's share.heartbeat.interval.ms."},
    {"group.share.max.partition.max.record.locks", kInt, "4000", between(2000, 10000), kReadOnly, kActs,
     "Upper bound of a group's share.partition.max.record.locks."},
    {"group.share.max.record.lock.duration.ms", kInt, "60000", between(30000, 3600000), kReadOnly, kActs,
     "Upper bound of a group's share.record.lock.duration.ms."},
    {"group.share.max.session.timeout.ms", kInt, "60000", at_least(1), kReadOnly, kActs,
     "Upper bound of a group's share.session.timeout.ms."},
    {"group.share.max.share.sessions", kInt, "2000", at_least(1), kReadOnly, kActs,
     "Most share sessions of one broker."},
    {"group.share.max.size", kInt, "200", between(1, 1000), kReadOnly, kActs,
     "Most members of a share group."},
    {"group.share.min.assignment.interval.ms", kInt, "0", at_least(0), kReadOnly, kActs,
     "Lower bound of a group's share.assignment.interval.ms."},
    {"group.share.min.delivery.count.limit", kInt, "2", between(2, 5), kReadOnly, kActs,
     "Lower bound of a group's share.delivery.count.limit."},
    {"group.share.min.heartbeat.interval.ms", kInt, "5000", at_least(1), kReadOnly, kActs,
     "Lower bound of a group's share.heartbeat.interval.ms."},
    {"group.share.min.partition.max.record.locks", kInt, "100", between(100, 2000), kReadOnly, kActs,
     "Lower bound of a group's share.partition.max.record.locks."},
    {"group.share.min.record.lock.duration.ms", kInt, "15000", between(1000, 30000), kReadOnly, kActs,
     "Lower bound of a group's share.record.lock.duration.ms."},
    {"group.share.min.session.timeout.ms", kInt, "45000", at_least(1), kReadOnly, kActs,
     "Lower bound of a group's share.session.timeout.ms."},
    {"group.share.partition.max.record.locks", kInt, "2000", between(100, 10000), kReadOnly, kActs,
     "Most records of a partition that share consumers hold at once."},
    {"group.share.persister.class.name",
     kString,
     "org.apache.kafka.server.share.persister.DefaultStatePersister",
     any_value(),
     kReadOnly,
     kAccepted,
     "Java class that stores the state of share groups; Barnabas loads no Java classes.",
     kBroker,
     {},
     true},
    {"group.share.record.lock.duration.ms", kInt, "30000", between(1000, 3600000), kReadOnly, kActs,
     "Time a share consumer holds a record before it is delivered again."},
    {"group.share.session.timeout.ms", kInt, "45000", at_least(1), kReadOnly, kActs,
     "Time without a heartbeat after which a member leaves its share group."},
    {"share.assignment.interval.ms",
     kInt,
     "1000",
     at_least(0),
     kClusterWide,
     kActs,
     "Least time between two assignments of the share group.",
     kGroup,
     {{"group.share.assignment.interval.ms"}}},
    {"share.auto.offset.reset", kString, "latest", kShareOffsetReset, kClusterWide, kActs,
     "Where a share group starts to read: earliest, latest or by_duration: with an ISO 8601 duration.",
     kGroup},
    {"share.coordinator.append.linger.ms", kInt, "-1", at_least(-1), kReadOnly, kAccepted,
     "Time the share coordinator gathers records before it writes them; -1 adapts to the load."},
    {"share.coordinator.cached.buffer.max.bytes", kInt, "1048588", at_least(524288), kClusterWide, kAccepted,
     "Largest write buffer that the share coordinator keeps for the next write."},
    {"share.coordinator.cold.partition.snapshot.interval.ms",
     kInt,
     "300000",
     at_least(1),
     kReadOnly,
     kActs,
     "Time between two snapshots of share partitions that do not change.",
     kBroker,
     {},
     true},
    {"share.coordinator.load.buffer.size", kInt, "5242880", at_least(1), kReadOnly, kActs,
     "Bytes read at a time while share state is loaded."},
    {"share.coordinator.snapshot.update.records.per.snapshot", kInt, "500", between(0, 500), kReadOnly, kActs,
     "Updates of a share partition between two snapshots."},
    {"share.coordinator.state.topic.compression.codec", kInt, "0", any_value(), kReadOnly, kActs,
     "Codec of __share_group_state: 0 none, 1 gzip, 2 snappy, 3 lz4, 4 zstd."},
    {"share.coordinator.state.topic.min.isr", kShort, "2", at_least(1), kReadOnly, kActs,
     "Least replicas in sync of __share_group_state."},
    {"share.coordinator.state.topic.num.partitions", kInt, "50", at_least(1), kReadOnly, kActs,
     "Partitions of __share_group_state."},
    {"share.coordinator.state.topic.prune.interval.ms",
     kInt,
     "300000",
     at_least(1),
     kReadOnly,
     kActs,
     "Time between two looks for share state that can be deleted.",
     kBroker,
     {},
     true},
    {"share.coordinator.state.topic.replication.factor", kShort, "3", at_least(1), kReadOnly, kActs,
     "Replicas of __share_group_state."},
    {"share.coordinator.state.topic.segment.bytes", kInt, "104857600", at_least(1), kReadOnly, kActs,
     "Segment size of __share_group_state."},
    {"share.coordinator.threads", kInt, "1", at_least(1), kReadOnly, kAccepted,
     "Threads that run the share coordinator."},
    {"share.coordinator.write.timeout.ms", kInt, "5000", at_least(1), kReadOnly, kActs,
     "Time within which the share coordinator's writes must be done."},
    {"share.delivery.count.limit",
     kInt,
     "5",
     at_least(2),
     kClusterWide,
     kActs,
     "Deliveries of a record before it is given up.",
     kGroup,
     {{"group.share.delivery.count.limit"}}},
    {"share.fetch.purgatory.purge.interval.requests", kInt, "1000", any_value(), kReadOnly, kAccepted,
     "Completed share fetches kept before the waiting room is swept."},
    {"share.heartbeat.interval.ms",
     kInt,
     "5000",
     at_least(1),
     kClusterWide,
     kActs,
     "Heartbeat interval that members of the share group are told.",
     kGroup,
     {{"group.share.heartbeat.interval.ms"}}},
    {"share.isolation.level", kString, "read_uncommitted", one_of("read_committed, read_uncommitted"),
     kClusterWide, kActs, "Whether a share group reads records of open transactions.", kGroup},
    {"share.partition.max.record.locks",
     kInt,
     "2000",
     at_least(100),
     kClusterWide,
     kActs,
     "Most records of a partition that the group holds at once.",
     kGroup,
     {{"group.share.partition.max.record.locks"}}},
    {"share.record.lock.duration.ms",
     kInt,
     "30000",
     at_least(1000),
     kClusterWide,
     kActs,
     "Time a share consumer holds a record before it is delivered again.",
     kGroup,
     {{"group.share.record.lock.duration.ms"}}},
    {"share.renew.acknowledge.enable", kBoolean, "true", any_value(), kClusterWide, kActs,
     "Whether share consumers may extend their hold on a record.", kGroup},
    {"share.session.timeout.ms",
     kInt,
     "45000",
     at_least(1),
     kClusterWide,
     kActs,
     "Time without a heartbeat after which a member leaves the share group.",
     kGroup,
     {{"group.share.session.timeout.ms"}}},
};

}  // namespace

OptionTable share_options() {
  return kOptions;
}

}  // namespace barnabas::broker
