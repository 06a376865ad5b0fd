#include <algorithm>
#include <numeric>

#include "broker/groups/consumer/assignor.h"

namespace barnabas::broker::groups::consumer {
namespace {

// Static members first, so that a restart under another member id moves nothing.
bool comes_before(const MemberSpec& one, const MemberSpec& other) {
  if (one.instance_id && other.instance_id) return *one.instance_id < *other.instance_id;
  if (one.instance_id || other.instance_id) return one.instance_id.has_value();
  return one.id < other.id;
}

struct TopicShare {
  std::int32_t partitions = 0;
  std::int32_t subscribers = 0;
  std::int32_t next = 0;   // the first partition that nobody has
  std::int32_t given = 0;  // subscribers served
};

}  // namespace

GroupAssignment RangeAssignor::assign(const GroupSpec& group) const {
  std::vector<std::size_t> order(group.members.size());
  std::iota(order.begin(), order.end(), 0u);
  std::sort(order.begin(), order.end(), [&](std::size_t one, std::size_t other) {
    return comes_before(group.members[one], group.members[other]);
  });
  std::unordered_map<Uuid, TopicShare> shares;
  for (const MemberSpec& member : group.members) {
    for (const Uuid& topic : *member.topics) ++shares[topic].subscribers;
  }
  for (auto& [topic, share] : shares) share.partitions = group.partition_counts.at(topic);
  GroupAssignment out(group.members.size());
  for (const std::size_t index : order) {
    for (const Uuid& topic : *group.members[index].topics) {
      TopicShare& share = shares[topic];
      // The first of them take what does not divide.
      const bool takes_extra = share.given++ < share.partitions % share.subscribers;
      const std::int32_t end = share.next + share.partitions / share.subscribers + (takes_extra ? 1 : 0);
      if (end == share.next) continue;
      std::vector<std::int32_t>& range = out[index][topic];
      range.resize(static_cast<std::size_t>(end - share.next));
      std::iota(range.begin(), range.end(), share.next);
      share.next = end;
    }
  }
  return out;
}

const Assignor* find_assignor(std::string_view name) {
  static constinit const RangeAssignor kRange;
  static constinit const UniformAssignor kUniform;
  if (name == kUniform.name()) return &kUniform;
  if (name == kRange.name()) return &kRange;
  return nullptr;
}

}  // namespace barnabas::broker::groups::consumer
