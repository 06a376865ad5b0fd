#include "broker/transactions/transaction_coordinator.h"

#include <limits>

#include "broker/coordination/gathering.h"
#include "broker/groups/java_text.h"
#include "broker/internal_topics.h"
#include "common/logging.h"

namespace barnabas::broker::transactions {
namespace {

using coordination::Gathering;
using coordination::shared;

const Logger logger("kafka.coordinator.transaction.TransactionCoordinator");

PartitionResults for_all(std::vector<TopicPartition> partitions, ErrorCode error) {
  PartitionResults results;
  results.reserve(partitions.size());
  for (TopicPartition& partition : partitions) results.emplace_back(std::move(partition), error);
  return results;
}

}  // namespace

TransactionCoordinator::TransactionCoordinator(const TransactionSettings& settings,
                                               const TransactionEnvironment& environment)
    : settings_(settings),
      producer_ids_(environment.producer_ids),
      markers_(environment.markers),
      shards_({std::string(kTransactionStateTopic), settings.commit_timeout_ms, environment.clock,
               environment.scheduler, environment.log},
              settings.topic_partitions, [this](std::int32_t partition) {
                TransactionPorts& ports = *this;
                return std::make_unique<TransactionShard>(settings_, version_, ports, partition);
              }) {}

std::int32_t TransactionCoordinator::partition_for(std::string_view transactional_id) const {
  return groups::coordinator_partition(transactional_id, shards_.partition_count());
}

template <class Command>
void TransactionCoordinator::ask(std::shared_ptr<const Command> command, Rule<Command> rule,
                                 std::optional<std::int64_t> fresh_id,
                                 std::shared_ptr<Answerer<ProducerReply>> answerer) {
  const HostPtr host = host_of(command->transactional_id);
  if (host == nullptr) return (*answerer)({.error = ErrorCode::kNotCoordinator});
  host->run(
      [this, command, rule, fresh_id, answerer](TransactionShard& shard, Instant now,
                                                TransactionShard::Effects& effects) {
        if ((shard.*rule)(*command, fresh_id, *answerer, now, effects) == Asked::kAnswered) return;
        effects.answers.emplace_back([this, command, rule, answerer] {
          producer_ids_.take([this, command, rule, answerer](barnabas::Result<std::int64_t, ErrorCode> id) {
            if (!id) return (*answerer)({.error = id.error()});
            ask(command, rule, *id, answerer);
          });
        });
      },
      [answerer](ErrorCode error) { (*answerer)({.error = error}); });
}

void TransactionCoordinator::init_producer(InitProducerCommand command, Answerer<ProducerReply> answerer) {
  if (command.transactional_id.empty()) return answerer({.error = ErrorCode::kInvalidRequest});
  if (command.two_phase_commit && !settings_.two_phase_commit) {
    return answerer({.error = ErrorCode::kTransactionalIdAuthorizationFailed});
  }
  if (command.keep_prepared) return answerer({.error = ErrorCode::kUnsupportedVersion});
  if (command.two_phase_commit) {
    command.timeout_ms = std::numeric_limits<std::int32_t>::max();
  } else if (command.timeout_ms <= 0 || command.timeout_ms > settings_.max_timeout_ms) {
    return answerer({.error = ErrorCode::kInvalidTransactionTimeout});
  }
  ask(std::make_shared<const InitProducerCommand>(std::move(command)), &TransactionShard::init_producer,
      std::nullopt, shared(std::move(answerer)));
}

void TransactionCoordinator::end(EndCommand command, Answerer<ProducerReply> answerer) {
  if (command.transactional_id.empty()) return answerer({.error = ErrorCode::kInvalidRequest});
  ask(std::make_shared<const EndCommand>(std::move(command)), &TransactionShard::end, std::nullopt,
      shared(std::move(answerer)));
}

void TransactionCoordinator::add_partitions(AddPartitionsCommand command,
                                            Answerer<PartitionResults> answerer) {
  const auto one = shared(std::move(answerer));
  const auto refuse = [one](std::vector<TopicPartition> partitions, ErrorCode error) {
    (*one)(for_all(std::move(partitions), error));
  };
  if (command.transactional_id.empty()) {
    return refuse(std::move(command.partitions), ErrorCode::kInvalidRequest);
  }
  const HostPtr host = host_of(command.transactional_id);
  if (host == nullptr) return refuse(std::move(command.partitions), ErrorCode::kNotCoordinator);
  const auto partitions = std::make_shared<const std::vector<TopicPartition>>(command.partitions);
  host->run(
      [refuse, partitions, command = std::move(command)](TransactionShard& shard, Instant now,
                                                         TransactionShard::Effects& effects) mutable {
        shard.add_partitions(
            std::move(command), [refuse, partitions](ErrorCode&& error) { refuse(*partitions, error); }, now,
            effects);
      },
      [refuse, partitions](ErrorCode error) { refuse(*partitions, error); });
}

void TransactionCoordinator::verify(AddPartitionsCommand command, Answerer<PartitionResults> answerer) {
  if (command.transactional_id.empty()) {
    return answerer(for_all(std::move(command.partitions), ErrorCode::kInvalidRequest));
  }
  const HostPtr host = host_of(command.transactional_id);
  if (host == nullptr) {
    return answerer(for_all(std::move(command.partitions), ErrorCode::kNotCoordinator));
  }
  const auto one = shared(std::move(answerer));
  const auto asked = std::make_shared<const AddPartitionsCommand>(std::move(command));
  host->read(
      [one, asked](TransactionShard& shard, Instant, TransactionShard::Effects& effects) {
        effects.answer(std::move(*one), shard.verify(*asked));
      },
      [one, asked](ErrorCode error) { (*one)(for_all(asked->partitions, error)); });
}

void TransactionCoordinator::check(const std::string& transactional_id, std::int64_t producer_id,
                                   std::int16_t producer_epoch, Mode mode,
                                   std::vector<TopicPartition> partitions, Done done) {
  AddPartitionsCommand command{
      transactional_id, {producer_id, producer_epoch}, std::move(partitions), kVersionWithEpochBump};
  auto answerer = [done = std::move(done)](PartitionResults&& results) mutable { done(std::move(results)); };
  if (mode == Mode::kAdd) return add_partitions(std::move(command), std::move(answerer));
  verify(std::move(command), std::move(answerer));
}

void TransactionCoordinator::describe(std::vector<std::string> transactional_ids,
                                      Answerer<std::vector<TransactionDescription>> answerer) {
  std::vector<TransactionDescription> parts;
  for (const std::string& id : transactional_ids) parts.push_back({.transactional_id = id});
  const auto gathering = std::make_shared<Gathering<std::vector<TransactionDescription>>>(
      std::move(parts), transactional_ids.size(), std::move(answerer));
  for (std::size_t i = 0; i < transactional_ids.size(); ++i) {
    const std::string& id = transactional_ids[i];
    const auto refuse = [gathering, i](ErrorCode error) {
      gathering->part([&](auto& all) { all[i].error = error; });
    };
    const HostPtr host = id.empty() ? nullptr : host_of(id);
    if (host == nullptr) {
      refuse(id.empty() ? ErrorCode::kInvalidRequest : ErrorCode::kNotCoordinator);
      continue;
    }
    host->read(
        [gathering, i, id](TransactionShard& shard, Instant, TransactionShard::Effects& effects) {
          effects.answers.emplace_back([gathering, i, description = shard.describe(id)]() mutable {
            gathering->part([&](auto& all) { all[i] = std::move(description); });
          });
        },
        refuse);
  }
}

TransactionCounts TransactionCoordinator::counts() const {
  TransactionCounts sum;
  for (const HostPtr& host : shards_.all()) {
    ++sum.loading_partitions;
    host->inspect([&sum](const TransactionShard& shard) {
      const TransactionCounts counts = shard.counts();
      for (std::size_t i = 0; i < sum.ids_by_state.size(); ++i) sum.ids_by_state[i] += counts.ids_by_state[i];
      sum.committed += counts.committed;
      sum.aborted += counts.aborted;
      --sum.loading_partitions;
      ++sum.active_partitions;
    });
  }
  return sum;
}

void TransactionCoordinator::list(TransactionFilter filter, Answerer<ListTransactionsReply> answerer) {
  const auto hosts = shards_.all();
  const auto gathering = std::make_shared<Gathering<std::vector<ListTransactionsReply>>>(
      std::vector<ListTransactionsReply>(hosts.size()), hosts.size(),
      [answerer = std::move(answerer)](std::vector<ListTransactionsReply>&& parts) mutable {
        ListTransactionsReply reply;
        for (ListTransactionsReply& part : parts) {
          if (part.error == ErrorCode::kNotCoordinator) continue;  // given up just now
          if (part.error != ErrorCode::kNone) return answerer({.error = part.error});
          std::move(part.transactions.begin(), part.transactions.end(),
                    std::back_inserter(reply.transactions));
        }
        answerer(std::move(reply));
      });
  const auto wanted = std::make_shared<const TransactionFilter>(std::move(filter));
  for (std::size_t i = 0; i < hosts.size(); ++i) {
    hosts[i]->read(
        [gathering, wanted, i](TransactionShard& shard, Instant now, TransactionShard::Effects& effects) {
          effects.answers.emplace_back([gathering, i, listed = shard.list(*wanted, now)]() mutable {
            gathering->part([&](auto& all) { all[i].transactions = std::move(listed); });
          });
        },
        [gathering, i](ErrorCode error) { gathering->part([&](auto& all) { all[i].error = error; }); });
  }
}

void TransactionCoordinator::send_marker(std::int32_t shard, const std::string& transactional_id,
                                         const Marker& marker, std::vector<TopicPartition> partitions) {
  const HostPtr host = shards_.host(shard);
  if (host == nullptr) return;  // whoever leads the shard now sends it
  markers_.write(marker, std::move(partitions),
                 [weak = std::weak_ptr(host), transactional_id, marker](PartitionResults results) {
                   const auto still = weak.lock();
                   if (still == nullptr) return;
                   still->run(
                       [&](TransactionShard& core, Instant now, TransactionShard::Effects& effects) {
                         core.markers_written(transactional_id, marker, results, now, effects);
                       },
                       [](ErrorCode) {});
                 });
}

void TransactionCoordinator::time_out_with_new_producer(std::int32_t shard,
                                                        const std::string& transactional_id,
                                                        ProducerIdentity producer) {
  producer_ids_.take([this, shard, transactional_id, producer](barnabas::Result<std::int64_t, ErrorCode> id) {
    const HostPtr host = shards_.host(shard);
    if (host == nullptr) return;
    if (!id) {
      logger.warn("No producer id for the rollback of transactionalId ", transactional_id, ": ",
                  protocol::error_name(id.error()), "; the next look for late transactions tries again.");
      return;
    }
    host->run(
        [&](TransactionShard& core, Instant now, TransactionShard::Effects& effects) {
          core.time_out(transactional_id, producer, *id, now, effects);
        },
        [](ErrorCode) {});
  });
}

}  // namespace barnabas::broker::transactions
