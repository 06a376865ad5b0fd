#include "broker/groups/share/target_assignment.h"

#include <algorithm>
#include <map>
#include <set>

#include "broker/groups/share/simple_assignor.h"

namespace barnabas::broker::groups::share {
namespace {

using consumer::ClusterView;
using consumer::GroupSpec;

// Members with the same subscription share one list of topics.
class TopicLists {
 public:
  explicit TopicLists(const ClusterView& cluster) : cluster_(cluster) {}

  std::shared_ptr<const std::vector<Uuid>> of(const Member& member) {
    auto& known = lists_[member.topics];
    if (known == nullptr) {
      std::vector<Uuid> topics;
      for (const std::string& name : member.topics) {
        if (const auto topic = cluster_.topic(name)) topics.push_back(topic->id);
      }
      std::sort(topics.begin(), topics.end());
      known = std::make_shared<const std::vector<Uuid>>(std::move(topics));
    }
    return known;
  }

 private:
  const ClusterView& cluster_;
  std::map<std::set<std::string>, std::shared_ptr<const std::vector<Uuid>>> lists_;
};

GroupSpec specification(const Group& group, const Member& updated, bool homogeneous,
                        const ClusterView& cluster) {
  GroupSpec spec;
  spec.homogeneous = homogeneous;
  TopicLists lists(cluster);
  const auto add = [&](const Member& member) {
    spec.members.push_back({member.id, std::nullopt, lists.of(member), &group.target(member.id)});
  };
  for (const auto& [id, member] : group.members()) {
    if (id != updated.id) add(member);
  }
  add(updated);
  std::sort(spec.members.begin(), spec.members.end(),
            [](const auto& one, const auto& other) { return one.id < other.id; });
  return spec;
}

// Initialized, of topics that exist as they were.
TopicPartitions assignable(const Group& group, const ClusterView& cluster) {
  TopicPartitions out;
  if (!group.states()) return out;
  TopicPartitions initialized = partitions_of(group.states()->initialized);
  for (auto& [id, partitions] : initialized) {
    const auto topic = cluster.topic(id);
    const std::int32_t count = topic ? topic->partitions : 0;
    std::erase_if(partitions, [&](std::int32_t partition) { return partition >= count; });
    if (!partitions.empty()) out[id] = std::move(partitions);
  }
  return out;
}

}  // namespace

TopicPartitions assign_target(const Group& group, const Member& updated, std::int32_t epoch, bool homogeneous,
                              const ClusterView& cluster, std::int64_t now_ms, Records& records) {
  const GroupSpec spec = specification(group, updated, homogeneous, cluster);
  consumer::GroupAssignment assignment = assign_simple(spec, assignable(group, cluster));
  TopicPartitions of_updated;
  for (std::size_t i = 0; i < spec.members.size(); ++i) {
    const std::string& id = spec.members[i].id;
    const auto known = group.targets().find(id);
    if (known == group.targets().end() || known->second != assignment[i]) {
      records.push_back(target_record(group.id(), id, assignment[i]));
    }
    if (id == updated.id) of_updated = std::move(assignment[i]);
  }
  records.push_back(target_epoch_record(group.id(), epoch, now_ms));
  return of_updated;
}

bool assignment_pending(const Group& group, const ClusterView& cluster) {
  if (group.members().empty()) return false;
  const TopicPartitions initialized = assignable(group, cluster);
  if (initialized.empty()) return false;
  std::map<Uuid, std::set<std::int32_t>> assigned;
  for (const auto& [member, target] : group.targets()) {
    for (const auto& [topic, partitions] : target) {
      assigned[topic].insert(partitions.begin(), partitions.end());
    }
  }
  return std::any_of(initialized.begin(), initialized.end(), [&](const auto& entry) {
    if (!group.subscriptions().contains(name_of(entry.first, cluster))) return false;
    const auto found = assigned.find(entry.first);
    return found == assigned.end() ||
           !std::equal(found->second.begin(), found->second.end(), entry.second.begin(), entry.second.end());
  });
}

TopicPartitions subscribed_part(const TopicPartitions& target, const Member& member,
                                const ClusterView& cluster) {
  TopicPartitions out = target;
  std::erase_if(out, [&](const auto& entry) {
    const auto topic = cluster.topic(entry.first);
    return !topic || !member.topics.contains(topic->name);
  });
  return out;
}

}  // namespace barnabas::broker::groups::share
