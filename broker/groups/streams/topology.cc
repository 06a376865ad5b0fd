#include "broker/groups/streams/topology.h"

#include <algorithm>

#include "common/text.h"

namespace barnabas::broker::groups::streams {
namespace {

bool are_places_in(const std::vector<std::int16_t>& places, std::size_t size) {
  return std::all_of(places.begin(), places.end(), [size](std::int16_t place) {
    return place >= 0 && static_cast<std::size_t>(place) < size;
  });
}

}  // namespace

Topology::Topology(const TopologyValue& value) : epoch_(value.epoch) {
  for (const Subtopology& subtopology : value.subtopologies) {
    const std::string& id = subtopology.subtopology_id;
    subtopologies_.insert_or_assign(id, subtopology);
    for (const std::string& topic : subtopology.source_topics) {
      required_topics_.insert(topic);
      readers_[topic] = id;
    }
    for (const auto& topic : subtopology.repartition_source_topics) {
      required_topics_.insert(topic.name);
      readers_[topic.name] = id;
    }
    for (const auto& topic : subtopology.state_changelog_topics) required_topics_.insert(topic.name);
  }
}

const std::string* Topology::reader_of(std::string_view topic) const {
  const auto found = readers_.find(topic);
  return found == readers_.end() ? nullptr : &found->second;
}

std::optional<std::string> Topology::fault_in(const TopologyValue& value) {
  std::set<std::string> ids;
  for (const Subtopology& subtopology : value.subtopologies) {
    const std::string& id = subtopology.subtopology_id;
    if (!ids.insert(id).second) return concat("Subtopology ", id, " is there twice.");
    for (const auto& group : subtopology.copartition_groups) {
      if (!are_places_in(group.source_topics, subtopology.source_topics.size()) ||
          !are_places_in(group.repartition_source_topics, subtopology.repartition_source_topics.size())) {
        return concat("A copartition group of subtopology ", id, " names a topic that is not there.");
      }
    }
    for (const auto* topics : {&subtopology.repartition_source_topics, &subtopology.state_changelog_topics}) {
      for (const auto& topic : *topics) {
        if (topic.partitions < 0) return concat("Topic ", topic.name, " has less than no partitions.");
      }
    }
  }
  return value.epoch < 0 ? std::optional<std::string>("Topology epoch must be non-negative.") : std::nullopt;
}

}  // namespace barnabas::broker::groups::streams
