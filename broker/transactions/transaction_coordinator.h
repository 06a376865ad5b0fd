// The broker's transaction coordinator: finds the shard of a transactional id, checks what every request must
// have, fetches producer ids, and answers when the log has what the answer promises.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "broker/coordination/coordinator_log.h"
#include "broker/producer_ids.h"
#include "broker/transactions/marker_sink.h"
#include "broker/transactions/transaction_commands.h"
#include "broker/transactions/transaction_gate.h"
#include "broker/transactions/transaction_host.h"
#include "broker/transactions/transaction_settings.h"
#include "common/clock.h"
#include "common/scheduler.h"

namespace barnabas::broker::transactions {

// What the coordinator works with. All outlive it and its last timer, append and marker.
struct TransactionEnvironment {
  const Clock& clock;
  Scheduler& scheduler;
  coordination::CoordinatorLog& log;
  ProducerIds& producer_ids;
  MarkerSink& markers;
};

// Any thread; a lock per shard. Answers are given on whatever thread completes them, never within a lock.
// Lives as long as the broker.
class TransactionCoordinator final : public TransactionGate, private TransactionPorts {
 public:
  TransactionCoordinator(const TransactionSettings& settings, const TransactionEnvironment& environment);
  TransactionCoordinator(const TransactionCoordinator&) = delete;
  TransactionCoordinator& operator=(const TransactionCoordinator&) = delete;

  // --- Partitions of __transaction_state ---
  // How many the topic has; the configured number until it exists.
  void set_partition_count(std::int32_t count) { shards_.set_partition_count(count); }
  std::int32_t partition_for(std::string_view transactional_id) const;
  void on_leader(std::int32_t partition, std::int32_t leader_epoch) { shards_.lead(partition, leader_epoch); }
  void on_resign(std::int32_t partition) { shards_.resign(partition); }
  // The topic is deleted: every transactional id is forgotten.
  void on_topic_deleted() { shards_.resign_all(); }
  // The cluster's level of the feature transaction.version.
  void set_transaction_version(std::int16_t level) { version_ = level; }
  // Gives every shard up and refuses all that follows (ShardTable::shut_down).
  void shut_down() { shards_.shut_down(); }

  // --- Requests ---
  void init_producer(InitProducerCommand command, Answerer<ProducerReply> answerer);
  // One result for each partition.
  void add_partitions(AddPartitionsCommand command, Answerer<PartitionResults> answerer);
  void verify(AddPartitionsCommand command, Answerer<PartitionResults> answerer);
  void end(EndCommand command, Answerer<ProducerReply> answerer);
  // In the order of `transactional_ids`.
  void describe(std::vector<std::string> transactional_ids,
                Answerer<std::vector<TransactionDescription>> answerer);
  // Of all transactional ids that this broker coordinates.
  void list(TransactionFilter filter, Answerer<ListTransactionsReply> answerer);

  // Summed over the shards, for metrics.
  TransactionCounts counts() const;

  void check(const std::string& transactional_id, std::int64_t producer_id, std::int16_t producer_epoch,
             Mode mode, std::vector<TopicPartition> partitions, Done done) override;

 private:
  using HostPtr = TransactionShards::HostPtr;
  template <class Command>
  using Rule = Asked (TransactionShard::*)(const Command&, std::optional<std::int64_t>,
                                           Answerer<ProducerReply>&, Instant, TransactionShard::Effects&);

  HostPtr host_of(std::string_view transactional_id) const {
    return shards_.host(partition_for(transactional_id));
  }
  // Asks the shard by `rule`, and once more with a producer id if it wants one.
  template <class Command>
  void ask(std::shared_ptr<const Command> command, Rule<Command> rule, std::optional<std::int64_t> fresh_id,
           std::shared_ptr<Answerer<ProducerReply>> answerer);

  void send_marker(std::int32_t shard, const std::string& transactional_id, const Marker& marker,
                   std::vector<TopicPartition> partitions) override;
  void time_out_with_new_producer(std::int32_t shard, const std::string& transactional_id,
                                  ProducerIdentity producer) override;

  const TransactionSettings settings_;
  ProducerIds& producer_ids_;
  MarkerSink& markers_;
  std::atomic<std::int16_t> version_{0};
  TransactionShards shards_;
};

}  // namespace barnabas::broker::transactions
