// What a consumer group has to know of the cluster: topics, racks, and its settings.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "broker/groups/streams/settings.h"
#include "common/uuid.h"

namespace barnabas::broker::groups::consumer {

struct TopicInfo {
  Uuid id;
  std::string name;
  std::int32_t partitions = 0;
  // The same for two views in which the topic is the same.
  std::shared_ptr<const void> identity;
};

// The options of one group in force.
struct Timing {
  std::int32_t session_timeout_ms = 45'000;
  std::int32_t heartbeat_interval_ms = 5'000;
  std::int32_t assignment_interval_ms = 1'000;
  bool prompt = false;  // barnabas.group.prompt.rebalance
};

// One state of the metadata: immutable, any thread.
class ClusterView {
 public:
  virtual ~ClusterView() = default;
  virtual std::optional<TopicInfo> topic(std::string_view name) const = 0;
  virtual std::optional<TopicInfo> topic(const Uuid& id) const = 0;
  virtual void for_each_topic_name(const std::function<void(const std::string&)>& see) const = 0;
  // Of the replicas of a partition, as far as their brokers have one.
  virtual std::vector<std::string> racks(const Uuid& topic_id, std::int32_t partition) const = 0;
  // Grows with each change of the metadata.
  virtual std::int64_t version() const = 0;
  // That of the last view in which there was a new topic.
  virtual std::int64_t newest_topic_version() const = 0;
  virtual Timing timing(const std::string& group_id) const = 0;
  // The same of a share group.
  virtual Timing share_timing(const std::string& group_id) const = 0;
  virtual streams::GroupConfig streams_config(const std::string&) const { return {}; }  // likewise
};

using ClusterViewPtr = std::shared_ptr<const ClusterView>;

// Without any topic: what is seen before the first metadata.
ClusterViewPtr empty_cluster();

}  // namespace barnabas::broker::groups::consumer
