#include "broker/simulation/transaction_world.h"

#include <array>
#include <cerrno>

#include "common/text.h"
#include "records/batch_builder.h"

namespace barnabas::broker::simulation {
namespace {

using protocol::ErrorCode;
using storage::CrashLoss;
using transactions::ProducerReply;

constexpr std::int32_t kTimeoutMs = 5'000;

struct Weight {
  TransactionStep kind;
  int weight;
  std::string_view name;
};
constexpr std::array<Weight, 14> kWeights{{{TransactionStep::kAct, 500, "act"},
                                           {TransactionStep::kLoseAnswer, 30, "lose an answer"},
                                           {TransactionStep::kDie, 12, "producer dies"},
                                           {TransactionStep::kSync, 300, "sync"},
                                           {TransactionStep::kTime, 60, "time passes"},
                                           {TransactionStep::kLongTime, 6, "a long time passes"},
                                           {TransactionStep::kMove, 6, "the coordinator moves"},
                                           {TransactionStep::kCompact, 15, "compact"},
                                           {TransactionStep::kCheckpoint, 15, "checkpoint"},
                                           {TransactionStep::kCheck, 20, "check"},
                                           {TransactionStep::kFault, 8, "fault"},
                                           {TransactionStep::kKill, 6, "kill"},
                                           {TransactionStep::kPowerLoss, 8, "power loss"},
                                           {TransactionStep::kRestart, 4, "clean restart"}}};

// What a producer asks again after; everything else ends it.
bool asks_again_after(ErrorCode error) {
  switch (error) {
    case ErrorCode::kNotLeaderOrFollower:
    case ErrorCode::kKafkaStorageError:
    case ErrorCode::kConcurrentTransactions:
    case ErrorCode::kCoordinatorLoadInProgress:
    case ErrorCode::kCoordinatorNotAvailable:
    case ErrorCode::kNotCoordinator:
    case ErrorCode::kNotEnoughReplicas:
    case ErrorCode::kRequestTimedOut:
    case ErrorCode::kUnknownTopicOrPartition:
    case ErrorCode::kNetworkException:
    case ErrorCode::kUnknownServerError:  // a full disk
      return true;
    default:  // an open list
      return false;
  }
}

}  // namespace

std::string_view step_name(TransactionStep kind) {
  for (const Weight& one : kWeights)
    if (one.kind == kind) return one.name;
  return "?";
}

std::vector<WorldStep> make_world_steps(std::uint64_t seed, std::size_t count) {
  const auto random = seeded_random(seed);
  int total = 0;
  for (const Weight& one : kWeights) total += one.weight;
  std::vector<WorldStep> steps;
  while (steps.size() < count) {
    auto left = static_cast<int>(random->below(static_cast<std::uint64_t>(total)));
    for (const Weight& one : kWeights) {
      left -= one.weight;
      if (left >= 0) continue;
      steps.push_back({one.kind, random->next()});
      break;
    }
  }
  return steps;
}

TransactionWorld::TransactionWorld(std::uint64_t seed) : machine_(seed, static_cast<std::int16_t>(seed % 3)) {
  for (int i = 0; i < 4; ++i) {
    Client client;
    client.id = concat("id-", i);
    client.version = seed % 3 == 2 && i != 3 ? 2 : 0;
    clients_.push_back(std::move(client));
  }
}

void TransactionWorld::failed(Verdict verdict) {
  if (!verdict_) verdict_ = std::move(verdict);
}

void TransactionWorld::restarted(const std::string& trouble) {
  fault_armed_ = false;
  ++crashes_;
  // Connections are gone; what was asked is asked again.
  for (Client& client : clients_) client.ticket = 0;
  if (!trouble.empty()) failed(Violation{"StartsAgain", trouble});
}

void TransactionWorld::crash(CrashLoss loss) {
  restarted(machine_.crash(loss));
}

Verdict TransactionWorld::run(const std::vector<WorldStep>& steps) {
  if (const std::string trouble = machine_.start(); !trouble.empty())
    return Violation{"StartsAgain", trouble};
  for (const WorldStep& step : steps) {
    if (verdict_) return verdict_;
    ++steps_done_;
    perform(step);
  }
  if (!verdict_) settle();
  return verdict_;
}

void TransactionWorld::perform(const WorldStep& step) {
  const auto random = seeded_random(step.seed);
  machine_.scheduler.advance_ms(static_cast<std::int64_t>(random->below(20)));
  if (machine_.any_offline() && random->below(4) == 0)
    return crash(random->below(2) == 0 ? CrashLoss::kNothing : CrashLoss::kJournaled);
  Client& client = clients_[static_cast<std::size_t>(random->below(clients_.size()))];
  switch (step.kind) {
    case TransactionStep::kAct:
      return act(client, *random);
    case TransactionStep::kLoseAnswer:
      client.loses_next = true;
      return;
    case TransactionStep::kDie:
      return give_up(client);
    case TransactionStep::kSync:
      return machine_.scheduler.run_pending();
    case TransactionStep::kTime:
      return machine_.scheduler.advance_ms(static_cast<std::int64_t>(random->below(1'500)));
    case TransactionStep::kLongTime:
      return machine_.scheduler.advance_ms(kTimeoutMs + 2'000);
    case TransactionStep::kMove:
      return machine_.move_leadership();
    case TransactionStep::kCompact:
      (void)machine_.cleaner().clean_one();
      return;
    case TransactionStep::kCheckpoint:
      machine_.logs().checkpoint_recovery_points();
      machine_.logs().checkpoint_high_watermarks();
      machine_.logs().flush_due_logs();
      return machine_.logs().delete_pending_files();
    case TransactionStep::kCheck:
      if (!machine_.any_offline()) failed(history_.check(machine_, false));
      return;
    case TransactionStep::kFault:
      return arm_fault(*random);
    case TransactionStep::kKill:
      return crash(CrashLoss::kNothing);
    case TransactionStep::kPowerLoss:
      return crash(random->below(3) == 0 ? CrashLoss::kAllUnsynced : CrashLoss::kJournaled);
    case TransactionStep::kRestart:
      if (fault_armed_ || machine_.any_offline()) return crash(CrashLoss::kNothing);
      return restarted(machine_.clean_restart());
  }
}

void TransactionWorld::arm_fault(Random& random) {
  fault_armed_ = true;
  const std::uint64_t at = machine_.files.operations() + 1 + random.below(60);
  const std::uint64_t kind = random.below(4);
  if (kind >= 2) return machine_.files.stop_at(at);
  machine_.files.fail_at(at, kind == 0 ? ENOSPC : EIO);
}

// The producers are gone for good and the machine is well: everything ends by itself.
void TransactionWorld::settle() {
  crash(CrashLoss::kAllUnsynced);
  for (int i = 0; i < 60; ++i) {
    machine_.scheduler.run_pending();
    machine_.scheduler.advance_ms(250);
  }
  machine_.scheduler.run_pending();
  if (!verdict_) failed(history_.check(machine_, true));
}

// --- producers ---

void TransactionWorld::give_up(Client& client) {
  Client next;
  next.id = client.id;
  next.version = client.version;
  client = std::move(next);
}

void TransactionWorld::act(Client& client, Random& random) {
  if (client.ticket != 0) return;
  if (!client.request) client.request = next_request(client, random);
  send(client);
}

TransactionWorld::Request TransactionWorld::next_request(Client& client, Random& random) {
  Request request;
  if (!client.who) return request;
  if (!client.transaction) {
    client.transaction = history_.begin();
    client.begun_ms = machine_.clock.monotonic_ms();
  }
  if (client.has_written && random.below(3) == 0) {
    request.kind = Request::Kind::kEnd;
    request.commit = random.below(3) != 0;
    return request;
  }
  request.partition = static_cast<std::int32_t>(random.below(kDataPartitions));
  if (client.version < 2 && !client.added[request.partition]) {
    request.kind = Request::Kind::kAdd;
    return request;
  }
  request.kind = Request::Kind::kWrite;
  records::BatchOptions options;
  options.producer_id = client.who->id;
  options.producer_epoch = client.who->epoch;
  options.base_sequence = client.sequences[request.partition];
  options.transactional = true;
  records::BatchBuilder builder(options);
  request.value = concat(*client.transaction, ':', ++values_);
  builder.add(machine_.clock.wall_ms(), std::nullopt, as_bytes(request.value));
  request.batch = builder.build();
  return request;
}

void TransactionWorld::send(Client& client) {
  client.ticket = ++tickets_;
  const auto index = static_cast<std::size_t>(&client - clients_.data());
  const auto answer = [this, index, ticket = client.ticket, life = machine_.life()](
                          ErrorCode error, const ProducerReply& reply) {
    answered(index, ticket, life, error, reply);
  };
  const Request& request = *client.request;
  switch (request.kind) {
    case Request::Kind::kInit:
      return machine_.coordinator().init_producer(
          {.transactional_id = client.id, .timeout_ms = kTimeoutMs},
          [answer](ProducerReply&& reply) { answer(reply.error, reply); });
    case Request::Kind::kAdd:
      return machine_.coordinator().add_partitions(
          {client.id, *client.who, {{"t", request.partition}}, client.version},
          [answer](transactions::PartitionResults&& results) { answer(results.at(0).second, {}); });
    case Request::Kind::kWrite:
      return send_write(client);
    case Request::Kind::kEnd:
      history_.asked(*client.transaction, request.commit);
      return machine_.coordinator().end({client.id, *client.who, request.commit, client.version},
                                        [answer](ProducerReply&& reply) { answer(reply.error, reply); });
  }
}

void TransactionWorld::send_write(Client& client) {
  const auto index = static_cast<std::size_t>(&client - clients_.data());
  const Request& request = *client.request;
  const auto partition = machine_.data(request.partition);
  if (partition == nullptr)
    return answered(index, client.ticket, machine_.life(), ErrorCode::kKafkaStorageError);
  TransactionVerifier::Question question{
      .transactional_id = client.id,
      .producer_id = client.who->id,
      .producer_epoch = client.who->epoch,
      .support = client.version >= 2 ? TransactionSupport::kImplicitAdd : TransactionSupport::kAbortable};
  const records::BatchView view{ByteView(request.batch)};
  machine_.verifier().verify(std::move(question), {{partition, view.base_sequence()}},
                             [this, index, ticket = client.ticket, life = machine_.life(), partition,
                              batch = request.batch](std::vector<TransactionVerifier::Verdict> verdicts) {
                               write_verified(index, ticket, life, partition, batch, verdicts.at(0));
                             });
}

// The producer may have died meanwhile; its write goes on.
void TransactionWorld::write_verified(std::size_t index, std::uint64_t ticket, std::uint64_t life,
                                      const std::shared_ptr<Partition>& partition, const Buffer& batch,
                                      const TransactionVerifier::Verdict& verdict) {
  if (life != machine_.life()) return;
  if (verdict.error != ErrorCode::kNone) return answered(index, ticket, life, verdict.error);
  Partition::ClientAppend how;
  how.now_ms = machine_.clock.wall_ms();
  how.guard = verdict.guard;
  const auto written = partition->append(ByteView(batch), how);
  if (!written) return answered(index, ticket, life, written.error().error);
  partition->when_committed(written->last_offset + 1, [this, index, ticket, life](ErrorCode error) {
    answered(index, ticket, life, error);
  });
}

void TransactionWorld::answered(std::size_t index, std::uint64_t ticket, std::uint64_t life, ErrorCode error,
                                const ProducerReply& reply) {
  Client& client = clients_[index];
  if (life != machine_.life() || client.ticket != ticket) return;
  client.ticket = 0;
  if (std::exchange(client.loses_next, false)) return;  // it asks again
  if (error == ErrorCode::kNone) return served(client, reply);
  if (asks_again_after(error)) return;
  const bool may_be_late = client.transaction && machine_.clock.monotonic_ms() - client.begun_ms > kTimeoutMs;
  if (!may_be_late)
    failed(
        Violation{"ProducersAreServed", concat(client.id, " is refused with ", protocol::error_name(error))});
  give_up(client);
}

void TransactionWorld::served(Client& client, const ProducerReply& reply) {
  Request request = std::move(*client.request);
  client.request.reset();
  switch (request.kind) {
    case Request::Kind::kInit:
      client.who = transactions::ProducerIdentity{reply.producer_id, reply.producer_epoch};
      return failed(history_.identity(client.id, *client.who));
    case Request::Kind::kAdd:
      client.added[request.partition] = true;
      return;
    case Request::Kind::kWrite:
      history_.acknowledged(*client.transaction, request.partition, std::move(request.value));
      ++client.sequences[request.partition];
      client.has_written = true;
      return;
    case Request::Kind::kEnd:
      history_.decided(*client.transaction, request.commit);
      client.transaction.reset();
      client.has_written = false;
      client.added.clear();
      if (client.version < 2) return;
      client.who = transactions::ProducerIdentity{reply.producer_id, reply.producer_epoch};
      client.sequences.clear();
      return failed(history_.identity(client.id, *client.who));
  }
}

}  // namespace barnabas::broker::simulation
