#include "broker/options/tables.h"

namespace barnabas::broker {

namespace {

using enum OptionType;
using enum OptionUpdate;
using enum OptionUse;

constexpr Option kOptions[] = {
    {"add.partitions.to.txn.retry.backoff.max.ms", kInt, "100", at_least(0), kReadOnly, kActs,
     "Longest wait before the broker verifies a transaction's partition again on behalf of a client."},
    {"add.partitions.to.txn.retry.backoff.ms", kInt, "20", at_least(1), kReadOnly, kActs,
     "First wait before the broker verifies a transaction's partition again on behalf of a client."},
    {"transaction.abort.timed.out.transaction.cleanup.interval.ms", kInt, "10000", at_least(1), kReadOnly,
     kActs, "Time between two looks for transactions that took too long."},
    {"transaction.max.timeout.ms", kInt, "900000", at_least(1), kReadOnly, kActs,
     "Longest transaction timeout that a producer may ask for."},
    {"transaction.partition.verification.enable", kBoolean, "true", any_value(), kClusterWide, kActs,
     "Whether a transactional write is checked against the coordinator first."},
    {"transaction.remove.expired.transaction.cleanup.interval.ms", kInt, "3600000", at_least(1), kReadOnly,
     kActs, "Time between two looks for expired transactional ids."},
    {"transaction.state.log.load.buffer.size", kInt, "5242880", at_least(1), kReadOnly, kActs,
     "Bytes read at a time while transactions are loaded."},
    {"transaction.state.log.min.isr", kInt, "2", at_least(1), kReadOnly, kActs,
     "Least replicas in sync of __transaction_state."},
    {"transaction.state.log.num.partitions", kInt, "50", at_least(1), kReadOnly, kActs,
     "Partitions of __transaction_state."},
    {"transaction.state.log.replication.factor", kShort, "3", at_least(1), kReadOnly, kActs,
     "Replicas of __transaction_state."},
    {"transaction.state.log.segment.bytes", kInt, "104857600", at_least(1), kReadOnly, kActs,
     "Segment size of __transaction_state."},
    {"transaction.two.phase.commit.enable", kBoolean, "false", any_value(), kReadOnly, kActs,
     "Whether producers may take part in a two-phase commit."},
    {"transactional.id.expiration.ms", kInt, "604800000", at_least(1), kReadOnly, kActs,
     "Time without a transaction after which a transactional id is forgotten."},
};

}  // namespace

OptionTable transaction_options() {
  return kOptions;
}

}  // namespace barnabas::broker
