// Which process answers queries about which partitions (interactive queries).
#include <algorithm>

#include "broker/groups/streams/protocol.h"

namespace barnabas::broker::groups::streams {
namespace {

// A topic with fewer partitions than the subtopology has tasks is not read by all of them.
EndpointTopic partitions_of(const std::string& topic, std::int32_t count,
                            const std::set<std::int32_t>& tasks) {
  EndpointTopic out{topic, {}};
  std::copy_if(tasks.begin(), tasks.end(), std::back_inserter(out.partitions),
               [count](std::int32_t number) { return number < count; });
  return out;
}

std::vector<EndpointTopic> topics_of(const TaskSet& tasks, const ConfiguredTopology& topology,
                                     const consumer::ClusterView& cluster) {
  std::vector<EndpointTopic> out;
  if (!topology.subtopologies) return out;
  for (const auto& [id, numbers] : tasks) {
    const auto found = topology.subtopologies->find(id);
    if (found == topology.subtopologies->end()) continue;
    std::set<std::string> topics = found->second.source_topics;
    for (const auto& [name, topic] : found->second.repartition_sources) topics.insert(name);
    for (const std::string& topic : topics) {
      if (const auto known = cluster.topic(topic))
        out.push_back(partitions_of(topic, known->partitions, numbers));
    }
  }
  return out;
}

}  // namespace

std::vector<EndpointPartitions> Protocol::endpoints_of(const Group& group, const Member& updated,
                                                       const ConfiguredTopology& topology,
                                                       const consumer::ClusterView& cluster) {
  std::vector<EndpointPartitions> out;
  const auto add = [&](const Member& member) {
    if (!member.endpoint) return;
    out.push_back({*member.endpoint, topics_of(numbers_of(member.assigned.active), topology, cluster),
                   topics_of(member.assigned.standby, topology, cluster)});
  };
  for (const auto& [id, member] : group.members()) {
    if (id != updated.id) add(member);
  }
  add(updated);
  return out;
}

}  // namespace barnabas::broker::groups::streams
