// How many partitions the internal topics of a topology need, and which of them do not exist yet (KIP-1071).
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "broker/groups/consumer/cluster_view.h"
#include "broker/groups/streams/topology.h"
#include "common/result.h"

namespace barnabas::broker::groups::streams {

// Told to members beside a successful answer. Numbers of the protocol.
enum class StatusCode : std::int8_t {
  kStaleTopology = 0,
  kMissingSourceTopics = 1,
  kIncorrectlyPartitionedTopics = 2,
  kMissingInternalTopics = 3,
  kShutdownApplication = 4,
  kAssignmentDelayed = 5
};

struct Status {
  StatusCode code{};
  std::string detail;
  bool operator==(const Status&) const = default;
};

struct InternalTopic {
  std::string name;
  std::int32_t partitions = 0;
  std::int16_t replication_factor = 0;  // 0: the broker's default
  std::map<std::string, std::string> configs;
  bool operator==(const InternalTopic&) const = default;
};

struct ConfiguredSubtopology {
  std::int32_t tasks = 0;
  std::set<std::string> source_topics;
  std::set<std::string> repartition_sink_topics;
  std::map<std::string, InternalTopic> repartition_sources;
  std::map<std::string, InternalTopic> changelogs;

  bool is_stateful() const { return !changelogs.empty(); }
};

// A topology over the topics of one state of the cluster. Immutable once made.
struct ConfiguredTopology {
  std::int32_t epoch = 0;
  std::optional<std::map<std::string, ConfiguredSubtopology>> subtopologies = {};
  std::vector<InternalTopic> missing_topics = {};
  std::optional<Status> problem = {};  // why no task can be given to anybody

  bool is_ready() const { return !problem; }
};

// The error is a sentence about a topology that no topics could ever satisfy: STREAMS_INVALID_TOPOLOGY.
Result<ConfiguredTopology, std::string> configure(const Topology& topology,
                                                  const consumer::ClusterView& cluster);

}  // namespace barnabas::broker::groups::streams
