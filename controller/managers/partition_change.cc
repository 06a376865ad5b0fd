#include "controller/managers/partition_change.h"

#include <algorithm>
#include <set>

namespace barnabas::controller {

namespace {

using Brokers = std::vector<std::int32_t>;

bool has(const Brokers& brokers, std::int32_t broker) {
  return std::find(brokers.begin(), brokers.end(), broker) != brokers.end();
}

struct Elected {
  std::int32_t leader = kNoLeader;
  bool unclean = false;
};

// The state a change works towards.
class Draft {
 public:
  explicit Draft(const PartitionChange& change)
      : change_(change),
        partition_(*change.partition),
        isr_(change.target_isr),
        elr_(partition_.elr),
        last_known_elr_(partition_.last_known_elr) {
    record_.topic_id = change.topic_id;
    record_.partition_id = change.number;
  }

  std::optional<protocol::PartitionChangeRecord> finish() {
    if (change_.elr_enabled) update_elr();
    elect();
    record_elr();
    // Without eligible replicas the last one in sync stays in the set, dead or not.
    if (!record_.isr && (!isr_.empty() || change_.elr_enabled) && isr_ != partition_.isr) record_.isr = isr_;
    if (change_.elr_enabled && record_.isr && record_.isr->empty() && lost_its_leader()) {
      record_.last_known_elr = Brokers{partition_.leader};
    }
    const protocol::PartitionChangeRecord untouched = blank();
    if (record_ == untouched) return std::nullopt;
    return record_;
  }

 private:
  protocol::PartitionChangeRecord blank() const {
    protocol::PartitionChangeRecord record;
    record.topic_id = change_.topic_id;
    record.partition_id = change_.number;
    return record;
  }

  bool lost_its_leader() const {
    return partition_.leader != kNoLeader && partition_.last_known_elr != Brokers{partition_.leader};
  }

  void update_elr() {
    const std::size_t wanted =
        std::min(static_cast<std::size_t>(std::max(change_.min_isr, 1)), partition_.replicas.size());
    if (isr_.size() >= wanted) {
      elr_.clear();
      last_known_elr_.clear();
      return;
    }
    std::set<std::int32_t> candidates(elr_.begin(), elr_.end());
    candidates.insert(partition_.isr.begin(), partition_.isr.end());
    elr_.clear();
    for (const std::int32_t broker : candidates) {
      if (!has(isr_, broker) && !has(change_.unclean_shutdown_replicas, broker)) elr_.push_back(broker);
    }
    candidates.insert(last_known_elr_.begin(), last_known_elr_.end());
    last_known_elr_.clear();
    for (const std::int32_t broker : candidates) {
      if (!has(isr_, broker) && !has(elr_, broker)) last_known_elr_.push_back(broker);
    }
  }

  bool may_lead(std::int32_t broker) const {
    const bool in_sync = has(isr_, broker);
    const bool eligible = change_.elr_enabled && isr_.empty() && has(elr_, broker);
    return (in_sync || eligible) && change_.is_acceptable_leader(broker);
  }

  Elected choose() const {
    const Brokers& replicas = partition_.replicas;
    if (change_.election == Election::kPreferred && !replicas.empty() && may_lead(replicas.front())) {
      return {replicas.front(), false};
    }
    if (may_lead(partition_.leader)) return {partition_.leader, false};
    for (const std::int32_t broker : replicas) {
      if (may_lead(broker)) return {broker, false};
    }
    if (change_.election == Election::kPreferred) return {};
    if (change_.elr_enabled && isr_.empty() && elr_.empty() && !partition_.last_known_elr.empty() &&
        change_.is_acceptable_leader(partition_.last_known_elr.front())) {
      return {partition_.last_known_elr.front(), true};
    }
    if (change_.election == Election::kUnclean) {
      for (const std::int32_t broker : replicas) {
        if (change_.is_acceptable_leader(broker)) return {broker, true};
      }
    }
    return {};
  }

  void elect() {
    const Elected elected = choose();
    if (elected.leader == partition_.leader) return;
    record_.leader = elected.leader;
    if (elected.unclean) {
      record_.isr = Brokers{elected.leader};
      if (partition_.recovery_state != LeaderRecoveryState::kRecovering) {
        record_.leader_recovery_state = static_cast<std::int8_t>(LeaderRecoveryState::kRecovering);
      }
    } else if (has(elr_, elected.leader)) {
      isr_ = {elected.leader};
      std::erase(elr_, elected.leader);
    }
  }

  void record_elr() {
    const bool unclean = record_.isr.has_value();
    if (unclean || !change_.elr_enabled) {
      elr_.clear();
      last_known_elr_.clear();
    }
    if (elr_ != partition_.elr) record_.eligible_leader_replicas = elr_;
    if (last_known_elr_ != partition_.last_known_elr) record_.last_known_elr = last_known_elr_;
  }

  const PartitionChange& change_;
  const PartitionImage& partition_;
  Brokers isr_;
  Brokers elr_;
  Brokers last_known_elr_;
  protocol::PartitionChangeRecord record_;
};

}  // namespace

std::optional<protocol::PartitionChangeRecord> PartitionChange::build() const {
  return Draft(*this).finish();
}

}  // namespace barnabas::controller
