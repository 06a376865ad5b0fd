// Members of a share group that fetch, answer, fall silent and leave, over a persister that refuses now and
// then and a broker that loses its memory: seeded, against named invariants.
#include <gtest/gtest.h>

#include <deque>
#include <map>
#include <set>

#include "broker/share/partition/share_partition.h"
#include "broker/share/partition/tests/fake_persister.h"
#include "common/random.h"

namespace barnabas::broker::share {
namespace {

using testing::FakePersister;

constexpr int kMembers = 4;

struct Held {
  int member = -1;
  std::int16_t delivery_count = 0;
};

class World {
 public:
  explicit World(std::uint64_t seed) : random_(seeded_random(seed)) {
    limits_.max_in_flight = 40;
    limits_.delivery_count_limit = 2 + static_cast<std::int32_t>(random_->below(5));
    limits_.lock_duration_ms = 100;
  }

  void live(int steps) {
    for (int step = 0; step < steps && !::testing::Test::HasFailure(); ++step) {
      act();
      check();
    }
    finish_all();
  }

 private:
  void act() {
    now_ms_ += static_cast<std::int64_t>(random_->below(10));
    switch (random_->below(16)) {
      case 0:
      case 1:
        return produce();
      case 2:
      case 3:
      case 4:
      case 5:
        return fetch(static_cast<int>(random_->below(kMembers)));
      case 6:
      case 7:
      case 8:
      case 9:
        return acknowledge(static_cast<int>(random_->below(kMembers)));
      case 10:
      case 11:
        return settle_one();
      case 12:
        return expire();
      case 13:
        return leave(static_cast<int>(random_->below(kMembers)));
      case 14:
        if (random_->below(8) == 0) delete_records();
        return;
      default:
        if (random_->below(20) == 0) restart();
    }
  }

  void produce() {
    const auto count = 1 + static_cast<std::int64_t>(random_->below(8));
    if (random_->below(10) == 0) log_end_ += static_cast<std::int64_t>(random_->below(4));  // a gap
    log_.push_back({log_end_, log_end_ + count - 1});
    log_end_ += count;
  }

  std::vector<LogBatch> read(std::int64_t offset) const {
    std::vector<LogBatch> out;
    for (const LogBatch& batch : log_) {
      if (batch.last_offset >= std::max(offset, log_start_)) out.push_back(batch);
    }
    return out;
  }

  void fetch(int member) {
    if (!partition_.can_acquire(limits_)) return;
    SharePartition::Acquire request;
    request.member = std::make_shared<const std::string>(std::to_string(member));
    request.record_limit = random_->below(2) == 0;
    request.batch_size = 1 + static_cast<std::int32_t>(random_->below(10));
    request.max_records = 1 + static_cast<std::int32_t>(random_->below(20));
    request.fetch_offset = partition_.next_fetch_offset();
    const auto batches = read(request.fetch_offset);
    request.batches = batches;
    request.now_ms = now_ms_;
    std::int64_t count = 0;
    for (const AcquiredRange& range : partition_.acquire(request, limits_)) {
      for (auto offset = range.first_offset; offset <= range.last_offset; ++offset, ++count) {
        EXPECT_FALSE(held_.contains(offset)) << "OneHolderAtATime: " << offset;
        EXPECT_FALSE(done_.contains(offset)) << "NothingIsDeliveredOnceDone: " << offset;
        EXPECT_LE(range.delivery_count, limits_.delivery_count_limit) << "DeliveryCountKeepsItsLimit";
        EXPECT_GT(range.delivery_count, 0);
        held_[offset] = {member, range.delivery_count};
      }
    }
    if (request.record_limit) {
      EXPECT_LE(count, request.max_records) << "RecordLimitIsKept";
    }
  }

  // What the persister will be told, in order, one after the other.
  struct Write {
    std::vector<StateBatch> batches;
    bool confirms = true;
  };

  void acknowledge(int member) {
    std::vector<AcknowledgeBatch> said;
    for (const auto& [offset, held] : held_) {
      if (held.member != member || random_->below(3) == 0) continue;
      const std::int8_t types[] = {0, 1, 1, 2, 3, 4};
      said.push_back({offset, offset, {types[random_->below(6)]}});
    }
    const auto change = partition_.acknowledge(std::to_string(member), said, limits_, now_ms_);
    // Who holds records by the rules may answer for them.
    EXPECT_EQ(change.error, protocol::ErrorCode::kNone) << change.message;
    for (const AcknowledgeBatch& batch : said) {
      if (batch.types.front() != 4) held_.erase(batch.first_offset);
    }
    changed(change, true);
  }

  void changed(const SharePartition::Change& change, bool confirms) {
    for (const StateBatch& batch : change.batches) {
      for (auto offset = batch.first_offset; offset <= batch.last_offset; ++offset) held_.erase(offset);
    }
    if (!change.batches.empty()) writes_.push_back({change.batches, confirms});
  }

