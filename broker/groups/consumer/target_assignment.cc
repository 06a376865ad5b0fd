#include "broker/groups/consumer/target_assignment.h"

#include <algorithm>

#include "broker/groups/consumer/reconciliation.h"
#include "broker/groups/java_text.h"
#include "common/xxh3.h"

namespace barnabas::broker::groups::consumer {
namespace {

// Of what Kafka feeds to its hash: little-endian numbers, text as UTF-16 followed by its length.
constexpr std::uint8_t kTopicHashVersion = 0;
constexpr std::size_t kMaxTopicHashes = 100'000;  // most of them of topics that are gone, then

template <class Number>
void put(Buffer& out, Number number) {
  for (std::size_t i = 0; i < sizeof number; ++i) {
    out.push_back(static_cast<std::uint8_t>(static_cast<std::uint64_t>(number) >> (8 * i)));
  }
}

void put_text(Buffer& out, const std::u16string& units) {
  for (const char16_t unit : units) put(out, static_cast<std::uint16_t>(unit));
  put(out, static_cast<std::int32_t>(units.size()));
}

std::uint64_t hash_of(const TopicInfo& topic, const ClusterView& cluster) {
  Buffer bytes;
  bytes.push_back(kTopicHashVersion);
  put(bytes, load_be<std::int64_t>(topic.id.bytes.data()));
  put(bytes, load_be<std::int64_t>(topic.id.bytes.data() + 8));
  put_text(bytes, utf16(topic.name));
  put(bytes, topic.partitions);
  for (std::int32_t partition = 0; partition < topic.partitions; ++partition) {
    put(bytes, partition);
    std::vector<std::u16string> racks;
    for (const std::string& rack : cluster.racks(topic.id, partition)) racks.push_back(utf16(rack));
    std::sort(racks.begin(), racks.end());
    for (const std::u16string& rack : racks) {
      put(bytes, static_cast<std::int32_t>(rack.size()));
      put_text(bytes, rack);
    }
  }
  return xxh3_64(bytes);
}

// Members with the same subscription share one list of topics.
class TopicLists {
 public:
  TopicLists(const Group& group, const ClusterView& cluster) : group_(group), cluster_(cluster) {}

  std::shared_ptr<const std::vector<Uuid>> of(const Member& member) {
    auto& known = lists_[{member.topics, member.has_regex() ? *member.regex : std::string()}];
    if (known == nullptr) {
      const std::set<Uuid> topics = subscribed_topics(member, group_, cluster_);
      known = std::make_shared<const std::vector<Uuid>>(topics.begin(), topics.end());
    }
    return known;
  }

 private:
  const Group& group_;
  const ClusterView& cluster_;
  std::map<std::pair<std::set<std::string>, std::string>, std::shared_ptr<const std::vector<Uuid>>> lists_;
};

GroupSpec specification(const Group& group, const Member* updated, bool homogeneous,
                        const ClusterView& cluster) {
  GroupSpec spec;
  spec.homogeneous = homogeneous;
  TopicLists lists(group, cluster);
  const std::string* replaced =
      updated != nullptr && updated->instance_id ? group.static_member(*updated->instance_id) : nullptr;
  const auto add = [&](const Member& member, const TopicPartitions& previous) {
    spec.members.push_back({member.id, member.instance_id, lists.of(member), &previous});
    for (const Uuid& topic : *spec.members.back().topics) {
      if (!spec.partition_counts.contains(topic)) {
        spec.partition_counts[topic] = cluster.topic(topic)->partitions;
      }
    }
  };
  for (const auto& [id, member] : group.members()) {
    if (updated != nullptr && (id == updated->id || (replaced != nullptr && id == *replaced))) continue;
    add(member, group.target(id));
  }
  if (updated != nullptr) add(*updated, group.target(replaced != nullptr ? *replaced : updated->id));
  std::sort(spec.members.begin(), spec.members.end(),
            [](const MemberSpec& one, const MemberSpec& other) { return one.id < other.id; });
  return spec;
}

}  // namespace

std::uint64_t TopicHashes::of(const Subscriptions& subscriptions, const ClusterView& cluster) {
  if (entries_.size() > kMaxTopicHashes) entries_.clear();
  Buffer bytes;
  for (const auto& [name, count] : subscriptions) {  // in the order of names, as Kafka sorts them
    const auto topic = cluster.topic(name);
    if (!topic) {
      entries_.erase(name);
      continue;
    }
    Entry& entry = entries_[name];
    if (entry.identity != topic->identity || entry.identity == nullptr) {
      entry = {topic->identity, hash_of(*topic, cluster)};
    }
    put(bytes, entry.hash);
  }
  return bytes.empty() ? 0 : xxh3_64(bytes);
}

TopicPartitions assign_target(const Group& group, const Member* updated, std::int32_t epoch, bool homogeneous,
                              const Assignor& assignor, const ClusterView& cluster, std::int64_t now_ms,
                              Records& records) {
  const GroupSpec spec = specification(group, updated, homogeneous, cluster);
  GroupAssignment assignment = assignor.assign(spec);
  TopicPartitions of_updated;
  for (std::size_t i = 0; i < spec.members.size(); ++i) {
    const std::string& id = spec.members[i].id;
    const auto known = group.targets().find(id);
    if (known == group.targets().end() || known->second != assignment[i]) {
      records.push_back(target_record(group.id(), id, assignment[i]));
    }
    if (updated != nullptr && id == updated->id) of_updated = std::move(assignment[i]);
  }
  records.push_back(target_epoch_record(group.id(), epoch, now_ms));
  return of_updated;
}

}  // namespace barnabas::broker::groups::consumer
