// The uniform assignor for members with different subscriptions: keep what was, give the rest to whoever has
// least, then move single partitions from the fullest to the emptiest subscriber, topic by topic.
#include <algorithm>

#include "broker/groups/consumer/assignor.h"

namespace barnabas::broker::groups::consumer {
namespace {

constexpr int kMaxRounds = 16;
constexpr int kNobody = -1;

// Walks the subscribers of one topic from both ends of their load: next_least gives out members as if each
// then got a partition, next_most as if each then lost one.
class LoadWalk {
 public:
  // `members` is not empty; `loads` lives as long as the walk. Returns the difference between the highest and
  // the lowest load.
  int start(const std::vector<int>& members, const std::vector<int>& loads) {
    members_ = members;
    loads_ = &loads;
    std::sort(members_.begin(), members_.end(), [&](int one, int other) {
      return load(one) != load(other) ? load(one) < load(other) : one < other;
    });
    const int least = load(members_.front());
    const int most = load(members_.back());
    low_end_ = 0;
    low_next_ = 0;
    low_level_ = least - 1;
    high_start_ = high_end_ = size();
    high_next_ = size() - 1;
    high_level_ = most + 1;
    return most - least;
  }

  int next_least() {
    if (low_next_ >= low_end_) {
      ++low_level_;
      while (low_end_ < size() && load(at(low_end_)) == low_level_) ++low_end_;
      low_next_ = 0;
    }
    return at(low_next_++);
  }

  // kNobody when no member is left.
  int next_most() {
    if (high_next_ < high_start_) {
      if (high_end_ <= high_start_ && high_start_ > 0) {
        high_level_ = load(at(high_start_ - 1));
      } else {
        --high_level_;
      }
      while (high_start_ > 0 && load(at(high_start_ - 1)) == high_level_) --high_start_;
      high_next_ = high_end_ - 1;
    }
    return high_next_ < 0 ? kNobody : at(high_next_--);
  }

  // The member that next_most gave last has nothing to lose.
  void exclude_last_most() {
    std::swap(members_[static_cast<std::size_t>(high_next_ + 1)],
              members_[static_cast<std::size_t>(high_end_ - 1)]);
    --high_end_;
  }

  bool balanced() const { return high_level_ - low_level_ <= 1; }

 private:
  int size() const { return static_cast<int>(members_.size()); }
  int at(int place) const { return members_[static_cast<std::size_t>(place)]; }
  int load(int member) const { return (*loads_)[static_cast<std::size_t>(member)]; }

  std::vector<int> members_;
  const std::vector<int>* loads_ = nullptr;
  int low_end_ = 0, low_next_ = 0, low_level_ = 0;
  int high_start_ = 0, high_end_ = 0, high_next_ = 0, high_level_ = 0;
};

struct Topic {
  Uuid id;
  std::vector<int> owners;       // by partition
  std::vector<int> subscribers;  // ascending
};

class HeterogeneousBuilder {
 public:
  explicit HeterogeneousBuilder(const GroupSpec& group) : group_(group), loads_(group.members.size()) {
    for (std::size_t index = 0; index < group.members.size(); ++index) {
      for (const Uuid& id : *group.members[index].topics) {
        Topic& topic = topics_[id];
        if (topic.subscribers.empty()) {
          topic.id = id;
          topic.owners.assign(static_cast<std::size_t>(group.partition_counts.at(id)), kNobody);
        }
        topic.subscribers.push_back(static_cast<int>(index));
      }
    }
  }

  GroupAssignment build() && {
    keep();
    sort_topics();
    assign_free();
    balance();
    GroupAssignment out(group_.members.size());
    for (const auto& [id, topic] : topics_) {
      for (std::size_t partition = 0; partition < topic.owners.size(); ++partition) {
        const int owner = topic.owners[partition];
        out[static_cast<std::size_t>(owner)][id].push_back(static_cast<std::int32_t>(partition));
      }
    }
    return out;
  }

 private:
  void keep() {
    for (std::size_t index = 0; index < group_.members.size(); ++index) {
      const MemberSpec& member = group_.members[index];
      for (const auto& [id, partitions] : *member.previous) {
        if (!std::binary_search(member.topics->begin(), member.topics->end(), id)) continue;
        Topic& topic = topics_.at(id);
        for (const std::int32_t partition : partitions) {
          const auto place = static_cast<std::size_t>(partition);
          if (place < topic.owners.size() && topic.owners[place] == kNobody) {
            give(topic, partition, static_cast<int>(index));
          }
        }
      }
    }
  }

  // Topics with most partitions per subscriber first, then those with fewest subscribers: they leave the
  // least choice.
  void sort_topics() {
    for (auto& [id, topic] : topics_) sorted_.push_back(&topic);
    std::sort(sorted_.begin(), sorted_.end(), [](const Topic* one, const Topic* other) {
      const auto left = one->owners.size() * other->subscribers.size();
      const auto right = other->owners.size() * one->subscribers.size();
      if (left != right) return left > right;
      if (one->subscribers.size() != other->subscribers.size()) {
        return one->subscribers.size() < other->subscribers.size();
      }
      return one->id < other->id;
    });
  }

  void assign_free() {
    for (Topic* topic : sorted_) {
      walk_.start(topic->subscribers, loads_);
      for (std::size_t partition = 0; partition < topic->owners.size(); ++partition) {
        if (topic->owners[partition] != kNobody) continue;
        give(*topic, static_cast<std::int32_t>(partition), walk_.next_least());
      }
    }
  }

  // Round after round until no topic has changed since the last one that did.
  void balance() {
    const Topic* last_changed = nullptr;
    for (int round = 0; round < kMaxRounds; ++round) {
      for (Topic* topic : sorted_) {
        if (topic->subscribers.size() < 2) continue;
        if (topic == last_changed) return;
        if (balance(*topic) || last_changed == nullptr) last_changed = topic;
      }
    }
  }

  bool balance(Topic& topic) {
    if (walk_.start(topic.subscribers, loads_) <= 1) return false;
    std::unordered_map<int, std::vector<std::int32_t>> owned;  // ascending; the last goes first
    for (std::size_t partition = 0; partition < topic.owners.size(); ++partition) {
      owned[topic.owners[partition]].push_back(static_cast<std::int32_t>(partition));
    }
    bool moved = false;
    while (!walk_.balanced()) {
      int from = walk_.next_most();
      while (from != kNobody && owned[from].empty()) {
        walk_.exclude_last_most();
        from = walk_.next_most();
      }
      if (from == kNobody) break;
      const std::int32_t partition = owned[from].back();
      owned[from].pop_back();
      const int to = walk_.next_least();
      if (walk_.balanced()) break;
      give(topic, partition, to);
      moved = true;
    }
    return moved;
  }

  void give(Topic& topic, std::int32_t partition, int member) {
    int& owner = topic.owners[static_cast<std::size_t>(partition)];
    if (owner != kNobody) --loads_[static_cast<std::size_t>(owner)];
    owner = member;
    ++loads_[static_cast<std::size_t>(member)];
  }

  const GroupSpec& group_;
  std::map<Uuid, Topic> topics_;
  std::vector<Topic*> sorted_;
  std::vector<int> loads_;  // partitions of each member
  LoadWalk walk_;
};

}  // namespace

GroupAssignment assign_heterogeneous(const GroupSpec& group) {
  return HeterogeneousBuilder(group).build();
}

}  // namespace barnabas::broker::groups::consumer
