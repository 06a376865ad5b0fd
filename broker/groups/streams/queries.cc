// The groups of a shard as records make them, and what they tell of themselves.
#include "broker/groups/streams/protocol.h"
#include "common/logging.h"

namespace barnabas::broker::groups::streams {
namespace {

const Logger logger("broker.groups.streams.Protocol");

std::vector<InternalTopic> values_of(const std::map<std::string, InternalTopic>& topics) {
  std::vector<InternalTopic> out;
  for (const auto& [name, topic] : topics) out.push_back(topic);
  return out;
}

std::vector<InternalTopic> as_told(const std::vector<TopologyValue::TopicInfo>& topics) {
  std::map<std::string, InternalTopic> out;
  for (const auto& topic : topics) {
    InternalTopic& added = out[topic.name];
    added.name = topic.name;
    added.partitions = topic.partitions;
    added.replication_factor = topic.replication_factor;
    for (const auto& config : topic.topic_configs) added.configs[config.key] = config.value;
  }
  return values_of(out);
}

std::vector<std::string> sorted(const std::vector<std::string>& names) {
  const std::set<std::string> ordered(names.begin(), names.end());
  return {ordered.begin(), ordered.end()};
}

DescribedSubtopology described(const std::string& id, const Subtopology& subtopology) {
  return {id, sorted(subtopology.source_topics), sorted(subtopology.repartition_sink_topics),
          as_told(subtopology.state_changelog_topics), as_told(subtopology.repartition_source_topics)};
}

DescribedSubtopology described(const std::string& id, const ConfiguredSubtopology& subtopology) {
  return {id,
          {subtopology.source_topics.begin(), subtopology.source_topics.end()},
          {subtopology.repartition_sink_topics.begin(), subtopology.repartition_sink_topics.end()},
          values_of(subtopology.changelogs),
          values_of(subtopology.repartition_sources)};
}

}  // namespace

const Group* Protocol::find(std::string_view group_id) const {
  const auto found = groups_.find(group_id);
  return found == groups_.end() ? nullptr : &found->second;
}

void Protocol::replay(const Record& record) {
  const std::string& group_id = group_of(record);
  const auto* epoch = std::get_if<EpochRecord>(&record);
  if (epoch != nullptr && !epoch->value) {
    groups_.erase(group_id);
    return forget(group_id);
  }
  const bool is_tombstone = std::visit([](const auto& one) { return !one.value; }, record);
  auto found = groups_.find(group_id);
  if (found == groups_.end()) {
    if (is_tombstone) return;  // the last trace of a group that is gone
    found = groups_.try_emplace(group_id, group_id).first;
  }
  std::visit([&](const auto& one) { found->second.replay(one); }, record);
  if (!is_tombstone || !found->second.members().empty()) return;
  const auto soft = soft_.find(group_id);
  if (soft == soft_.end() || !soft->second.shut_down_by) return;
  logger.info("[GroupId ", group_id, "] Clearing shutdown requested for the streams application.");
  soft->second.shut_down_by.reset();
}

std::uint64_t Protocol::hash_of(const Topology& topology, const consumer::ClusterView& cluster) {
  consumer::Subscriptions topics;
  for (const std::string& topic : topology.required_topics()) topics[topic].by_name = 1;
  return hashes_.of(topics, cluster);
}

Description Protocol::describe(const Group& group) const {
  Description out;
  out.group_id = group.id();
  out.state = group_state_name(group.state());
  out.epoch = group.epoch();
  out.target_epoch = group.target_epoch();
  const auto soft = soft_.find(group.id());
  const auto configured = soft == soft_.end() ? nullptr : soft->second.topology;
  if (configured != nullptr && configured->is_ready()) {
    out.topology_epoch = configured->epoch;
    for (const auto& [id, subtopology] : *configured->subtopologies) {
      out.subtopologies.push_back(described(id, subtopology));
    }
  } else if (group.topology() != nullptr) {
    out.topology_epoch = group.topology()->epoch();
    for (const auto& [id, subtopology] : group.topology()->subtopologies()) {
      out.subtopologies.push_back(described(id, subtopology));
    }
  }
  out.members.reserve(group.members().size());
  for (const auto& [id, member] : group.members()) out.members.push_back({member, group.target(id)});
  return out;
}

}  // namespace barnabas::broker::groups::streams
