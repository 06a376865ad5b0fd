#include "controller/options.h"

#include "common/text.h"

namespace barnabas::controller {

namespace {

using enum OptionScope;
using enum OptionType;
using enum OptionUpdate;
using enum OptionUse;

bool is_host_and_port(std::string_view text) {
  const auto colon = text.rfind(':');
  if (colon == std::string_view::npos || colon == 0) return false;
  return parse_number<std::uint16_t>(text.substr(colon + 1)).has_value();
}

std::optional<std::string> check_voters(std::string_view key, std::string_view value) {
  const std::string form =
      concat(" for the configuration ", key, ". Each entry should be in the form `{id}@{host}:{port}`.");
  for (const std::string& entry : split(value, ',')) {
    const auto at = entry.find('@');
    if (at == std::string::npos) {
      return concat("Invalid configuration value for ", key,
                    ". Each entry should be in the form `{id}@{host}:{port}`.");
    }
    const std::string_view id = std::string_view(entry).substr(0, at);
    if (!parse_number<std::int32_t>(id)) return concat("Failed to parse voter ID as an integer from ", id);
    if (!is_host_and_port(std::string_view(entry).substr(at + 1))) {
      return concat("Failed to parse host name from entry ", entry, form);
    }
  }
  return std::nullopt;
}
constexpr OptionCheck kVoters = custom_check(check_voters, "id@host:port,...");

std::optional<std::string> check_bootstrap_servers(std::string_view key, std::string_view value) {
  for (const std::string& entry : split(value, ',')) {
    if (is_host_and_port(entry)) continue;
    return concat("Failed to parse host name from ", entry, " for the configuration ", key,
                  ". Each entry should be in the form \"{host}:{port}\"");
  }
  return std::nullopt;
}
constexpr OptionCheck kBootstrapServers = custom_check(check_bootstrap_servers, "host:port,...");

constexpr Option kOptions[] = {
    {"alter.config.policy.class.name", kClass, std::nullopt, any_value(), kReadOnly, kAccepted,
     "Java class that approves changes of configuration; Barnabas loads no Java classes."},
    {"auto.leader.rebalance.enable", kBoolean, "true", any_value(), kReadOnly, kAccepted,
     "Whether leadership returns to the preferred replicas by itself."},
    {"barnabas.cluster.id", kString, std::nullopt, any_value(), kReadOnly, kActs,
     "Cluster id that empty log directories are formatted with; a random one when not set."},
    {"barnabas.replication.factor.cap", kBoolean, "false", any_value(), kReadOnly, kActs,
     "Whether a topic that asks for more replicas than there are brokers is made with as many as there are."},
    {"broker.heartbeat.interval.ms", kInt, "2000", any_value(), kReadOnly, kAccepted,
     "Time between two heartbeats of the broker to the controller."},
    {"broker.id", kInt, "-1", any_value(), kReadOnly, kActs,
     "Old name of node.id; -1 stands for the value of node.id."},
    {"broker.rack", kString, std::nullopt, any_value(), kReadOnly, kActs,
     "Rack of this broker, told to clients and used to spread replicas."},
    {"broker.session.timeout.ms", kInt, "9000", any_value(), kReadOnly, kAccepted,
     "Time without a heartbeat after which the controller fences a broker."},
    {"controller.performance.always.log.threshold.ms",
     kLong,
     "2000",
     at_least(0),
     kReadOnly,
     kAccepted,
     "Controller events slower than this are always logged.",
     kBroker,
     {},
     true},
    {"controller.performance.sample.period.ms",
     kLong,
     "60000",
     at_least(100),
     kReadOnly,
     kAccepted,
     "Time between two reports about the controller's performance.",
     kBroker,
     {},
     true},
    {"controller.quorum.append.linger.ms", kInt, "25", at_least(0), kReadOnly, kAccepted,
     "Time the quorum's leader gathers records before it writes them."},
    {"controller.quorum.auto.join.enable", kBoolean, "false", any_value(), kReadOnly, kAccepted,
     "Whether a controller adds itself to the voters of the quorum."},
    {"controller.quorum.bootstrap.servers", kList, "", kBootstrapServers, kReadOnly, kAccepted,
     "Addresses (host:port) where the controllers of the quorum are found."},
    {"controller.quorum.election.backoff.max.ms", kInt, "1000", at_least(0), kReadOnly, kAccepted,
     "Upper bound of the random wait before a new election after a tied one."},
    {"controller.quorum.election.timeout.ms", kInt, "1000", at_least(0), kReadOnly, kAccepted,
     "Time a candidate waits for votes before it starts a new election."},
    {"controller.quorum.fetch.max.bytes", kInt, "1048576", at_least(1), kReadOnly, kAccepted,
     "Most bytes of the metadata log in one fetch response."},
    {"controller.quorum.fetch.snapshot.max.bytes", kInt, "1048576", at_least(1), kReadOnly, kAccepted,
     "Most bytes of a metadata snapshot in one response."},
    {"controller.quorum.fetch.timeout.ms", kInt, "2000", at_least(0), kReadOnly, kAccepted,
     "Time without a fetch from the leader after which a voter becomes a candidate."},
    {"controller.quorum.request.timeout.ms", kInt, "2000", at_least(0), kReadOnly, kAccepted,
     "Time a node of the quorum waits for the answer to a request."},
    {"controller.quorum.retry.backoff.ms", kInt, "20", at_least(0), kReadOnly, kAccepted,
     "Wait before a failed request to the quorum is sent again."},
    {"controller.quorum.voters", kList, "", kVoters, kReadOnly, kActs,
     "The fixed voters of the quorum as id@host:port."},
    {"create.topic.policy.class.name", kClass, std::nullopt, any_value(), kReadOnly, kAccepted,
     "Java class that approves new topics; Barnabas loads no Java classes."},
    {"default.replication.factor", kInt, "1", any_value(), kReadOnly, kActs,
     "Replicas of a new topic that does not say how many it wants."},
    {"delete.topic.enable", kBoolean, "true", any_value(), kReadOnly, kActs,
     "Whether topics can be deleted at all."},
    {"initial.broker.registration.timeout.ms", kInt, "60000", any_value(), kReadOnly, kAccepted,
     "Time a starting broker may take to register with the controller."},
    {"internal.metadata.delete.delay.millis",
     kLong,
     "60000",
     any_value(),
     kReadOnly,
     kAccepted,
     "Time between the renaming of a metadata file and its deletion.",
     kBroker,
     {},
     true},
    {"internal.metadata.log.segment.bytes",
     kInt,
     std::nullopt,
     any_value(),
     kReadOnly,
     kAccepted,
     "Segment size of the metadata log in tests, below what metadata.log.segment.bytes allows.",
     kBroker,
     {},
     true},
    {"internal.metadata.max.batch.size.in.bytes",
     kInt,
     "8388608",
     any_value(),
     kReadOnly,
     kAccepted,
     "Largest batch that the controller writes.",
     kBroker,
     {},
     true},
    {"leader.imbalance.check.interval.seconds", kLong, "300", at_least(1), kReadOnly, kAccepted,
     "Time between two looks for leaders that are not the preferred replica."},
    {"metadata.log.dir", kString, std::nullopt, any_value(), kReadOnly, kActs,
     "Where the metadata log is kept; the first log directory when not set."},
    {"metadata.log.max.record.bytes.between.snapshots", kLong, "20971520", at_least(1), kReadOnly, kActs,
     "Bytes of metadata records after which a new snapshot is written."},
    {"metadata.log.max.snapshot.interval.ms", kLong, "3600000", at_least(0), kReadOnly, kActs,
     "Time after which a new snapshot is written when there is anything new; 0 for never."},
    {"metadata.log.segment.bytes", kInt, "1073741824", at_least(8388608), kReadOnly, kActs,
     "Segment size of the metadata log."},
    {"metadata.log.segment.ms", kLong, "604800000", any_value(), kReadOnly, kActs,
     "Time after which a new segment of the metadata log starts."},
    {"metadata.max.idle.interval.ms", kInt, "500", at_least(0), kReadOnly, kAccepted,
     "Time after which an idle controller writes a no-op record; 0 for never."},
    {"metadata.max.retention.bytes", kLong, "104857600", any_value(), kReadOnly, kActs,
     "Size of metadata log and snapshots above which the oldest are deleted."},
    {"metadata.max.retention.ms", kLong, "604800000", any_value(), kReadOnly, kActs,
     "Time that segments and snapshots of the metadata log are kept."},
    {"node.id", kInt, std::nullopt, at_least(0), kReadOnly, kActs,
     "Number of this node, unlike any other in the cluster."},
    {"num.partitions", kInt, "1", at_least(1), kReadOnly, kActs,
     "Partitions of a new topic that does not say how many it wants."},
    {"process.roles", kList, std::nullopt, filled_list_of("broker, controller"), kReadOnly, kActs,
     "What this node is: broker, controller or both."},
    {"request.timeout.ms", kInt, "30000", any_value(), kReadOnly, kAccepted,
     "Time a node waits for an answer from other nodes."},
    {"server.max.startup.time.ms",
     kLong,
     "9223372036854775807",
     at_least(0),
     kReadOnly,
     kAccepted,
     "Longest time that the start may take.",
     kBroker,
     {},
     true},
    {"unclean.leader.election.interval.ms",
     kLong,
     "300000",
     at_least(1),
     kReadOnly,
     kAccepted,
     "Time between two looks for partitions that need an unclean election.",
     kBroker,
     {},
     true},
    {"unstable.api.versions.enable",
     kBoolean,
     "false",
     any_value(),
     kReadOnly,
     kAccepted,
     "Whether API versions that are not final are served.",
     kBroker,
     {},
     true},
    {"unstable.feature.versions.enable",
     kBoolean,
     "false",
     any_value(),
     kReadOnly,
     kAccepted,
     "Whether feature versions that are not final are accepted.",
     kBroker,
     {},
     true},
};

}  // namespace

OptionTable options() {
  return kOptions;
}

}  // namespace barnabas::controller
