// The uniform assignor for members that all subscribe to the same topics.
#include <algorithm>

#include "broker/groups/consumer/assignor.h"

namespace barnabas::broker::groups::consumer {
namespace {

using TopicPartition = std::pair<Uuid, std::int32_t>;

class HomogeneousBuilder {
 public:
  explicit HomogeneousBuilder(const GroupSpec& group)
      : group_(group), topics_(*group.members.front().topics), out_(group.members.size()) {}

  GroupAssignment build() && {
    if (topics_.empty()) return std::move(out_);
    count_partitions();
    const auto members = static_cast<std::int32_t>(group_.members.size());
    least_ = total_ / members;
    extras_ = total_ % members;
    for (std::size_t index = 0; index < group_.members.size(); ++index) keep(index);
    assign_rest();
    return std::move(out_);
  }

 private:
  void count_partitions() {
    for (const Uuid& topic : topics_) {
      const std::int32_t count = group_.partition_counts.at(topic);
      total_ += count;
      std::vector<bool> taken(static_cast<std::size_t>(count));
      for (const MemberSpec& member : group_.members) {
        const auto had = member.previous->find(topic);
        if (had == member.previous->end()) continue;
        for (const std::int32_t partition : had->second) {
          if (partition < count) taken[static_cast<std::size_t>(partition)] = true;
        }
      }
      for (std::int32_t partition = 0; partition < count; ++partition) {
        if (!taken[static_cast<std::size_t>(partition)]) free_.emplace_back(topic, partition);
      }
    }
  }

  // A member keeps what it had up to its quota. Extras go to the first that have use for them, and to the
  // last whether they have or not.
  void keep(std::size_t index) {
    const auto members_left = static_cast<std::int32_t>(group_.members.size() - index);
    bool has_extra = extras_ > 0;
    std::int32_t quota = least_ + (has_extra ? 1 : 0);
    for (const auto& [topic, partitions] : *group_.members[index].previous) {
      if (!std::binary_search(topics_.begin(), topics_.end(), topic)) continue;
      const std::int32_t count = group_.partition_counts.at(topic);
      for (const std::int32_t partition : partitions) {
        if (partition >= count) continue;
        if (quota > 0) {
          --quota;
          out_[index][topic].push_back(partition);
        } else {
          free_.emplace_back(topic, partition);
        }
      }
    }
    if (quota > 0 && has_extra && members_left > extras_) {
      --quota;
      has_extra = false;
    }
    if (has_extra) --extras_;
    if (quota > 0) wanting_.emplace_back(index, quota);
  }

  void assign_rest() {
    auto next = free_.begin();
    for (const auto& [index, quota] : wanting_) {
      for (std::int32_t given = 0; given < quota && next != free_.end(); ++given, ++next) {
        std::vector<std::int32_t>& partitions = out_[index][next->first];
        partitions.insert(std::upper_bound(partitions.begin(), partitions.end(), next->second), next->second);
      }
    }
  }

  const GroupSpec& group_;
  const std::vector<Uuid>& topics_;
  GroupAssignment out_;
  std::int32_t total_ = 0;
  std::int32_t least_ = 0;
  std::int32_t extras_ = 0;  // members that may still have one more
  std::vector<TopicPartition> free_;
  std::vector<std::pair<std::size_t, std::int32_t>> wanting_;  // member, how many more
};

}  // namespace

GroupAssignment UniformAssignor::assign(const GroupSpec& group) const {
  if (group.members.empty()) return {};
  return group.homogeneous ? assign_homogeneous(group) : assign_heterogeneous(group);
}

GroupAssignment assign_homogeneous(const GroupSpec& group) {
  return HomogeneousBuilder(group).build();
}

}  // namespace barnabas::broker::groups::consumer
