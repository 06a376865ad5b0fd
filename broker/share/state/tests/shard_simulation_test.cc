// Random questions to a shard, and what must hold after each of them.
#include <gtest/gtest.h>

#include <string>

#include "broker/share/state/tests/shard_bench.h"
#include "common/random.h"

namespace barnabas::broker::share {
namespace {

class Simulation {
 public:
  explicit Simulation(std::uint64_t seed)
      : random_(seeded_random(seed)),
        bench_({.updates_per_snapshot = static_cast<std::int32_t>(random_->below(6)),
                .cold_snapshot_interval_ms = 500,
                .prune_interval_ms = 700}) {}

  void step() {
    const SharePartitionKey key = any_key();
    const auto epoch = static_cast<std::int32_t>(random_->below(5)) - 1;
    switch (random_->below(12)) {
      case 0:
      case 1:
        bench_.initialize(key, epoch, static_cast<std::int64_t>(random_->below(20)) - 1);
        break;
      case 2:
        bench_.read(key, epoch);
        break;
      case 3:
        if (random_->below(4) == 0) bench_.remove(key);
        break;
      case 4:
        if (random_->below(8) == 0) bench_.forget(key.topic_id);
        break;
      case 5:
        bench_.advance(static_cast<std::int64_t>(random_->below(400)));
        break;
      default:
        write(key);
    }
    if (!bench_.pruned.empty()) bench_.start = static_cast<std::size_t>(bench_.pruned.back());
  }

  void check() {
    states_have_no_overlaps();
    replay_gives_the_live_state();
  }

 private:
  SharePartitionKey any_key() {
    return {random_->below(2) == 0 ? "sg" : "other",
            Uuid::reserved(static_cast<std::uint8_t>(101 + random_->below(2))),
            static_cast<std::int32_t>(random_->below(2))};
  }
  void write(const SharePartitionKey& key) {
    constexpr std::int8_t kStates[] = {0, 2, 4};
    const ShareState* state = bench_.shard->find(key);
    StateWrite write;
    write.state_epoch = static_cast<std::int32_t>(random_->below(5)) - 1;
    write.leader_epoch = static_cast<std::int32_t>(random_->below(5)) - 1;
    write.start_offset = -1;
    const std::int64_t start = state != nullptr ? std::max<std::int64_t>(state->start_offset, 0) : 0;
    if (random_->below(3) == 0) write.start_offset = start + static_cast<std::int64_t>(random_->below(4));
    write.delivery_complete_count = static_cast<std::int32_t>(random_->below(9)) - 1;
    for (std::uint64_t i = random_->below(4); i > 0; --i) {
      const auto first = start + static_cast<std::int64_t>(random_->below(30));
      write.batches.push_back({first, first + static_cast<std::int64_t>(random_->below(6)),
                               kStates[random_->below(3)], static_cast<std::int16_t>(random_->below(4))});
    }
    bench_.write(key, write);
  }
  template <class See>
  void for_each_key(See see) {
    for (const char* group : {"sg", "other"}) {
      for (const std::uint8_t topic : {101, 102}) {
        for (const std::int32_t partition : {0, 1})
          see(SharePartitionKey{group, Uuid::reserved(topic), partition});
      }
    }
  }
  void states_have_no_overlaps() {
    for_each_key([this](const SharePartitionKey& key) {
      const ShareState* state = bench_.shard->find(key);
      if (state == nullptr) return;
      std::int64_t next = state->start_offset;
      for (const StateBatch& batch : state->batches) {
        ASSERT_GE(batch.first_offset, next);
        ASSERT_GE(batch.last_offset, batch.first_offset);
        next = batch.last_offset + 1;
      }
    });
  }
  // From the whole log, and from what is left of it.
  void replay_gives_the_live_state() {
    for (const std::size_t start : {std::size_t{0}, bench_.start}) {
      ShareStateShard loaded({}, bench_, 3);
      ShareStateShard::Effects effects;
      for (std::size_t offset = start; offset < bench_.log.size(); ++offset) {
        const auto& bytes = bench_.log[offset];
        const auto record = ShareStateShard::decode(
            bytes.key, bytes.value ? std::optional<ByteView>(*bytes.value) : std::nullopt);
        ASSERT_TRUE(record);
        loaded.replay(*record, static_cast<std::int64_t>(offset), -1, bench_.now, effects);
      }
      ASSERT_EQ(loaded.size(), bench_.shard->size());
      for_each_key([&](const SharePartitionKey& key) {
        const ShareState* live = bench_.shard->find(key);
        const ShareState* again = loaded.find(key);
        ASSERT_EQ(live == nullptr, again == nullptr);
        if (live != nullptr) {
          ASSERT_EQ(*live, *again);
        }
      });
    }
  }

  std::unique_ptr<Random> random_;
  ShardBench bench_;
};

TEST(ShareStateSimulation, ReplayEqualsTheLiveState) {
  for (std::uint64_t seed = 1; seed <= 60; ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    Simulation simulation(seed);
    for (int step = 0; step < 300; ++step) {
      simulation.step();
      if (step % 10 == 9) simulation.check();
      if (::testing::Test::HasFatalFailure()) return;
    }
  }
}

}  // namespace
}  // namespace barnabas::broker::share
