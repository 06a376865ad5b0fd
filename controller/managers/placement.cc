#include "controller/managers/placement.h"

#include <algorithm>
#include <map>

#include "common/text.h"

namespace barnabas::controller {

namespace {

// Brokers of one rack and state, given out in turns. The start moves on by one every epoch (partition).
class Ring {
 public:
  void add(std::int32_t id) { ids_.push_back(id); }
  void shuffle(Random& random) {
    std::sort(ids_.begin(), ids_.end());
    for (std::size_t i = ids_.size(); i > 1; --i) std::swap(ids_[i - 1], ids_[random.below(i)]);
    start_ = ids_.empty() ? 0 : random.below(ids_.size());
  }
  bool empty() const { return ids_.empty(); }
  void begin() { given_ = 0; }
  void advance() { start_ = ids_.empty() ? 0 : (start_ + 1) % ids_.size(); }
  std::optional<std::int32_t> next() {
    if (given_ >= ids_.size()) return std::nullopt;
    return ids_[(start_ + given_++) % ids_.size()];
  }

 private:
  std::vector<std::int32_t> ids_;
  std::size_t start_ = 0;
  std::size_t given_ = 0;
};

struct Rack {
  Ring unfenced;
  Ring fenced;
};

class Racks {
 public:
  Racks(const std::vector<UsableBroker>& brokers, Random& random) {
    std::map<std::optional<std::string>, Rack> by_name;
    for (const UsableBroker& broker : brokers) {
      Rack& rack = by_name[broker.rack];
      (broker.fenced ? rack.fenced : rack.unfenced).add(broker.id);
    }
    for (auto& [name, rack] : by_name) {
      rack.unfenced.shuffle(random);
      rack.fenced.shuffle(random);
      racks_.push_back(std::move(rack));
    }
    start_ = random.below(racks_.size());
  }

  // The next partition's replicas; an unfenced broker exists and there are brokers enough.
  std::vector<std::int32_t> place(std::size_t count) {
    std::vector<std::int32_t> replicas;
    for (Rack& rack : racks_) {
      rack.unfenced.begin();
      rack.fenced.begin();
    }
    std::size_t turn = 0;
    while (replicas.empty()) {
      if (const auto leader = at(turn++).unfenced.next()) replicas.push_back(*leader);
    }
    for (; replicas.size() < count; ++turn) {
      Rack& rack = at(turn);
      auto follower = rack.unfenced.next();
      if (!follower) follower = rack.fenced.next();
      if (follower) replicas.push_back(*follower);
    }
    for (Rack& rack : racks_) {
      rack.unfenced.advance();
      rack.fenced.advance();
    }
    start_ = (start_ + 1) % racks_.size();
    return replicas;
  }

 private:
  Rack& at(std::size_t turn) { return racks_[(start_ + turn) % racks_.size()]; }

  std::vector<Rack> racks_;
  std::size_t start_ = 0;
};

}  // namespace

Result<std::vector<std::vector<std::int32_t>>, std::string> place_replicas(const PlacementRequest& request,
                                                                           std::vector<UsableBroker> brokers,
                                                                           Random& random) {
  if (request.replication_factor <= 0) {
    return unexpected(concat("Invalid replication factor ", request.replication_factor,
                             ": the replication factor must be positive."));
  }
  const bool any_unfenced =
      std::any_of(brokers.begin(), brokers.end(), [](const UsableBroker& broker) { return !broker.fenced; });
  if (!any_unfenced) return unexpected(std::string("All brokers are currently fenced."));
  const auto count = static_cast<std::size_t>(request.replication_factor);
  if (brokers.size() < count) {
    return unexpected(concat("The target replication factor of ", request.replication_factor,
                             " cannot be reached because only ", brokers.size(),
                             " broker(s) are registered."));
  }
  Racks racks(brokers, random);
  std::vector<std::vector<std::int32_t>> placed;
  placed.reserve(static_cast<std::size_t>(request.partitions));
  for (std::int32_t i = 0; i < request.partitions; ++i) placed.push_back(racks.place(count));
  return placed;
}

}  // namespace barnabas::controller
