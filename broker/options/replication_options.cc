#include "broker/options/tables.h"

namespace barnabas::broker {

namespace {

using enum OptionType;
using enum OptionUpdate;
using enum OptionUse;

constexpr Option kOptions[] = {
    {"delete.records.purgatory.purge.interval.requests", kInt, "1", any_value(), kReadOnly, kAccepted,
     "Completed DeleteRecords requests kept before the waiting room is swept."},
    {"fetch.max.bytes", kInt, "57671680", at_least(1024), kReadOnly, kActs,
     "Most bytes of records in one fetch response, whatever the client asks for."},
    {"fetch.purgatory.purge.interval.requests", kInt, "1000", any_value(), kReadOnly, kAccepted,
     "Completed fetches kept before the waiting room is swept."},
    {"max.incremental.fetch.session.cache.slots", kInt, "1000", at_least(0), kReadOnly, kActs,
     "Most incremental fetch sessions that are kept."},
    {"min.insync.replicas", kInt, "1", at_least(1), kClusterWide, kActs,
     "Replicas in sync that a write with acks=all needs."},
    {"num.replica.alter.log.dirs.threads", kInt, std::nullopt, any_value(), kReadOnly, kAccepted,
     "Threads that move partitions between log directories."},
    {"num.replica.fetchers", kInt, "1", at_least(1), kClusterWide, kAccepted,
     "Threads that fetch from each other broker."},
    {"producer.purgatory.purge.interval.requests", kInt, "1000", any_value(), kReadOnly, kAccepted,
     "Completed produce requests kept before the waiting room is swept."},
    {"replica.fetch.backoff.ms", kInt, "1000", at_least(0), kReadOnly, kAccepted,
     "Wait of a follower after a failed fetch."},
    {"replica.fetch.max.bytes", kInt, "1048576", at_least(0), kReadOnly, kAccepted,
     "Bytes that a follower fetches for each partition."},
    {"replica.fetch.min.bytes", kInt, "1", any_value(), kReadOnly, kAccepted,
     "Fewest bytes that a follower's fetch waits for."},
    {"replica.fetch.response.max.bytes", kInt, "10485760", at_least(0), kReadOnly, kAccepted,
     "Most bytes in one response to a follower."},
    {"replica.fetch.wait.max.ms", kInt, "500", any_value(), kReadOnly, kAccepted,
     "Longest wait of a follower's fetch."},
    {"replica.high.watermark.checkpoint.interval.ms", kLong, "5000", any_value(), kReadOnly, kActs,
     "Time between two writes of the high watermark checkpoint."},
    {"replica.lag.time.max.ms", kLong, "30000", any_value(), kReadOnly, kAccepted,
     "Time without catching up after which a follower leaves the replicas in sync."},
    {"replica.selector.class", kString, std::nullopt, any_value(), kReadOnly, kAccepted,
     "Java class that picks the replica a consumer reads from; Barnabas loads no Java classes."},
    {"replica.socket.receive.buffer.bytes", kInt, "65536", any_value(), kReadOnly, kAccepted,
     "Receive buffer of sockets that fetch from other brokers."},
    {"replica.socket.timeout.ms", kInt, "30000", any_value(), kReadOnly, kAccepted,
     "Socket timeout of fetches from other brokers."},
    {"unclean.leader.election.enable", kBoolean, "false", any_value(), kClusterWide, kActs,
     "Whether a replica that is not in sync may become leader, at the price of lost records."},
};

}  // namespace

OptionTable replication_options() {
  return kOptions;
}

}  // namespace barnabas::broker
