// A seeded simulation of producers that retry, lose answers and die, over a coordinator that restarts and
// partitions that fail, with named invariants; a failure prints the
// seed.
#include <gtest/gtest.h>

#include <map>
#include <set>

#include "broker/transactions/tests/transaction_bench.h"
#include "common/random.h"

namespace barnabas::broker::transactions {
namespace {

constexpr int kIds = 4;
constexpr int kSteps = 250;
constexpr std::int32_t kTimeoutMs = 3'000;

// What the partitions know: a broker's producer state, as far as transactions go.
struct PartitionWorld {
  struct Seen {
    std::int16_t epoch = -1;
    bool open = false;
  };
  std::map<std::pair<TopicPartition, std::int64_t>, Seen> producers;
};

struct Client {
  std::string id;
  std::int16_t client_version = 2;
  std::optional<ProducerReply> producer = std::nullopt;
  std::optional<bool> ending = std::nullopt;  // an EndTxn whose answer was lost
  bool open = false;
};

class Simulation {
 public:
  Simulation(std::uint64_t seed, std::int16_t version)
      : random_(seeded_random(seed)), version_(version), bench_(settings(), version) {
    bench_.marker_result = [this](const TopicPartition& partition, const Marker& marker) {
      return receive(partition, marker);
    };
    for (int i = 0; i < kIds; ++i) {
      Client client;
      client.id = "id-" + std::to_string(i);
      client.client_version = version >= 2 && i % 4 != 3 ? 2 : 0;
      clients_.push_back(std::move(client));
    }
  }

  void run() {
    for (int step = 0; step < kSteps && !::testing::Test::HasFailure(); ++step) {
      disturb();
      act(clients_[below(clients_.size())]);
      if (bench_.hold_markers && chance(3)) bench_.deliver_markers();
      bench_.advance(static_cast<std::int64_t>(below(200)));
      check();
    }
    settle();
  }

 private:
  static TransactionSettings settings() {
    TransactionSettings settings;
    settings.abort_check_interval_ms = 1'000;
    return settings;
  }
  std::size_t below(std::size_t bound) { return static_cast<std::size_t>(random_->next() % bound); }
  bool chance(std::size_t one_in) { return below(one_in) == 0; }

  // --- The world goes wrong ---

  void disturb() {
    if (chance(12)) bench_.append_error = ErrorCode::kNotEnoughReplicas;
    if (chance(4)) bench_.append_error = ErrorCode::kNone;
    if (chance(15)) bench_.hold_markers = !bench_.hold_markers;
    if (chance(10)) broken_ = chance(2) ? std::optional(partition()) : std::nullopt;
    if (chance(20)) {
      bench_.restart();
      bench_.hold_markers = false;
      troubled_at_ms_ = bench_.now().wall_ms;
    }
    if (bench_.append_error != ErrorCode::kNone) troubled_at_ms_ = bench_.now().wall_ms;
  }

  ErrorCode receive(const TopicPartition& partition, const Marker& marker) {
    if (broken_ == partition) return ErrorCode::kNotLeaderOrFollower;
    auto& seen = world_.producers[{partition, marker.producer_id}];
    if (marker.producer_epoch < seen.epoch) return ErrorCode::kInvalidProducerEpoch;
    // Invariant MarkersMatchTheDecision: never both outcomes for one epoch of a producer under version 2.
    if (marker.transaction_version >= 2) {
      const auto [place, first] =
          outcomes_.try_emplace({marker.producer_id, marker.producer_epoch}, marker.commit);
      EXPECT_EQ(place->second, marker.commit) << "a transaction has exactly one outcome";
    }
    seen = {marker.producer_epoch, false};
    return ErrorCode::kNone;
  }

  // --- Producers ---

  TopicPartition partition() { return {"t" + std::to_string(below(2)), static_cast<std::int32_t>(below(2))}; }

  void act(Client& client) {
    if (!client.producer || chance(25)) return restart(client);
    if (client.ending) return end(client, *client.ending);
    if (client.open && chance(2)) return end(client, chance(2));
    produce(client);
  }

  void restart(Client& client) {
    const auto expected =
        client.producer && chance(2)
            ? std::optional(ProducerIdentity{client.producer->producer_id, client.producer->producer_epoch})
            : std::nullopt;
    const ProducerReply reply =
        bench_.init({.id = client.id, .timeout_ms = kTimeoutMs, .expected = expected});
    client = {.id = client.id, .client_version = client.client_version};
    if (reply.error == ErrorCode::kNone) client.producer = reply;
  }

  void produce(Client& client) {
    const TopicPartition target = partition();
    const ErrorCode error = bench_.add(*client.producer, {target}, client.client_version, client.id);
    if (is_fatal(error)) return give_up(client);
    if (error != ErrorCode::kNone) return;
    const auto verified = bench_.verify(*client.producer, {target}, client.id);
    EXPECT_EQ(verified[0].second, ErrorCode::kNone) << "what was added is there";
    auto& seen = world_.producers[{target, client.producer->producer_id}];
    EXPECT_GE(client.producer->producer_epoch, seen.epoch) << "a fenced producer does not get this far";
    seen = {client.producer->producer_epoch, true};
    client.open = true;
  }

