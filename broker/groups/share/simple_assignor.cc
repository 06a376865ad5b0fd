#include "broker/groups/share/simple_assignor.h"

#include <algorithm>
#include <map>

namespace barnabas::broker::groups::share {
namespace {

using consumer::GroupAssignment;
using consumer::GroupSpec;
using consumer::TopicPartitions;

using Place = std::pair<Uuid, std::int32_t>;  // a topic's partition

// Shares some partitions out among some members. Lives during one assignment.
class Sharing {
 public:
  // `takers` are indices of members, ascending; `places` are ascending. Neither is empty.
  Sharing(const GroupSpec& group, const std::vector<std::size_t>& takers, const std::vector<Place>& places)
      : group_(group),
        takers_(takers),
        places_(places),
        sharers_((takers.size() + places.size() - 1) / places.size()),
        members_of_(places.size()),
        places_of_(takers.size()) {}

  void run(GroupAssignment& out) {
    take_previous();
    for (std::size_t taker = 0; taker < takers_.size(); ++taker) take_surplus_of(taker);
    for (std::size_t place = 0; place < places_.size(); ++place) {
      while (members_of_[place].size() > sharers_) take(members_of_[place].front(), place);
    }
    fill();
    for (std::size_t taker = 0; taker < takers_.size(); ++taker) {
      for (const std::size_t place : places_of_[taker]) {
        out[takers_[taker]][places_[place].first].push_back(places_[place].second);
      }
    }
  }

 private:
  // How many partitions a member should have; they add up to all partitions times their sharers.
  std::size_t wanted(std::size_t taker) const {
    const std::size_t total = sharers_ * places_.size();
    const auto up_to = [&](std::size_t members) {
      return (total * members + takers_.size() - 1) / takers_.size();
    };
    return up_to(taker + 1) - up_to(taker);
  }

  void give(std::size_t taker, std::size_t place) {
    members_of_[place].push_back(taker);
    places_of_[taker].push_back(place);
  }
  void take(std::size_t taker, std::size_t place) {
    std::erase(members_of_[place], taker);
    std::erase(places_of_[taker], place);
  }

  void take_previous() {
    for (std::size_t taker = 0; taker < takers_.size(); ++taker) {
      for (const auto& [topic, partitions] : *group_.members[takers_[taker]].previous) {
        for (const std::int32_t partition : partitions) {
          const auto found = std::lower_bound(places_.begin(), places_.end(), Place(topic, partition));
          if (found == places_.end() || *found != Place(topic, partition)) continue;
          give(taker, static_cast<std::size_t>(found - places_.begin()));
        }
      }
    }
  }

  // Those that most others have too go first.
  void take_surplus_of(std::size_t taker) {
    std::vector<std::size_t>& has = places_of_[taker];
    const std::size_t keeps = wanted(taker);
    if (has.size() <= keeps) return;
    std::sort(has.begin(), has.end(), [&](std::size_t one, std::size_t other) {
      return std::pair(members_of_[one].size(), one) < std::pair(members_of_[other].size(), other);
    });
    for (std::size_t i = keeps; i < has.size(); ++i) std::erase(members_of_[has[i]], taker);
    has.resize(keeps);
  }

  // Each partition goes to the next members that have too few, as long as one of them has not got it yet: a
  // partition that cannot be shared as widely as it should be is left so, as in Kafka.
  void fill() {
    std::vector<std::size_t> hungry;
    for (std::size_t taker = 0; taker < takers_.size(); ++taker) {
      if (places_of_[taker].size() < wanted(taker)) hungry.push_back(taker);
    }
    std::size_t next = 0;
    for (std::size_t place = 0; place < places_.size(); ++place) {
      std::size_t passed_over = 0;
      while (members_of_[place].size() < sharers_ && passed_over < hungry.size()) {
        if (next >= hungry.size()) next = 0;
        const std::size_t taker = hungry[next];
        const auto& members = members_of_[place];
        if (std::find(members.begin(), members.end(), taker) != members.end()) {
          ++passed_over;
          ++next;
          continue;
        }
        give(taker, place);
        passed_over = 0;
        if (places_of_[taker].size() < wanted(taker)) {
          ++next;
        } else {
          hungry.erase(hungry.begin() + static_cast<std::ptrdiff_t>(next));
        }
      }
    }
  }

  const GroupSpec& group_;
  const std::vector<std::size_t>& takers_;
  const std::vector<Place>& places_;
  const std::size_t sharers_;                         // members that each partition should have
  std::vector<std::vector<std::size_t>> members_of_;  // place -> takers
  std::vector<std::vector<std::size_t>> places_of_;   // taker -> places
};

void share_out(const GroupSpec& group, const std::vector<std::size_t>& takers,
               const std::vector<Place>& places, GroupAssignment& out) {
  if (!takers.empty() && !places.empty()) Sharing(group, takers, places).run(out);
}

void add_places(const Uuid& topic, const std::vector<std::int32_t>& partitions, std::vector<Place>& places) {
  for (const std::int32_t partition : partitions) places.emplace_back(topic, partition);
}

}  // namespace

GroupAssignment assign_simple(const GroupSpec& group, const TopicPartitions& assignable) {
  GroupAssignment out(group.members.size());
  std::map<Uuid, std::vector<std::size_t>> subscribers;
  for (std::size_t i = 0; i < group.members.size(); ++i) {
    for (const Uuid& topic : *group.members[i].topics) subscribers[topic].push_back(i);
  }
  std::vector<Place> together;
  for (const auto& [topic, partitions] : assignable) {
    const auto members = subscribers.find(topic);
    if (members == subscribers.end()) continue;
    std::vector<Place> places;
    add_places(topic, partitions, group.homogeneous ? together : places);
    if (!group.homogeneous) share_out(group, members->second, places, out);
  }
  if (group.homogeneous && !subscribers.empty()) {
    share_out(group, subscribers.begin()->second, together, out);
  }
  for (TopicPartitions& member : out) {
    for (auto& [topic, partitions] : member) std::sort(partitions.begin(), partitions.end());
  }
  return out;
}

}  // namespace barnabas::broker::groups::share
