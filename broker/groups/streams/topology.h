// The topology of a streams group: which topics each of its subtopologies reads and which it keeps for
// itself, as the first member told it and the record keeps it.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>

#include "protocol/messages/streams_group_topology_value.h"

namespace barnabas::broker::groups::streams {

using TopologyValue = protocol::StreamsGroupTopologyValue;
using Subtopology = TopologyValue::Subtopology;

// Immutable.
class Topology {
 public:
  explicit Topology(const TopologyValue& value);

  std::int32_t epoch() const { return epoch_; }
  const std::map<std::string, Subtopology>& subtopologies() const { return subtopologies_; }
  // Of source topics, repartition topics and changelogs: all whose change matters to the group.
  const std::set<std::string>& required_topics() const { return required_topics_; }
  // The subtopology that reads the topic; nullptr if none does.
  const std::string* reader_of(std::string_view topic) const;

  // Names of topics that no record could be read back with, or that make no sense: the sentence for the
  // client.
  static std::optional<std::string> fault_in(const TopologyValue& value);

  bool operator==(const Topology& other) const {
    return epoch_ == other.epoch_ && subtopologies_ == other.subtopologies_;
  }

 private:
  std::int32_t epoch_ = 0;
  std::map<std::string, Subtopology> subtopologies_;
  std::set<std::string> required_topics_;
  std::map<std::string, std::string, std::less<>> readers_;
};

}  // namespace barnabas::broker::groups::streams