  void settle_one() {
    if (writes_.empty()) return;
    const Write write = std::move(writes_.front());
    writes_.pop_front();
    const bool persisted = random_->below(6) != 0;
    if (persisted) {
      stored_.apply({0, 0, partition_.start_offset(), partition_.delivery_complete_count(), write.batches});
    }
    if (!write.confirms) return;
    partition_.finish(write.batches, persisted, limits_, now_ms_);
    for (const StateBatch& batch : write.batches) {
      for (auto offset = batch.first_offset; offset <= batch.last_offset; ++offset) {
        if (persisted && batch.delivery_state != 0) done_.insert(offset);
        if (!persisted) see_again(offset);
      }
    }
  }

  // A refused write leaves a record with its holder, unless the lock is over by now.
  void see_again(std::int64_t offset) {
    for (const auto& [first, batch] : partition_.in_flight()) {
      if (offset < std::max(first, partition_.start_offset()) || offset > batch.last) continue;
      const DeliveryState& state =
          batch.is_split() ? batch.each[static_cast<std::size_t>(offset - first)] : batch.whole;
      if (state.is_held()) held_[offset] = {std::stoi(*state.holder), state.delivery_count};
    }
  }

  void expire() {
    if (random_->below(3) == 0) now_ms_ += limits_.lock_duration_ms;
    changed({protocol::ErrorCode::kNone, {}, partition_.expire(limits_, now_ms_)}, false);
  }

  void leave(int member) { changed(partition_.release(std::to_string(member), limits_), true); }

  void delete_records() {
    log_start_ = std::min(log_end_, log_start_ + static_cast<std::int64_t>(random_->below(20)));
    partition_.move_log_start(log_start_);
    held_.erase(held_.begin(), held_.lower_bound(log_start_));
  }

  void restart() {
    writes_.clear();
    held_.clear();
    const auto batches = stored_.batches();
    partition_ = SharePartition(std::max<std::int64_t>(0, stored_.start_offset), batches);
    partition_.move_log_start(log_start_);
    start_seen_ = 0;  // what was not persisted may be behind it again
  }

  void check() {
    EXPECT_GE(partition_.start_offset(), start_seen_) << "StartNeverGoesBack";
    start_seen_ = partition_.start_offset();
    std::int64_t next = -1;
    std::int32_t complete = 0;
    for (const auto& [first, batch] : partition_.in_flight()) {
      if (next >= 0) {
        EXPECT_EQ(first, next) << "InFlightHasNoGaps";
      }
      next = batch.last + 1;
      for (auto offset = std::max(first, partition_.start_offset()); offset <= batch.last; ++offset) {
        const DeliveryState& state =
            batch.is_split() ? batch.each[static_cast<std::size_t>(offset - first)] : batch.whole;
        if (is_final(state.state)) ++complete;
        EXPECT_EQ(state.is_held(), held_.contains(offset)) << "HoldersAgree: " << offset;
        EXPECT_LE(state.delivery_count, limits_.delivery_count_limit) << "DeliveryCountKeepsItsLimit";
      }
    }
    if (next >= 0) {
      EXPECT_EQ(next, partition_.next_new_offset()) << "InFlightEndsAtTheNextNewRecord";
    }
    EXPECT_EQ(complete, partition_.delivery_complete_count()) << "CompleteCountIsRight";
  }

  // Nothing is lost: with members that accept all, every record comes to its end.
  void finish_all() {
    limits_.max_in_flight = 100'000;
    for (int round = 0; round < 10'000 && partition_.start_offset() < log_end_; ++round) {
      now_ms_ += limits_.lock_duration_ms;
      while (!writes_.empty()) settle_one();
      changed({protocol::ErrorCode::kNone, {}, partition_.expire(limits_, now_ms_)}, false);
      fetch(0);
      std::vector<AcknowledgeBatch> said;
      for (const auto& [offset, held] : held_) said.push_back({offset, offset, {1}});
      changed(partition_.acknowledge("0", said, limits_, now_ms_), true);
      while (!writes_.empty()) settle_one();
    }
    EXPECT_GE(partition_.start_offset(), log_.empty() ? 0 : std::max(log_start_, log_.back().last_offset + 1))
        << "NothingIsLost";
  }

  std::unique_ptr<Random> random_;
  ShareLimits limits_;
  std::int64_t now_ms_ = 0;
  std::vector<LogBatch> log_;
  std::int64_t log_start_ = 0, log_end_ = 0;
  SharePartition partition_{0, {}};
  FakePersister::Stored stored_;
  std::deque<Write> writes_;
  std::map<std::int64_t, Held> held_;
  std::set<std::int64_t> done_;  // persisted as acknowledged or given up
  std::int64_t start_seen_ = 0;
};

TEST(ShareSimulation, KeepsItsInvariants) {
  for (std::uint64_t seed = 1; seed <= 60; ++seed) {
    SCOPED_TRACE(::testing::Message() << "seed " << seed);
    World(seed).live(400);
    if (::testing::Test::HasFailure()) return;
  }
}

}  // namespace
}  // namespace barnabas::broker::share
