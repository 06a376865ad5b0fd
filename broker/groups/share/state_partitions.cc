#include "broker/groups/share/state_partitions.h"

#include <algorithm>
#include <iterator>
#include <numeric>

namespace barnabas::broker::groups::share {
namespace {

StateTopics topics_of(
    const std::vector<protocol::ShareGroupStatePartitionMetadataValue::TopicPartitionsInfo>& all) {
  StateTopics out;
  for (const auto& topic : all) out[topic.topic_id] = {topic.topic_name, ascending(topic.partitions)};
  return out;
}

}  // namespace

std::vector<std::int32_t> ascending(std::vector<std::int32_t> numbers) {
  std::sort(numbers.begin(), numbers.end());
  numbers.erase(std::unique(numbers.begin(), numbers.end()), numbers.end());
  return numbers;
}

void add_topics(StateTopics& to, const StateTopics& more) {
  for (const auto& [id, topic] : more) {
    StateTopic& place = to[id];
    place.name = topic.name;
    std::vector<std::int32_t> both;
    std::set_union(place.partitions.begin(), place.partitions.end(), topic.partitions.begin(),
                   topic.partitions.end(), std::back_inserter(both));
    place.partitions = std::move(both);
  }
}

std::vector<std::int32_t> all_partitions(std::int32_t count) {
  std::vector<std::int32_t> out(static_cast<std::size_t>(std::max(count, 0)));
  std::iota(out.begin(), out.end(), 0);
  return out;
}

TopicPartitions partitions_of(const StateTopics& topics) {
  TopicPartitions out;
  for (const auto& [id, topic] : topics) {
    if (!topic.partitions.empty()) out[id] = topic.partitions;
  }
  return out;
}

std::string name_of(const Uuid& topic_id, const consumer::ClusterView& cluster) {
  const auto topic = cluster.topic(topic_id);
  return topic ? topic->name : "<UNKNOWN>";
}

void StatePartitions::start(const StateTopics& topics) {
  add_topics(initializing, topics);
  for (const auto& [id, topic] : initializing) deleting.erase(id);
}

void StatePartitions::made(const TopicPartitions& partitions, const consumer::ClusterView& cluster) {
  StateTopics more;
  for (const auto& [id, numbers] : partitions) {
    if (const auto topic = cluster.topic(id)) more[id] = {topic->name, numbers};  // else deleted meanwhile
  }
  add_topics(initialized, more);
  not_made(partitions);
}

void StatePartitions::not_made(const TopicPartitions& partitions) {
  for (const auto& [id, numbers] : partitions) {
    const auto found = initializing.find(id);
    if (found == initializing.end()) continue;
    std::erase_if(found->second.partitions, [&](std::int32_t partition) {
      return std::binary_search(numbers.begin(), numbers.end(), partition);
    });
    if (found->second.partitions.empty()) initializing.erase(found);
  }
}

void StatePartitions::apply(const protocol::ShareGroupStatePartitionMetadataValue& value,
                            std::int64_t now_ms) {
  initializing = topics_of(value.initializing_topics);
  initialized = topics_of(value.initialized_topics);
  deleting.clear();
  for (const auto& topic : value.deleting_topics) deleting[topic.topic_id] = topic.topic_name;
  since_ms = now_ms;
}

}  // namespace barnabas::broker::groups::share