  void end(Client& client, bool commit) {
    const ProducerReply reply = bench_.end(*client.producer, commit, client.client_version, client.id);
    client.ending = commit;
    if (chance(6)) return;  // the answer is lost; asked again
    if (is_fatal(reply.error)) return give_up(client);
    if (reply.error != ErrorCode::kNone) return;
    client.ending.reset();
    client.open = false;
    if (client.client_version < 2) return;  // it keeps its epoch
    // Invariant EpochsNeverGoBack, as a producer sees them.
    const bool later = reply.producer_id > client.producer->producer_id ||
                       reply.producer_epoch >= client.producer->producer_epoch;
    EXPECT_TRUE(later);
    client.producer = reply;
  }

  static bool is_fatal(ErrorCode error) {
    return error == ErrorCode::kProducerFenced || error == ErrorCode::kInvalidProducerIdMapping ||
           error == ErrorCode::kInvalidTxnState;
  }
  void give_up(Client& client) { client = {.id = client.id, .client_version = client.client_version}; }

  // --- Invariants ---

  void check() {
    for (const Client& client : clients_) {
      const TransactionMetadata* state = bench_.shard().find(client.id);
      if (state == nullptr) continue;
      auto& before = newest_[client.id];
      // Invariant EpochsNeverGoBack, as the coordinator keeps them.
      EXPECT_TRUE(state->producer_id > before.id ||
                  (state->producer_id == before.id && state->producer_epoch >= before.epoch))
          << client.id;
      before = {state->producer_id, state->producer_epoch};
      // Invariant NothingHangs: no transaction is older than its time-out and one look, while the log works.
      if (bench_.append_error != ErrorCode::kNone) troubled_at_ms_ = bench_.now().wall_ms;
      if (state->state != TransactionState::kOngoing) continue;
      const std::int64_t due_ms = std::max(state->start_ms + kTimeoutMs, troubled_at_ms_);
      EXPECT_LE(bench_.now().wall_ms, due_ms + settings().abort_check_interval_ms) << client.id;
    }
  }

  // With a world that works again everything comes to its end.
  void settle() {
    bench_.append_error = ErrorCode::kNone;
    broken_.reset();
    bench_.hold_markers = false;
    bench_.deliver_markers();
    bench_.advance(kTimeoutMs + settings().abort_check_interval_ms + 2'000);
    for (const Client& client : clients_) {
      const TransactionMetadata* state = bench_.shard().find(client.id);
      if (state == nullptr) continue;
      EXPECT_NE(state->state, TransactionState::kOngoing) << client.id << ": nothing hangs";
      EXPECT_FALSE(state->preparing()) << client.id << ": nothing hangs";
    }
    for (const auto& [key, seen] : world_.producers) {
      EXPECT_FALSE(seen.open) << "a transaction is left open in " << key.first.to_string() << " by producer "
                              << key.second;
    }
    // What a restart loads is what is.
    std::map<std::string, TransactionMetadata> live;
    for (const Client& client : clients_) {
      if (const auto* state = bench_.shard().find(client.id)) live[client.id] = *state;
    }
    bench_.restart();
    for (auto& [id, state] : live) {
      state.last_producer_epoch = -1;
      if (version_ == 0) state.previous_producer_id = -1, state.client_version = 0;
      ASSERT_NE(bench_.shard().find(id), nullptr);
      EXPECT_EQ(*bench_.shard().find(id), state) << id;
    }
  }

  std::unique_ptr<Random> random_;
  const std::int16_t version_;
  TransactionBench bench_;
  std::vector<Client> clients_;
  PartitionWorld world_;
  std::optional<TopicPartition> broken_;
  std::map<std::pair<std::int64_t, std::int16_t>, bool> outcomes_;
  std::map<std::string, ProducerIdentity> newest_;
  std::int64_t troubled_at_ms_ = 0;  // when the log failed last, or the coordinator started
};

class TransactionSimulation : public ::testing::TestWithParam<std::tuple<std::uint64_t, int>> {};

TEST_P(TransactionSimulation, KeepsItsInvariants) {
  const auto [seed, version] = GetParam();
  SCOPED_TRACE("seed " + std::to_string(seed) + ", transaction.version " + std::to_string(version));
  Simulation(seed, static_cast<std::int16_t>(version)).run();
}

INSTANTIATE_TEST_SUITE_P(Seeds, TransactionSimulation,
                         ::testing::Combine(::testing::Range<std::uint64_t>(1, 9),
                                            ::testing::Values(0, 1, 2)));

}  // namespace
}  // namespace barnabas::broker::transactions
